"""The helper thread alone, with a sync and a checkpoint that only pretend."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Callable, Iterator
from queue import Queue

import pytest

from hereabouts.storage import syncing
from hereabouts.storage.database import Checkpoint
from hereabouts.storage.syncing import Checkpointed, Failed, Report, Synced, Syncer

PATIENCE = 20.0
BROKEN = OSError(errno.EIO, "pretended")


class Disk:
    """Fails as often as it is told to, and counts what was done to it."""

    def __init__(self) -> None:
        self.failing = 0
        self.checkpoints = 0
        self.checkpoint_error: sqlite3.Error | None = None
        self.look: Queue[None] = Queue()

    def sync(self) -> None:
        if self.failing:
            self.failing -= 1
            raise BROKEN

    def checkpoint(self) -> Checkpoint:
        self.checkpoints += 1
        if self.checkpoint_error is not None:
            raise self.checkpoint_error
        return Checkpoint(is_complete=True, frames=7)

    def wait(self) -> None:
        self.look.get(timeout=PATIENCE)


@pytest.fixture
def disk() -> Disk:
    return Disk()


@pytest.fixture
def syncer(disk: Disk) -> Iterator[Syncer]:
    syncer = Syncer(disk.sync, disk.checkpoint, lambda: disk.look.put(None))
    yield syncer
    syncer.stop()


def finished(syncer: Syncer) -> list[Report]:
    syncer.stop()
    return syncer.reports()


def test_a_turn_that_was_written_is_synced(syncer: Syncer) -> None:
    syncer.written(1, pages=1)
    assert finished(syncer) == [Synced(1)]


def test_stopping_loses_no_turn(syncer: Syncer) -> None:
    for turn in range(1, 100):
        syncer.written(turn, pages=1)
    assert finished(syncer)[-1] == Synced(99)


def test_after_a_failure_no_turn_is_synced_until_the_log_is_a_new_one(
    disk: Disk, syncer: Syncer
) -> None:
    disk.failing = 1
    syncer.written(1, pages=1)
    disk.wait()
    syncer.written(2, pages=1)
    syncer.resume()
    syncer.written(3, pages=1)
    assert finished(syncer) == [Failed(BROKEN), Synced(3)]


def test_turns_asked_for_after_a_failure_are_not_called_durable(disk: Disk, syncer: Syncer) -> None:
    disk.failing = 1
    syncer.written(1, pages=1)
    disk.wait()
    syncer.written(2, pages=1)
    assert finished(syncer) == [Failed(BROKEN)]


@pytest.mark.parametrize(
    "pages, is_copied",
    [
        pytest.param(syncing.CHECKPOINT_AFTER - 1, False, id="a short log is left alone"),
        pytest.param(syncing.CHECKPOINT_AFTER, True, id="a long one is copied"),
    ],
)
def test_a_long_log_is_copied(disk: Disk, syncer: Syncer, pages: int, is_copied: bool) -> None:  # noqa: FBT001
    syncer.written(1, pages)
    copied = [Checkpointed(Checkpoint(is_complete=True, frames=7))] if is_copied else []
    assert finished(syncer) == [Synced(1), *copied]


def test_a_checkpoint_that_fails_harms_nobody_and_is_tried_again(
    disk: Disk, syncer: Syncer
) -> None:
    disk.checkpoint_error = sqlite3.OperationalError("disk I/O error")
    for turn in (1, 2):
        syncer.written(turn, syncing.CHECKPOINT_AFTER)
        disk.wait()
    assert finished(syncer) == [Synced(1), Synced(2)]
    assert disk.checkpoints == 2


def test_a_small_turn_after_a_large_one_is_synced_with_the_next(disk: Disk) -> None:
    syncer = Syncer(disk.sync, disk.checkpoint, lambda: disk.look.put(None), company=PATIENCE)
    syncer.written(1, pages=10)
    disk.wait()
    syncer.written(2, pages=4)
    syncer.written(3, pages=1)
    assert finished(syncer) == [Synced(1), Synced(3)]


@pytest.mark.parametrize(
    "pages, company",
    [
        pytest.param(5, PATIENCE, id="it is large enough"),
        pytest.param(4, 0.0, id="none comes in time"),
    ],
)
def test_a_turn_that_need_not_wait_is_synced_alone(disk: Disk, pages: int, company: float) -> None:
    syncer = Syncer(disk.sync, disk.checkpoint, lambda: disk.look.put(None), company=company)
    for turn, size in ((1, 10), (2, pages), (3, pages)):
        syncer.written(turn, size)
        disk.wait()
    assert finished(syncer) == [Synced(1), Synced(2), Synced(3)]


def test_a_log_with_a_hole_is_not_copied(disk: Disk, syncer: Syncer) -> None:
    disk.failing = 1
    syncer.written(1, syncing.CHECKPOINT_AFTER)
    assert finished(syncer) == [Failed(BROKEN)]
    assert disk.checkpoints == 0


def test_an_event_loop_that_is_closed_already_does_not_end_the_thread(disk: Disk) -> None:
    def closed() -> None:
        message = "Event loop is closed"
        raise RuntimeError(message)

    look: Callable[[], object] = closed
    syncer = Syncer(disk.sync, disk.checkpoint, look)
    syncer.written(1, pages=1)
    assert finished(syncer) == [Synced(1)]
