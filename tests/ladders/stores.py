"""The stores that every ladder is played on, behind one face: no event loop, no waiting about."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from hereabouts.base.ids import Ids
from hereabouts.roles.build import begin_run
from hereabouts.roles.server import KINDS
from hereabouts.roles.state import NodeState
from hereabouts.storage.far import FarStore
from hereabouts.storage.interface import Store, StoreUnavailable, Turns
from hereabouts.storage.memory import MemoryStore
from hereabouts.storage.sqlite import SqliteStore
from tests.contracts.backends import Watch

PATIENCE = 20.0
"Seconds after which a report of the disk that does not come is a failed test."

WITHOUT_END = 10**9


class TurnStore(Store, Turns, Protocol):
    """What every backend is."""


class Backing:
    """A store, what it still owes its callers, and ways to hurt it."""

    store: TurnStore

    def begin_run(self, ids: Ids) -> NodeState:
        """The node's state for a new run on this store."""
        return begin_run(self.store, ids)

    def settle_one(self) -> bool:
        """Let one thing happen that the store owes; whether there was any."""
        return False

    is_broken = False
    "Whether every turn that writes anything fails."

    def fail_next_turn(self) -> None:
        """Have the next turn that writes anything fail."""
        raise NotImplementedError

    def before_turn(self) -> None:
        """A turn is about to be sealed."""
        if self.is_broken:
            self.fail_next_turn()

    def reopen(self) -> None:
        """Have another process find what is stored."""

    def close(self) -> None:
        self.store.close()


class Memory(Backing):
    def __init__(self, folder: Path) -> None:
        self.memory = MemoryStore()
        self.store = self.memory

    def fail_next_turn(self) -> None:
        self.memory.fail_next_turn(StoreUnavailable("no memory left", "buy some"))


class Far(Backing):
    """Each operation is answered in a turn of its own."""

    def __init__(self, folder: Path) -> None:
        self.far = FarStore()
        self.store = self.far

    def begin_run(self, ids: Ids) -> NodeState:
        return begin_run(self.far.near, ids)

    def settle_one(self) -> bool:
        if self.far.waiting:
            self.far.resume_next()
            return True
        return False

    def fail_next_turn(self) -> None:
        self.far.near.fail_next_turn(StoreUnavailable("out of reach", "look for it"))

    def reopen(self) -> None:
        self.far.waiting.clear()


class Contested(Far):
    """The same, and every write is refused twice before it is taken."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.far.inject_conflicts(WITHOUT_END)


class Sqlite(Backing):
    """SQLite in a folder; the driver's loop is played by a watch, the disk by our patience."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "records.sqlite"
        self._open()

    def _open(self) -> None:
        self._loop = Watch()
        self._durable = 0
        self._failing_syncs = 0
        self.store = self.sqlite = SqliteStore(
            self._path, KINDS, loop=self._loop, sync=self._sync, compiled=None
        )
        self.store.listen(self._note_durable, lambda _turn, _fault: None)

    def settle_one(self) -> bool:
        if self.store.seal() <= self._durable:
            return False
        self._loop.turn(PATIENCE)
        return True

    def fail_next_turn(self) -> None:
        self._failing_syncs = 1

    def reopen(self) -> None:
        self.store.close()
        self._open()

    def _note_durable(self, turn: int) -> None:
        self._durable = turn

    def _sync(self, descriptor: int) -> None:
        # Whether the disk keeps its word is tested elsewhere; here it is only asked.
        if self._failing_syncs:
            self._failing_syncs -= 1
            raise OSError(errno.EIO, os.strerror(errno.EIO))


STORES: dict[str, Callable[[Path], Backing]] = {
    "memory": Memory,
    "sqlite": Sqlite,
    "far": Far,
    "contested": Contested,
}
