"""The helper threads alone, in Python and compiled, with a checkpoint that only pretends."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from select import select
from threading import Event, Semaphore

import pytest

from hereabouts.native.choice import syncing as native
from hereabouts.storage import syncing
from hereabouts.storage.database import Checkpoint
from hereabouts.storage.native_syncing import NativeSyncer
from hereabouts.storage.syncing import (
    COMPANY,
    Checkpointed,
    Failed,
    Report,
    Synced,
    Syncer,
    Syncs,
)
from tests.contracts.backends import break_syncs_of
from tests.native.ways import WAYS, Way

PATIENCE = 20.0
BROKEN = OSError(errno.EINVAL, os.strerror(errno.EINVAL))


class Disk:
    """A file to sync, which can be broken; counts the checkpoints."""

    def __init__(self, path: Path, way: Way) -> None:
        self.checkpoints = 0
        self.checkpoint_error: sqlite3.Error | None = None
        self.before_checkpoint: Callable[[], object] = lambda: None
        self._way = way
        self._path = path
        self._file = os.open(path, os.O_RDWR | os.O_CREAT)
        self._bell = os.eventfd(0, os.EFD_SEMAPHORE)
        self.heard: list[Report] = []
        self.syncer: Syncs

    def start(self, company: float = COMPANY) -> Syncs:
        """The helper threads of this disk."""
        self.syncer = self._start(company)
        return self.syncer

    def _start(self, company: float) -> Syncs:
        if self._way is Way.NATIVE:
            assert native is not None
            return NativeSyncer(native, self._file, self._bell, self.checkpoint, company=company)
        return Syncer(
            lambda: os.fdatasync(self._file),
            self.checkpoint,
            lambda: os.eventfd_write(self._bell, 1),
            company=company,
        )

    def fail(self) -> None:
        break_syncs_of(self._file)

    def mend(self) -> None:
        mended = os.open(self._path, os.O_RDWR)
        os.dup2(mended, self._file)
        os.close(mended)

    def checkpoint(self) -> Checkpoint:
        self.before_checkpoint()
        self.checkpoints += 1
        if self.checkpoint_error is not None:
            raise self.checkpoint_error
        return Checkpoint(is_complete=True, frames=7)

    def wait_for_bell(self) -> None:
        """Wait until something is reported."""
        assert select([self._bell], (), (), PATIENCE)[0]
        os.eventfd_read(self._bell)

    def wait(self) -> None:
        """Wait for a report, and hear it."""
        self.wait_for_bell()
        self.heard += self.syncer.reports()

    def close(self) -> None:
        self.syncer.stop()
        os.close(self._file)
        os.close(self._bell)


@pytest.fixture(params=WAYS)
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disk]:
    disk = Disk(tmp_path / "log", request.param)
    yield disk
    disk.close()


@pytest.fixture
def syncer(disk: Disk) -> Syncs:
    return disk.start()


def finished(disk: Disk) -> list[str]:
    """All that was reported when the thread has ended."""
    disk.syncer.stop()
    return said(*disk.heard, *disk.syncer.reports())


def said(*reports: Report) -> list[str]:
    """Errors do not compare, what they say does."""
    return [repr(report) for report in reports]


def test_a_turn_that_was_written_is_synced(disk: Disk, syncer: Syncs) -> None:
    syncer.written(1, rows=1, pages=1)
    assert finished(disk) == said(Synced(1))


def test_stopping_loses_no_turn(disk: Disk, syncer: Syncs) -> None:
    for turn in range(1, 100):
        syncer.written(turn, rows=1, pages=1)
    assert finished(disk)[-1:] == said(Synced(99))


def test_after_a_failure_no_turn_is_synced_until_the_log_is_a_new_one(
    disk: Disk, syncer: Syncs
) -> None:
    disk.fail()
    syncer.written(1, rows=1, pages=1)
    disk.wait()
    syncer.written(2, rows=1, pages=1)
    disk.mend()
    syncer.resume()
    syncer.written(3, rows=1, pages=1)
    assert finished(disk) == said(Failed(BROKEN), Synced(3))


def test_turns_asked_for_after_a_failure_are_not_called_durable(disk: Disk, syncer: Syncs) -> None:
    disk.fail()
    syncer.written(1, rows=1, pages=1)
    disk.wait()
    syncer.written(2, rows=1, pages=1)
    assert finished(disk) == said(Failed(BROKEN))


@pytest.mark.parametrize(
    "pages, is_copied",
    [
        pytest.param(syncing.CHECKPOINT_AFTER - 1, False, id="a short log is left alone"),
        pytest.param(syncing.CHECKPOINT_AFTER, True, id="a long one is copied"),
    ],
)
def test_a_long_log_is_copied(disk: Disk, syncer: Syncs, pages: int, is_copied: bool) -> None:  # noqa: FBT001
    syncer.written(1, 1, pages)
    copied = [Checkpointed(Checkpoint(is_complete=True, frames=7))] if is_copied else []
    assert finished(disk) == said(Synced(1), *copied)


def _in_between(begun: Event, may_end: Event) -> None:
    begun.set()
    assert may_end.wait(PATIENCE)


def test_no_turn_waits_for_a_copy(disk: Disk, syncer: Syncs) -> None:
    begun, may_end = Event(), Event()
    disk.before_checkpoint = partial(_in_between, begun, may_end)
    syncer.written(1, 1, syncing.CHECKPOINT_AFTER)
    disk.wait()
    assert begun.wait(PATIENCE)
    syncer.written(2, 1, 1)
    disk.wait()
    assert said(*disk.heard) == said(Synced(1), Synced(2))
    assert disk.checkpoints == 0
    may_end.set()
    assert finished(disk) == said(
        Synced(1), Synced(2), Checkpointed(Checkpoint(is_complete=True, frames=7))
    )


def write(disk: Disk, *turns: int, pages: int = syncing.CHECKPOINT_AFTER) -> None:
    """Have turns synced one by one; what a copy of the last would do has been decided."""
    for turn, size in (*((turn, pages) for turn in turns), (turns[-1] + 1, 0)):
        disk.syncer.written(turn, 1, size)
        while f"{Synced(turn)}" not in said(*disk.heard):
            disk.wait()


def test_of_copies_that_wait_one_is_enough(disk: Disk, syncer: Syncs) -> None:
    """Or a slow disk would be owed ever more of them, and the log could never be emptied."""
    begun, may_end = Event(), Event()
    disk.before_checkpoint = partial(_in_between, begun, may_end)
    write(disk, 1)
    assert begun.wait(PATIENCE)
    write(disk, 3, 4, 5, 6)
    may_end.set()
    syncer.stop()
    assert disk.checkpoints == 2


def test_who_wants_to_be_alone_waits_for_the_copy_and_then_has_none_beside_him(
    disk: Disk, syncer: Syncs
) -> None:
    begun, may_end = Event(), Event()
    disk.before_checkpoint = partial(_in_between, begun, may_end)
    write(disk, 1)
    assert begun.wait(PATIENCE)
    may_end.set()
    with syncer.alone(PATIENCE) as is_alone:
        assert is_alone
        assert disk.checkpoints == 1
        write(disk, 3)
        assert disk.checkpoints == 1
    write(disk, 5)
    syncer.stop()
    assert disk.checkpoints == 2


def test_who_cannot_be_alone_in_time_can_be_once_the_copy_has_ended(
    disk: Disk, syncer: Syncs
) -> None:
    """However much is written meanwhile, no other copy begins in between."""
    begun, may_end = Event(), Event()
    disk.before_checkpoint = partial(_in_between, begun, may_end)
    write(disk, 1)
    assert begun.wait(PATIENCE)
    write(disk, 3)
    with syncer.alone(0.0) as is_alone:
        assert not is_alone
    write(disk, 5)
    may_end.set()
    while not any(isinstance(report, Checkpointed) for report in disk.heard):
        disk.wait()
    write(disk, 7)
    with syncer.alone(0.0) as is_alone:
        assert is_alone
        assert disk.checkpoints == 1
    write(disk, 9)
    syncer.stop()
    assert disk.checkpoints == 2


def test_a_checkpoint_that_fails_harms_nobody_and_is_tried_again(disk: Disk, syncer: Syncs) -> None:
    disk.checkpoint_error = sqlite3.OperationalError("disk I/O error")
    begun = Semaphore(0)
    disk.before_checkpoint = begun.release
    for turn in (1, 2):
        syncer.written(turn, 1, syncing.CHECKPOINT_AFTER)
        disk.wait()
        assert begun.acquire(timeout=PATIENCE)  # or the second is one with the first
    assert finished(disk) == said(Synced(1), Synced(2))
    assert disk.checkpoints == 2


def test_a_small_turn_after_a_large_one_is_synced_with_the_next(disk: Disk) -> None:
    syncer = disk.start(company=PATIENCE)
    syncer.written(1, rows=10, pages=1)
    disk.wait()
    syncer.written(2, rows=4, pages=1)
    syncer.written(3, rows=1, pages=1)
    assert finished(disk) == said(Synced(1), Synced(3))


@pytest.mark.parametrize(
    "rows, company",
    [
        pytest.param(5, PATIENCE, id="it is large enough"),
        pytest.param(4, 0.0, id="none comes in time"),
    ],
)
def test_a_turn_that_need_not_wait_is_synced_alone(disk: Disk, rows: int, company: float) -> None:
    syncer = disk.start(company)
    for turn, size in ((1, 10), (2, rows), (3, rows)):
        syncer.written(turn, size, 1)
        disk.wait()
    assert finished(disk) == said(Synced(1), Synced(2), Synced(3))


def test_a_log_with_a_hole_is_not_copied(disk: Disk, syncer: Syncs) -> None:
    disk.fail()
    syncer.written(1, 1, syncing.CHECKPOINT_AFTER)
    assert finished(disk) == said(Failed(BROKEN))
    assert disk.checkpoints == 0
