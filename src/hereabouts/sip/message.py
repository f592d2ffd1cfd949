"""SIP messages as they pass through: text kept as it came, understood only where somebody asks.

A head is decoded once as UTF-8 with surrogate escapes, which gives any bytes back unchanged;
headers are found by their long name in lower case and parsed by whoever needs them
(`docs/decisions/0004-messages-as-text.md`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from hereabouts.base.refusal import Malformed
from hereabouts.native.choice import messages as native
from hereabouts.sip.headers.address import Address, parse_addresses
from hereabouts.sip.parameters import MalformedHeader, parse_seconds, split_values
from hereabouts.sip.uri import SipUri

COMPACT = {
    "a": "accept-contact", "b": "referred-by", "c": "content-type", "d": "request-disposition",
    "e": "content-encoding", "f": "from", "i": "call-id", "j": "reject-contact", "k": "supported",
    "l": "content-length", "m": "contact", "n": "identity-info", "o": "event", "r": "refer-to",
    "s": "subject", "t": "to", "u": "allow-events", "v": "via", "x": "session-expires",
    "y": "identity",
}  # fmt: skip
"Compact header names (:rfc:`3261#section-7.3.3` and the IANA registry)."

Headers = dict[str, list[str]]
"Values row by row, under the header's long name in lower case."

MAX_HEADER_ROWS = 256
"More rows than this are no honest message."

_TAG = re.compile(r";[ \t]*tag[ \t]*=", re.IGNORECASE)
_LINE_BREAKS = str.maketrans({"\r": " ", "\n": " ", "\0": " "})


class Message:
    """What requests and responses share; nothing of it changes once it was read.

    What several ask for is understood once: as it is read, or for the first who asks.
    """

    __slots__ = ("_contact", "_cseq", "_from", "_rows", "_to", "body", "fault", "headers")

    headers: Headers
    body: bytes
    fault: str | None
    "What is wrong with the message as a whole, for the reason phrase of a 400; `None`: nothing."
    _rows: list[str] | None
    _cseq: tuple[int, str] | None
    _from: Address | None
    _to: Address | None
    _contact: tuple[str, SipUri] | None

    @property
    def rows(self) -> list[str]:
        """The header rows in order, unfolded, as they stood."""
        assert self._rows is not None  # or `Ordinary` cuts them
        return self._rows

    def first(self, name: str) -> str | None:
        """The value of the first row of the header, if there is one."""
        rows = self.headers.get(name)
        return rows[0] if rows else None

    def values(self, name: str) -> list[str]:
        """All values of a header that may be given as a comma list or in several rows."""
        return [value for row in self.headers.get(name, ()) for value in split_values(row) if value]

    @property
    def call_id(self) -> str:
        """The Call-ID; empty if there is none."""
        rows = self.headers.get("call-id")
        return rows[0] if rows else ""

    @property
    def cseq(self) -> tuple[int, str]:
        """Number and method of the CSeq header.

        Raises:
            Malformed: it is missing, or is not a number below 2**31 and a method.
        """
        found = self._cseq
        if found is None:
            found = self._cseq = _read_cseq(self.first("cseq") or "")
        return found

    @property
    def from_address(self) -> Address:
        """The From header.

        Raises:
            MalformedHeader: it is missing, or is no address.
        """
        found = self._from
        if found is None:
            found = self._from = self._address("from")
        return found

    @property
    def to_address(self) -> Address:
        """The To header.

        Raises:
            MalformedHeader: it is missing, or is no address.
        """
        found = self._to
        if found is None:
            found = self._to = self._address("to")
        return found

    @property
    def contact(self) -> tuple[str, SipUri]:
        """The URI of the one Contact, as it stood and understood (:rfc:`3261#section-8.1.1.8`).

        Raises:
            Malformed: there is none, or more than one, or it is no SIP URI.
        """
        found = self._contact
        if found is None:
            found = self._contact = _read_contact(self.headers.get("contact"))
        return found

    def _address(self, name: str) -> Address:
        rows = self.headers.get(name)
        if not rows:
            raise MalformedHeader(f"{name} is missing")
        return Address.parse(rows[0])


def _read_cseq(text: str) -> tuple[int, str]:
    words = text.split(None, 2)
    if len(words) != 2 or not (words[0].isascii() and words[0].isdigit()):
        raise Malformed("CSeq is not a number and a method")
    number, method = words
    if len(number) > 10 or int(number) >= 2**31:
        raise Malformed("CSeq is 2**31 or more")
    return int(number), method


def _read_contact(rows: list[str] | None) -> tuple[str, SipUri]:
    if not rows:
        raise MalformedHeader("Contact is missing")
    addresses = parse_addresses(rows)
    if len(addresses) != 1:
        raise MalformedHeader("there must be one Contact")
    text = addresses[0].uri
    return text, SipUri.parse(text)


class Request(Message):
    """A request; `uri` is the Request-URI as it stood."""

    __slots__ = ("_uri", "method", "uri")

    _uri: SipUri | None

    def __init__(
        self,
        method: str,
        uri: str,
        rows: list[str],
        headers: Headers,
        body: bytes,
        fault: str | None = None,
    ) -> None:
        self.method = method
        self.uri = uri
        self._rows = rows
        self.headers = headers
        self.body = body
        self.fault = fault
        self._cseq = None
        self._from = None
        self._to = None
        self._contact = None
        self._uri = None

    @property
    def to_tag(self) -> str | None:
        """The tag of To; `None`: the request is outside of any dialog.

        Raises:
            MalformedHeader: To is missing, or is no address.
        """
        return self.to_address.tag

    @property
    def request_uri(self) -> SipUri:
        """The Request-URI, understood.

        Raises:
            MalformedUri: it is not a SIP URI.
        """
        found = self._uri
        if found is None:
            found = self._uri = SipUri.parse(self.uri)
        return found

    @property
    def expires(self) -> int | None:
        """The seconds that its Expires asks for; `None`: there is none, or it is no number."""
        return parse_seconds(self.first("expires"))


class Ordinary(Request):
    """A request that was understood as it was read, by the compiled reader.

    It has no fault that `admission.check_grammar` looks for. What others find out when they are
    asked is at hand, in an attribute: a property would be a call each time.
    """

    __slots__ = (
        "call_id", "cseq", "expires", "from_address", "packet", "request_uri", "to_address",
        "to_tag",
    )  # fmt: skip

    packet: bytes
    "As it came."
    call_id: str
    cseq: tuple[int, str]
    expires: int | None
    from_address: Address
    request_uri: SipUri
    to_address: Address
    to_tag: str | None

    @property
    def rows(self) -> list[str]:
        """As in any message; cut when somebody asks, as hardly anybody does."""
        found = self._rows
        if found is None:
            head, _, _ = self.packet.lstrip(b"\r\n").partition(b"\r\n\r\n")
            found = self._rows = head.decode().split("\r\n")[1:]
        return found


class Response(Message):
    """A response."""

    __slots__ = ("reason", "status")

    def __init__(
        self,
        status: int,
        reason: str,
        rows: list[str],
        headers: Headers,
        body: bytes,
        fault: str | None = None,
    ) -> None:
        self.status = status
        self.reason = reason
        self._rows = rows
        self.headers = headers
        self.body = body
        self.fault = fault
        self._cseq = None
        self._from = None
        self._to = None
        self._contact = None


REASONS = {
    100: "Trying", 200: "OK", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden",
    404: "Not Found", 405: "Method Not Allowed", 406: "Not Acceptable",
    407: "Proxy Authentication Required", 408: "Request Timeout", 410: "Gone",
    412: "Conditional Request Failed", 413: "Request Entity Too Large",
    415: "Unsupported Media Type", 416: "Unsupported URI Scheme", 420: "Bad Extension",
    423: "Interval Too Brief", 430: "Flow Failed", 439: "First Hop Lacks Outbound Support",
    440: "Max-Breadth Exceeded", 480: "Temporarily Unavailable",
    481: "Call/Transaction Does Not Exist", 482: "Loop Detected", 483: "Too Many Hops",
    486: "Busy Here", 487: "Request Terminated", 489: "Bad Event", 500: "Server Internal Error",
    501: "Not Implemented", 503: "Service Unavailable", 505: "Version Not Supported",
    513: "Message Too Large", 600: "Busy Everywhere", 603: "Decline",
    604: "Does Not Exist Anywhere",
}  # fmt: skip
"The reason phrases of the registry for what we send."


_STARTS = {status: f"SIP/2.0 {status} {phrase}\r\n" for status, phrase in REASONS.items()}


def reason_phrase(status: int, detail: str = "") -> str:
    """The reason phrase of a status, with what is the matter in words, free of line breaks."""
    phrase = REASONS.get(status, "Unknown")
    return f"{phrase} ({detail.translate(_LINE_BREAKS)[:200]})" if detail else phrase


def first_line(status: int, reason: str = "") -> str:
    """The first line of a response, with its line break."""
    usual = None if reason else _STARTS.get(status)
    return usual or f"SIP/2.0 {status} {reason or reason_phrase(status)}\r\n"


def write_request(
    method: str, uri: str, headers: Iterable[tuple[str, str]], body: bytes = b""
) -> bytes:
    """The bytes of a request; Content-Length is added, all other headers are given."""
    return _write([f"{method} {uri} SIP/2.0\r\n"], headers, body)


_COPIED = (("From: ", "from"), ("To: ", "to"), ("Call-ID: ", "call-id"), ("CSeq: ", "cseq"))


def write_response(
    request: Request,
    status: int,
    *,
    reason: str = "",
    via: list[str] | None = None,
    to_tag: str | None = None,
    headers: Iterable[tuple[str, str]] = (),
    body: bytes = b"",
) -> bytes:
    """The bytes of a response to `request` (:rfc:`3261#section-8.2.6`).

    Via (or `via` in its place), From, To, Call-ID and CSeq are copied as they stood, but for line
    breaks in the midst of them, or a stranger would write headers of ours; `to_tag` is added if
    To has no tag. A 100 has the Timestamp too.
    """
    given = request.headers
    hops = via or given.get("via") or []
    start = first_line(status, reason)
    if request.fault is not None:  # no other has any
        given, hops = _unbroken(given), [_on_one_line(hop) for hop in hops]
    elif (
        native is not None
        and status != 100
        and (usual := native.response(start, hops, given, to_tag, headers, body))
    ):
        return usual
    parts = [start]
    for hop in hops:
        parts += ("Via: ", hop, "\r\n")
    for name, key in _COPIED:
        values = given.get(key)
        if values is not None:
            tag = f";tag={to_tag}" if key == "to" and to_tag and not _is_tagged(values[0]) else ""
            parts += (name, values[0], tag, "\r\n")
    if status == 100 and "timestamp" in given:
        parts += ("Timestamp: ", given["timestamp"][0], "\r\n")
    return _write(parts, headers, body)


def _unbroken(headers: Headers) -> Headers:
    copied = ((key, headers.get(key)) for _, key in _COPIED)
    return {key: [_on_one_line(values[0])] for key, values in copied if values}


def _on_one_line(value: str) -> str:
    return value.replace("\r", " ").replace("\n", " ")


def _is_tagged(to: str) -> bool:
    """Whether a To value has a tag; what its URI and its display name say does not count."""
    return _TAG.search(to, to.rfind(">") + 1) is not None


def _write(parts: list[str], headers: Iterable[tuple[str, str]], body: bytes) -> bytes:
    """The bytes of a message that begins so; joined once, which is cheaper than row by row."""
    for name, value in headers:
        parts += (name, ": ", value, "\r\n")
    parts += ("Content-Length: ", str(len(body)), "\r\n\r\n")
    return "".join(parts).encode("utf-8", "surrogateescape") + body
