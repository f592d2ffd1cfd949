"""NOTIFYs of a proxy's own: the last word of a subscription that it ends itself."""

from __future__ import annotations

from functools import partial

from hereabouts.base.units import Instant, Moment
from hereabouts.presence.agent import RETRY_AFTER
from hereabouts.presence.relay import ended
from hereabouts.roles.node import Node
from hereabouts.roles.relays import AGAIN, Held, Relays
from hereabouts.roles.ways import is_another, ways_to_watcher
from hereabouts.sip.flow import Flow
from hereabouts.sip.leaving import Answer, Failure
from hereabouts.storage.interface import Store


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
                self.tell_soon(held, now)

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

    def tell_soon(self, held: Held, now: Moment) -> None:
        """Send the last word, again if need be."""
        held.is_parked = False
        self._node.run(held.key, lambda: self._tell(held, now))

    async def _tell(self, held: Held, now: Moment) -> None:
        if self._relays.get(held.id) is held:
            self._send(held, await ways_to_watcher(self._store, held.relay, now), 0)

    def _send(self, held: Held, flows: tuple[Flow, ...], attempt: int) -> None:
        relay, flow = held.relay, flows[attempt]
        uri, addressing = relay.dialog.addressing()
        rows = (
            f"Max-Forwards: 70\r\n{addressing}CSeq: {relay.cseq} NOTIFY\r\n"
            f"Contact: {flow.contact_for(uri)}\r\nEvent: {relay.event}\r\n"
            f"Subscription-State: terminated;reason={relay.reason}\r\n"
        )
        if relay.body:
            rows += f"Content-Type: {relay.content_type}\r\n"
        user = (partial(self._told, held, relay.reason, flows), attempt)
        self._node.endpoint.request("NOTIFY", uri, rows, relay.body, flow, user)

    def _try_again(self, held: Held, _due: Instant, now: Moment) -> None:
        if held.is_parked and self._relays.get(held.id) is held:
            self.tell_soon(held, now)

    def _again(self, held: Held, reason: str, now: Moment) -> None:
        if held.relay.reason:
            self.tell_soon(held, now)
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
        elif answer is Failure.UNDELIVERABLE and is_another(
            flows, attempt, self._node.sources, now
        ):
            self._send(held, flows, attempt + 1)
        elif answer is Failure.UNDELIVERABLE:
            held.is_parked = True  # until he registers, or the relay expires
            if held.relay.dialog.route_set:  # or until the server that stands between is back
                due = Instant(now.instant + RETRY_AFTER)
                self._node.deadlines.at(due, self._try_again, held)
        elif answer is Failure.TIMED_OUT or (
            not isinstance(answer, Failure) and answer.status >= 200
        ):
            self._node.run(held.key, lambda: self._relays.drop(held.id))
