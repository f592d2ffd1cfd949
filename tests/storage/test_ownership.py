from __future__ import annotations

import os
from pathlib import Path

import pytest

from hereabouts.storage.interface import StoreUnavailable
from hereabouts.storage.ownership import Ownership


def test_there_is_one_owner_at_a_time_and_his_number_is_told(tmp_path: Path) -> None:
    path = tmp_path / "records.sqlite"
    owner = Ownership(path)
    with pytest.raises(StoreUnavailable, match=f"in use by process {os.getpid()}$"):
        Ownership(path)
    owner.release()
    Ownership(path).release()


def test_an_older_longer_number_leaves_no_trace(tmp_path: Path) -> None:
    path = tmp_path / "records.sqlite"
    lock = tmp_path / "records.sqlite.lock"
    lock.write_text("12345678901234567890\n")
    owner = Ownership(path)
    assert lock.read_text() == f"{os.getpid()}\n"
    owner.release()
