"""Subscriptions that pass through a node, between a watcher and a notifier that is elsewhere."""

from __future__ import annotations

import msgspec

from hereabouts.base.refusal import Malformed
from hereabouts.base.units import NEVER, Seconds, Timestamp
from hereabouts.presence.questions import Asked, Trigger
from hereabouts.sip.admission import BadRequest
from hereabouts.sip.dialog import Dialog, OutOfOrder, UnknownDialog, contact_uri
from hereabouts.sip.flow import Flow
from hereabouts.sip.headers.address import Address, parse_addresses
from hereabouts.sip.headers.event import SubscriptionState, Substate
from hereabouts.sip.message import Message, Request, Response
from hereabouts.sip.parameters import parse_seconds
from hereabouts.sip.uri import SipUri
from hereabouts.storage.interface import Record

KIND = "relay"


class Hold(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A NOTIFY that the notifier has been told is taken, and that the watcher is still to see."""

    notify: bytes
    "As it came."
    until: Timestamp
    "When it is due; `NEVER`: when rules change, or there is a way to the watcher."
    trigger: Trigger = Trigger.UPDATE
    is_spent: bool = False
    "Whether the watcher has had its CSeq already, with what he had been shown before."


class Relay(Record, frozen=True, gc=False, kw_only=True):
    """What a proxy knows of one subscription. Its id is the token in our Record-Route."""

    presentity: str
    watcher: str
    "The identity that subscribed, an address-of-record."
    event: str
    "The Event header, as it stood."
    call_id: str
    watcher_address: str
    "The watcher's From, with his tag."
    presentity_address: str
    "The To of the first SUBSCRIBE."
    watcher_contact: str
    "The URI of the watcher's latest Contact."
    watcher_route: tuple[str, ...]
    "The Route values by which our own requests reach the watcher."
    watcher_flow: Flow
    "The flow that the latest SUBSCRIBE came by."
    subscribe: str
    "What names the SUBSCRIBE that was last passed on."
    subscribe_cseq: int
    is_at_edge: bool = False
    "Whether the notifier is the presentity's own agent, registered here."
    edge: str = ""
    "The Call-ID of that agent's registration."
    notifier_tag: str = ""
    "Empty until the notifier has said anything."
    notifier_route: str = ""
    "The first Route value behind us towards the notifier; empty: it is next itself."
    notifier_contact: str = ""
    cseq: int = 0
    "The CSeq of the latest NOTIFY."
    until: Timestamp = NEVER
    "When the subscription ends, as the notifier said last."
    substate: str = ""
    "What the latest NOTIFY called it; empty: there was none."
    is_awaited: bool = True
    "Whether a NOTIFY is due that answers a SUBSCRIBE."
    body: bytes = b""
    "What the watcher was shown last."
    content_type: str = ""
    shown_at: Timestamp = Timestamp(0.0)
    "When; 0: never."
    shift: int = 0
    "How much higher the CSeq of a NOTIFY is to the watcher: we have sent so many of our own."
    hold: Hold | None = None
    asked: Asked | None = None
    "What the latest SUBSCRIBE said, where its watcher has rules."
    min_interval: Seconds = 0.0
    "The least time between two NOTIFYs that his rules have set."
    reason: str = ""
    "Why we have ended it; empty: it lives."

    @property
    def package(self) -> str:
        """The event package."""
        return self.event.partition(";")[0].strip()

    @property
    def dialog(self) -> Dialog:
        """The notifier's end of the dialog, as far as it concerns the watcher."""
        lines = (
            f"To: {self.watcher_address}\r\n"
            f"From: {self.presentity_address};tag={self.notifier_tag}\r\n"
            f"Call-ID: {self.call_id}\r\n"
        )
        return Dialog(lines, self.watcher_contact, self.subscribe_cseq, self.watcher_route)

    @property
    def next_hop(self) -> SipUri | None:
        """Where requests to the notifier go, as he has told it himself; `None`: he has not."""
        if self.notifier_route:
            return Address.parse(self.notifier_route).sip_uri
        return SipUri.parse(self.notifier_contact) if self.notifier_contact else None

    def check_belongs(self, request: Request) -> None:
        """Let a request pass that belongs to this subscription, from either side.

        Raises:
            UnknownDialog: it does not, or the subscription is over.
        """
        theirs, ours = ("from", "to") if request.method == "NOTIFY" else ("to", "from")
        watcher_tag = Address.parse(self.watcher_address).tag
        is_known = self.notifier_tag in ("", _tag(request, theirs))
        if (
            self.reason
            or request.call_id != self.call_id
            or _tag(request, ours) != (watcher_tag or "")
            or not (is_known and _tag(request, theirs))
        ):
            raise UnknownDialog


def opened(
    request: Request,
    presentity: str,
    watcher: str,
    flow: Flow,
    name: str,
    expires_at: Timestamp,
    *,
    edge: str,
) -> Relay:
    """The relay of a SUBSCRIBE outside of any dialog, before anybody has answered it.

    Raises:
        BadRequest: no dialog can come of it.
    """
    routes = tuple(request.values("record-route"))
    try:
        contact = contact_uri(request)
        for address in parse_addresses(list(routes)):
            _ = address.sip_uri
    except Malformed as fault:
        raise BadRequest(str(fault)) from None
    return Relay(
        expires_at,
        presentity=presentity,
        watcher=watcher,
        event=request.first("event") or "",
        call_id=request.call_id,
        watcher_address=request.headers["from"][0],
        presentity_address=request.headers["to"][0],
        watcher_contact=contact,
        watcher_route=routes,
        watcher_flow=flow,
        subscribe=name,
        subscribe_cseq=request.cseq[0],
        is_at_edge=bool(edge),
        edge=edge,
    )


def refreshed(relay: Relay, request: Request, flow: Flow, name: str) -> Relay:
    """The relay after another SUBSCRIBE in its dialog.

    Raises:
        OutOfOrder: it is older than the last one.
        BadRequest: its Contact is not one SIP URI.
    """
    number, _ = request.cseq
    if number <= relay.subscribe_cseq:
        raise OutOfOrder
    try:
        contact = contact_uri(request) if request.first("contact") else relay.watcher_contact
    except Malformed as fault:
        raise BadRequest(str(fault)) from None
    return msgspec.structs.replace(
        relay,
        watcher_contact=contact,
        watcher_flow=flow,
        subscribe=name,
        subscribe_cseq=number,
        is_awaited=True,
    )


def granted(relay: Relay, response: Response, now: Timestamp, token: str) -> Relay:
    """The relay after the notifier has said yes to a SUBSCRIBE, for a time that he says."""
    lifetime = parse_seconds(response.first("expires")) or 0
    until = Timestamp(now + lifetime)
    if relay.notifier_tag:
        return msgspec.structs.replace(relay, until=until)
    routes = response.values("record-route")
    ours = next((at for at, route in enumerate(routes) if f"sip:{token}@" in route), 0)
    behind = routes[ours - 1] if ours else ""
    return _formed(relay, response, "to", behind, until)


def notified(relay: Relay, request: Request, state: SubscriptionState, now: Timestamp) -> Relay:
    """The relay after a NOTIFY.

    Raises:
        OutOfOrder: it is older than the last one.
    """
    number, _ = request.cseq
    if number < relay.cseq:
        raise OutOfOrder
    is_over = state.substate is Substate.TERMINATED
    until = relay.until
    if not is_over and state.expires is not None:
        until = Timestamp(now + state.expires)
    routes = request.values("record-route")
    behind = relay.notifier_route if relay.notifier_tag else (routes[0] if routes else "")
    formed = _formed(relay, request, "from", behind, until)
    return msgspec.structs.replace(
        formed,
        cseq=number,
        substate=state.substate.value,
    )


def trigger_of(relay: Relay, state: SubscriptionState) -> Trigger:
    """What a NOTIFY is sent for that comes behind what the relay knows."""
    if state.substate is Substate.TERMINATED:
        return Trigger.TERMINATION
    if relay.is_awaited:
        return Trigger.SUBSCRIBE
    return Trigger.UPDATE if relay.substate == state.substate.value else Trigger.APPROVAL


def shown(relay: Relay, body: bytes, content_type: str, now: Timestamp) -> Relay:
    """The relay after the watcher was shown something."""
    return msgspec.structs.replace(
        relay, body=body, content_type=content_type, shown_at=now, is_awaited=False
    )


def _formed(relay: Relay, message: Message, who: str, behind: str, until: Timestamp) -> Relay:
    """The relay with what a message of the notifier tells of his end."""
    try:
        contact = contact_uri(message)
        if behind:
            _ = Address.parse(behind).sip_uri
    except Malformed:
        contact, behind = relay.notifier_contact, relay.notifier_route
    return msgspec.structs.replace(
        relay,
        notifier_tag=relay.notifier_tag or _tag(message, who),
        notifier_route=behind,
        notifier_contact=contact,
        until=until,
    )


def ended(relay: Relay, reason: str) -> Relay:
    """The relay of a subscription that we have ended: one NOTIFY of ours is still to be sent."""
    cseq = relay.cseq + relay.shift + 1
    return msgspec.structs.replace(relay, reason=reason, cseq=cseq, shift=0, hold=None)


def lasting(relay: Relay, memory: Seconds, now: Timestamp) -> Relay:
    """The relay, to be kept until some time after all messages about it have come."""
    last = max(now, relay.until) if relay.until != NEVER else now
    return msgspec.structs.replace(relay, expires_at=Timestamp(last + memory))


def _tag(message: Message, name: str) -> str:
    return Address.parse(message.headers[name][0]).tag or ""
