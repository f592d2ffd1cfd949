"""NOTIFYs that a proxy holds for a watcher, and sends itself when their time has come."""

from __future__ import annotations

from functools import partial

import msgspec

from hereabouts.base.refusal import Malformed
from hereabouts.base.units import NEVER, Instant, Moment, Seconds, Timestamp
from hereabouts.presence.agent import RETRY_AFTER, RETRY_SLOWLY
from hereabouts.presence.notify import ENDING
from hereabouts.presence.questions import Handling, NotifyAnswer, Questions, Trigger
from hereabouts.presence.relay import Hold, Relay, shown
from hereabouts.presence.restraint import Verdict, question_about, verdict
from hereabouts.roles.node import Node
from hereabouts.roles.passing import Passing
from hereabouts.roles.relays import AGAIN, NOWHEN, Held, Relays, Sent
from hereabouts.roles.ways import is_another, ways_to_watcher
from hereabouts.sip.admission import BadRequest
from hereabouts.sip.domains import Domains
from hereabouts.sip.flow import LOCAL, Flow
from hereabouts.sip.headers.event import SubscriptionState, Substate
from hereabouts.sip.leaving import Answer, Failure
from hereabouts.sip.message import Request
from hereabouts.sip.proxy import Onward, hops_left, loosened, record_routes, rows_onward
from hereabouts.sip.reader import read
from hereabouts.storage.interface import Store

FREE = NotifyAnswer(Handling.DELIVER, "there are no rules")


class Releasing:
    """Keeps the newest NOTIFY of each watcher who is not to see it yet, or cannot be reached."""

    def __init__(
        self,
        node: Node,
        store: Store,
        domains: Domains,
        passing: Passing,
        relays: Relays,
        questions: Questions,
    ) -> None:
        self._node = node
        self._store = store
        self._domains = domains
        self._passing = passing
        self._relays = relays
        self._questions = questions

    async def judge(self, relay: Relay, request: Request, trigger: Trigger, now: Moment) -> Verdict:
        """What becomes of a NOTIFY, by the rules of its watcher if he is a user of ours.

        An agent of his own asks them itself.
        """
        answer, watcher = FREE, relay.watcher
        is_ours = self._domains.serves(watcher)
        is_asked = is_ours and relay.watcher_flow.transport != LOCAL
        if is_asked and self._questions.has_notifying_rules(relay.presentity, watcher):
            question = question_about(relay, request, state_of(request), trigger, now.timestamp)
            answer = await self._questions.may_show(question, now)
        return verdict(answer, relay, request, trigger, now.timestamp)

    async def hold(self, held: Held, relay: Relay, hold: Hold, now: Moment) -> None:
        """Keep a NOTIFY in the place of the one that was held before."""
        await self._relays.keep_lasting(held, msgspec.structs.replace(relay, hold=hold), now)

    def wait(self, held: Held, now: Moment, overdue: Seconds = 0.0) -> None:
        """See to it that what is held goes out in time, `overdue` from now if that has passed.

        Also what a failing disk has brought back.
        """
        if held.due_at == NEVER:
            return
        due = now.due(held.due_at)
        if due <= now.instant:
            due = Instant(now.instant + overdue)
        if due < held.looks_at:
            held.looks_at = due
            self._node.deadlines.at(due, self._due, held)

    def park(self, held: Held, now: Moment) -> None:
        """There is no way to the watcher: wait for him to register or to subscribe again.

        A server that stands between does neither when it is back: it is tried now and then, until
        the relay expires.
        """
        held.is_parked = True
        if held.parked_until == NOWHEN:
            due = held.parked_until = Instant(now.instant + self._passing.terms.patience)
            self._node.deadlines.at(due, self._patience_over, held)
        if held.relay.dialog.route_set:
            pause = RETRY_AFTER if now.instant < held.parked_until else RETRY_SLOWLY
            self._node.deadlines.at(Instant(now.instant + pause), self._try_again, held)

    def reached(self, held: Held) -> None:
        """There is a way to the watcher, for he has answered."""
        held.is_parked = False
        held.parked_until = NOWHEN

    def _try_again(self, held: Held, _due: Instant, now: Moment) -> None:
        if held.is_parked and self._relays.get(held.id) is held:
            self.release_soon(held, now)

    def _patience_over(self, held: Held, due: Instant, _now: Moment) -> None:
        is_near = not held.relay.dialog.route_set
        if held.is_parked and is_near and held.parked_until == due:
            self._node.run(held.key, lambda: self._relays.drop(held.id))

    def start(self, now: Moment) -> None:
        """Take up what a former run has held."""
        for held in self._relays.all():
            self.wait(held, now)

    def doubt(self, watchers: frozenset[str] | None, now: Moment) -> None:
        """The rules of these watchers have changed, or of anybody."""
        for held in self._relays.all():
            is_concerned = watchers is None or held.relay.watcher in watchers
            if is_concerned and held.relay.hold is not None and not held.is_parked:
                self.release_soon(held, now)

    def release_soon(self, held: Held, now: Moment) -> None:
        """Look again at what is held: rules have changed, or there is a way to the watcher."""
        held.is_parked = False
        if held.relay.hold is not None:
            self._node.run(held.key, lambda: self._release(held, now))

    def _due(self, held: Held, due: Instant, now: Moment) -> None:
        if due == held.looks_at:
            held.looks_at = NOWHEN
        if now.due(held.due_at) > now.instant:
            self.wait(held, now)
        elif not held.is_parked:
            self._node.run(held.key, lambda: self._release(held, now))

    async def _release(self, held: Held, now: Moment) -> None:
        relay, hold = held.relay, held.relay.hold
        if self._relays.get(held.id) is not held or hold is None or held.is_sending:
            return
        if held.back is not None:
            await self._keep_shown(held, held.back.found, now)
            return
        request = read(hold.notify)
        assert isinstance(request, Request)
        found = await self.judge(relay, request, hold.trigger, now)
        if found.body is None or (found.body == relay.body and hold.is_spent):
            until = NEVER if found.until is None else found.until
            await self.hold(held, relay, msgspec.structs.replace(hold, until=until), now)
            return
        if hold.is_spent:  # a NOTIFY of our own: all that follow count one higher
            hold = msgspec.structs.replace(hold, is_spent=False)
            relay = msgspec.structs.replace(relay, shift=relay.shift + 1, hold=hold)
            await self._relays.keep_lasting(held, relay, now)
        flows = await ways_to_watcher(self._store, relay, now)
        held.is_sending = True
        self._send(held, request, found, flows, 0, now)

    def _send(
        self,
        held: Held,
        request: Request,
        found: Verdict,
        flows: tuple[Flow, ...],
        attempt: int,
        now: Moment,
    ) -> None:
        relay, flow = held.relay, flows[attempt]
        course = loosened(self._passing.course_by(request, relay.watcher_flow))
        onward = Onward(
            (),
            course.routes,
            hops_left(request),
            record_routes=record_routes(held.id, flow, flow, course.uri),
            realm=self._passing.terms.realm,
            edited=(*edits(relay, request, found), *_time_left(relay, request, found, now)),
        )
        told = partial(self._told, held, request, found, flows)
        rows, body = rows_onward(request, onward), found.body or b""
        self._node.endpoint.request("NOTIFY", course.uri, rows, body, flow, (told, attempt))

    def _told(
        self,
        held: Held,
        request: Request,
        found: Verdict,
        flows: tuple[Flow, ...],
        attempt: int,
        answer: Answer,
        now: Moment,
    ) -> None:
        if not isinstance(answer, Failure):
            if answer.status >= 200:
                self.reached(held)
                is_over = answer.status in ENDING or found.is_end or _is_last(request)
                self._sent(held, request, found, now, is_over=is_over)
        elif answer is Failure.UNDELIVERABLE and is_another(
            flows, attempt, self._node.sources, now
        ):
            self._send(held, request, found, flows, attempt + 1, now)
        elif answer is Failure.UNDELIVERABLE:
            held.is_sending = False
            self.park(held, now)
        elif answer is Failure.WITHDRAWN:
            held.is_sending = False
            due = Instant(now.instant + AGAIN)
            self._node.deadlines.at(due, lambda _, __, at: self.release_soon(held, at), None)
        else:
            self._sent(held, request, found, now, is_over=True)  # there is no watcher any more

    def _sent(
        self, held: Held, request: Request, found: Verdict, now: Moment, *, is_over: bool
    ) -> None:
        async def finish() -> None:
            held.is_sending = False
            if self._relays.get(held.id) is not held:
                return
            hold = held.relay.hold
            if is_over:
                await self._relays.drop(held.id)
            elif hold is not None:  # or he has been shown a newer one meanwhile
                if read(hold.notify).cseq == request.cseq:
                    held.sent = Sent(held.relay.shift, hold, found)
                await self._keep_shown(held, found, now)

        self._node.run(held.key, finish)

    async def _keep_shown(self, held: Held, found: Verdict, now: Moment) -> None:
        """Keep what the watcher was shown, and what he is still to be shown."""
        hold = held.relay.hold
        if held.back is not None:
            hold = None if found.until is None else _spent(held.back.hold, found.until)
        relay = shown(held.relay, found.body or b"", found.content_type, now.timestamp)
        await self._relays.keep_lasting(held, msgspec.structs.replace(relay, hold=hold), now)
        self.wait(held, now)


