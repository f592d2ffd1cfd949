"""The compiled log alone; `tests/storage/test_syncing.py` has what it does for its owner."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hereabouts.native.choice import syncing
from hereabouts.native.interface import SyncingLog
from tests.contracts.backends import break_syncs_of
from tests.native.ways import built

pytestmark = built

LIMIT = 10


@pytest.fixture
def file(tmp_path: Path) -> Iterator[int]:
    file = os.open(tmp_path / "log", os.O_RDWR | os.O_CREAT)
    yield file
    os.close(file)


@pytest.fixture
def bell() -> Iterator[int]:
    bell = os.eventfd(0, os.EFD_NONBLOCK)
    yield bell
    os.close(bell)


@pytest.fixture
def log(file: int, bell: int) -> SyncingLog:
    assert syncing is not None
    return syncing.Log(file, bell, LIMIT, 0.0)


def work_off(log: SyncingLog) -> None:
    """Do all that is asked for, on this thread."""
    log.stop()
    assert not log.work()


def test_there_is_no_news_before_anything_is_asked_for(log: SyncingLog) -> None:
    work_off(log)
    assert log.news() == (0, 0)


def test_the_newest_turn_stands_for_all_before_it(log: SyncingLog, bell: int) -> None:
    log.written(1, 1, 1)
    log.written(2, 1, 1)
    work_off(log)
    assert log.news() == (2, 0)
    assert os.eventfd_read(bell) == 1


def test_a_failed_sync_is_told_once(log: SyncingLog, file: int, bell: int) -> None:
    break_syncs_of(file)
    log.written(1, 1, 1)
    work_off(log)
    assert os.eventfd_read(bell) == 1
    synced, fault = log.news()
    assert synced == 0
    assert fault
    assert log.news() == (0, 0)


def test_what_is_written_after_a_failed_sync_is_ignored(log: SyncingLog, file: int) -> None:
    break_syncs_of(file)
    log.written(1, 1, 1)
    work_off(log)
    log.news()
    log.written(2, 1, 1)
    work_off(log)
    assert log.news() == (0, 0)


@pytest.mark.parametrize("pages", [LIMIT, LIMIT + 1])
def test_a_checkpoint_is_due_when_enough_was_synced(log: SyncingLog, pages: int) -> None:
    log.written(1, 1, pages)
    assert log.work()
    assert log.news() == (1, 0)
    work_off(log)


def test_pages_count_from_the_last_checkpoint_on(log: SyncingLog) -> None:
    log.written(1, 1, LIMIT)
    assert log.work()
    log.written(2, 1, LIMIT - 1)
    work_off(log)


def test_pages_count_anew_when_the_log_is_a_new_one(log: SyncingLog) -> None:
    log.written(1, 1, LIMIT - 1)
    work_off(log)
    log.resume()
    log.written(2, 1, 1)
    work_off(log)


@pytest.mark.parametrize(
    "make, error",
    [
        pytest.param(lambda new: new(0, 0, 1), TypeError, id="too few arguments"),
        pytest.param(lambda new: new(0, 0, 1, company=0.0), TypeError, id="one by name"),
        pytest.param(lambda new: new("log", 0, 1, 0.0), TypeError, id="no descriptor"),
        pytest.param(lambda new: new(0, 0, 1, -1.0), ValueError, id="a time before now"),
        pytest.param(lambda new: new(0, 0, 1, float("nan")), ValueError, id="no time at all"),
        pytest.param(lambda new: new(2**40, 0, 1, 0.0), OverflowError, id="more than an int"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(
    make: Callable[[Callable[..., object]], object], error: type[Exception]
) -> None:
    assert syncing is not None
    with pytest.raises(error):
        make(syncing.Log)
