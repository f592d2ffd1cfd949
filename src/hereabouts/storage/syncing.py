"""The helper threads: they wait for the disk so that the event loop need not.

One syncs the write-ahead log, the other checkpoints it, for which no turn has to wait. They do
nothing else: Python that runs here would hold up the loop, so `native_syncing` takes the place of
the first where it can. What happened goes into a queue; the owner is told to look.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import NamedTuple, Protocol, TypeVar

from hereabouts.base.units import Seconds
from hereabouts.storage.database import Checkpoint

T = TypeVar("T")

CHECKPOINT_AFTER = 4096
"Checkpoint once about so many pages were written: some 16 MiB of log."

COMPANY = 0.005
"Seconds that a small turn right after a large one waits for others, to be synced with them."

EACH_ONCE = os.EFD_CLOEXEC | os.EFD_NONBLOCK | os.EFD_SEMAPHORE
"The loop is called once for each time that a helper thread has something to report."


class Written(NamedTuple):
    """Asked: make this turn durable, and all before it."""

    turn: int
    rows: int
    pages: int
    "About how many pages its rows have changed."


class Resume(NamedTuple):
    """Asked: the log was started anew after a failure, sync again."""


class Stop(NamedTuple):
    """Asked: finish what was asked before, and end."""


class Synced(NamedTuple):
    """Reported: this turn and all before it are on disk."""

    turn: int


class Failed(NamedTuple):
    """Reported: nothing later than the last `Synced` is surely on disk."""

    error: OSError


class Checkpointed(NamedTuple):
    """Reported: the log was copied as far as its readers and writers allowed."""

    checkpoint: Checkpoint


Asked = Written | Resume | Stop
Report = Synced | Failed | Checkpointed


class Syncs(Protocol):
    """Makes turns durable without keeping anybody waiting."""

    def written(self, turn: int, rows: int, pages: int) -> None:
        """Make this turn of so many rows durable, and all before it.

        `pages` is about how many it has changed.
        """
        ...

    def alone(self, patience: Seconds) -> AbstractContextManager[bool]:
        """Have no copy begin from now on; whether the one under way, if any, ends in time.

        If it does, copies may begin again behind the context; else behind one in which it has.
        """
        ...

    def resume(self) -> None:
        """Sync again after a failure: what it may have lost is safe by other means."""
        ...

    def reports(self) -> list[Report]:
        """What happened since the last call."""
        ...

    def stop(self) -> None:
        """Finish what was asked for; returns when no more can happen."""
        ...


class Copier:
    """A thread that copies the log whenever that is due; what cannot be copied stays, durable."""

    def __init__(
        self, checkpoint: Callable[[], Checkpoint], report: Callable[[Report], object]
    ) -> None:
        self._lock = Lock()  # held while the log is copied
        self._is_held_up = False
        self._checkpoint = checkpoint
        self._report = report
        self._due: SimpleQueue[Callable[[], Checkpoint] | None] = SimpleQueue()  # None: no more
        self._thread = Thread(target=self._work, name="hereabouts-copy", daemon=True)
        self._thread.start()

    def begin(self) -> None:
        """Copy the log, once what was begun before is done.

        One copy that waits is enough: it copies all that is there when it begins.
        """
        if self._due.empty() and not self._is_held_up:
            self._due.put(self._checkpoint)

    @contextmanager
    def alone(self, patience: Seconds) -> Iterator[bool]:
        """Have no copy begin from now on; whether the one under way, if any, ends in time.

        If it does, copies may begin again behind the context; else behind one in which it has.
        """
        self._is_held_up = True
        drained(self._due)
        if not self._lock.acquire(timeout=patience):
            yield False
            return
        try:
            yield True
        finally:
            self._is_held_up = False
            self._lock.release()

    def stop(self) -> None:
        """Finish what was begun; returns when the thread has ended."""
        self._due.put(None)
        self._thread.join()

    def _work(self) -> None:
        while (checkpoint := self._due.get()) is not None:
            with suppress(sqlite3.Error):  # it will be tried again
                with self._lock:
                    copied = checkpoint()
                self._report(Checkpointed(copied))


class Syncer:
    """A thread that makes turns durable in the order in which they were asked for.

    After a failed sync the kernel may count lost pages as written, so a later sync that succeeds
    proves nothing: the thread ignores all turns until `resume` says that the log is a new one.
    """

    def __init__(
        self,
        sync: Callable[[], None],
        checkpoint: Callable[[], Checkpoint],
        look: Callable[[], object],
        *,
        company: Seconds = COMPANY,
    ) -> None:
        self._sync = sync
        self._look = look
        self._company = company
        self._asked: SimpleQueue[Asked] = SimpleQueue()
        self._reports: SimpleQueue[Report] = SimpleQueue()
        self._copier = Copier(checkpoint, self._report)
        self._is_failed = False
        self._is_stopped = False
        self._pages = 0
        self._last_rows = 0
        self._thread = Thread(target=self._work, name="hereabouts-sync", daemon=True)
        self._thread.start()

    def written(self, turn: int, rows: int, pages: int) -> None:
        """Make this turn of so many rows durable, and all before it."""
        self._asked.put(Written(turn, rows, pages))

    def alone(self, patience: Seconds) -> AbstractContextManager[bool]:
        """Have no copy begin from now on; whether the one under way, if any, ends in time."""
        return self._copier.alone(patience)

    def resume(self) -> None:
        """Sync again after a failure: what it may have lost is safe by other means."""
        self._asked.put(Resume())

    def reports(self) -> list[Report]:
        """What happened since the last call."""
        return drained(self._reports)

    def stop(self) -> None:
        """Finish what was asked for; returns when the threads have ended."""
        self._asked.put(Stop())
        self._thread.join()
        self._copier.stop()

    def _work(self) -> None:
        while not self._is_stopped:
            newest = self._newest(self._take())
            if newest:
                self._make_durable(newest)
            if self._pages >= CHECKPOINT_AFTER and not self._is_failed:
                self._pages = 0
                self._copier.begin()

    def _take(self) -> list[Asked]:
        """What was asked for, at least one thing.

        A sync costs the same for one request as for thirty. Those who are answered together ask
        again together, but for a few that came between two turns: they are back in step, and cost
        one sync less each time, when they have waited once. Who comes alone never waits.
        """
        asked = [self._asked.get(), *drained(self._asked)]
        if isinstance(asked[-1], Written) and 2 * _rows(asked) < self._last_rows:
            with suppress(Empty):
                asked.append(self._asked.get(timeout=self._company))
            asked += drained(self._asked)
        self._last_rows = _rows(asked)
        return asked

    def _newest(self, asked: list[Asked]) -> int:
        """The newest turn to sync; 0: none."""
        newest = 0
        for question in asked:
            match question:
                case Written(turn, _, pages) if not self._is_failed:
                    newest = turn
                    self._pages += pages
                case Written():
                    pass  # it will be undone with the turn that failed
                case Resume():
                    self._is_failed = False
                    self._pages = 0
                case Stop():
                    self._is_stopped = True
        return newest

    def _make_durable(self, turn: int) -> None:
        try:
            self._sync()
        except OSError as error:
            self._is_failed = True
            self._report(Failed(error))
        else:
            self._report(Synced(turn))

    def _report(self, report: Report) -> None:
        self._reports.put(report)
        self._look()


def _rows(asked: list[Asked]) -> int:
    return sum(question.rows for question in asked if isinstance(question, Written))


def drained(queue: SimpleQueue[T]) -> list[T]:
    """All that is in a queue, which is empty then."""
    found: list[T] = []
    with suppress(Empty):
        while True:
            found.append(queue.get_nowait())
    return found
