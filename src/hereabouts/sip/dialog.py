"""Dialogs: what two peers keep in common between requests (:rfc:`3261#section-12`)."""

from __future__ import annotations

import msgspec

from hereabouts.base.refusal import Refusal
from hereabouts.native.choice import messages as native
from hereabouts.sip.flow import Flow
from hereabouts.sip.headers.address import Address, parse_addresses
from hereabouts.sip.message import Message, Request
from hereabouts.sip.parameters import MalformedHeader
from hereabouts.sip.uri import SipUri


class OutOfOrder(Refusal):
    """An in-dialog request older than one we have seen (:rfc:`3261#section-12.2.2`)."""

    status = 500

    def __init__(self) -> None:
        super().__init__("CSeq is not higher than that of the last request")


class UnknownDialog(Refusal):
    """A request in a dialog that does not exist, or does not any more."""

    status = 481


class Dialog(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One end of a dialog, kept lean: there may be hundreds of thousands.

    What does not change in our requests is kept as the text that goes into them.
    """

    lines: str
    "The To, From and Call-ID rows of our requests, in this order, each ended by CRLF."
    remote_target: str
    "The URI of the peer's latest Contact."
    remote_cseq: int
    "The number of the peer's latest request; -1: none yet."
    route_set: tuple[str, ...] = ()
    "Route values in the order in which our requests visit them."

    @property
    def call_id(self) -> str:
        """The Call-ID."""
        return self._value(2)

    @property
    def remote(self) -> str:
        """The peer's address with its tag, as From or To."""
        return self._value(0)

    @property
    def local_tag(self) -> str:
        """Our tag."""
        return Address.parse(self._value(1)).tag or ""

    @property
    def remote_tag(self) -> str:
        """The peer's tag; empty for a peer that has none."""
        return Address.parse(self._value(0)).tag or ""

    def _value(self, row: int) -> str:
        return self.lines.split("\r\n", 3)[row].partition(": ")[2]

    def belongs(self, request: Request) -> bool:
        """Whether a request of the peer names this dialog: Call-ID and both tags."""
        return (
            request.call_id == self.call_id
            and _tag(request, "to") == self.local_tag
            and _tag(request, "from") == self.remote_tag
        )

    def received(self, request: Request) -> Dialog:
        """The dialog after a target refresh request of the peer (:rfc:`3261#section-12.2.2`).

        Raises:
            OutOfOrder: its CSeq is not higher than that of the last one.
            Malformed: its Contact is not one SIP URI.
        """
        number, _ = request.cseq
        if number <= self.remote_cseq:
            raise OutOfOrder
        contact = request.first("contact")
        target = contact_uri(request) if contact else self.remote_target
        return Dialog(self.lines, target, number, self.route_set)

    @property
    def is_strict(self) -> bool:
        """Whether the first hop is a strict router, which wants to stand in the Request-URI."""
        return bool(self.route_set) and "lr" not in self.next_hop.parameters

    @property
    def next_hop(self) -> SipUri:
        """Where a request goes: the first of the route set, else the peer itself."""
        if self.route_set:
            return Address.parse(self.route_set[0]).sip_uri
        return SipUri.parse(self.remote_target)

    def addressing(self) -> tuple[str, str]:
        """Request-URI, and rows To, From, Call-ID and Route (:rfc:`3261#section-12.2.1.1`)."""
        if not self.route_set:
            return self.remote_target, self.lines
        routes = self.route_set
        uri = self.remote_target
        if self.is_strict:
            uri = Address.parse(routes[0]).uri
            routes = (*routes[1:], f"<{self.remote_target}>")
        return uri, f"{self.lines}Route: {', '.join(routes)}\r\n"


if native is not None:
    native.learn_dialogs(Dialog, SipUri)


def accepted(request: Request, local_tag: str) -> Dialog:
    """The dialog that our 2xx with `local_tag` to this request makes (:rfc:`3261#section-12.1.1`).

    Raises:
        Malformed: it has not exactly one Contact that is a SIP URI, or an odd Record-Route.
    """
    if native is not None and (usual := native.accepted(request, local_tag)):
        made: Dialog = usual
        return made
    to = f"{request.headers['to'][0]};tag={local_tag}"
    lines = f"To: {request.headers['from'][0]}\r\nFrom: {to}\r\nCall-ID: {request.call_id}\r\n"
    routes: tuple[str, ...] = ()
    if "record-route" in request.headers:
        routes = tuple(request.values("record-route"))
        for address in parse_addresses(list(routes)):
            _ = address.sip_uri
    return Dialog(lines, contact_uri(request), request.cseq[0], routes)


def contact_uri(message: Message) -> str:
    """The URI of the one Contact that a dialog-making message has (:rfc:`3261#section-8.1.1.8`).

    Raises:
        Malformed: there is none, or more than one, or it is no SIP URI.
    """
    text, uri = message.contact
    if uri.scheme == "pres":
        raise MalformedHeader("Contact is not a SIP URI")
    if uri.headers:  # they are for a form of address, not for a Request-URI (section 19.1.1)
        return str(msgspec.structs.replace(uri, headers=""))
    return text


def contact_within(request: Request, flow: Flow) -> str:
    """Our Contact in the dialog that a request by this flow has made, or refreshed.

    It is a `sips` URI if the Request-URI is one, or the first hop back (section 12.1.1).
    """
    first = request.headers.get("record-route") or request.headers.get("contact") or [""]
    is_secure = request.uri[:5].lower() == "sips:"
    if not is_secure and "sips:" in first[0].lower():  # hardly ever: it is read anew
        is_secure = parse_addresses(first[:1])[0].sip_uri.scheme == "sips"
    return flow.secure_contact if is_secure else flow.contact


def _tag(message: Message, name: str) -> str:
    if not message.first(name):
        return ""
    address = message.to_address if name == "to" else message.from_address
    return address.tag or ""
