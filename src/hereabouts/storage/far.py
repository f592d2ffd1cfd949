"""A store that behaves as if it were far away, for tests: it suspends at every call and conflicts.

What runs on it unharmed also runs on a clustered backend: nothing may be taken for granted
across an `await`, and a `Conflict` may come although nobody seems to have changed anything.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator

from hereabouts.base.units import Timestamp
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
from hereabouts.storage.memory import MemoryStore
from hereabouts.storage.suspension import Suspension

IN_A_ROW = 2
"How many injected conflicts one key gets in a row: a writer that tries thrice must succeed."


class FarStore:
    """A `MemoryStore` behind suspensions: each operation takes effect when it is resumed."""

    def __init__(self, near: MemoryStore | None = None) -> None:
        self.near = near if near is not None else MemoryStore()
        "The store that holds the records."
        self.waiting: deque[Suspension] = deque()
        "The operations that were called and not resumed, oldest first."
        self._conflicts = 0
        self._in_a_row: Counter[Key] = Counter()

    def resume_next(self) -> None:
        """Let the oldest waiting operation take effect, and its caller go on."""
        self.waiting.popleft().resume()

    def resume_all(self) -> None:
        """Let all waiting operations take effect, and those that follow from them."""
        while self.waiting:
            self.resume_next()

    def inject_conflicts(self, count: int) -> None:
        """Refuse the next `count` puts and deletes, one key `IN_A_ROW` times running at most."""
        self._conflicts = count

    async def get(self, key: Key, now: Timestamp) -> Entry | None:
        """The entry under `key`, unless it has expired by `now`."""
        await self._suspend()
        return await self.near.get(key, now)

    async def put(self, key: Key, record: Record, replacing: Entry | None) -> Entry:
        """Keep `record` under `key`, in place of the entry that was read; `None`: of nothing.

        Raises:
            Conflict: what is there is not `replacing` any more, or one was injected.
        """
        await self._suspend()
        self._perhaps_conflict(key)
        return await self.near.put(key, record, replacing)

    async def delete(self, key: Key, replacing: Entry) -> None:
        """Remove what is under `key`.

        Raises:
            Conflict: what is there is not `replacing` any more, or one was injected.
        """
        await self._suspend()
        self._perhaps_conflict(key)
        await self.near.delete(key, replacing)

    async def under(self, kind: str, owner: str, now: Timestamp) -> dict[str, Entry]:
        """All unexpired entries of one owner by id, in the order in which they were first put."""
        await self._suspend()
        return await self.near.under(kind, owner, now)

    def changes(
        self, since: Version, listener: Listener
    ) -> Iterator[tuple[Key, Entry | None, Version]]:
        """The state at this call as changes, oldest first; further ones go to `listener`."""
        return self.near.changes(since, listener)

    def forget(self, until: Version) -> None:
        """Deletions up to this version need no longer be remembered."""
        self.near.forget(until)

    def seal(self) -> int:
        """End the turn; the number of the newest turn that wrote anything and stands."""
        return self.near.seal()

    def settle(self) -> None:
        """Tell those who `listen` what has become of turns by now."""
        self.near.settle()

    def listen(
        self,
        durable: Callable[[int], None],
        failed: Callable[[int, StoreUnavailable], None],
        raised: Raised | None = None,
    ) -> None:
        """Have `durable(n)` or `failed(n, fault)` called for each turn; `raised` of our faults."""
        self.near.listen(durable, failed, raised)

    def close(self) -> None:
        """Seal what is open; what still waits stays without effect."""
        self.near.close()

    async def _suspend(self) -> None:
        suspension = Suspension()
        self.waiting.append(suspension)
        await suspension

    def _perhaps_conflict(self, key: Key) -> None:
        if self._conflicts and self._in_a_row[key] < IN_A_ROW:
            self._conflicts -= 1
            self._in_a_row[key] += 1
            raise Conflict(key)
        self._in_a_row.pop(key, None)
