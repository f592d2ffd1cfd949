"""The subscriptions that pass through this node: found by their token, kept, and ended in time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import msgspec

from hereabouts.base.deadlines import Deadlines
from hereabouts.base.refusal import Malformed
from hereabouts.base.units import NEVER, Instant, Moment, Seconds, Timestamp
from hereabouts.presence.relay import KIND, Hold, Relay, lasting
from hereabouts.presence.restraint import Verdict
from hereabouts.sip.headers.address import Address
from hereabouts.sip.message import Request
from hereabouts.sip.parameters import split_values
from hereabouts.sip.uri import SipUri
from hereabouts.storage.interface import Entry, Store

Run = Callable[[str, Callable[[], Coroutine[Any, Any, None]]], None]

NOWHEN = Instant(float("inf"))
LONG_AGO = Timestamp(0.0)
OVERDUE = 1.0
"Seconds until another look at what is due already: the disk may keep it from ending."

AGAIN = 1.0
"Seconds until what our own disk has kept from leaving is sent again."


class Sent(msgspec.Struct, frozen=True, gc=False):
    """A NOTIFY that was held, as the watcher has answered it."""

    shift: int
    hold: Hold
    "How it was held."
    found: Verdict
    "What he was shown of it."


class Held(msgspec.Struct, gc=False):
    """A relay as a node has it at hand."""

    id: str
    owner: str
    entry: Entry
    relay: Relay
    "The record in `entry`, typed."
    is_parked: bool = False
    "There is no way to the watcher: wait for a new flow."
    parked_until: Instant = NOWHEN
    "When waiting for it ends."
    is_sending: bool = False
    "A NOTIFY of our own is on its way to the watcher."
    wakes_at: Instant = NOWHEN
    "The earliest instant at which its expiry stands in the queue."
    looks_at: Instant = NOWHEN
    "The earliest instant at which what it holds stands in the queue."
    sent: Sent | None = None
    "What was held last and has gone out: the disk may bring it back."

    @property
    def back(self) -> Sent | None:
        """What it holds although that has gone out: that it has was undone."""
        sent, relay = self.sent, self.relay
        is_back = sent is not None and (sent.shift, sent.hold) == (relay.shift, relay.hold)
        return sent if is_back else None

    @property
    def due_at(self) -> Timestamp:
        """When something is to be done about what it holds; `NEVER`: not by itself."""
        hold = self.relay.hold
        if hold is None:
            return NEVER
        return hold.until if self.back is None else LONG_AGO

    @property
    def key(self) -> str:
        """Whatever is done about it is done one after the other."""
        return key_of(self.relay.call_id)


def key_of(call_id: str) -> str:
    """The key of handlers that are about a relayed dialog."""
    return f"call {call_id}"


class Relays:
    """All relays of a node."""

    def __init__(self, store: Store, deadlines: Deadlines, run: Run, memory: Seconds) -> None:
        self.passing: Counter[str] = Counter()
        "How many relays each watcher has."
        self._store = store
        self._deadlines = deadlines
        self._run = run
        self._memory = memory
        self._held: dict[str, Held] = {}
        self._at_edge: dict[str, set[str]] = {}
        self._touched: list[Held] = []

    def __len__(self) -> int:
        return len(self._held)

    def get(self, token: str) -> Held | None:
        """The relay with this token."""
        return self._held.get(token)

    def named(self, request: Request) -> Held | None:
        """The relay that a request asks to pass by, in its first Route or as a strict router."""
        if not self._held:
            return None
        routes = request.headers.get("route")
        try:
            if routes:
                first = Address.parse(split_values(routes[0])[0]).sip_uri
                found = self._held.get(first.user or "")
                if found is not None:
                    return found
            return self._held.get(SipUri.parse(request.uri).user or "") if routes else None
        except Malformed:
            return None

    def all(self) -> list[Held]:
        """All of them."""
        return list(self._held.values())

    def at_edge(self, presentity: str) -> Iterator[Held]:
        """Those whose notifier is this presentity's own agent."""
        return (self._held[token] for token in list(self._at_edge.get(presentity, ())))

    def of_watcher(self, watcher: str) -> Iterator[Held]:
        """Those of one watcher."""
        if self.passing[watcher]:
            yield from [held for held in self._held.values() if held.relay.watcher == watcher]

    # -- what the store tells

    def changed(self, owner: str, token: str, entry: Entry | None) -> None:
        """Take note of one change of the store."""
        held = self._held.get(token)
        if held is not None:
            self._forget(held)
        if entry is None:
            self._held.pop(token, None)
            return
        assert isinstance(entry.record, Relay)
        if held is None:
            held = self._held[token] = Held(token, owner, entry, entry.record)
        held.entry, held.relay = entry, entry.record
        self.passing[held.relay.watcher] += 1
        if held.relay.is_at_edge:
            self._at_edge.setdefault(held.relay.presentity, set()).add(token)
        self._touched.append(held)

    def _forget(self, held: Held) -> None:
        watcher, presentity = held.relay.watcher, held.relay.presentity
        self.passing[watcher] -= 1
        if not self.passing[watcher]:
            del self.passing[watcher]
        tokens = self._at_edge.get(presentity, set())
        tokens.discard(held.id)
        if not tokens:
            self._at_edge.pop(presentity, None)

    async def keep(self, owner: str, token: str, relay: Relay) -> Held:
        """Store a relay, new or in place of what is there."""
        held = self._held.get(token)
        await self._store.put((KIND, owner, token), relay, held.entry if held else None)
        return self._held[token]

    async def keep_lasting(self, held: Held, relay: Relay, now: Moment) -> None:
        """Store a relay as it is now, for as long as messages about it may come."""
        await self.keep(held.owner, held.id, lasting(relay, self._memory, now.timestamp))

    async def drop(self, token: str) -> None:
        """The subscription is over, or never was."""
        held = self._held.get(token)
        if held is not None:
            await self._store.delete((KIND, held.owner, token), held.entry)

    # -- time

    def work(self, now: Moment) -> list[Held]:
        """See to it that what was changed in this turn, or undone, ends in time; all of that."""
        touched, self._touched = self._touched, []
        for held in touched:
            self._arm(held, now)
        return touched

    def _arm(self, held: Held, now: Moment) -> None:
        due = now.due(held.relay.expires_at)
        if due <= now.instant:
            due = Instant(now.instant + OVERDUE)
        if due < held.wakes_at:
            held.wakes_at = due
            self._deadlines.at(due, self._due, held)

    def _due(self, held: Held, due: Instant, now: Moment) -> None:
        if due == held.wakes_at:
            held.wakes_at = NOWHEN
        if self._held.get(held.id) is not held:
            return
        if held.relay.expires_at <= now.timestamp:
            self._run(held.key, lambda: self._expire(held, now))
        self._arm(held, now)

    async def _expire(self, held: Held, now: Moment) -> None:
        if held.relay.expires_at <= now.timestamp and self._held.get(held.id) is held:
            await self.drop(held.id)
