"""NOTIFYs that rules have a say in: asked about, held back, frozen; what was told is remembered."""

from __future__ import annotations

import msgspec

from hereabouts.base.deadlines import Deadlines
from hereabouts.base.units import NEVER, Instant, Moment, Seconds, Timestamp
from hereabouts.presence.asked import asked_before
from hereabouts.presence.notify import NOWHEN, Delivery, Hold, Notifier
from hereabouts.presence.passage import (
    Occasion,
    Passage,
    may_be_kept,
    must_be_remembered,
    passage,
    stricter,
)
from hereabouts.presence.questions import (
    MANDATORY,
    Handling,
    NotifyAnswer,
    NotifyQuestion,
    Questions,
    ShowQuestion,
    Trigger,
)
from hereabouts.presence.subscription import KIND, Standing, Subscription
from hereabouts.presence.terms import Terms, Told
from hereabouts.presence.view import View, Views
from hereabouts.sip.flow import LOCAL
from hereabouts.storage.interface import Entry, Store

PASSING = frozenset({Handling.DELIVER, Handling.POLITE_BLOCK})
"What a presentity's rules may say of a notification that reaches the watcher's side."


class Prepared(msgspec.Struct, frozen=True, gc=False):
    """A NOTIFY that must be sent, as the rules leave it."""

    record: Subscription
    view: View
    answer: NotifyAnswer


class Gate:
    """Stands before the notifier where either side has rules on notifications."""

    def __init__(
        self,
        store: Store,
        questions: Questions,
        views: Views,
        notifier: Notifier,
        deadlines: Deadlines,
        boots: int,
    ) -> None:
        self._store = store
        self._questions = questions
        self._has_rules = questions.has_notifying_rules
        self._views = views
        self._notifier = notifier
        self._deadlines = deadlines
        self._boots = boots

    def is_ruled(self, record: Subscription) -> bool:
        """Whether a NOTIFY of this subscription must come by here."""
        terms = record.terms
        is_restrained = terms is not None and terms.is_restraining
        if not is_restrained and not self._has_rules(record.presentity, record.watcher):
            return False
        # All others are shown a blank document, whatever the rules say.
        return record.standing in (Standing.ACTIVE, Standing.ENDED)

    async def prepare(
        self,
        delivery: Delivery | None,
        record: Subscription,
        view: View,
        trigger: Trigger,
        now: Moment,
    ) -> Prepared:
        """What goes out, and what is stored with it, when a NOTIFY must be sent."""
        occasion = await self._occasion(delivery, record, view, trigger, now)
        answer = await self._ask(record, trigger, _since(occasion, now), now)
        view = passage(answer, occasion, now.timestamp).view or occasion.last
        remembering = _remembering(record, answer, view, trigger, now.timestamp)
        return Prepared(remembering, view, answer)

    def prepared(self, delivery: Delivery, prepared: Prepared) -> None:
        """Keep the answer for what follows."""
        hold = delivery.hold = delivery.hold or Hold()
        hold.answer = prepared.answer
        hold.trigger = Trigger.UPDATE  # he has been shown the newest there is

    def changed(self, delivery: Delivery, trigger: Trigger) -> None:
        """Keep what a change is for; what is new stays so until the rules have said what it may."""
        if trigger is Trigger.REGISTRATION:
            hold = delivery.hold = delivery.hold or Hold()
            hold.trigger = trigger

    async def tell(self, delivery: Delivery, view: View, now: Moment) -> bool:
        """Notify of a change, or of what was left due, as far and as soon as the rules let it.

        Whether the subscription may go on: `False` if it is to end.
        """
        if delivery.in_flight or delivery.is_parked:
            delivery.is_dirty = True
            return True
        record, entry = delivery.subscription, delivery.entry
        hold = delivery.hold = delivery.hold or Hold()
        if not delivery.is_due and (hold.until != NOWHEN or _shows(delivery, hold, view)):
            self._notifier.hold_back(delivery)
            _let_go(hold)
            return True
        trigger = _trigger(delivery, hold)
        occasion = await self._occasion(delivery, record, view, trigger, now)
        answer = await self._answer(hold, record, trigger, _since(occasion, now), now)
        passed = passage(answer, occasion, now.timestamp)
        if passed.view is None or (
            passed.view.fingerprint == delivery.shown and not delivery.is_due
        ):
            await self._hold_back(delivery, entry, occasion, passed, now)
        else:
            written = _remembering(record, answer, passed.view, trigger, now.timestamp)
            await self._write(delivery, entry, written)
            self._notifier.notify(iter([(delivery, passed.view)]), now)
        _let_go(hold)
        return answer.handling is not Handling.TERMINATE

    async def _write(self, delivery: Delivery, entry: Entry, record: Subscription) -> None:
        if record is entry.record:
            return
        written = msgspec.structs.replace(record, cseq=delivery.cseq, boots=self._boots)
        key = (KIND, record.presentity, delivery.id)
        self._notifier.note((await self._store.put(key, written, entry)).version)

    def doubt(self, delivery: Delivery) -> None:
        """Rules have changed: what they said holds no more."""
        if delivery.hold is not None:
            delivery.hold.answer = None
            delivery.hold.until = NOWHEN

    async def _occasion(
        self,
        delivery: Delivery | None,
        record: Subscription,
        view: View,
        trigger: Trigger,
        now: Moment,
    ) -> Occasion:
        told = record.terms.told if record.terms is not None else None
        notified_at = delivery.notified_at if delivery is not None else Timestamp(0.0)
        return Occasion(
            view=view,
            blank=await self._views.of(record.presentity, Standing.POLITE, now),
            shown=delivery.shown if delivery is not None else b"",
            told=told,
            notified_at=max(notified_at, told.at) if told is not None else notified_at,
            is_mandatory=trigger in MANDATORY,
        )

    async def _answer(
        self,
        hold: Hold,
        record: Subscription,
        trigger: Trigger,
        since_last: Seconds | None,
        now: Moment,
    ) -> NotifyAnswer:
        """The answer that was kept, as long as it holds; else a new one."""
        kept = hold.answer
        if kept is None or kept.valid_until <= now.timestamp or not may_be_kept(kept):
            kept = hold.answer = await self._ask(record, trigger, since_last, now)
        return kept

    async def _ask(
        self, record: Subscription, trigger: Trigger, since_last: Seconds | None, now: Moment
    ) -> NotifyAnswer:
        question = NotifyQuestion(
            record.presentity,
            record.watcher,
            record.event.partition(";")[0],
            trigger,
            record.state,
            reason=record.reason if record.is_over else "",
            content_type=record.content_type,
            since_last=since_last,
            asked=asked_before(record),
        )
        least = record.terms.min_interval if record.terms is not None else 0.0
        answer = await self._questions.may_notify(question, now)
        arrives = trigger in MANDATORY or answer.handling in PASSING
        if not arrives or record.flow.transport == LOCAL:  # an agent of his own asks for himself
            return stricter(answer, answer, least)
        shown = ShowQuestion(*msgspec.structs.astuple(question))
        return stricter(answer, await self._questions.may_show(shown, now), least)

    async def _hold_back(
        self, delivery: Delivery, entry: Entry, occasion: Occasion, passed: Passage, now: Moment
    ) -> None:
        """Send nothing now; remember what the watcher has been shown, if nobody has yet."""
        self._notifier.hold_back(delivery)
        hold, record, view = delivery.hold, delivery.subscription, occasion.view
        assert hold is not None
        assert hold.answer is not None
        is_news = view.fingerprint != delivery.shown
        if is_news and passed.view is None and passed.until < NEVER:
            hold.until = max(now.due(passed.until), now.instant)
            self._deadlines.at(hold.until, self._held_over, delivery)
        elif not is_news and occasion.told is None:
            at = occasion.notified_at
            shown = _remembering(record, hold.answer, view, Trigger.UPDATE, at)
            await self._write(delivery, entry, shown)

    def _held_over(self, delivery: Delivery, due: Instant, now: Moment) -> None:
        hold = delivery.hold
        is_there = self._notifier.deliveries.get(delivery.id) is delivery
        if hold is not None and hold.until == due and is_there:
            hold.until = NOWHEN
            self._notifier.catch_up(delivery, now)


