from __future__ import annotations

import errno
import sqlite3
from pathlib import Path

import msgspec
import pytest

from hereabouts.storage.faults import explain

PATH = Path("records.sqlite")


def sqlite_error(code: int) -> sqlite3.Error:
    error = sqlite3.OperationalError("what SQLite says")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    "error, fault, remedy",
    [
        pytest.param(
            sqlite_error(sqlite3.SQLITE_FULL), "is full", "free space", id="SQLite is full"
        ),
        pytest.param(OSError(errno.ENOSPC, ""), "is full", "free space", id="so is the disk"),
        pytest.param(
            sqlite_error(sqlite3.SQLITE_BUSY_SNAPSHOT), "locked", "fuser", id="an extended code"
        ),
        pytest.param(
            sqlite_error(sqlite3.SQLITE_CORRUPT), "damaged", "backup", id="a damaged file"
        ),
        pytest.param(
            sqlite_error(sqlite3.SQLITE_READONLY), "cannot be written", "user", id="read-only"
        ),
        pytest.param(
            sqlite_error(sqlite3.SQLITE_IOERR_FSYNC), "fails", "dmesg", id="SQLite cannot sync"
        ),
        pytest.param(OSError(errno.EIO, ""), "fails", "dmesg", id="nor can we"),
        pytest.param(OSError(errno.EAGAIN, ""), "slow", "by itself", id="we wait for it"),
        pytest.param(
            msgspec.ValidationError("x"), "cannot read", "later one", id="a record of tomorrow"
        ),
        pytest.param(TypeError("x"), "cannot be encoded", "report", id="a record of no type"),
        pytest.param(
            sqlite3.ProgrammingError("closed"), "cannot be used", "rescode", id="without a code"
        ),
        pytest.param(OSError("x"), "cannot be used", "restart", id="without a number"),
    ],
)
def test_a_fault_comes_with_its_remedy(error: Exception, fault: str, remedy: str) -> None:
    explained = explain(error, PATH)
    assert fault in explained.fault
    assert str(error) in explained.fault
    assert str(PATH) in explained.fault
    assert remedy in explained.remedy
    assert "{" not in explained.fault + explained.remedy
