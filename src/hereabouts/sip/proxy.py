"""What a proxy changes in what it passes on, and nothing else (:rfc:`3261#section-16`).

Requests and responses go in and come out as they stood, row by row, but for the headers that
are the proxy's own business.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import msgspec

from hereabouts.base.refusal import Malformed, Refusal
from hereabouts.sip.admission import BadExtension, BadRequest
from hereabouts.sip.flow import Flow
from hereabouts.sip.headers.address import Address
from hereabouts.sip.headers.authentication import Credentials
from hereabouts.sip.message import COMPACT, Message, Request, Response
from hereabouts.sip.parameters import split_values
from hereabouts.sip.uri import SipUri

IsOurs = Callable[[SipUri], bool]
"Whether a URI in a Route leads to this very node."

_CREDENTIALS = ("authorization", "proxy-authorization")


class TooManyHops(Refusal):
    """It has been passed on as often as it may be (:rfc:`3261#section-16.3`, step 3)."""

    status = 483


class Course(msgspec.Struct, frozen=True):
    """Where a request wants to go, once our own part in its route is taken out of it."""

    uri: str
    "The Request-URI."
    routes: tuple[str, ...] = ()
    "The Route values that are left."
    token: str = ""
    "What we had put into our Record-Route; empty: it never was in one."


def course_of(request: Request, is_ours: IsOurs) -> Course:
    """The course of a request (:rfc:`3261#section-16.4`).

    Raises:
        BadRequest: a Route is none.
    """
    uri, routes, token = request.uri, request.values("route"), ""
    try:
        own = SipUri.parse(uri)
        if routes and own.user and "lr" in own.parameters and is_ours(own):
            token, uri = own.user, Address.parse(routes.pop()).uri  # as a strict router sends it
        while routes:
            first = Address.parse(routes[0]).sip_uri
            if not is_ours(first) or (token and first.user not in (token, None)):
                break
            token = first.user or token
            del routes[0]
    except Malformed as fault:
        raise BadRequest(str(fault)) from None
    return Course(uri, tuple(routes), token)


def hops_left(request: Request) -> int:
    """How often the request may be passed on after us; one that does not say may 70 times.

    Raises:
        TooManyHops: it may not be passed on at all.
    """
    hops = int(request.first("max-forwards") or "71") - 1
    if hops < 0:
        raise TooManyHops
    return hops


def check_proxy_extensions(request: Request) -> None:
    """Let a request pass that asks nothing special of proxies (:rfc:`3261#section-16.3`, step 5).

    Raises:
        BadExtension: it does; whatever it is, we have none of it.
    """
    unknown = request.values("proxy-require")
    if unknown:
        raise BadExtension(unknown)


def record_routes(token: str, came: Flow, goes: Flow) -> tuple[str, ...]:
    """The Record-Route values by which later requests of a dialog come back to us.

    The one that the next hop uses stands first; the way back has one of its own where it is
    another transport or another address of ours (:rfc:`3261#section-16.6`, step 4).
    """
    return tuple(dict.fromkeys((_record_route(token, goes), _record_route(token, came))))


def _record_route(token: str, flow: Flow) -> str:
    transport = "" if flow.transport == "UDP" else f";transport={flow.transport.lower()}"
    return f"<sip:{token}@{flow.local}{transport};lr>"


class Onward(msgspec.Struct, frozen=True):
    """How a request differs when it is passed on."""

    via: Sequence[str]
    "The Via rows with `received` and `rport` filled in; none: it is sent as a request of ours."
    routes: tuple[str, ...]
    hops: int
    record_routes: tuple[str, ...] = ()
    identity: str = ""
    "The address-of-record to vouch for; empty: the next hop is told of none."
    realm: str = ""
    "Credentials for this realm stay here: they are nobody else's business."
    edited: tuple[tuple[str, str], ...] = ()
    "Headers (long names in lower case) whose value is another; empty: they are left out."


def loosened(course: Course) -> Course:
    """The course as the next hop wants it: a strict router stands in the Request-URI.

    :rfc:`3261#section-16.6`, step 6.

    Raises:
        BadRequest: a Route is none.
    """
    if not course.routes:
        return course
    try:
        first = Address.parse(course.routes[0])
        if "lr" in first.sip_uri.parameters:
            return course
    except Malformed as fault:
        raise BadRequest(str(fault)) from None
    return Course(first.uri, (*course.routes[1:], f"<{course.uri}>"), course.token)


def rows_onward(request: Request, onward: Onward) -> str:
    """The rows of the request as it is passed on, each ended by CRLF.

    Without our own Via, which the transaction puts on top, and without Content-Length.
    """
    ours = _own_rows(onward)
    rows: list[str] = []
    is_first_via = True
    for name, row in _named(request):
        if name == "via" and is_first_via:
            is_first_via = False
            rows += [f"Via: {via}" for via in onward.via[:1]]
            rows += [own for key in ("record-route", "max-forwards") for own in ours.pop(key)]
        elif name == "via" and not onward.via:
            continue
        elif name in ours:
            rows += ours[name]
            ours[name] = []
        elif name not in _DROPPED and not _is_for(onward.realm, name, row):
            rows.append(row)
    rows += [own for left in ours.values() for own in left]
    return "".join(f"{row}\r\n" for row in rows)


_DROPPED = frozenset({"max-forwards", "content-length", "p-preferred-identity"})


def _own_rows(onward: Onward) -> dict[str, list[str]]:
    """What we write ourselves, by the header whose rows it replaces or comes before."""
    routes = ", ".join(onward.routes)
    return {
        "max-forwards": [f"Max-Forwards: {onward.hops}"],
        "record-route": [f"Record-Route: {route}" for route in onward.record_routes],
        "route": [f"Route: {routes}"] if routes else [],
        "p-asserted-identity": (
            [f"P-Asserted-Identity: <{onward.identity}>"] if onward.identity else []
        ),
        **{name: [f"{name.title()}: {value}"] if value else [] for name, value in onward.edited},
    }


def _is_for(realm: str, name: str, row: str) -> bool:
    """Whether a row has credentials for a realm (:rfc:`3261#section-22.3`)."""
    if not realm or name not in _CREDENTIALS:
        return False
    try:
        return Credentials.parse(row.partition(":")[2].strip()).realm == realm
    except Malformed:
        return False


def _named(message: Message) -> Iterator[tuple[str, str]]:
    """The rows, each with the long name of its header in lower case."""
    for row in message.rows:
        name = row.partition(":")[0].rstrip(" \t").lower()
        yield COMPACT.get(name, name), row


def request_again(request: Request) -> bytes:
    """The bytes of a request as it came, to be read another time."""
    head = "\r\n".join([f"{request.method} {request.uri} SIP/2.0", *request.rows, "", ""])
    return head.encode("utf-8", "surrogateescape") + request.body


def response_back(response: Response, request: Request, more: Sequence[str] = ()) -> bytes:
    """The bytes of a response as it is passed back: without our Via (:rfc:`3261#section-16.7`).

    Its CSeq is that of `request`, whatever we have made of it on the way. `more` are rows that it
    has besides.
    """
    rows = [f"SIP/2.0 {response.status} {response.reason}"]
    is_first_via = True
    for name, row in _named(response):
        if name == "via" and is_first_via:
            is_first_via = False
            others = split_values(row.partition(":")[2])[1:]
            rows += [f"Via: {', '.join(others)}"] if others else []
        elif name == "cseq" and response.first("cseq") != request.first("cseq"):
            rows.append(f"CSeq: {request.first('cseq')}")
        elif name != "content-length":
            rows.append(row)
    head = "\r\n".join([*rows, *more, f"Content-Length: {len(response.body)}", "", ""])
    return head.encode("utf-8", "surrogateescape") + response.body


def loop_text(request: Request, target: str) -> str:
    """Everything that decides where we pass a request on to (:rfc:`5393#section-4.2.1`).

    `target` is whom it is for, in one spelling: other parameters of the same address lead nowhere
    else. A request that comes back with all of it unchanged would go round for ever.
    """
    headers = request.headers
    text = [target]
    for name in ("from", "to", "call-id", "cseq", "route", "proxy-require"):
        text += headers.get(name, ())
    return "\0".join(text)


def branches(request: Request) -> Iterator[str]:
    """The branches of the hops before the last one."""
    values = [value for row in request.headers.get("via", ()) for value in split_values(row)]
    for value in values[1:]:
        yield value.lower().partition("branch=")[2].partition(";")[0]
