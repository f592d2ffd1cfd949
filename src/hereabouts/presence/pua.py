"""A presence user agent (PUA): takes care of one device of one presentity, for the P-PA beside it.

It records what its device says and so informs the P-PA; asked by it, it reads the device. It never
sends or receives a SUBSCRIBE or a NOTIFY.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from typing import Any, Protocol

from hereabouts.base.deadlines import Deadlines
from hereabouts.base.units import Instant, Moment, Seconds, Timestamp
from hereabouts.presence.composition import Published
from hereabouts.presence.statement import Statement
from hereabouts.presence.steps import Step, Tell
from hereabouts.storage.interface import Entry, Record, Store

Run = Callable[[str, Callable[[], Coroutine[Any, Any, None]]], None]
"Runs a handler for a key; handlers of one key never overlap."

KIND = "device"
"The kind of what PUAs record; owner: the presentity, id: the slot of the device."


class Device(Protocol):
    """What a PUA reads."""

    name: str
    "What its user calls it."
    slot: str
    "Letters and digits that no other device of the presentity has, the same after a restart."
    interval: Seconds
    "How often to look whether it says something new; 0: it changes by the PUA alone."

    def read(self, last: Statement | None) -> Statement | None:
        """What it says now; `None`: nothing. `last` is what it said last; it must not wait."""
        ...


class Observation(Record, frozen=True, gc=False, kw_only=True):
    """What a device said last."""

    said: Statement
    since: Timestamp
    is_first: bool = False
    "Whether nothing was known of the device before."


class Pua:
    """The PUA of one device."""

    def __init__(
        self, presentity: str, device: Device, store: Store, tell: Tell | None = None
    ) -> None:
        self.device = device
        self._presentity = presentity
        self._key = (KIND, presentity, device.slot)
        self._store = store
        self._tell = tell

    async def look(self, now: Moment) -> None:
        """Read the device; if it says something new, record it and inform the P-PA."""
        entry = await self._store.get(self._key, now.timestamp)
        await self._record(self.device.read(_said(entry)), entry, now)

    async def choose(self, said: Statement, now: Moment) -> None:
        """Record what a person has chosen for the device, and inform the P-PA."""
        entry = await self._store.get(self._key, now.timestamp)
        await self._record(said, entry, now)

    async def _record(self, said: Statement | None, entry: Entry | None, now: Moment) -> None:
        if said == _said(entry):
            return
        if said is not None:
            seen = Observation(said=said, since=now.timestamp, is_first=entry is None)
            await self._store.put(self._key, seen, entry)
        elif entry is not None:
            await self._store.delete(self._key, entry)
        if self._tell is not None:
            # The store has told the P-PA by now: it fetches when the turn comes to it.
            self._tell(Step.DEVICE_CHANGED, self._presentity, self.device.slot)
            self._tell(Step.PUA_INFORMED, self._presentity, self.device.slot)

    async def fetch(self, now: Moment) -> Published | None:
        """What there is to know of the device, read from it now; `None`: nothing."""
        entry = await self._store.get(self._key, now.timestamp)
        known = _observed(entry)
        said = self.device.read(_said(entry))
        if said is None:
            return None
        since = known.since if known is not None and known.said == said else now.timestamp
        return Published(self.device.slot, said.document(self._presentity), since)


class Puas:
    """All PUAs of one presentity."""

    def __init__(
        self,
        presentity: str,
        devices: Iterable[Device],
        store: Store,
        deadlines: Deadlines,
        run: Run,
        tell: Tell | None = None,
    ) -> None:
        self._presentity = presentity
        self._by_slot = {device.slot: Pua(presentity, device, store, tell) for device in devices}
        self._store = store
        self._deadlines = deadlines
        self._run = run

    def begin(self, now: Moment) -> None:
        """Look at all devices, and again as often as each wants; forget those that are no more."""
        self._run(self._presentity, lambda: self._begin(now))
        for pua in self._by_slot.values():
            if pua.device.interval:
                self._look_later(pua, now)

    async def _begin(self, now: Moment) -> None:
        left = await self._store.under(KIND, self._presentity, now.timestamp)
        for slot, entry in left.items():
            if slot not in self._by_slot:
                await self._store.delete((KIND, self._presentity, slot), entry)
        for pua in self._by_slot.values():
            await pua.look(now)

    def _look_later(self, pua: Pua, now: Moment) -> None:
        self._deadlines.wait(pua.device.interval, now.instant, self._look, pua)

    def _look(self, pua: Pua, _due: Instant, now: Moment) -> None:
        self._look_later(pua, now)
        self._run(self._presentity, lambda: pua.look(now))

    async def fetch(self, presentity: str, now: Moment) -> list[Published]:
        """What the PUAs of this presentity know: each is asked, and reads its device."""
        puas = self._by_slot.values() if presentity == self._presentity else ()
        asked = [await pua.fetch(now) for pua in puas]
        return [published for published in asked if published is not None]

    def of(self, slot: str) -> Pua | None:
        """The PUA of the device in this slot."""
        return self._by_slot.get(slot)

    def devices(self) -> list[Device]:
        """Their devices, in the order in which they were given."""
        return [pua.device for pua in self._by_slot.values()]


def _observed(entry: Entry | None) -> Observation | None:
    record = entry.record if entry is not None else None
    return record if isinstance(record, Observation) else None


def _said(entry: Entry | None) -> Statement | None:
    observed = _observed(entry)
    return observed.said if observed is not None else None
