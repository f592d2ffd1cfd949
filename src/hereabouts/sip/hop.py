"""What a message says of one hop: the Via on top, and requests that go no farther than the next."""

from __future__ import annotations

from collections.abc import Iterable

from hereabouts.base.refusal import Malformed
from hereabouts.native.choice import messages as native
from hereabouts.sip.flow import Flow
from hereabouts.sip.headers.via import COOKIE, Via
from hereabouts.sip.message import Request, Response, write_request
from hereabouts.sip.parameters import split_values
from hereabouts.sip.reader import read
from hereabouts.sip.transactions.machine import Transaction


def stamp(request: Request, flow: Flow) -> tuple[Via, list[str], str]:
    """The topmost Via, all Via rows as the answer will carry them, and the transaction's name.

    `received` and `rport` are filled in as :rfc:`3261#section-18.2.1` and :rfc:`3581#section-4`
    say; a port that the peer wrote into `rport` itself is not believed.
    """
    rows = request.headers.get("via")
    if not rows:
        raise Malformed("a request without Via")
    if native is not None and (
        usual := native.stamp(request.method, rows[0], flow.host, flow.port)
    ):
        fields, row, key = usual
        via = Via(*fields)
        rows = rows if row is rows[0] else [row, *rows[1:]]
        return via, rows, key or _server_key(request, via)
    via, rows = _stamped(rows, flow)
    return via, rows, _server_key(request, via)


def _stamped(rows: list[str], flow: Flow) -> tuple[Via, list[str]]:
    """The same, of any rows."""
    first, *others = split_values(rows[0])
    via = Via.parse(first)
    if "rport" in via.parameters:
        parameters = via.parameters | {"rport": str(flow.port), "received": flow.host}
    elif via.host != flow.host:
        parameters = via.parameters | {"received": flow.host}
    else:
        return via, rows
    via = Via(via.transport, via.host, via.port, parameters, via.version)
    row = ", ".join([str(via), *others]) if others else str(via)
    return via, [row, *rows[1:]]


def _server_key(request: Request, via: Via) -> str:
    """The name of the transaction that a request belongs to (:rfc:`3261#section-17.2.3`)."""
    method = "INVITE" if request.method == "ACK" else request.method
    branch = via.branch
    if branch and branch.startswith(COOKIE) and branch != COOKIE:
        return f"{method} {branch} {via.sent_by}"
    number = (request.first("cseq") or "").partition(" ")[0]
    sender = request.first("from") or ""
    return f"{method} {request.uri} {sender} {request.call_id} {number} {via}"


def request_bytes(method: str, uri: str, rows: str, body: bytes, flow: Flow, branch: str) -> bytes:
    """The bytes of a request by this flow; `rows` are all but Via and Content-Length."""
    head = (
        f"{method} {uri} SIP/2.0\r\n"
        f"Via: SIP/2.0/{flow.transport} {flow.local};branch={branch};rport\r\n"
        f"{rows}Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode("utf-8", "surrogateescape") + body


def acknowledgement(transaction: Transaction, response: Response) -> bytes:
    """The ACK for a 3xx to 6xx: as the INVITE, To as in it (:rfc:`3261#section-17.1.1.3`)."""
    return hop_by_hop(transaction, "ACK", to=response.first("to") or "")


def hop_by_hop(
    transaction: Transaction, method: str, *, to: str = "", more: Iterable[tuple[str, str]] = ()
) -> bytes:
    """A request about an INVITE of ours that goes just as far: to the next hop."""
    invite = read(transaction.payload)
    assert isinstance(invite, Request)
    number, _ = invite.cseq
    rows = [("Via", split_values(invite.headers["via"][0])[0])]
    rows += [("Route", value) for value in invite.headers.get("route", ())]
    rows += [("Max-Forwards", "70"), ("From", invite.headers["from"][0])]
    rows += [("To", to or invite.headers["to"][0]), ("Call-ID", invite.call_id)]
    rows += [("CSeq", f"{number} {method}"), *more]
    return write_request(method, invite.uri, rows)
