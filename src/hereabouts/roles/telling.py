"""NOTIFYs of a proxy's own: the last word of a subscription that it ends itself."""

from __future__ import annotations

from functools import partial

import msgspec

from hereabouts.base.refusal import Malformed
from hereabouts.base.units import Instant, Moment, Timestamp
from hereabouts.presence.relay import Relay, ended
from hereabouts.roles.node import Node
from hereabouts.roles.relays import Held, Relays
from hereabouts.sip.endpoint import Answer, Failure
from hereabouts.sip.flow import Flow
from hereabouts.sip.registrar import KIND, Bindings
from hereabouts.sip.routing import towards
from hereabouts.sip.uri import SipUri
from hereabouts.storage.interface import Store

AGAIN = 1.0
"Seconds until what our own disk has kept from leaving is sent again."


class Telling:
    """Tells watchers what no notifier tells them any more."""

    def __init__(self, node: Node, store: Store, relays: Relays) -> None:
        self._node = node
        self._store = store
        self._relays = relays

    def start(self, now: Moment) -> None:
        """Say again what a former run may not have said."""
        for held in self._relays.all():
            if held.relay.reason:
                self._tell_soon(held, now)

    def end(self, held: Held, reason: str, now: Moment) -> None:
        """End a subscription; its watcher is told the reason (:rfc:`6665#section-4.1.3`)."""
        self._node.run(held.key, lambda: self._end(held, reason, now))

    async def _end(self, held: Held, reason: str, now: Moment) -> None:
        if self._relays.get(held.id) is not held or held.relay.reason:
            return
        if not held.relay.notifier_tag:
            await self._relays.drop(held.id)  # nobody has told the watcher of any dialog
            return
        await self._relays.keep_lasting(held, ended(held.relay, reason), now)
        await self._tell(held, now)

    def flow_found(self, watcher: str, now: Moment) -> None:
        """The watcher has registered: what waits for a way to him may have found one."""
        for held in self._relays.of_watcher(watcher):
            if held.is_parked:
                held.is_parked = False
                self._tell_soon(held, now)

    def _tell_soon(self, held: Held, now: Moment) -> None:
        self._node.run(held.key, lambda: self._tell(held, now))

    async def _tell(self, held: Held, now: Moment) -> None:
        if self._relays.get(held.id) is held:
            self._send(held, await self.ways(held.relay, now), 0)

    def _send(self, held: Held, flows: tuple[Flow, ...], attempt: int) -> None:
        relay, flow = held.relay, flows[attempt]
        uri, addressing = relay.dialog.addressing()
        rows = (
            f"Max-Forwards: 70\r\n{addressing}CSeq: {relay.cseq} NOTIFY\r\n"
            f"Contact: {flow.contact}\r\nEvent: {relay.event}\r\n"
            f"Subscription-State: terminated;reason={relay.reason}\r\n"
        )
        if relay.body:
            rows += f"Content-Type: {relay.content_type}\r\n"
        user = (partial(self._told, held, relay.reason, flows), attempt)
        self._node.endpoint.request("NOTIFY", uri, rows, relay.body, flow, user)

    def _again(self, held: Held, reason: str, now: Moment) -> None:
        if held.relay.reason:
            self._tell_soon(held, now)
        else:
            self.end(held, reason, now)  # that was undone as well

    def _told(
        self,
        held: Held,
        reason: str,
        flows: tuple[Flow, ...],
        attempt: int,
        answer: Answer,
        now: Moment,
    ) -> None:
        if answer is Failure.WITHDRAWN:
            due = Instant(now.instant + AGAIN)
            self._node.deadlines.at(due, lambda _, __, at: self._again(held, reason, at), None)
        elif answer is Failure.UNDELIVERABLE and attempt + 1 < len(flows):
            self._send(held, flows, attempt + 1)
        elif answer is Failure.UNDELIVERABLE:
            held.is_parked = True  # until he registers, or the relay expires
        elif answer is Failure.TIMED_OUT or (
            not isinstance(answer, Failure) and answer.status >= 200
        ):
            self._node.run(held.key, lambda: self._relays.drop(held.id))

    async def ways(self, relay: Relay, now: Moment) -> tuple[Flow, ...]:
        """The ways to a watcher, the best first: his flow, his registration's, his Contact."""
        flow, hop = relay.watcher_flow, relay.dialog.next_hop
        flows = [flow]
        if flow.is_reliable:
            flows += await self._registered(relay, now.timestamp)
        if not hop.host.endswith(".invalid"):
            flows.append(towards(msgspec.structs.replace(flow, host="", connection=0), hop))
        return tuple(dict.fromkeys(flows))

    async def _registered(self, relay: Relay, now: Timestamp) -> list[Flow]:
        """The flows by which this very device of the watcher is registered."""
        entry = await self._store.get((KIND, relay.watcher, ""), now)
        if entry is None:
            return []
        assert isinstance(entry.record, Bindings)
        contact = SipUri.parse(relay.watcher_contact)
        bound = [each for each in entry.record.current(now) if _is_same(each.uri, contact)]
        return [each.flow for each in bound if each.flow.is_reliable]


def _is_same(bound: str, contact: SipUri) -> bool:
    """Whether a binding is of the device with this Contact."""
    try:
        uri = SipUri.parse(bound)
    except Malformed:
        return False
    return (uri.user, uri.host, uri.port) == (contact.user, contact.host, contact.port)
