"""The SQLite file: one table of rows by number, opened, loaded, written and checkpointed.

Commits go to the write-ahead log without waiting for the disk (`synchronous=NORMAL`); who needs
them durable syncs the log. A checkpoint syncs the log before it copies pages into the database,
and the database before the log may start anew, so neither undoes what a sync made durable
(<https://sqlite.org/wal.html>).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from hereabouts.storage.interface import StoreUnavailable

SCHEMA = 2
"""The layout of the table and of records; a number above it was written by a later Hereabouts. With
1, before the first version, records had the names of their fields."""

PATIENCE = 0.05
"How long to wait for a lock, in seconds: the event loop stands still meanwhile."

PAGE = 4096
"Bytes of a page; a frame of the log is a page and 24 bytes."

GROWING = 3
"Pages that change besides as the table grows: the first of the file, the one above, the last."

ENTRY = (
    "CREATE TABLE entry (row INTEGER PRIMARY KEY, kind TEXT NOT NULL, owner TEXT NOT NULL,"
    " id TEXT NOT NULL, version INTEGER NOT NULL, record BLOB)"
)
CREATE = (
    ENTRY,
    "CREATE TABLE counter (version INTEGER NOT NULL)",
    "INSERT INTO counter VALUES (0)",
    f"PRAGMA user_version = {SCHEMA}",
)
KEEP = (
    "INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (row) DO UPDATE SET version = excluded.version, record = excluded.record"
)
DROP = "DELETE FROM entry WHERE row = ?"
COUNT = "UPDATE counter SET version = ?"
NEWEST = "SELECT max(version, coalesce((SELECT max(version) FROM entry), 0)) FROM counter"


def make_private(path: Path) -> None:
    """Have a file there; if there was none, only its owner may read it.

    SQLite gives the files beside a database the database's own mode.
    """
    if not path.exists():
        path.touch(0o600)


Row = tuple[int, str, str, str, int, bytes | None]
"Number, kind, owner, id, version and the record in MessagePack; `None` in its place: deleted."


def pages_of(rows: list[Row]) -> int:
    """About how many pages these rows change: new ones lie side by side at the end of the table."""
    new = changed = 0
    for number, kind, owner, entry_id, version, record in rows:
        size = len(record) if record is not None else 0
        if number == version:
            new += size + len(kind) + len(owner) + len(entry_id)
        else:
            changed += 1 + size // PAGE
    return changed + (new // PAGE + GROWING if new >= PAGE else bool(new))


class Checkpoint(NamedTuple):
    """What a checkpoint achieved."""

    is_complete: bool
    "Every frame of the log is in the database, and the log was reset if that was asked for."

    frames: int
    "The length of the log, in frames."


class Connection:
    """A connection to a database in WAL mode that checkpoints only when told to."""

    def __init__(self, path: Path) -> None:
        # A helper thread uses its connection alone, but does not make it.
        self._connection = sqlite3.connect(
            path, timeout=PATIENCE, isolation_level=None, check_same_thread=False
        )
        self._run = self._connection.execute

    def configure(self) -> None:
        """Switch to the write-ahead log, and its checkpoints to our hands."""
        (mode,) = self._run("PRAGMA journal_mode = WAL").fetchone()
        if mode != "wal":
            message = f"write-ahead log refused, journal mode is {mode}"
            raise sqlite3.OperationalError(message)
        self._run("PRAGMA synchronous = NORMAL")
        self._run("PRAGMA wal_autocheckpoint = 0")

    def checkpoint(self, mode: str) -> Checkpoint:
        """Copy the log into the database: `PASSIVE`, or `TRUNCATE` to start it anew too."""
        busy, frames, copied = self._run(f"PRAGMA wal_checkpoint({mode})").fetchone()
        return Checkpoint(not busy and frames == copied, frames)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()


class Database(Connection):
    """The connection that reads everything once and from then on writes.

    Raises:
        StoreUnavailable: on opening, what is there is not ours or of a later version.
        sqlite3.Error: from any method.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        try:
            is_new = self._is_new(path)
            self.configure()
            self._run("BEGIN IMMEDIATE")  # fails now, not later, if we may not write
            for statement in CREATE if is_new else ():
                self._run(statement)
            self._run("COMMIT")
        except BaseException:
            self.close()
            raise

    def rows(self) -> Iterator[Row]:
        """All rows, in the order of their numbers."""
        return iter(self._run("SELECT * FROM entry ORDER BY row"))

    def version(self) -> int:
        """The version of the last change that was written."""
        (version,) = self._run(NEWEST).fetchone()
        return int(version)

    def write(self, kept: list[Row], dropped: list[int], version: int) -> None:
        """Write a turn as one transaction: all of it, or nothing.

        `version` is that of the last change, which most turns have in a row: the counter, one
        more page of the log, is for those that have not.
        """
        is_counted = version in [row[4] for row in kept]
        self._roll_back()
        try:
            self._run("BEGIN IMMEDIATE")
            self._connection.executemany(KEEP, kept)
            if dropped:
                self._connection.executemany(DROP, [(row,) for row in dropped])
            if not is_counted:
                self._run(COUNT, (version,))
            self._run("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                self._roll_back()
            raise

    def limit_pages(self, pages: int) -> None:
        """Let the database grow to so many pages and no more."""
        self._run(f"PRAGMA max_page_count = {pages:d}")

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            self._run("ROLLBACK")

    def _is_new(self, path: Path) -> bool:
        (schema,) = self._run("PRAGMA user_version").fetchone()
        (tables,) = self._run("SELECT count(*) FROM sqlite_schema").fetchone()
        if schema == SCHEMA or (schema == 0 and tables == 0):
            return bool(schema == 0)
        if schema == 0:
            fault, remedy = "is a database of another program", "name another file"
        else:
            fault = f"has schema {schema}, and this Hereabouts knows {SCHEMA}"
            later = " or a later one" if schema > SCHEMA else ""
            remedy = f"run the version that wrote it{later}, or name another file"
        raise StoreUnavailable(f"{path} {fault}", remedy)
