"""A store whose whole state is in memory, and its turns: what every resident backend shares.

A turn keeps what each key it touched stood for before. As long as the turn is not durable it can
be undone, with all turns after it. A backend adds how a turn is made durable: `seal` and `close`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from operator import itemgetter
from typing import NamedTuple

from hereabouts.base.units import Timestamp
from hereabouts.storage.index import Gone, Index, Owners, Placed, Slot
from hereabouts.storage.interface import (
    Conflict,
    Entry,
    Key,
    Listener,
    Raised,
    Record,
    StoreUnavailable,
    Version,
)


class Turn(NamedTuple):
    """A turn that wrote something and was sealed."""

    number: int
    before: dict[Key, Slot]
    "What each key that the turn touched stood for when the turn began."


class Listening(NamedTuple):
    """Somebody who wants to hear what became of the turns."""

    durable: Callable[[int], None]
    failed: Callable[[int, StoreUnavailable], None]
    raised: Raised | None


class Resident:
    """Records in memory, in turns; every operation answers without suspending.

    The methods are longer than elsewhere: a call inside them costs a tenth of the operation.
    """

    def __init__(self, owners: Owners) -> None:
        self._index = Index(owners)
        self._version: Version = 0
        self._restored: dict[Key, Version] = {}  # the change that brought an older entry back
        self._listeners: list[Listener] = []
        self._listening: list[Listening] = []
        self._open: dict[Key, Slot] = {}  # the `before` of the turn that is not sealed yet
        self._waiting: deque[Turn] = deque()  # sealed, not durable
        self._number = 0
        self._durable = 0

    async def get(self, key: Key, now: Timestamp) -> Entry | None:
        """The entry under `key`, unless it has expired by `now`."""
        kind, owner, entry_id = key
        entries = self._index.owners[kind].get(owner)
        entry = entries.get(entry_id) if entries else None
        return entry if entry is not None and entry.record.expires_at > now else None

    async def put(self, key: Key, record: Record, replacing: Entry | None) -> Entry:
        """Keep `record` under `key`, in place of the entry that was read; `None`: of nothing.

        Raises:
            Conflict: what is there is not `replacing` any more.
        """
        index = self._index
        version = self._version + 1
        kind, owner, entry_id = key
        entries = index.owners[kind].get(owner)
        prior = entries.get(entry_id) if entries else None
        if prior is None:
            if replacing is not None:
                raise Conflict(key)
            before: Slot = index.gone.pop(key, None) if index.gone else None
            entry = Placed(record, version, version)
        else:
            if replacing is None or replacing.version != prior.version:
                raise Conflict(key)
            before = prior
            entry = Placed(record, version, prior.first)
        if entries is None:
            index.owners[kind][owner] = {entry_id: entry}
        else:
            entries[entry_id] = entry  # a new one comes last among those of its owner
        self._changed(key, before, entry, version)
        return entry

    async def delete(self, key: Key, replacing: Entry) -> None:
        """Remove what is under `key`.

        Raises:
            Conflict: what is there is not `replacing` any more.
        """
        prior = self._index.find(key)
        if prior is None or replacing.version != prior.version:
            raise Conflict(key)
        version = self._version + 1
        self._index.remove(key)
        self._index.gone[key] = Gone(version, prior.first)
        self._changed(key, prior, None, version)

    async def under(self, kind: str, owner: str, now: Timestamp) -> dict[str, Entry]:
        """All unexpired entries of one owner by id, in the order in which they were first put."""
        entries = self._index.owners[kind].get(owner)
        if entries is None:
            return {}
        return {
            entry_id: entry for entry_id, entry in entries.items() if entry.record.expires_at > now
        }

    def changes(
        self, since: Version, listener: Listener
    ) -> Iterator[tuple[Key, Entry | None, Version]]:
        """The state at this call as changes, oldest first; further ones go to `listener`."""
        self._listeners.append(listener)
        found: list[tuple[Key, Entry | None, Version]] = [
            (key, None, gone.version)
            for key, gone in self._index.gone.items()
            if gone.version > since
        ]
        restored = self._restored
        for key, entry in self._index.items():
            version = max(entry.version, restored.get(key, 0)) if restored else entry.version
            if version > since:
                found.append((key, entry, version))
        found.sort(key=itemgetter(2))
        return iter(found)

    def forget(self, until: Version) -> None:
        """Deletions up to this version need no longer be remembered."""
        gone, restored = self._index.gone, self._restored
        for key in [key for key, slot in gone.items() if slot.version <= until]:
            del gone[key]
        for key in [key for key, version in restored.items() if version <= until]:
            del restored[key]

    def listen(
        self,
        durable: Callable[[int], None],
        failed: Callable[[int, StoreUnavailable], None],
        raised: Raised | None = None,
    ) -> None:
        """Have `durable(n)` called once turn `n` and all before it are on disk.

        `failed(n, fault)`: turn `n`, all after it and the turn still open are undone. Either may
        be called from within `seal`. `raised(error)`: somebody who was told of that has raised.
        """
        self._listening.append(Listening(durable, failed, raised))

    def settle(self) -> None:
        """Tell those who `listen` what has become of turns by now: they know it already."""

    def _changed(self, key: Key, before: Slot, entry: Entry | None, version: Version) -> None:
        self._version = version
        if key not in self._open:
            self._open[key] = before
        for listener in self._listeners:
            listener(key, entry, version)

    def _end_turn(self) -> Turn | None:
        """The turn that ends here and waits from now on; `None` if it wrote nothing."""
        if not self._open:
            return None
        self._number += 1
        turn = Turn(self._number, self._open)
        self._open = {}
        self._waiting.append(turn)
        return turn

    def _newest(self) -> int:
        """The number of the newest turn that stands, durable or not; 0: there is none."""
        return self._waiting[-1].number if self._waiting else self._durable

    def _made_durable(self, number: int) -> None:
        while self._waiting and self._waiting[0].number <= number:
            self._waiting.popleft()
        self._durable = number
        for listening in self._listening:
            self._tell(listening.durable, number)

    def _undo(self, number: int, fault: StoreUnavailable) -> None:
        """Undo turn `number`, all after it and the open one; say so to all who listen."""
        before, self._open = self._open, {}
        while self._waiting and self._waiting[-1].number >= number:
            before |= self._waiting.pop().before
        told: list[tuple[Key, Version]] = []
        slots: dict[Key, Placed | Gone] = {}
        for key, slot in before.items():
            self._version += 1
            told.append((key, self._version))
            if isinstance(slot, Placed):
                slots[key] = slot
                self._restored[key] = self._version
            else:
                slots[key] = Gone(self._version, slot.first if slot else 0)
        self._index.restore(slots)
        for key, version in told:
            for listener in self._listeners:
                self._tell(listener, key, self._index.find(key), version)
        for listening in self._listening:
            self._tell(listening.failed, number, fault)

    def _tell(self, listener: Callable[..., None], *news: object) -> None:
        """Tell one of those who listen: a fault of his keeps nothing from the others."""
        try:
            listener(*news)
        except Exception as error:
            heard = [listening.raised for listening in self._listening if listening.raised]
            if not heard:
                raise
            for raised in heard:
                raised(error)
