"""NOTIFYs on their way to a watcher: passed on, changed, or held, as his own rules say.

One that is held was answered 200, for it is on disk; the newest takes the place of older ones, and
goes out when its time has come, or when there is a way to the watcher again.
"""

from __future__ import annotations

from functools import partial

import msgspec

from hereabouts.base.units import Moment
from hereabouts.presence.notify import ENDING
from hereabouts.presence.questions import Trigger
from hereabouts.presence.relay import Hold, Relay, notified, shown, trigger_of
from hereabouts.presence.restraint import Verdict
from hereabouts.roles.node import Node
from hereabouts.roles.passing import Passage, Passing, Withdrawn
from hereabouts.roles.relays import Held, Relays
from hereabouts.roles.releasing import Releasing, edits, state_of
from hereabouts.roles.ways import is_another, ways_to_watcher
from hereabouts.sip.dialog import UnknownDialog
from hereabouts.sip.flow import Flow
from hereabouts.sip.headers.event import Substate
from hereabouts.sip.incoming import Incoming
from hereabouts.sip.leaving import Failure
from hereabouts.sip.message import Request, Response
from hereabouts.sip.proxy import request_again
from hereabouts.storage.interface import Store


class _Notify(msgspec.Struct, frozen=True):
    """A NOTIFY on its way through."""

    incoming: Incoming
    held: Held
    found: Verdict
    trigger: Trigger
    before: Relay
    "The relay before it came."
    flows: tuple[Flow, ...]
    "The ways to the watcher, the best first."

    @property
    def request(self) -> Request:
        return self.incoming.request


class Showing:
    """Shows watchers what their notifiers say."""

    def __init__(
        self, node: Node, store: Store, passing: Passing, relays: Relays, releasing: Releasing
    ) -> None:
        self._node = node
        self._store = store
        self._passing = passing
        self._relays = relays
        self._releasing = releasing

    async def notify(self, incoming: Incoming, held: Held, now: Moment) -> None:
        """Pass a NOTIFY on, or keep it and say 200."""
        request, before = incoming.request, held.relay
        state = state_of(request)
        trigger = trigger_of(before, state)
        relay = notified(before, request, state, now.timestamp)
        found = await self._releasing.judge(relay, request, trigger, now)
        is_behind = held.is_sending and trigger is Trigger.UPDATE  # or it would be overtaken
        if found.body is None or is_behind:
            until = now.timestamp if found.until is None else found.until
            hold = Hold(notify=request_again(request), until=until)
            await self._releasing.hold(held, relay, hold, now)
            self._node.endpoint.respond(incoming, 200, now)
            return
        flows = await ways_to_watcher(self._store, relay, now)
        await self._keep(held, relay, request, found, now)
        self._send(_Notify(incoming, held, found, trigger, before, flows), 0, now)

    async def _keep(
        self, held: Held, relay: Relay, request: Request, found: Verdict, now: Moment
    ) -> None:
        """Keep what the watcher is shown, and what he is still to be shown."""
        since = relay.shown_at
        relay = shown(relay, found.body or b"", found.content_type, now.timestamp)
        hold = None
        if found.until is not None:  # what he had seen before keeps nobody waiting any longer
            relay = msgspec.structs.replace(relay, shown_at=since or now.timestamp)
            hold = Hold(notify=request_again(request), until=found.until, is_spent=True)
        await self._relays.keep_lasting(held, msgspec.structs.replace(relay, hold=hold), now)

    def _send(self, notify: _Notify, attempt: int, now: Moment) -> None:
        """Pass a NOTIFY on by the next of the ways."""
        incoming, held = notify.incoming, notify.held
        passage = Passage(
            incoming=incoming,
            course=self._passing.course(incoming),
            flow=notify.flows[attempt],
            answered=partial(self._answered, notify),
            failed=partial(self._failed, notify, attempt),
            token=held.id,
            attempt=attempt,
            edited=edits(held.relay, incoming.request, notify.found),
            body=notify.found.body,
        )
        self._passing.send(passage, now)

    def _answered(self, notify: _Notify, response: Response, now: Moment) -> None:
        incoming, held = notify.incoming, notify.held
        self._releasing.reached(held)
        is_last = held.relay.substate == Substate.TERMINATED.value

        async def finish() -> None:
            if is_last or notify.found.is_end or response.status in ENDING:
                await self._relays.drop(held.id)
            if notify.found.is_end:
                raise UnknownDialog  # to the notifier: the watcher's rules have ended it
            self._passing.answer(incoming, response, now)

        self._node.go_on(incoming, held.key, finish, now)

    def _failed(self, notify: _Notify, attempt: int, failure: Failure, now: Moment) -> None:
        held = notify.held
        if failure is Failure.TIMED_OUT:
            # The notifier has given up as well by now, and the watcher is none any more.
            self._node.run(held.key, lambda: self._relays.drop(held.id))
        elif failure is Failure.UNDELIVERABLE and is_another(
            notify.flows, attempt, self._node.sources, now
        ):
            self._send(notify, attempt + 1, now)
        else:
            start = partial(self._not_passed, notify, failure, now)
            self._node.go_on(notify.incoming, held.key, start, now)

    async def _not_passed(self, notify: _Notify, failure: Failure, now: Moment) -> None:
        """Keep it for a watcher without a connection, as his subscriptions here are kept."""
        if failure is Failure.WITHDRAWN:
            raise Withdrawn
        held = notify.held
        hold = Hold(
            notify=request_again(notify.request), until=now.timestamp, trigger=notify.trigger
        )
        before = notify.before
        relay = msgspec.structs.replace(
            held.relay,
            body=before.body,
            content_type=before.content_type,
            shown_at=before.shown_at,
        )
        self._releasing.park(held, now)
        await self._releasing.hold(held, relay, hold, now)
        self._node.endpoint.respond(notify.incoming, 200, now)
