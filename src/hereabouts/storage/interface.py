"""What everybody sees of storage: records under keys, put if their version is still the one read.

A *turn* is everything that happened between two sealings: the writes of a turn become durable
together, and what was said because of them leaves only then (`docs/decisions/0003-turns.md`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

import msgspec

from hereabouts.base.refusal import Unavailable
from hereabouts.base.units import NEVER, Timestamp

Key = tuple[str, str, str]
"Kind, owner and id: `('publication', 'sip:bob@example.com', 'e7f0')`."

Version = int
"Opaque to callers but for one thing: a later change of the same store has a higher one."


class Record(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What is stored: a value that is never changed, only replaced.

    Every kind of record is a subclass, frozen and `gc=False`; its fields are plain values
    (text, bytes, numbers, tuples of them, other such structs), so that msgspec can encode it.
    It is stored without the names of its fields, which would be half of it: a new field goes
    behind all others and has a default, and none is taken away.
    """

    expires_at: Timestamp = NEVER
    "From this date on `get` and `under` do not show the record any more."


class Entry(msgspec.Struct, frozen=True, gc=False):
    """A record as it was read."""

    record: Record
    version: Version


class Conflict(Exception):
    """The record is no longer, or not yet, at the version that the writer had read."""


class StoreUnavailable(Unavailable):
    """The store cannot take the change; nothing of it was kept."""


Listener = Callable[[Key, Entry | None, Version], None]
"Told of each change: its key, what is there now (`None`: nothing) and the version of the change."

Raised = Callable[[Exception], None]
"Told of a fault of our own program, so that somebody says it to the journal."


class Store(Protocol):
    """Records by key. Only the node's handlers await; resident backends answer without suspending.

    Raises:
        StoreUnavailable: from any operation, when the backend is out of order.
    """

    async def get(self, key: Key, now: Timestamp) -> Entry | None:
        """The entry under `key`, unless it has expired by `now`."""
        ...

    async def put(self, key: Key, record: Record, replacing: Entry | None) -> Entry:
        """Keep `record` under `key`, in place of the entry that was read; `None`: of nothing.

        An expired record counts as nothing here only after it was deleted.

        Raises:
            Conflict: what is there is not `replacing` any more.
        """
        ...

    async def delete(self, key: Key, replacing: Entry) -> None:
        """Remove what is under `key`.

        Raises:
            Conflict: what is there is not `replacing` any more.
        """
        ...

    async def under(self, kind: str, owner: str, now: Timestamp) -> dict[str, Entry]:
        """All unexpired entries of one owner by id, in the order in which they were first put.

        The dictionary is the caller's own: later changes do not show in it.
        """
        ...

    def changes(
        self, since: Version, listener: Listener
    ) -> Iterator[tuple[Key, Entry | None, Version]]:
        """The state as changes, and from then on each further change to `listener`.

        First all that is stored whose version is above `since` (0: everything), expired records
        included, and `None` for every key deleted above `since` that is still remembered; a
        change made later in this process reaches the listener before the call that made it
        returns. A change that is undone is told as one more change.
        """
        ...

    def forget(self, until: Version) -> None:
        """Deletions up to this version need no longer be remembered."""
        ...

    def close(self) -> None:
        """Make everything sealed durable, and let go of the backend."""
        ...


class Turns(Protocol):
    """How a store makes turns durable; for the node and its driver."""

    def seal(self) -> int:
        """End the turn; the number of the newest turn that wrote anything, this one included.

        What the turn said may leave when that turn is durable: see `listen`.
        """
        ...

    def settle(self) -> None:
        """Tell those who `listen` what has become of turns by now; it is told later in any case."""
        ...

    def listen(
        self,
        durable: Callable[[int], None],
        failed: Callable[[int, StoreUnavailable], None],
        raised: Raised | None = None,
    ) -> None:
        """Have `durable(n)` called once turn `n` and all before it are on disk.

        `failed(n, fault)`: turn `n` and all after it are undone; the store is as it was before
        turn `n`, and takes new turns. Both are called on the driver's thread; `durable` may be
        called from within `seal` (a backend without a disk).

        `raised(error)`: somebody who was told of that, or of what is undone, has raised this
        instead of taking note. It costs nobody else anything; where nobody listens to it, it is
        raised further.
        """
        ...


class Loop(Protocol):
    """What a store that waits for a disk needs of the driver's event loop."""

    def add_reader(self, descriptor: int, callback: Callable[[], object], /) -> object:
        """Call this, on the driver's thread, whenever the descriptor can be read."""
        ...

    def remove_reader(self, descriptor: int, /) -> object:
        """Do so no longer."""
        ...
