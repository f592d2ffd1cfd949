"""A store in memory with a SQLite file behind it: a turn is durable once the log is synced.

The loop's thread writes a turn's last word on each key as one transaction; a helper thread syncs
the log (a transaction in another thread costs more than it saves, a sync does not). Everything
is read once, at opening; the process owns the file alone.
"""

from __future__ import annotations

import errno
import os
import sqlite3
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path

import msgspec

from hereabouts.native.choice import syncing as native
from hereabouts.native.interface import Syncing
from hereabouts.storage.database import Connection, Database, Row, make_private, pages_of
from hereabouts.storage.faults import FAULTS, explain
from hereabouts.storage.index import Gone, Placed, Slot
from hereabouts.storage.interface import Key, Loop, Record, Version
from hereabouts.storage.native_syncing import NativeSyncer
from hereabouts.storage.ownership import Ownership
from hereabouts.storage.resident import Resident
from hereabouts.storage.syncing import (
    EACH_ONCE,
    Checkpointed,
    Failed,
    Report,
    Synced,
    Syncer,
    Syncs,
)

OVERGROWN = 16_384
"From so many frames (64 MiB) on the loop empties the log: under constant writing it never rests."

COPY_PATIENCE = 0.05
"""Seconds that a turn after a failed sync waits for the copy under way, and the event loop with it.
Most copies end sooner; where the disk is slow the turn fails, and the next one tries again."""

AHEAD = 1024 * 1024
"""Bytes of zeros put behind the log whenever it has grown: a sync of what was laid out before need
not write down a new length too, and takes half the CPU and half the time (35 of 80 us, 115 of
230 us, ext4). SQLite reads no farther than the checksums of its frames go."""

PURGED_AT_ONCE = 1_000
"How many forgotten deletions one turn removes from the disk at most, to keep turns short."