def _spent(hold: Hold, until: Timestamp) -> Hold:
    """The hold of a NOTIFY that went out with what the watcher had seen before."""
    return msgspec.structs.replace(hold, until=until, is_spent=True, trigger=Trigger.UPDATE)


def edits(relay: Relay, request: Request, found: Verdict) -> tuple[tuple[str, str], ...]:
    """The headers of a NOTIFY whose value is another when it goes on to the watcher."""
    edited = found.edits(request)
    if relay.shift:
        edited = (*edited, ("cseq", f"{request.cseq[0] + relay.shift} NOTIFY"))
    return edited


def _time_left(
    relay: Relay, request: Request, found: Verdict, now: Moment
) -> tuple[tuple[str, str], ...]:
    """Subscription-State with the time that is left by now, as it was held for a while."""
    state = state_of(request)
    if found.is_end or state.substate is Substate.TERMINATED or relay.until == NEVER:
        return ()
    left = max(0, int(relay.until - now.timestamp + 0.001))
    return (("subscription-state", f"{state.substate.value};expires={left}"),)


def _is_last(request: Request) -> bool:
    return state_of(request).substate is Substate.TERMINATED


def state_of(request: Request) -> SubscriptionState:
    """What a NOTIFY says of the subscription.

    Raises:
        BadRequest: it says nothing.
    """
    try:
        return SubscriptionState.parse(request.headers["subscription-state"][0])
    except (Malformed, LookupError) as fault:
        raise BadRequest(f"Subscription-State: {fault}") from None
