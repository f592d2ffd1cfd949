"""Every backend of the store behind one face, so that one suite can be run against each."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Coroutine
from pathlib import Path
from select import select
from typing import Any, Protocol, TypeVar

from hereabouts.base.units import NEVER, Timestamp
from hereabouts.native.choice import syncing as native
from hereabouts.native.interface import Syncing
from hereabouts.storage.far import FarStore
from hereabouts.storage.interface import (
    Entry,
    Key,
    Record,
    Store,
    StoreUnavailable,
    Turns,
    Version,
)
from hereabouts.storage.memory import MemoryStore
from hereabouts.storage.sqlite import SqliteStore
from hereabouts.storage.suspension import Suspension

T = TypeVar("T")

PATIENCE = 20.0
"Seconds after which a report that does not come is a failed test."


class Note(Record, frozen=True, gc=False):
    """A record to test with."""

    text: str = ""


class Scrap(Record, frozen=True, gc=False):
    """Another kind of record."""

    number: int = 0


KINDS: dict[str, type[Record]] = {"note": Note, "scrap": Scrap}

Told = tuple[Key, Entry | None, Version]


class TurnStore(Store, Turns, Protocol):
    """What every backend is."""


def note(text: str, expires_at: float = NEVER) -> Note:
    return Note(Timestamp(expires_at), text)


def key(entry_id: str, owner: str = "sip:alice@example.com", kind: str = "note") -> Key:
    return kind, owner, entry_id


class Backend:
    """A store with one who listens to it, and ways to drive it without an event loop."""

    def __init__(self, store: TurnStore) -> None:
        self.store = store
        self.durable: list[int] = []
        self.failed: list[tuple[int, StoreUnavailable]] = []
        store.listen(self.durable.append, lambda n, fault: self.failed.append((n, fault)))

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """What a handler's coroutine returns; it is resumed as often as it suspends."""
        returned: list[T] = []

        def step() -> None:
            try:
                suspension = coroutine.send(None)
            except StopIteration as end:
                returned.append(end.value)
            else:
                assert isinstance(suspension, Suspension)
                suspension.then(step)

        step()
        self.resume()
        return returned[0]

    def get(self, where: Key, now: float = 0) -> Entry | None:
        return self.run(self.store.get(where, Timestamp(now)))

    def put(self, where: Key, record: Record, replacing: Entry | None = None) -> Entry:
        return self.run(self.store.put(where, record, replacing))

    def delete(self, where: Key, replacing: Entry) -> None:
        self.run(self.store.delete(where, replacing))

    def under(self, owner: str, now: float = 0, kind: str = "note") -> dict[str, Entry]:
        return self.run(self.store.under(kind, owner, Timestamp(now)))

    def changes(self, since: Version = 0) -> list[Told]:
        """The state as changes; whoever asks is deaf to what follows."""
        return list(self.store.changes(since, lambda *_: None))

    def finish_turn(self) -> int:
        """End the turn and wait until it is known what became of it."""
        failures = len(self.failed)
        number = self.store.seal()
        if len(self.failed) == failures:
            self.hear(number)
        return number

    def hear(self, number: int) -> None:
        """Wait until it is known what became of a turn that was sealed and still waits."""
        failures = len(self.failed)
        while len(self.failed) == failures and number > max(self.durable, default=0):
            self.wait()

    def resume(self) -> None:
        """Let suspended operations go on."""

    def wait(self) -> None:
        """Wait for one report of the store; some never need to."""
        message = "the turn is neither durable nor failed"
        raise AssertionError(message)

    def fail_next_turn(self) -> None:
        """Have the next turn that is sealed fail."""
        raise NotImplementedError


class Memory(Backend):
    def __init__(self, folder: Path) -> None:
        self.memory = MemoryStore()
        super().__init__(self.memory)

    def fail_next_turn(self) -> None:
        self.memory.fail_next_turn(StoreUnavailable("no memory left", "buy some"))


class Far(Backend):
    def __init__(self, folder: Path) -> None:
        self.far = FarStore()
        super().__init__(self.far)

    def resume(self) -> None:
        self.far.resume_all()

    def fail_next_turn(self) -> None:
        self.far.near.fail_next_turn(StoreUnavailable("out of reach", "look for it"))


class Watch:
    """An event loop with nothing to do but to watch one descriptor."""

    def __init__(self) -> None:
        self._watched: dict[int, Callable[[], object]] = {}

    def add_reader(self, descriptor: int, callback: Callable[[], object], /) -> None:
        self._watched[descriptor] = callback

    def remove_reader(self, descriptor: int, /) -> None:
        del self._watched[descriptor]

    def is_due(self, patience: float = 0.0) -> bool:
        """Whether the descriptor can be read, within so many seconds."""
        return bool(select(self._watched, (), (), patience)[0])

    def turn(self, patience: float) -> None:
        """Wait until the descriptor can be read, and have it read."""
        assert self.is_due(patience), "nothing is reported"
        (callback,) = self._watched.values()
        callback()


class Sqlite(Backend):
    """SQLite in a folder, synced by a thread in Python; who waits plays the driver's loop."""

    compiled: Syncing | None = None

    def __init__(
        self,
        folder: Path,
        *,
        before_sync: Callable[[], None] | None = None,
        max_pages: int | None = None,
    ) -> None:
        self.path = folder / "records.sqlite"
        self.before_sync = before_sync
        self.failing_syncs = 0
        self.loop = Watch()
        self.sqlite = SqliteStore(
            self.path,
            KINDS,
            loop=self.loop,
            sync=self._sync,
            compiled=self.compiled,
            max_pages=max_pages,
        )
        super().__init__(self.sqlite)

    def wait(self) -> None:
        self.loop.turn(PATIENCE)

    def fail_next_turn(self) -> None:
        self.failing_syncs = 1

    def _sync(self, descriptor: int) -> None:
        if self.before_sync is not None:
            self.before_sync()
        if self.failing_syncs:
            self.failing_syncs -= 1
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        os.fdatasync(descriptor)


class CompiledSqlite(Sqlite):
    """The same, synced by what is compiled."""

    compiled = native

    def __init__(self, folder: Path) -> None:
        self._healthy: int | None = None  # the log, while something that fails stands for it
        super().__init__(folder)

    def wait(self) -> None:
        failures = len(self.failed)
        super().wait()
        if self._healthy is not None and len(self.failed) > failures:
            os.dup2(self._healthy, self._log)
            os.close(self._healthy)
            self._healthy = None

    def fail_next_turn(self) -> None:
        self._healthy = os.dup(self._log)
        break_syncs_of(self._log)

    def _sync(self, descriptor: int) -> None:
        self._log = descriptor
        super()._sync(descriptor)


def break_syncs_of(descriptor: int) -> None:
    """Let the descriptor stand for something that cannot be synced: EINVAL."""
    for end in os.pipe():
        os.dup2(end, descriptor)
        os.close(end)


BACKENDS: dict[str, Callable[[Path], Backend]] = {
    "memory": Memory,
    "sqlite": Sqlite,
    "compiled sqlite": CompiledSqlite,
    "far": Far,
}
