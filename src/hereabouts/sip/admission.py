"""What every request must pass before anybody acts on it (:rfc:`3261#section-8.2`)."""

from __future__ import annotations

import re
from collections.abc import Collection

from hereabouts.base.refusal import Malformed, Refusal
from hereabouts.sip.flow import Flow
from hereabouts.sip.headers.via import Via
from hereabouts.sip.message import Ordinary, Request
from hereabouts.sip.parameters import split_values
from hereabouts.sip.uri import SipUri, UnsupportedScheme

KNOWN_METHODS = frozenset({
    "INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "REGISTER", "SUBSCRIBE", "NOTIFY", "PUBLISH",
    "MESSAGE", "INFO", "PRACK", "REFER", "UPDATE",
})  # fmt: skip
"Methods that exist; any other is answered 501 rather than 405."

_SURROGATE = re.compile("[\udc80-\udcff]")
_HOPS = re.compile(r"0*(?:[0-9]{1,2}|1[0-9]{2}|2[0-4][0-9]|25[0-5])")
_REQUIRED = ("from", "to", "call-id", "cseq")


class BadRequest(Refusal):
    """A request that breaks its grammar; the reason says where."""

    status = 400


class VersionNotSupported(Refusal):
    """Not SIP/2.0."""

    status = 505


class UnsupportedUriScheme(Refusal):
    """A Request-URI of another kind than we serve."""

    status = 416


class MethodRefused(Refusal):
    """A method that exists and is not served here, or does not exist."""

    def __init__(self, method: str, allowed: Collection[str]) -> None:
        super().__init__("")
        self.status = 405 if method in KNOWN_METHODS else 501
        self._allowed = allowed

    def headers(self) -> list[tuple[str, str]]:
        """Allow, with what is served."""
        return [("Allow", ", ".join(self._allowed))]


class BadExtension(Refusal):
    """An extension is required that we do not have."""

    status = 420

    def __init__(self, tags: list[str]) -> None:
        super().__init__("")
        self._tags = tags

    def headers(self) -> list[tuple[str, str]]:
        """Unsupported, with just those tags."""
        return [("Unsupported", ", ".join(self._tags))]


class NotSecure(Refusal):
    """A `sips` address that is asked for where others may read along."""

    status = 403


class LoopDetected(Refusal):
    """The same request by another way, or one that came back to us."""

    status = 482


def check_grammar(request: Request) -> None:
    """Let a request pass that can be understood and answered.

    Raises:
        VersionNotSupported: it is not SIP/2.0.
        BadRequest: a header that every request has is missing, odd, or there twice.
    """
    if isinstance(request, Ordinary):
        return
    if request.fault == "version":
        raise VersionNotSupported
    headers = request.headers
    for name in _REQUIRED:
        if name not in headers or not headers[name][0]:
            raise BadRequest(f"{name} is missing")
    if request.fault:
        raise BadRequest(request.fault)
    _check_text(request)
    try:
        _, method = request.cseq
        _ = request.from_address
        _ = request.to_address
        _check_via(request)
    except Malformed as fault:
        raise BadRequest(str(fault)) from None
    if method != request.method:
        raise BadRequest("the method in CSeq is another")
    hops = request.first("max-forwards")
    if hops is not None and hops != "70" and not _HOPS.fullmatch(hops):
        raise BadRequest("Max-Forwards is not a number from 0 to 255")


def _check_via(request: Request) -> None:
    """The hops before the last one; the endpoint has read that already."""
    for row in request.headers.get("via", ()):
        if "," in row:
            for value in split_values(row):
                Via.parse(value)


_KEPT = ("from", "to", "call-id", "contact", "record-route", "event", "content-type")


def _check_text(request: Request) -> None:
    """What is kept beyond the request must be text; other headers may be any bytes."""
    if "".join(request.rows).isascii() and request.uri.isascii():
        return
    for name in _KEPT:
        for value in request.headers.get(name, ()):
            if not value.isascii() and _SURROGATE.search(value):
                raise BadRequest(f"{name} is not UTF-8")
    if not request.uri.isascii() and _SURROGATE.search(request.uri):
        raise BadRequest("the Request-URI is not UTF-8")


def check_extensions(request: Request, supported: Collection[str]) -> None:
    """Let a request pass whose Require names only what we support (:rfc:`3261#section-8.2.2.3`).

    Raises:
        BadExtension: it names something else.
    """
    if "require" in request.headers:
        unknown = [tag for tag in request.values("require") if tag.lower() not in supported]
        if unknown:
            raise BadExtension(unknown)


def admitted(request: Request, flow: Flow) -> SipUri:
    """The Request-URI of a request that can be understood, and came as safely as it asks.

    :rfc:`3261#section-26.2.2`

    Raises:
        VersionNotSupported: as `check_grammar`.
        UnsupportedUriScheme: as `request_uri`.
        BadRequest: as either.
        NotSecure: its Request-URI is `sips`, and it came by a transport that is not secure.
    """
    if isinstance(request, Ordinary):
        uri = request.request_uri
    else:
        check_grammar(request)
        uri = request_uri(request)
    if uri.scheme == "sips" and not flow.is_secure:
        raise NotSecure("a sips address is asked for by TLS or WSS alone")
    return uri


def uri_named(text: str) -> SipUri:
    """A URI that a request names, understood.

    Raises:
        BadRequest: it is no SIP URI.
    """
    try:
        return SipUri.parse(text)
    except Malformed as fault:
        raise BadRequest(str(fault)) from None


def request_uri(request: Request) -> SipUri:
    """The Request-URI, understood.

    Raises:
        UnsupportedUriScheme: it is not a SIP URI.
        BadRequest: it is none at all.
    """
    try:
        return request.request_uri
    except UnsupportedScheme:
        raise UnsupportedUriScheme(request.uri.partition(":")[0]) from None
    except Malformed as fault:
        raise BadRequest(str(fault)) from None
