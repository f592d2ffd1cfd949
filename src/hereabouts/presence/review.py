"""Asking again about subscriptions there are: a decision, a changed rule, a boundary in time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from itertools import islice
from typing import Any, Protocol

import msgspec

from hereabouts.base.deadlines import Deadlines
from hereabouts.base.units import NEVER, Instant, Moment
from hereabouts.presence.asked import asked_before
from hereabouts.presence.gate import Gate
from hereabouts.presence.notify import Delivery, Hold, Notifier
from hereabouts.presence.passage import FORGIVEN
from hereabouts.presence.questions import Kind, Questions, Trigger, WatchAnswer, WatchQuestion
from hereabouts.presence.subscription import ANSWERED, KIND, Happening, Standing, Subscription
from hereabouts.presence.terms import Terms
from hereabouts.storage.interface import Store

SLICE = 16
"Owners whose subscriptions are asked about between two looks at what arrives."


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
        self._doubted: dict[str, bool] = {}  # whether he is asked about as a watcher too

    def decided(self, presentity: str, watcher: str) -> None:
        """Something was decided about a watcher."""
        self._decided.append((presentity, watcher))

    def doubt(self, owner: str) -> None:
        """The rules of this user have changed, or can be asked again."""
        self._doubted[owner] = True

    def doubt_everybody(self) -> None:
        """The rules of anybody may have changed."""
        for delivery in self._notifier.deliveries.values():
            self._doubted.setdefault(delivery.subscription.presentity, False)

    def work(self, now: Moment) -> bool:
        """Ask again about those of whom that was said, a slice of them; whether some are left."""
        decided, self._decided = self._decided, []
        for presentity, watcher in decided:
            self._run(presentity, partial(self._decide_again, presentity, watcher, now))
        for owner in list(islice(self._doubted, SLICE)):
            self._run(owner, partial(self._review_all, owner, now))
            if self._doubted.pop(owner) and self._notifier.watching[owner]:
                self._show_him_again(owner, now)
        return bool(self._doubted)

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

    async def _review_all(self, presentity: str, now: Moment) -> None:
        for tag in await self._store.under(KIND, presentity, now.timestamp):
            await self._review(tag, Trigger.POLICY, now)
            await self._show_again(tag, now)

    def _show_him_again(self, watcher: str, now: Moment) -> None:
        for delivery in list(self._notifier.deliveries.values()):
            record = delivery.subscription
            if record.watcher == watcher:
                self._run(record.presentity, partial(self._show_again, delivery.id, now))

    async def _review(self, tag: str, trigger: Trigger, now: Moment) -> None:
        """Ask again how a subscription stands."""
        delivery = self._notifier.deliveries.get(tag)
        if delivery is None or delivery.subscription.is_over:
            return
        answer = await self._questions.may_watch(asked_again(delivery.subscription), now)
        terms = terms_after(delivery.subscription, answer)
        await self._move(delivery, ANSWERED[answer.decision], now, trigger, terms)

    async def _show_again(self, tag: str, now: Moment) -> None:
        """Notify of what rules kept back, or no longer let be seen."""
        delivery = self._notifier.deliveries.get(tag)
        if delivery is not None:
            self._gate.doubt(delivery)
            await self._notify_again(delivery, now)


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
