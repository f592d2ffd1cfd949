from __future__ import annotations

import os
from pathlib import Path

import pytest

from bench.machine import NoDisk, description, disk_folder, file_system, on_core

MOUNTS = """\
/dev/vda / ext4 rw 0 0
none /fast tmpfs rw 0 0
/dev/vdb /fast/disk xfs rw 0 0
"""


@pytest.mark.parametrize(
    "folder, kind, why",
    [
        ("/var/tmp", "ext4", "what is mounted nowhere else lies on the root"),  # noqa: S108
        ("/fast", "tmpfs", "the mount itself"),
        ("/fast/more", "tmpfs", "below it"),
        ("/fast/disk/more", "xfs", "the innermost mount decides"),
        ("/faster", "ext4", "another folder whose name begins the same"),
    ],
)
def test_the_file_system_of_a_folder_is_known(folder: str, kind: str, why: str) -> None:
    assert file_system(Path(folder), MOUNTS) == kind, why


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NoDisk):
        disk_folder(tmp_path / "missing")


def test_what_runs_inside_is_on_one_core_and_afterwards_on_all_again() -> None:
    before = os.sched_getaffinity(0)
    with on_core(min(before)):
        assert os.sched_getaffinity(0) == {min(before)}
    assert os.sched_getaffinity(0) == before


def test_without_a_core_nothing_is_pinned() -> None:
    before = os.sched_getaffinity(0)
    with on_core(None):
        assert os.sched_getaffinity(0) == before


def test_the_machine_is_described_in_full() -> None:
    assert all(description().values())
