"""What the compiled helper thread reports when nobody has looked for long.

`test_syncing.py` has the rest, for both.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hereabouts.storage.syncing import Failed, Synced
from tests.native.ways import Way, built
from tests.storage.test_syncing import BROKEN, Disk, said

pytestmark = built


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    disk = Disk(tmp_path / "log", Way.NATIVE)
    yield disk
    disk.close()


def test_one_report_stands_for_all_turns_before_it(disk: Disk) -> None:
    syncer = disk.start()
    for turn in (1, 2, 3):
        syncer.written(turn, 1, 1)
    syncer.stop()
    assert said(*syncer.reports()) == said(Synced(3))
    assert syncer.reports() == []


def test_what_came_before_a_new_log_is_reported_first(disk: Disk) -> None:
    syncer = disk.start()
    syncer.written(1, 1, 1)
    disk.wait()
    disk.fail()
    syncer.written(2, 1, 1)
    disk.wait_for_bell()
    disk.mend()
    syncer.resume()
    syncer.written(3, 1, 1)
    syncer.stop()
    assert said(*disk.heard, *syncer.reports()) == said(Synced(1), Failed(BROKEN), Synced(3))
