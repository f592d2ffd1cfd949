"""Asking again about subscriptions there are: a decision, a changed rule, a boundary in time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from enum import IntFlag
from functools import partial
from itertools import islice
from typing import Any, Protocol

import msgspec

from hereabouts.base.deadlines import Deadlines
from hereabouts.base.units import NEVER, Instant, Moment, Seconds
from hereabouts.presence.asked import asked_before
from hereabouts.presence.gate import Gate
from hereabouts.presence.notify import Delivery, Hold, Notifier
from hereabouts.presence.passage import FORGIVEN
from hereabouts.presence.questions import Kind, Questions, Trigger, WatchAnswer, WatchQuestion
from hereabouts.presence.subscription import ANSWERED, KIND, Happening, Standing, Subscription
from hereabouts.presence.terms import Terms
from hereabouts.storage.interface import Store

SLICE = 64
"Subscriptions looked at between two looks at what arrives, and at once behind a slow source."

PATIENCE: Seconds = 60.0
"Seconds after which one that is under way does not count any more."


class Look(IntFlag):
    """What is to be looked at again of a subscription."""

    CHANGE = 0
    "The presentity has changed, and rules have a say in who is told."
    SHOWN = 1
    "Rules may let other things be seen now."
    STANDING = 2
    "Rules may have it stand otherwise now."


class Move(Protocol):
    """Lets something happen to a subscription."""

    async def __call__(
        self,
        delivery: Delivery,
        happening: Happening,
        now: Moment,
        trigger: Trigger,
        terms: Terms | None,
    ) -> None:
        """Store it, and tell its watcher if he stands otherwise."""
        ...


class Review:
    """Who is to be asked about again, and what becomes of it."""

    def __init__(  # noqa: PLR0913 - the parts of an agent that it works on
        self,
        store: Store,
        questions: Questions,
        notifier: Notifier,
        gate: Gate,
        deadlines: Deadlines,
        run: Callable[[str, Callable[[], Coroutine[Any, Any, None]]], None],
        *,
        move: Move,
        notify_again: Callable[[Delivery, Moment], Awaitable[None]],
    ) -> None:
        self._store = store
        self._questions = questions
        self._notifier = notifier
        self._gate = gate
        self._deadlines = deadlines
        self._run = run
        self._move = move
        self._notify_again = notify_again
        self._decided: list[tuple[str, str]] = []
        self._doubted: set[str] = set()
        self._backlog: dict[str, Look] = {}  # by tag, in the order in which they came
        self._under_way: dict[str, Instant] = {}  # by tag, and when it began

    def decided(self, presentity: str, watcher: str) -> None:
        """Something was decided about a watcher."""
        self._decided.append((presentity, watcher))

    def doubt(self, owner: str) -> None:
        """The rules of this user have changed, or can be asked again."""
        self._doubted.add(owner)

    def doubt_everybody(self) -> None:
        """The rules of anybody may have changed."""
        self._backlog = dict.fromkeys(self._notifier.deliveries, Look.SHOWN | Look.STANDING)

    def changed(self, delivery: Delivery, trigger: Trigger) -> None:
        """There is something to tell, and rules have a say in it."""
        self._gate.changed(delivery, trigger)
        self._look(delivery.id, Look.CHANGE)

    def decide(self, now: Moment) -> None:
        """Ask again where something was decided: before anybody is told of a change."""
        decided, self._decided = self._decided, []
        for presentity, watcher in decided:
            self._run(presentity, partial(self._decide_again, presentity, watcher, now))
        doubted, self._doubted = self._doubted, set()
        for owner in doubted:
            self._run(owner, partial(self._line_up, owner, now))

    def work(self, now: Moment) -> bool:
        """Look again at a slice of what is lined up; whether more can be done at once."""
        if len(self._under_way) >= SLICE:
            self._give_up(now)
        for tag in list(islice(self._backlog, SLICE - len(self._under_way))):
            look = self._backlog.pop(tag)
            delivery = self._notifier.deliveries.get(tag)
            if delivery is not None:
                self._under_way[tag] = now.instant
                key = delivery.subscription.presentity
                self._run(key, partial(self._look_again, tag, look, now))
        return bool(self._backlog) and len(self._under_way) < SLICE

    def _look(self, tag: str, look: Look) -> None:
        self._backlog[tag] = self._backlog.get(tag, Look.CHANGE) | look

    async def _line_up(self, owner: str, now: Moment) -> None:
        """Everything that this user has a part in."""
        for tag in await self._store.under(KIND, owner, now.timestamp):
            self._look(tag, Look.SHOWN | Look.STANDING)
        if owner in self._notifier.watching:
            for tag, delivery in self._notifier.deliveries.items():
                if delivery.subscription.watcher == owner:
                    self._look(tag, Look.SHOWN)

    def _give_up(self, now: Moment) -> None:
        """Forget those that were turned away, as happens when too much waits for the store."""
        late = [tag for tag, began in self._under_way.items() if began + PATIENCE <= now.instant]
        for tag in late:
            del self._under_way[tag]

    async def _look_again(self, tag: str, look: Look, now: Moment) -> None:
        try:
            if Look.STANDING in look:
                await self._review(tag, Trigger.POLICY, now)
            delivery = self._notifier.deliveries.get(tag)
            if delivery is not None:
                if Look.SHOWN in look:
                    self._gate.doubt(delivery)
                await self._notify_again(delivery, now)
        finally:
            self._under_way.pop(tag, None)

    def arm(self, delivery: Delivery, terms: Terms, due: Callable[[], Instant]) -> None:
        """Ask again when time alone may let the subscription stand otherwise."""
        hold = delivery.hold = delivery.hold or Hold()
        if terms.decided_until not in (hold.boundary, NEVER):
            hold.boundary = terms.decided_until
            self._deadlines.at(due(), self._boundary_passed, delivery)

    def _boundary_passed(self, delivery: Delivery, _due: Instant, now: Moment) -> None:
        record = delivery.subscription
        if record.terms is not None and record.terms.decided_until <= now.timestamp + FORGIVEN:
            self._run(record.presentity, partial(self._review, delivery.id, Trigger.POLICY, now))

    async def _decide_again(self, presentity: str, watcher: str, now: Moment) -> None:
        entries = await self._store.under(KIND, presentity, now.timestamp)
        for tag, entry in entries.items():
            record = entry.record
            assert isinstance(record, Subscription)
            if record.watcher == watcher:
                await self._review(tag, Trigger.APPROVAL, now)

    async def _review(self, tag: str, trigger: Trigger, now: Moment) -> None:
        """Ask again how a subscription stands."""
        delivery = self._notifier.deliveries.get(tag)
        if delivery is None or delivery.subscription.is_over:
            return
        answer = await self._questions.may_watch(asked_again(delivery.subscription), now)
        terms = terms_after(delivery.subscription, answer)
        await self._move(delivery, ANSWERED[answer.decision], now, trigger, terms)


def asked_again(record: Subscription) -> WatchQuestion:
    """The question whether a subscription may go on.

    One that was let in asks as a refresh would; one that was not, as it asked then.
    """
    asked = asked_before(record)
    if record.standing is not Standing.PENDING:
        asked = msgspec.structs.replace(asked, kind=Kind.REFRESH)
    package = record.event.partition(";")[0]
    return WatchQuestion(record.presentity, record.watcher, package, record.state, asked)


def terms_after(record: Subscription, answer: WatchAnswer) -> Terms | None:
    """The terms on which it stands after the answer; `None`: there were none, and are none."""
    terms = (record.terms or Terms()).decided(answer)
    return terms if record.terms is not None or terms != Terms() else None