class SqliteStore(Resident):
    """`Store` and `Turns` on a SQLite file."""

    def __init__(
        self,
        path: str | os.PathLike[str],
        kinds: Mapping[str, type[Record]],
        *,
        loop: Loop | None,
        sync: Callable[[int], None] = os.fdatasync,
        compiled: Syncing | None = native,
        max_pages: int | None = None,
    ) -> None:
        """Open the database `path`, or make it; `-wal`, `-shm` and `.lock` stand beside it.

        Files that it makes are for their owner alone, whatever the umask; others keep their mode.
        `kinds` are the types of record by kind. `loop` is the driver's; without one nobody hears
        what became of a turn before `close`. `sync` makes an open file durable; where there is
        something `compiled`, that syncs the turns, by itself. `max_pages` limits the file, in
        pages of 4 KiB.

        Raises:
            StoreUnavailable: the file cannot be used.
        """
        super().__init__({kind: {} for kind in kinds})
        self._path = Path(path)
        self._loop = loop
        self._encode = msgspec.msgpack.Encoder().encode
        self._unwritten: dict[Key, Slot] = {}  # undone since; on disk they stand for this
        self._purged: list[tuple[Key, int]] = []  # forgotten deletions, with their rows
        self._is_log_doubtful = False  # a sync failed: the disk may lack what the log shows
        self._is_log_overgrown = False
        self._reports: deque[Report] = deque()  # of the helper threads, to be acted on
        self._laid_out = 0  # the length of the log's file, as we have made it
        try:
            with ExitStack() as files:
                self._open_files(files, sync)
                self._load(kinds)
                self._make_log_safe()
                if max_pages is not None:
                    self.limit_pages(max_pages)
                self._files = files.pop_all()
        except FAULTS as error:
            raise explain(error, self._path) from error
        self._syncer = self._start_syncer(compiled)
        if loop is not None:
            loop.add_reader(self._bell, self._rung)

    def seal(self) -> int:
        """End the turn; the number of the newest turn that wrote anything and stands.

        A turn that cannot be written is undone and reported as failed before this returns.
        """
        turn = self._end_turn()
        if turn is not None:
            try:
                self._start_log_anew()
                rows, pages = self._write(turn.before)
            except FAULTS as error:
                self._undo(turn.number, explain(error, self._path))
            else:
                self._syncer.written(turn.number, rows, pages)
        return self._newest()

    def forget(self, until: Version) -> None:
        """Deletions up to this version need no longer be remembered.

        Their rows go with the next turns; some may come back after a restart.
        """
        gone = self._index.gone.items()
        self._purged += [(key, slot.first) for key, slot in gone if slot.version <= until]
        super().forget(until)

    def limit_pages(self, pages: int) -> None:
        """Let the file grow to so many pages of 4 KiB, and no more."""
        self._database.limit_pages(pages)

    def close(self) -> None:
        """Seal and sync what is open, and let go of the file; a second time does nothing."""
        self.seal()
        self._syncer.stop()
        if self._loop is not None:
            with suppress(RuntimeError):  # it may be closed already
                self._loop.remove_reader(self._bell)
            self._loop = None
        self.settle()
        with suppress(*FAULTS):
            if self._unwritten:
                self._write({})
            self._empty_log()
        self._files.close()

    def _open_files(self, files: ExitStack, sync: Callable[[int], None]) -> None:
        """Open what is closed again in the reverse order, the lock last."""
        make_private(Path(f"{self._path}.lock"))
        files.callback(Ownership(self._path).release)
        make_private(self._path)  # it holds what passwords can be guessed from
        self._database = Database(self._path)
        files.callback(self._database.close)
        self._copying = Connection(self._path)
        files.callback(self._copying.close)
        self._copying.configure()
        log = os.open(f"{self._path}-wal", os.O_RDWR)
        files.callback(os.close, log)
        self._log = log
        self._sync = partial(sync, log)
        self._bell = os.eventfd(0, EACH_ONCE)
        files.callback(os.close, self._bell)

    def _start_syncer(self, compiled: Syncing | None) -> Syncs:
        checkpoint = partial(self._copying.checkpoint, "PASSIVE")
        if compiled is not None:
            return NativeSyncer(compiled, self._log, self._bell, checkpoint)
        return Syncer(self._sync, checkpoint, partial(os.eventfd_write, self._bell, 1))

    def _load(self, kinds: Mapping[str, type[Record]]) -> None:
        decoders = {kind: msgspec.msgpack.Decoder(record) for kind, record in kinds.items()}
        for row, kind, owner, entry_id, version, record in self._database.rows():
            key = (kind, owner, entry_id)
            if kind not in decoders:
                message = f"its kind is {kind}"
                raise msgspec.DecodeError(message)
            if record is None:
                self._index.gone[key] = Gone(version, row)
            else:
                self._index.place(key, Placed(decoders[kind].decode(record), version, row))
        self._version = self._database.version()

    def _make_log_safe(self) -> None:
        """Have on disk what was loaded: a killed predecessor may have written it unsynced."""
        self._empty_log()
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _empty_log(self) -> bool:
        """Copy and empty the log; whether nobody who reads it has kept us from that."""
        is_emptied = self._database.checkpoint("TRUNCATE").is_complete
        self._sync()  # or a crash might bring back a part of it
        return is_emptied

    def _write(self, before: dict[Key, Slot]) -> tuple[int, int]:
        """Write what the keys of `before` stand for now; in how many rows and, about, pages."""
        kept, dropped = self._rows(before | self._unwritten)
        purged = self._purged[:PURGED_AT_ONCE]
        dropped += [row for key, row in purged if not self._is_row_of(key, row)]
        self._database.write(kept, dropped, self._version)
        self._lay_out_log()
        del self._purged[: len(purged)]
        self._unwritten.clear()
        return len(kept) + len(dropped), len(dropped) + pages_of(kept)

    def _lay_out_log(self) -> None:
        """Lengthen the log's file ahead of its frames; a disk with no room for that is left so."""
        length = os.fstat(self._log).st_size
        if length == self._laid_out:
            return
        with suppress(OSError):
            length += os.pwrite(self._log, bytes(AHEAD), length)
        self._laid_out = length

    def _rows(self, before: dict[Key, Slot]) -> tuple[list[Row], list[int]]:
        """The rows to keep, and the numbers of those to drop, for keys that were as `before`."""
        kept: list[Row] = []
        dropped: list[int] = []
        slot, encode = self._index.slot, self._encode
        for key, old in before.items():
            new = slot(key)
            if new is not None and new.first:
                record = encode(new.record) if isinstance(new, Placed) else None
                kept.append((new.first, *key, new.version, record))
            if old is not None and (new is None or new.first != old.first):
                dropped.append(old.first)
        return kept, dropped

    def _is_row_of(self, key: Key, row: int) -> bool:
        """Whether what was forgotten under `key` came back, undone, to the same row."""
        slot = self._index.slot(key)
        return slot is not None and slot.first == row

    def _start_log_anew(self) -> None:
        """Copy and empty the log where that must be done between two turns."""
        if self._is_log_doubtful:
            self._replace_doubtful_log()
        elif self._is_log_overgrown:
            self._empty_overgrown_log()

    def _replace_doubtful_log(self) -> None:
        with self._syncer.alone(COPY_PATIENCE) as is_alone:
            if not is_alone:
                raise OSError(errno.EAGAIN, "the log, which must be emptied, is still being copied")
            if not self._empty_log():
                raise OSError(errno.EBUSY, "somebody is reading the log, which must be emptied")
        self._is_log_doubtful = False
        self._syncer.resume()

    def _empty_overgrown_log(self) -> None:
        """Empty the log unless it is being copied: then the next turn does it, before it grows."""
        with self._syncer.alone(0.0) as is_alone:
            if is_alone:
                self._is_log_overgrown = False
                with suppress(sqlite3.Error):  # the helper will find it overgrown again
                    self._database.checkpoint("TRUNCATE")

    def _rung(self) -> None:
        os.eventfd_read(self._bell)
        self.settle()

    def settle(self) -> None:
        """Act on what the helper threads report, whether they have rung or not."""
        self._reports += self._syncer.reports()
        while self._reports:  # a fault of ours over one of them leaves the others to the next look
            match self._reports.popleft():
                case Synced(turn):
                    self._made_durable(turn)
                case Failed(error):
                    self._sync_failed(error)
                case Checkpointed(checkpoint):
                    self._is_log_overgrown |= checkpoint.frames >= OVERGROWN

    def _sync_failed(self, error: OSError) -> None:
        """Undo all turns that wait; their rows are in the log, and are put right there.

        That is done at once, for a killed process leaves the log as it is: what was answered 503
        would be there after the next start. Where it cannot be done, the next turn does it.
        """
        self._is_log_doubtful = True
        written = {key for turn in self._waiting for key in turn.before}
        for key in written:
            is_open = key in self._open
            self._unwritten[key] = self._open[key] if is_open else self._index.slot(key)
        self._undo(self._waiting[0].number, explain(error, self._path))
        with suppress(*FAULTS):
            self._write({})
