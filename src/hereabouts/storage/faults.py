"""What went wrong on disk, in words that tell the operator what to do about it."""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path
from typing import NamedTuple

import msgspec

from hereabouts.storage.interface import StoreUnavailable

FAULTS = (sqlite3.Error, OSError, msgspec.MsgspecError, TypeError, ValueError, OverflowError)
"What a backend on disk may meet: the last four are records that cannot be written or read."


class Advice(NamedTuple):
    """What to say of one class of faults; `{path}` is the database."""

    fault: str
    remedy: str


FULL = Advice(
    "the disk of {path} is full",
    "free space there; the store goes on by itself as soon as there is some",
)
LOCKED = Advice(
    "another process holds {path} locked",
    "find it with `fuser -v {path}` and end it: nobody else may write while the server runs",
)
SLOW = Advice(
    "the disk of {path} is too slow",
    "the store goes on by itself; find out what else keeps that disk busy, or use a faster one",
)
DAMAGED = Advice(
    "{path} is damaged, or is not a database",
    "stop the server; put a backup in place of {path}, {path}-wal and {path}-shm together, "
    "or save what can be read with `sqlite3 {path} .recover`",
)
READ_ONLY = Advice(
    "{path} cannot be written",
    "let the server's user write {path} and its folder, and mount the disk for writing",
)
BROKEN_DISK = Advice(
    "the disk of {path} fails",
    "look into the kernel's log (`dmesg`) and check the disk and its cables; have a backup ready",
)
UNWRITABLE = Advice(
    "a record for {path} cannot be encoded",
    "this is a mistake in Hereabouts: please report it, with this line of the log",
)
UNREADABLE = Advice(
    "{path} holds a record that this Hereabouts cannot read",
    "run the version that wrote it or a later one, or put a backup in place",
)
UNKNOWN = Advice(
    "{path} cannot be used",
    "look the message up at https://sqlite.org/rescode.html; a restart may help",
)

BY_SQLITE_CODE = {
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_BUSY: LOCKED,
    sqlite3.SQLITE_LOCKED: LOCKED,
    sqlite3.SQLITE_PROTOCOL: LOCKED,
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_NOTADB: DAMAGED,
    sqlite3.SQLITE_READONLY: READ_ONLY,
    sqlite3.SQLITE_PERM: READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: READ_ONLY,
    sqlite3.SQLITE_IOERR: BROKEN_DISK,
}
"Advice by primary result code, <https://sqlite.org/rescode.html>."

BY_ERRNO = {
    errno.ENOSPC: FULL,
    errno.EDQUOT: FULL,
    errno.EAGAIN: SLOW,
    errno.EBUSY: LOCKED,
    errno.EROFS: READ_ONLY,
    errno.EACCES: READ_ONLY,
    errno.EPERM: READ_ONLY,
    errno.ENOENT: READ_ONLY,
    errno.EIO: BROKEN_DISK,
}
"Advice by the number of the operating system's error."


def explain(error: Exception, path: Path) -> StoreUnavailable:
    """The fault to report for `error`, met at the database `path`."""
    advice = _advice(error)
    fault = advice.fault.format(path=path)
    return StoreUnavailable(f"{fault} ({error})", advice.remedy.format(path=path))


def _advice(error: Exception) -> Advice:
    match error:
        case sqlite3.Error():
            # The low byte is the primary code; errors of Python's own module carry none.
            code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
            return BY_SQLITE_CODE.get(code, UNKNOWN)
        case OSError():
            return BY_ERRNO.get(error.errno or 0, UNKNOWN)
        case msgspec.DecodeError():
            return UNREADABLE
        case _:
            return UNWRITABLE