def _shows(delivery: Delivery, hold: Hold, view: View) -> bool:
    """Whether the watcher has been shown this, and rules that have been asked let him see it."""
    is_let = hold.answer is not None and hold.answer.handling in {Handling.DELIVER, Handling.DEFER}
    return is_let and delivery.shown == view.fingerprint


def _let_go(hold: Hold) -> None:
    """What is not held back has been told, or is not to be: what follows is an update of it."""
    if hold.until == NOWHEN:
        hold.trigger = Trigger.UPDATE


def _trigger(delivery: Delivery, hold: Hold) -> Trigger:
    """What a NOTIFY that was left over is for."""
    if delivery.subscription.is_over:
        return Trigger.TERMINATION
    return Trigger.SUBSCRIBE if delivery.is_due else hold.trigger


def _since(occasion: Occasion, now: Moment) -> Seconds | None:
    """Time since the last NOTIFY, to the thousandth: what floating point has lost is no delay."""
    return round(now.timestamp - occasion.notified_at, 3) if occasion.notified_at else None


def _remembering(
    record: Subscription, answer: NotifyAnswer, view: View, trigger: Trigger, at: Timestamp
) -> Subscription:
    """The record that says what its watcher is told at this date, if anybody will want to know."""
    terms = record.terms or Terms()
    told = None
    if must_be_remembered(answer):
        told = Told(
            at=at,
            body=view.body,
            fingerprint=view.fingerprint,
            is_change=trigger not in MANDATORY,
        )
    if told is None and terms.told is None:
        return record
    return msgspec.structs.replace(record, terms=msgspec.structs.replace(terms, told=told))
