"""NOTIFY: one in flight per subscription, the newest state after it (:rfc:`6665#section-4.2.2`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import repeat

import msgspec

from hereabouts.base.units import NEVER, Instant, Moment, Seconds, Timestamp
from hereabouts.native.choice import messages as native
from hereabouts.presence.questions import NotifyAnswer, Trigger
from hereabouts.presence.rest import Rests
from hereabouts.presence.settlement import Settlement
from hereabouts.presence.subscription import SUBSTATES, Standing, Subscription, restored_cseq
from hereabouts.presence.view import View
from hereabouts.sip.endpoint import TAKEN, Endpoint
from hereabouts.sip.flow import Flow
from hereabouts.sip.hop import request_bytes
from hereabouts.sip.leaving import Answer, Failure, User, Written
from hereabouts.sip.message import Response
from hereabouts.sip.parameters import parse_seconds
from hereabouts.storage.interface import Entry, Version

LONG = 60
"Seconds of a Retry-After from which on a watcher is not waited for at a restart."

LONGEST = 86_400
"Seconds of a Retry-After that are believed."

ENDING = frozenset({404, 405, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604})
"Answers to a NOTIFY that end its subscription (:rfc:`6665#section-4.2.2`)."

UNKNOWN = 481
"The one among them that says that there is no such subscription."

_SEEING = {Standing.ACTIVE: SUBSTATES[Standing.ACTIVE]}
"Of `SUBSTATES`: how those stand who see what the presentity is."

NOWHEN = Instant(float("inf"))
"When one is woken who waits for nothing."


class Hold(msgspec.Struct, gc=False):
    """What rules have to do with a subscription just now; without rules there is none."""

    answer: NotifyAnswer | None = None
    "What they last said of a NOTIFY; it may hold for the next one."
    until: Instant = NOWHEN
    "When the change that they hold back goes out."
    trigger: Trigger = Trigger.UPDATE
    "What the change is for that they are still to be asked about, or hold back."
    boundary: Timestamp = NEVER
    "The date that is waited for to ask again how the subscription stands."


class Delivery(msgspec.Struct, gc=False):
    """What a node keeps of each subscription besides its record; lost in a crash, and made anew."""

    id: str
    entry: Entry
    subscription: Subscription
    "The record in `entry`, typed."
    flow: Flow
    cseq: int
    owes: Version = 0
    "The oldest change that the watcher has not been told of; 0: he knows everything."
    shown: bytes = b""
    "The fingerprint of the view last answered 200, or now on its way."
    in_flight: bool = False
    is_dirty: bool = False
    "Something is to follow the NOTIFY in flight."
    is_due: bool = False
    """What follows must be sent at once, even if it shows nothing new: it answers a SUBSCRIBE or an
    approval, or did not arrive."""
    is_parked: bool = False
    "There is no way to the watcher: wait for a new flow."
    parked_until: Instant = NOWHEN
    "When waiting for it ends, the last time that it began."
    waits_until: Instant = Instant(0.0)
    "When it catches up, as its watcher or his hop has asked to be left alone until then."
    wakes_at: Instant = NOWHEN
    "The earliest instant at which its expiry stands in the queue."
    notified_at: Timestamp = Timestamp(0.0)
    "When this run last sent a NOTIFY."
    hold: Hold | None = None


if native is not None:
    native.learn_deliveries(Delivery, Subscription, View)


class Wants(msgspec.Struct, frozen=True):
    """What a notifier asks of the agent it works for."""

    catch_up: Callable[[Delivery, Moment], None]
    "Notify again, with the newest state."
    ended: Callable[[Delivery, Moment], None]
    "The subscription is over: remove it."
    parked: Callable[[Delivery, Moment], None]
    "There is no way to the watcher for now."
    later: Callable[[Delivery, Seconds, Moment], None]
    "The watcher asks to be told again after some seconds."


class Notifier:
    """All subscriptions that this node notifies."""

    def __init__(
        self, endpoint: Endpoint, settlement: Settlement, boots: int, wants: Wants
    ) -> None:
        self.deliveries: dict[str, Delivery] = {}
        self.watching: dict[str, int] = {}
        "How many subscriptions each watcher has."
        self.parked: dict[str, Delivery] = {}
        "Those to whose watchers there is no way for now."
        self.is_ruled: Callable[[Subscription], bool] = lambda _record: False
        "Whether rules have a say in its NOTIFYs; to be set."
        self.has_rules: Callable[[], bool] = lambda: True
        "Whether anybody has rules: if not, nobody need be asked about each; to be set."
        self.pass_on: Callable[[Delivery, Trigger], None] = lambda _delivery, _trigger: None
        "Takes a change that rules have a say in, and what it is for; to be set."
        self.outlasts_silence = False
        """Whether a NOTIFY without an answer ends nothing: its only way is by a server, which may
        have been cut off, and may come back."""
        self.on_unknown: Callable[[Moment], None] = lambda _now: None
        "Told when a NOTIFY was answered that there is no such subscription; to be set."
        self._rests = Rests()
        self._endpoint = endpoint
        self._settlement = settlement
        self._boots = boots
        self._wants = wants
        self._answer = self._answered  # bound once, for all NOTIFYs
        endpoint.on_taken = self._taken

    def keep(self, tag: str, entry: Entry) -> Delivery:
        """The delivery of a subscription whose record is now `entry`."""
        record = entry.record
        assert isinstance(record, Subscription)
        delivery = self.deliveries.get(tag)
        if delivery is None:
            is_new = record.boots == self._boots
            cseq = record.cseq if is_new else restored_cseq(record, self._boots)
            delivery = Delivery(tag, entry, record, record.flow, cseq)
            self.deliveries[tag] = delivery
            self.watching[record.watcher] = self.watching.get(record.watcher, 0) + 1
        elif record.request != delivery.subscription.request:
            self._unpark(delivery, record.flow)  # who asks again has a way back
        delivery.entry = entry
        delivery.subscription = record
        return delivery

    def drop(self, tag: str) -> None:
        """The subscription is gone."""
        delivery = self.deliveries.pop(tag, None)
        if delivery is None:
            return
        self.parked.pop(tag, None)
        watcher = delivery.subscription.watcher
        self.watching[watcher] -= 1
        if not self.watching[watcher]:
            del self.watching[watcher]
        self._settle(delivery)

    def owe(self, delivery: Delivery, version: Version) -> None:
        """The watcher is to be told of this change."""
        if not delivery.owes:
            delivery.owes = version
            self._settlement.owe(version)

    def owe_all(self, deliveries: list[Delivery], version: Version) -> None:
        """The same of many, who are to be told as soon as what is in flight to them is answered."""
        owing = 0
        for delivery in deliveries:
            if delivery.in_flight:
                # Or its answer would settle what waits for its turn.
                delivery.is_dirty = True
            if not delivery.owes:
                delivery.owes = version
                owing += 1
        if owing:
            self._settlement.owe(version, owing)

    def spread(
        self, deliveries: Iterable[Delivery], view: View, trigger: Trigger, now: Moment
    ) -> None:
        """Notify of a change: at once, or by way of the rules that have a say in it."""
        known = {} if self.has_rules() else self.deliveries  # of nobody, as each is asked about

        def is_told(delivery: Delivery, view: View) -> bool:
            return self._is_free(delivery, trigger) and self._is_news(delivery, view)

        self._notify(zip(deliveries, repeat(view)), now, known, is_told, _SEEING)

    def _is_free(self, delivery: Delivery, trigger: Trigger) -> bool:
        """Whether rules have no say in a change; if they have, it is passed on to them."""
        if delivery.id not in self.deliveries or delivery.subscription.standing not in _SEEING:
            return False  # it has ended meanwhile, or may not see this any more: he was told so
        if not self.is_ruled(delivery.subscription):
            return True
        self.pass_on(delivery, trigger)
        return False

    def notify_change(self, delivery: Delivery, view: View, now: Moment) -> None:
        """Send the view, or nothing where the watcher has been shown an equal one."""
        self._notify(iter([(delivery, view)]), now, {}, self._is_news)

    def _is_news(self, delivery: Delivery, view: View) -> bool:
        if delivery.shown != view.fingerprint or delivery.in_flight or delivery.is_due:
            return True
        self._settle(delivery)
        return False

    def notify(self, told: Iterator[tuple[Delivery, View]], now: Moment) -> None:
        """Send each his view, or have the newest one follow the NOTIFY that is in flight.

        A fault over one of them leaves those behind it untouched, for another call.
        """
        self._notify(told, now, None, None)

    def _notify(
        self,
        left: Iterator[tuple[Delivery, View]],
        now: Moment,
        known: dict[str, Delivery] | None,
        is_told: Callable[[Delivery, View], bool] | None,
        substates: dict[Standing, str] = SUBSTATES,
    ) -> None:
        """Send their views to those who are to be told: all, or those of whom `is_told` says so.

        The compiled twin, where there is one, sends it to whoever is usual, and stands in one of
        the `substates`, and gives back the others: if there are `known` deliveries, those of them
        for whom it is news; `None`: all.
        """
        written: list[Written] = []
        write = native.notify_usual if native is not None and not self._rests.until else None
        branches = self._endpoint.branches
        try:
            while True:
                if write is not None:
                    told = write(left, now.timestamp, branches, substates, known, written)
                else:
                    told = next(left, None)
                if told is None:
                    break
                delivery, view = told
                if is_told is None or is_told(delivery, view):
                    self._write(delivery, view, now, written)
        finally:  # what was written before a fault must go out
            self._endpoint.begin_all("NOTIFY", written, self._answer)

    def _write(self, delivery: Delivery, view: View, now: Moment, written: list[Written]) -> None:
        is_on_hold = delivery.in_flight or delivery.is_parked
        if is_on_hold or (self._rests.until and self._rests_for(delivery, now)):
            delivery.is_dirty = True
            return
        delivery.cseq += 1
        branch = next(self._endpoint.branches)
        payload = write_notify(delivery, view.body, now.timestamp, branch)
        delivery.in_flight = True
        delivery.is_dirty = delivery.is_due = False
        delivery.shown = view.fingerprint
        delivery.notified_at = now.timestamp
        written.append((branch, delivery.flow, payload, delivery))

    def _rests_for(self, delivery: Delivery, now: Moment) -> bool:
        """Whether its hop is to be left alone; the newest state follows when it is not any more.

        Who asks, or is told of an end, is not kept waiting.
        """
        if delivery.is_due:
            self._rests.end(delivery.flow)
            return False
        left = self._rests.left(delivery.flow, now.instant)
        if left and delivery.waits_until <= now.instant:
            self._wait(delivery, left, now)
        return left > 0

    def _wait(self, delivery: Delivery, seconds: Seconds, now: Moment) -> None:
        """Catch up later."""
        if seconds > LONG:
            self._settle(delivery)  # or one who never comes back would hold up the watermark
        delivery.waits_until = Instant(now.instant + seconds)
        self._wants.later(delivery, seconds, now)

    def catch_up(self, delivery: Delivery, now: Moment) -> None:
        """Have the newest state follow, as far as the rules let it."""
        self._wants.catch_up(delivery, now)

    def note(self, version: Version) -> None:
        """Nobody is to be told of this change: a restart shall not take it for untold."""
        self._settlement.owe(version)
        self._settlement.settle(version)

    def hold_back(self, delivery: Delivery) -> None:
        """Nothing goes out now: what is held, or is not to be told, holds up nobody's watermark."""
        self._settle(delivery)

    def resume(self, delivery: Delivery, flow: Flow, now: Moment) -> None:
        """There is a way to the watcher again."""
        self._unpark(delivery, flow)
        self._wants.catch_up(delivery, now)

    def _unpark(self, delivery: Delivery, flow: Flow) -> None:
        delivery.flow = flow
        delivery.is_parked = False
        delivery.parked_until = NOWHEN
        self.parked.pop(delivery.id, None)

    def _taken(self, senders: list[User]) -> list[User]:
        """Take note of answers that ask for nothing more; who of these is still to be told.

        Among them is who settles what was owed, so that a fault over it costs nobody else.
        """
        if native is None:
            return senders
        left, settled = native.settled(senders, self._answer, self.deliveries, SUBSTATES, NOWHEN)
        left += [(self._settled, each) for each in settled.items()]
        return left

    def _settled(self, counted: tuple[Version, int], _answer: Answer, _now: Moment) -> None:
        version, count = counted
        self._settlement.settle(version, count)

    def _answered(self, delivery: Delivery, answer: Answer, now: Moment) -> None:
        if self.deliveries.get(delivery.id) is not delivery:
            return  # it was undone, or is over, meanwhile
        if answer is not TAKEN and self._is_other(delivery, answer, now):
            return
        delivery.in_flight = False
        if delivery.parked_until is not NOWHEN:
            delivery.parked_until = NOWHEN  # there is a way
        if delivery.is_dirty:
            self._wants.catch_up(delivery, now)
        elif delivery.subscription.standing not in SUBSTATES:
            self._wants.ended(delivery, now)
        elif delivery.owes:
            self._settlement.settle(delivery.owes)
            delivery.owes = 0

    def _is_other(self, delivery: Delivery, answer: Answer, now: Moment) -> bool:
        """Whether an answer is no success; then all is done that it asks for."""
        if isinstance(answer, Failure):
            self._failed(delivery, answer, now)
            return True
        if answer.status >= 300:
            delivery.in_flight = False
            delivery.parked_until = NOWHEN  # there is a way
            self._refused(delivery, answer, now)
        return not 200 <= answer.status < 300

    def _refused(self, delivery: Delivery, answer: Response, now: Moment) -> None:
        """An error that may end the subscription; if not, what was not taken is not known there."""
        if answer.status in ENDING:
            self._wants.ended(delivery, now)
            if answer.status == UNKNOWN:
                self.on_unknown(now)
            return
        delivery.shown = b""
        if delivery.subscription.is_over and not delivery.is_dirty:
            self._wants.ended(delivery, now)
            return
        seconds = parse_seconds(_delta(answer.first("retry-after") or ""))
        if seconds:
            seconds = min(seconds, LONGEST)
            if answer.status == 503:
                self._rests.begin(delivery.flow, Instant(now.instant + seconds))
            self._wait(delivery, seconds, now)
        elif delivery.is_dirty:
            self._wants.catch_up(delivery, now)
        else:
            self._settle(delivery)  # nothing will be sent before the next change

    def _failed(self, delivery: Delivery, failure: Failure, now: Moment) -> None:
        delivery.in_flight = False
        delivery.shown = b""
        is_lost = failure is not Failure.WITHDRAWN
        if is_lost and delivery.is_due and not delivery.subscription.is_over:
            self._wants.catch_up(delivery, now)  # the watcher has asked again meanwhile
            return
        delivery.is_due = True  # rules have let it go: nothing but a way is waited for
        match failure:
            case Failure.TIMED_OUT if not self.outlasts_silence:
                self._wants.ended(delivery, now)
            case Failure.TIMED_OUT | Failure.UNDELIVERABLE:
                delivery.is_parked = delivery.is_dirty = True
                self.parked[delivery.id] = delivery
                self._wants.parked(delivery, now)
            case Failure.WITHDRAWN:
                self._wants.later(delivery, 1, now)

    def _settle(self, delivery: Delivery) -> None:
        if delivery.owes:
            self._settlement.settle(delivery.owes)
            delivery.owes = 0


def write_notify(delivery: Delivery, body: bytes, now: Timestamp, branch: str) -> bytes:
    """The bytes of the NOTIFY that a delivery has come to by now."""
    if native is not None and (usual := native.notify(delivery, body, now, branch, SUBSTATES)):
        return usual
    record, flow = delivery.subscription, delivery.flow
    uri, addressing = record.dialog.addressing()
    rows = (
        f"Max-Forwards: 70\r\n{addressing}CSeq: {delivery.cseq} NOTIFY\r\n"
        f"Contact: {flow.contact_for(uri)}\r\nEvent: {record.event}\r\n"
        f"Subscription-State: {record.state_value(now)}\r\n"
        f"Content-Type: {record.content_type}\r\n"
    )
    return request_bytes("NOTIFY", uri, rows, body, flow, branch)


def _delta(text: str) -> str:
    """The seconds of a Retry-After, without comment and parameters (:rfc:`3261#section-20.33`)."""
    return text.partition("(")[0].partition(";")[0].strip()
