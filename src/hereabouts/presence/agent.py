"""The presentities' agent (P-PA): what happens to publications and subscriptions.

The verbs of SIP are in `publish` and `subscribe`; here is what they share, and what time, the
store and other people's decisions bring about.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

import msgspec

from hereabouts.base.deadlines import Deadlines
from hereabouts.base.units import Instant, Moment, Seconds, Timestamp
from hereabouts.presence import pua, publication, subscription, watchers
from hereabouts.presence.cause import cause_of
from hereabouts.presence.fanout import FanOut
from hereabouts.presence.gate import Gate
from hereabouts.presence.notify import NOWHEN, Delivery, Notifier, Wants
from hereabouts.presence.packages import PACKAGES
from hereabouts.presence.questions import Handling, Questions, Trigger
from hereabouts.presence.review import Review
from hereabouts.presence.settlement import Settlement
from hereabouts.presence.steps import Step
from hereabouts.presence.subscription import Happening, Standing, Subscription, after
from hereabouts.presence.terms import Terms
from hereabouts.presence.view import View, Views
from hereabouts.sip import registrar
from hereabouts.sip.dialog import contact_within
from hereabouts.sip.endpoint import Endpoint
from hereabouts.sip.flow import Flow
from hereabouts.sip.incoming import Incoming
from hereabouts.sip.lifetime import Lifetimes
from hereabouts.sip.registrar import EVER, Bindings
from hereabouts.sip.routing import towards
from hereabouts.storage.interface import Entry, Key, Record, Store, Version

Run = Callable[[str, Callable[[], Coroutine[Any, Any, None]]], None]
"Runs a handler for a key; handlers of one key never overlap."

_ALLOW_EVENTS = ("Allow-Events", ", ".join(PACKAGES))

OVERDUE = 1.0
"Seconds until a look at what is due already: its end may be impossible as long as the disk fails."

RETRY_AFTER = 5.0
"Seconds until a server that could not be reached is tried again, while a subscription waits."

RETRY_SLOWLY = 30.0
"The same, when it was out of reach for longer than a watcher would be waited for."


class Rules(msgspec.Struct, frozen=True):
    """How a presence agent behaves where the RFCs leave it open."""

    subscriptions: Lifetimes = Lifetimes()
    publications: Lifetimes = Lifetimes()
    notify_interval: Seconds = 5.0
    "At most one change is notified in this time (:rfc:`3856#section-6.10`)."
    rejects_by_notify: bool = True
    "A rejected watcher is told by a NOTIFY, not by 403."
    reevaluates: bool = False
    "A subscription is asked about again when time alone may let it stand otherwise."
    shows_registration: bool = True
    "A registration without a publication shows as open."
    memory: Seconds = 64.0
    "How long what is over is remembered for retransmissions after a crash."
    patience: Seconds = 120.0
    "How long a subscription waits for a way to its watcher."
    max_publications: int = 32
    "Publications of one presentity."
    max_document: int = 32768
    "Bytes of a published document."
    max_subscriptions: int = 1_000_000
    max_subscriptions_of_one: int = 10_000
    "Subscriptions that one watcher may have."


class Asked(msgspec.Struct, frozen=True, gc=False):
    """Somebody who is to be told because he, or somebody about him, has asked for it."""

    delivery: Delivery
    view: View | None
    "`None`: what was asked for was undone; he is told how he stands as if that had never left."
    version: Version
    "The change that it has made, or one before it in the same turn."


class PresenceAgent:
    """Everything a node knows and does about presence."""

    def __init__(
        self,
        store: Store,
        endpoint: Endpoint,
        deadlines: Deadlines,
        questions: Questions,
        run: Run,
        *,
        rules: Rules,
        boots: int,
    ) -> None:
        self.store = store
        self.endpoint = endpoint
        self.questions = questions
        self.rules = rules
        self.boots = boots
        self.settlement = Settlement()
        self.views = Views(store, shows_registration=rules.shows_registration)
        wants = Wants(self._catch_up, self._ended, self._parked, self._later)
        self.notifier = Notifier(endpoint, self.settlement, boots, wants)
        self.gate = Gate(store, questions, self.views, self.notifier, deadlines, boots)
        self.notifier.is_ruled = self.gate.is_ruled
        self.notifier.has_rules = questions.has_rules
        self.review = Review(
            store,
            questions,
            self.notifier,
            self.gate,
            deadlines,
            run,
            move=self.move,
            notify_again=self._notify_again,
        )
        self.notifier.pass_on = self.review.changed
        self.fanout = FanOut(
            self.notifier,
            self.settlement,
            self.views,
            store,
            deadlines,
            run,
            rules.notify_interval,
        )
        self._deadlines = deadlines
        self._run = run
        self._touched: list[tuple[Key, Entry]] = []
        self._renewed: list[Delivery] = []  # what the turn has touched of subscriptions
        self._asked: dict[str, Asked] = {}  # who has asked in it, by tag
        self._asked_since: Version = 0  # the change that the first of them has made; 0: nobody
        self._expiring: dict[Key, Instant] = {}
        # Bound once: each of the waits would keep one of its own.
        self._wake_subscription = self._subscription_due
        self._wake_record = self._record_due

    # -- what the store tells

    def changed(self, key: Key, entry: Entry | None, version: Version) -> None:
        """Take note of one change of the store, our own or another's."""
        kind, owner, name = key
        if kind == subscription.KIND:
            if entry is None:
                self._asked.pop(name, None)
                self.notifier.drop(name)
                return
            self._renewed.append(self.notifier.keep(name, entry))
            asked = self._asked.get(name)
            if asked is not None and entry.version < asked.version:
                self._asked[name] = msgspec.structs.replace(asked, view=None)
        elif kind in (publication.KIND, registrar.KIND, pua.KIND):
            if self.views.tell is not None and kind != pua.KIND:
                self.views.tell(Step.REGISTRAR_SAVED, owner, name)
                self.views.tell(Step.AGENT_INFORMED, owner, name)
            self.views.forget(owner)
            self.fanout.mark(owner, version, cause_of(name, entry))
            if entry is not None:
                self._touched.append((key, entry))
        elif kind == watchers.KIND:
            self.review.decided(owner, name)

    def restore(
        self, key: Key, entry: Entry | None, version: Version, watermark: Version, now: Moment
    ) -> None:
        """Take note of what a former run has left; what it still owed is owed again."""
        if entry is not None and isinstance(entry.record, Subscription):
            delivery = self.notifier.keep(key[2], entry)
            self._renewed.append(delivery)
            terms = entry.record.terms
            told = terms.told if terms is not None else None
            if version > watermark or entry.record.is_over:
                self.notifier.owe(delivery, version)
                # A change that may not have arrived waits for its time as the next one does.
                delivery.is_due = entry.record.is_over or told is None or not told.is_change
                self._catch_up(delivery, now)
            elif told is not None and entry.record.standing is Standing.ACTIVE:
                delivery.shown = told.fingerprint
                self._catch_up(delivery, now)  # a change may have been held back
        elif version > watermark:
            self.changed(key, entry, version)
        elif entry is not None and key[0] in (publication.KIND, registrar.KIND):
            self._touched.append((key, entry))

    def flow_found(self, watcher: str, flow: Flow, now: Moment) -> None:
        """The watcher has registered by this flow: what was parked for him can go that way."""
        if not flow.is_reliable or watcher not in self.notifier.watching:
            return
        for delivery in list(self.notifier.parked.values()):
            if delivery.subscription.watcher == watcher:
                self.notifier.resume(delivery, flow, now)

    def work(self, now: Moment) -> bool:
        """Do what the changes of this turn ask for, a slice of it; whether something is left."""
        renewed, self._renewed = self._renewed, []
        known = self.notifier.deliveries
        for delivery in renewed:
            if known.get(delivery.id) is delivery:  # or it was undone meanwhile
                self._arm_subscription(delivery, now)
        touched, self._touched = self._touched, []
        for key, entry in touched:
            self._arm(key, entry.record, now)
        self.review.decide(now)
        self._tell_asked(now)  # before a change is told, which may be newer than what they see
        is_left = self.fanout.work(now)
        is_left = self.review.work(now) or is_left
        self._tell_asked(now)
        return is_left

    # -- time

    def _arm(self, key: Key, record: Record, now: Moment) -> None:
        at = record.next_expiry if isinstance(record, Bindings) else record.expires_at
        due = _due(at, now)
        if due < self._expiring.get(key, NOWHEN):
            self._expiring[key] = due
            self._deadlines.at(due, self._wake_record, key)

    def _arm_subscription(self, delivery: Delivery, now: Moment) -> None:
        record = delivery.subscription
        due = _due(record.expires_at, now)
        if due < delivery.wakes_at:  # a refresh may shorten it
            delivery.wakes_at = due
            self._deadlines.at(due, self._wake_subscription, delivery)
        if record.terms is not None and self.rules.reevaluates:
            decided_until = record.terms.decided_until
            self.review.arm(delivery, record.terms, partial(_due, decided_until, now))

    def _subscription_due(self, delivery: Delivery, due: Instant, now: Moment) -> None:
        if due == delivery.wakes_at:
            delivery.wakes_at = NOWHEN
        if self.notifier.deliveries.get(delivery.id) is not delivery:
            return
        record = delivery.subscription
        if record.expires_at > now.timestamp:
            self._arm_subscription(delivery, now)
        elif record.is_over:
            self._ended(delivery, now)  # its last NOTIFY could not be brought home in time
        else:
            self._run(record.presentity, lambda: self.time_out(delivery, now))

    def _record_due(self, key: Key, due: Instant, now: Moment) -> None:
        if self._expiring.get(key) == due:
            del self._expiring[key]
        self._run(key[1], lambda: self._expire(key, now))

    async def _expire(self, key: Key, now: Moment) -> None:
        entry = await self.store.get(key, EVER)
        if entry is None:
            return
        record = entry.record
        if isinstance(record, Bindings):
            await registrar.expire(self.store, key[1], now)
        elif record.expires_at <= now.timestamp:
            await self.store.delete(key, entry)
            return
        entry = await self.store.get(key, EVER)
        if entry is not None:
            self._arm(key, entry.record, now)

    # -- what happens to subscriptions

    async def time_out(self, delivery: Delivery, now: Moment) -> None:
        """End a subscription whose time is over, unless it was refreshed meanwhile."""
        record = delivery.subscription
        if record.expires_at <= now.timestamp and not record.is_over:
            await self.move(delivery, Happening.TIMED_OUT, now)

    async def move(
        self,
        delivery: Delivery,
        happening: Happening,
        now: Moment,
        trigger: Trigger = Trigger.TERMINATION,
        terms: Terms | None = None,
    ) -> None:
        """Let something happen to a subscription; its watcher is told if he stands otherwise.

        `trigger` says what he is told for, `terms` on what terms he stands then; `None`: as before.
        """
        record = delivery.subscription
        standing = after(record.standing, happening)
        if standing is record.standing and terms in (None, record.terms):
            return
        moved = msgspec.structs.replace(
            record,
            standing=standing,
            cseq=delivery.cseq,
            boots=self.boots,
            is_gone=happening is Happening.GONE,
            is_handed_over=happening is Happening.HANDED_OVER,
            terms=terms or record.terms,
        )
        if standing is record.standing:
            await self._note(delivery, moved)
            return
        if moved.is_over:
            expires_at = Timestamp(now.timestamp + self.rules.memory)
            moved = msgspec.structs.replace(moved, expires_at=expires_at)
            trigger = Trigger.TERMINATION
        await self.keep(delivery.id, moved, delivery.entry, now, trigger=trigger)

    async def _note(self, delivery: Delivery, record: Subscription) -> None:
        """Store what is no news to the watcher."""
        key = (subscription.KIND, record.presentity, delivery.id)
        entry = await self.store.put(key, record, delivery.entry)
        self.notifier.note(entry.version)

    def leave(self, addresses: set[str], now: Moment) -> None:
        """End all subscriptions to these and by these: they are users no more."""
        for delivery in list(self.notifier.deliveries.values()):
            record = delivery.subscription
            if record.presentity in addresses:
                happening = Happening.GONE
            elif record.watcher in addresses:
                happening = Happening.REJECTED
            else:
                continue
            self._run(record.presentity, partial(self._end, delivery.id, happening, now))

    async def hand_over(self, presentity: str, now: Moment) -> None:
        """End all subscriptions to a presentity: its own agent serves them, once they ask again."""
        for tag in await self.store.under(subscription.KIND, presentity, now.timestamp):
            await self._end(tag, Happening.HANDED_OVER, now)

    async def _end(self, tag: str, happening: Happening, now: Moment) -> None:
        delivery = self.notifier.deliveries.get(tag)
        if delivery is not None:
            await self.move(delivery, happening, now)

    async def keep(
        self,
        tag: str,
        record: Subscription,
        replacing: Entry | None,
        now: Moment,
        *,
        asks: Incoming | None = None,
        trigger: Trigger = Trigger.SUBSCRIBE,
    ) -> None:
        """Store a subscription, accept the request that `asks` for it, and notify its watcher."""
        presentity, standing = record.presentity, record.standing
        view = self.views.at_hand(presentity, standing, now)
        if view is None:
            view = await self.views.of(presentity, standing, now)
        prepared = None
        if self.gate.is_ruled(record):
            delivery_or_none = self.notifier.deliveries.get(tag)
            prepared = await self.gate.prepare(delivery_or_none, record, view, trigger, now)
            record, view = prepared.record, prepared.view
        entry = await self.store.put((subscription.KIND, presentity, tag), record, replacing)
        if asks is not None:
            self.accept(asks, record, now)
        delivery = self.notifier.deliveries[tag]  # it came with the change that the store told
        delivery.is_due = True
        if prepared is None:
            self._tell_soon(delivery, view, entry.version)
            return
        self._asked.pop(tag, None)  # he is told of both by one NOTIFY
        self.notifier.owe(delivery, entry.version)
        self.notifier.notify(iter([(delivery, view)]), now)
        self.gate.prepared(delivery, prepared)
        if prepared.answer.handling is Handling.TERMINATE:
            self._run(record.presentity, partial(self._end, tag, Happening.REJECTED, now))

    def _tell_soon(self, delivery: Delivery, view: View, version: Version) -> None:
        """Have a watcher told with all others of this turn, mostly while it is synced."""
        if not self._asked_since:
            self._asked_since = version
            self.settlement.owe(version)  # so that it stands until all of them owe it
        self.notifier.owe(delivery, self._asked_since)
        if delivery.in_flight:
            delivery.is_dirty = True  # or its answer would settle what waits for its turn
        self._asked[delivery.id] = Asked(delivery, view, version)

    def _tell_asked(self, now: Moment) -> None:
        """Tell those who have asked in this turn, but for those who were told meanwhile."""
        if not self._asked_since:
            return
        asked, self._asked = self._asked, {}
        since, self._asked_since = self._asked_since, 0
        told = []
        for each in asked.values():
            if each.view is None:
                self._later(each.delivery, 1, now)
            elif each.delivery.is_due:
                told.append((each.delivery, each.view))
        left = iter(told)
        try:
            self.notifier.notify(left, now)
        finally:
            for delivery, view in left:  # a fault over one keeps nothing from those behind him
                self._tell_soon(delivery, view, since)
            self.settlement.settle(since)

    def accept(self, asks: Incoming, record: Subscription, now: Moment) -> None:
        """Answer the SUBSCRIBE that a subscription was made or refreshed by."""
        lifetime = str(record.lifetime)
        contact = contact_within(asks.request, asks.sender)
        headers = [("Contact", contact), ("Expires", lifetime), _ALLOW_EVENTS]
        routes = asks.request.headers.get("record-route")
        if routes:
            headers[:0] = [("Record-Route", route) for route in routes]
        self.endpoint.respond(asks, 200, now, headers=headers)

    # -- what the notifier wants

    def _catch_up(self, delivery: Delivery, now: Moment) -> None:
        self._run(delivery.subscription.presentity, lambda: self._notify_again(delivery, now))

    async def _notify_again(self, delivery: Delivery, now: Moment) -> None:
        record = delivery.subscription
        view = await self.views.of(record.presentity, record.standing, now)
        if self.notifier.deliveries.get(delivery.id) is not delivery:
            return
        if not self.gate.is_ruled(record):
            self.notifier.notify_change(delivery, view, now)
        elif not await self.gate.tell(delivery, view, now):
            await self.move(delivery, Happening.REJECTED, now)

    def _ended(self, delivery: Delivery, _now: Moment) -> None:
        self._run(delivery.subscription.presentity, lambda: self._remove(delivery))

    async def _remove(self, delivery: Delivery) -> None:
        if self.notifier.deliveries.get(delivery.id) is delivery:
            key = (subscription.KIND, delivery.subscription.presentity, delivery.id)
            await self.store.delete(key, delivery.entry)

    def _parked(self, delivery: Delivery, now: Moment) -> None:
        """The connection is gone: try the Contact, else wait for a new flow."""
        hop = delivery.subscription.dialog.next_hop
        lost = delivery.flow
        is_datagram = lost.transport == "UDP"
        if (lost.connection or is_datagram) and not hop.host.endswith(".invalid"):
            if hop.transport is None or is_datagram:
                # What speaks TCP is not sought by UDP; what is too long for a datagram goes by TCP.
                hop = msgspec.structs.replace(hop, parameters=hop.parameters | {"transport": "tcp"})
            flow = towards(msgspec.structs.replace(lost, host="", connection=0), hop)
            # A watcher who has hung up may have named somebody else as the way to him.
            if self.endpoint.sources.may_be_told(lost, flow, now.instant):
                self.notifier.resume(delivery, flow, now)
                return
        if delivery.parked_until == NOWHEN:
            due = delivery.parked_until = Instant(now.instant + self.rules.patience)
            self._deadlines.at(due, self._patience_over, delivery)
        if delivery.subscription.dialog.route_set:
            self._wait_for_server(delivery, now)

    def _wait_for_server(self, delivery: Delivery, now: Moment) -> None:
        """Try it now and then until the subscription is over: else the watcher would not know."""
        is_patient = now.instant < delivery.parked_until
        if not is_patient:
            self.notifier.hold_back(delivery)  # or it would hold up the watermark for hours
        due = Instant(now.instant + (RETRY_AFTER if is_patient else RETRY_SLOWLY))
        self._deadlines.at(due, self._try_again, delivery)

    def _try_again(self, delivery: Delivery, _due: Instant, now: Moment) -> None:
        """The server that stands between may be back: it does not tell, as a watcher does."""
        if not delivery.is_parked or self.notifier.deliveries.get(delivery.id) is not delivery:
            return
        asks, told = delivery.subscription.flow, delivery.flow
        if not self.endpoint.sources.may_be_told(asks, told, now.instant):
            self._wait_for_server(delivery, now)
            return
        until = delivery.parked_until
        self.notifier.resume(delivery, told, now)
        delivery.parked_until = until  # a try is no way yet

    def _patience_over(self, delivery: Delivery, due: Instant, now: Moment) -> None:
        is_parked = delivery.is_parked and delivery.parked_until == due
        is_near = not delivery.subscription.dialog.route_set
        if is_parked and is_near and self.notifier.deliveries.get(delivery.id) is delivery:
            self._ended(delivery, now)

    def _later(self, delivery: Delivery, seconds: Seconds, now: Moment) -> None:
        self._deadlines.at(Instant(now.instant + seconds), self._wait_over, delivery)

    def _wait_over(self, delivery: Delivery, _due: Instant, now: Moment) -> None:
        if not delivery.shown:  # rules have let it go before: the watcher alone was waited for
            delivery.is_due = True
        self._catch_up(delivery, now)


def _due(at: Timestamp, now: Moment) -> Instant:
    """When to look at what expires at this date."""
    left = at - now.timestamp
    return Instant(now.instant + (left if left > 0 else OVERDUE))
