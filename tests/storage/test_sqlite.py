"""What only a store on disk promises: what was durable survives, and no fault is fatal.

A crash is played by copying the files and opening the copy. The copies are made by `cp`: a
process that closes a database file drops SQLite's locks on it, in all its threads.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from threading import Semaphore
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hereabouts.base.units import Seconds
from hereabouts.storage import sqlite as sqlite_module
from hereabouts.storage import syncing
from hereabouts.storage.database import SCHEMA, Checkpoint, Connection
from hereabouts.storage.interface import Entry, Key, StoreUnavailable
from hereabouts.storage.sqlite import AHEAD, SqliteStore
from hereabouts.storage.syncing import Copier, Report, Synced, Syncer
from tests.contracts.backends import KINDS, CompiledSqlite, Sqlite, Told, key, note
from tests.native.ways import built

ALICE = "sip:alice@example.com"
A, B, C = key("a"), key("b"), key("c")

Opener = Callable[..., Sqlite]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opener]:
    """Opens stores, and closes at the end what the test left open."""
    stores: list[Sqlite] = []

    def opened(folder: Path = tmp_path, **options: object) -> Sqlite:
        stores.append(Sqlite(folder, **options))  # type: ignore[arg-type]
        return stores[-1]

    yield opened
    for store in stores:
        store.sqlite.close()


def copy(store: Sqlite, folder: Path) -> None:
    """The files as they are at this moment; what follows is as if the machine stopped now."""
    folder.mkdir()
    files = [file for file in store.path.parent.glob("records.sqlite*") if file.suffix != ".lock"]
    # The log goes last: it may have more than the database, never less.
    in_order = sorted((str(file) for file in files if "shm" not in file.name), key=len)
    for file in in_order:
        subprocess.run(["cp", file, folder], check=True)


def state(store: Sqlite) -> list[Told]:
    return store.changes()


def unwrapped(changes: list[Told]) -> list[tuple[Key, object, int]]:
    return [(where, entry and entry.record, version) for where, entry, version in changes]


# What survives


def test_everything_is_there_after_closing_and_opening(opened: Opener) -> None:
    store = opened()
    for entry_id in "cab":
        store.put(key(entry_id), note(entry_id, expires_at=5))
    store.finish_turn()
    store.put(A, note("again"), store.get(A))
    store.delete(B, store.put(B, note("b again"), store.get(B)))
    before = unwrapped(state(store))
    store.store.close()
    again = opened()
    assert unwrapped(state(again)) == before
    assert list(again.under(ALICE)) == ["c", "a"]


def test_versions_go_on_where_they_were_even_if_all_was_deleted_and_forgotten(
    opened: Opener,
) -> None:
    store = opened()
    store.delete(A, store.put(A, note("one")))
    ((_, _, last),) = state(store)
    store.store.forget(last)
    store.put(B, note("two"))
    store.finish_turn()
    newest = store.put(B, note("three"), store.get(B))
    store.delete(B, newest)
    store.store.forget(newest.version + 1)
    store.finish_turn()
    store.store.close()
    assert opened().put(C, note("four")).version > newest.version + 1


def test_a_deletion_is_remembered_on_disk_until_it_is_forgotten(opened: Opener) -> None:
    store = opened()
    store.delete(A, store.put(A, note("one")))
    store.finish_turn()
    ((_, _, version),) = state(store)
    store.store.close()
    store = opened()
    assert state(store) == [(A, None, version)]
    store.store.forget(version)
    two = store.put(B, note("two"))
    store.finish_turn()
    store.store.close()
    assert unwrapped(state(opened())) == [(B, note("two"), two.version)]


def test_a_forgotten_deletion_that_is_undone_keeps_its_row(opened: Opener) -> None:
    store = opened(max_pages=20)
    one = store.put(A, note("one"))
    store.finish_turn()
    store.delete(A, one)
    store.store.forget(one.version + 1)
    store.put(B, note("x" * 200_000))
    store.finish_turn()
    assert len(store.failed) == 1
    store.put(C, note("small"))
    store.finish_turn()
    store.store.close()
    assert list(opened().under(ALICE)) == ["a", "c"]


def test_forgotten_deletions_leave_the_disk_a_few_each_turn(
    opened: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_module, "PURGED_AT_ONCE", 1)
    store = opened()
    for where in (A, B, C):
        store.delete(where, store.put(where, note("one")))
    store.finish_turn()
    store.store.forget(max(version for _, _, version in state(store)))
    for text in ("two", "three"):
        store.put(A, note(text), store.get(A))
        store.finish_turn()
    store.store.close()
    assert [where for where, _, _ in state(opened())] == [C, A]


def test_a_deletion_that_came_back_is_forgotten_on_disk_too(opened: Opener) -> None:
    store = opened(max_pages=20)
    store.delete(A, store.put(A, note("one")))
    store.finish_turn()
    store.put(A, note("x" * 200_000))
    store.finish_turn()
    assert len(store.failed) == 1
    store.store.forget(max(version for _, _, version in state(store)))
    store.put(B, note("two"))
    store.finish_turn()
    store.store.close()
    assert [where for where, _, _ in state(opened())] == [B]


def test_what_was_never_sealed_is_not_on_disk(opened: Opener, tmp_path: Path) -> None:
    store = opened()
    store.put(A, note("one"))
    store.finish_turn()
    store.put(B, note("two"))
    copy(store, tmp_path / "crash")
    assert list(opened(tmp_path / "crash").under(ALICE)) == ["a"]


@pytest.mark.parametrize(
    "checkpoint_after, overgrown",
    [
        pytest.param(10**9, 10**9, id="the log is never copied"),
        pytest.param(5, 10**9, id="the helper copies the log again and again"),
        pytest.param(5, 1, id="the loop starts the log anew again and again"),
    ],
)
def test_the_log_cut_at_the_last_sync_loses_nothing_acknowledged(
    opened: Opener,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    checkpoint_after: int,
    overgrown: int,
) -> None:
    """Before each sync the files are copied: later bytes are not promised by that sync."""
    monkeypatch.setattr(syncing, "CHECKPOINT_AFTER", checkpoint_after)
    monkeypatch.setattr(sqlite_module, "OVERGROWN", overgrown)
    images: list[Path] = []

    def before_sync() -> None:
        images.append(tmp_path / f"crash{len(images)}")
        copy(store, images[-1])

    store = opened()
    store.before_sync = before_sync
    acknowledged: list[tuple[Path, int]] = []
    # The newest image when a turn is reported is of the sync that made it durable, or a later one:
    # so the report notes the image whose sync is known to have ended.
    store.sqlite.listen(lambda n: acknowledged.append((images[len(store.durable) - 1], n)), _fail)
    content: dict[int, list[tuple[Key, object, int]]] = {}
    for turn in range(12):
        store.put(key(f"{turn}"), note("x" * 5000))
        store.put(A, note(f"{turn}"), store.get(A))
        content[store.sqlite.seal()] = unwrapped(state(store))
        if turn % 3 == 2:
            store.finish_turn()
    store.finish_turn()
    assert acknowledged[-1][1] == max(content)
    for folder, number in acknowledged:
        recovered = opened(folder)
        assert unwrapped(state(recovered)) in [content[n] for n in content if n >= number]
        recovered.sqlite.close()


def _fail(number: int, fault: StoreUnavailable) -> None:
    message = f"turn {number} failed: {fault}"
    raise AssertionError(message)


def test_one_sync_covers_all_turns_written_before_it_began(opened: Opener) -> None:
    store = opened()
    syncs: list[int] = []
    numbers: list[int] = []

    def before_sync() -> None:
        syncs.append(len(numbers))
        while len(syncs) == 1 and len(numbers) < 3:
            pass  # the first sync lasts until three turns are written

    store.before_sync = before_sync
    for entry_id in "abc":
        store.put(key(entry_id), note(entry_id))
        numbers.append(store.sqlite.seal())
    store.finish_turn()
    assert store.durable[-1] == numbers[-1]
    assert len(syncs) <= 2


@pytest.mark.parametrize(
    "overgrown, is_emptied",
    [
        pytest.param(10, True, id="a long one is emptied by the next turn"),
        pytest.param(10**9, False, id="a short one is used again as it is"),
    ],
)
def test_a_log_that_was_copied_starts_anew(
    opened: Opener,
    monkeypatch: pytest.MonkeyPatch,
    overgrown: int,
    is_emptied: bool,  # noqa: FBT001
) -> None:
    monkeypatch.setattr(syncing, "CHECKPOINT_AFTER", 1)
    monkeypatch.setattr(sqlite_module, "OVERGROWN", overgrown)
    store = opened()
    log = store.path.with_name("records.sqlite-wal")
    store.put(A, note("x" * 200_000))
    store.finish_turn()
    size = log.stat().st_size
    store.wait()  # for the report of the checkpoint
    store.put(B, note("two"))
    store.finish_turn()
    assert (log.stat().st_size < size) == is_emptied
    assert log.stat().st_size <= size


def test_the_log_does_not_grow_without_end(opened: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(syncing, "CHECKPOINT_AFTER", 50)
    monkeypatch.setattr(sqlite_module, "OVERGROWN", 100)
    store = opened()
    log = store.path.with_name("records.sqlite-wal")
    sizes: list[int] = []
    for turn in range(300):
        store.put(A, note(f"{turn}" + "x" * 20_000), store.get(A))
        store.sqlite.seal()
        while store.loop.is_due():
            store.wait()
        if turn % 20 == 0:
            store.finish_turn()
        sizes.append(log.stat().st_size)
    written = 300 * 6 * 4120
    assert max(sizes) < written / 3
    assert store.failed == []


# Faults


def fault_of(store: Sqlite) -> StoreUnavailable:
    ((_, fault),) = store.failed
    return fault


def test_a_full_disk_undoes_the_turn_and_the_store_goes_on_once_there_is_space(
    opened: Opener,
) -> None:
    store = opened(max_pages=20)
    kept = store.put(A, note("one"))
    store.finish_turn()
    store.put(B, note("x" * 200_000))
    store.finish_turn()
    assert "full" in fault_of(store).fault
    assert "free space" in fault_of(store).remedy
    assert str(store.path) in fault_of(store).fault
    assert store.under(ALICE) == {"a": kept}
    store.sqlite.limit_pages(1000)
    store.put(B, note("x" * 200_000))
    store.finish_turn()
    assert store.durable[-1] == store.sqlite.seal()
    store.store.close()
    assert list(opened().under(ALICE)) == ["a", "b"]


def test_a_locked_database_undoes_the_turn_and_names_the_way_out(opened: Opener) -> None:
    store = opened()
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    store.put(A, note("one"))
    store.finish_turn()
    assert "another process holds" in fault_of(store).fault
    assert "fuser" in fault_of(store).remedy
    assert store.get(A) is None
    other.execute("ROLLBACK")
    other.close()
    store.put(A, note("two"))
    store.finish_turn()
    assert len(store.durable) == 1


def test_a_record_that_cannot_be_encoded_undoes_its_turn_alone(opened: Opener) -> None:
    store = opened()
    store.put(A, note("\udcff"))
    store.finish_turn()
    assert "cannot be encoded" in fault_of(store).fault
    store.put(A, note("one"))
    store.finish_turn()
    assert len(store.durable) == 1


def test_a_failed_sync_undoes_all_turns_that_wait_and_the_open_one(opened: Opener) -> None:
    store = opened()
    kept = store.put(A, note("kept"))
    number = store.finish_turn()
    store.failing_syncs = 1
    one = store.put(A, note("one"), kept)
    first = store.sqlite.seal()
    store.put(A, note("two"), one)
    store.put(B, note("two"))
    store.sqlite.seal()
    store.put(C, note("three"))
    store.wait()
    assert [turn for turn, _ in store.failed] == [first]
    assert "the disk" in fault_of(store).fault
    assert "dmesg" in fault_of(store).remedy
    assert store.under(ALICE) == {"a": kept}
    assert store.sqlite.seal() == number


@pytest.mark.parametrize("backend", [Sqlite, pytest.param(CompiledSqlite, marks=built)])
def test_what_a_failed_sync_left_on_disk_is_put_right_before_anybody_hears_of_it(
    backend: type[Sqlite], opened: Opener, tmp_path: Path
) -> None:
    """Or a killed process would bring back what it had answered 503."""
    store = backend(tmp_path)
    kept = store.put(A, note("kept"))
    store.finish_turn()
    store.fail_next_turn()
    store.put(A, note("lost"), kept)
    store.put(B, note("lost"))
    store.finish_turn()
    assert len(store.failed) == 1
    copy(store, tmp_path / "crash")
    store.store.close()
    assert unwrapped(state(opened(tmp_path / "crash")))[:1] == [(A, note("kept"), kept.version)]
    assert list(opened(tmp_path).under(ALICE)) == ["a"]


@pytest.mark.parametrize(
    "last_turn", [pytest.param(True, id="by the next turn"), pytest.param(False, id="on closing")]
)
def test_what_cannot_be_put_right_at_once_is_later(opened: Opener, last_turn: bool) -> None:  # noqa: FBT001
    store = opened()
    entries: dict[str, Entry] = {name: store.put(key(name), note(name)) for name in "abc"}
    store.finish_turn()
    store.failing_syncs = 1
    store.delete(A, entries["a"])
    store.put(A, note("anew"))
    store.delete(B, entries["b"])
    store.sqlite.seal()
    store.put(C, note("changed"), entries["c"])
    store.put(key("d"), note("d"))
    store.sqlite.seal()
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    store.wait()
    other.close()
    if last_turn:
        store.put(key("e"), note("e"))
        store.finish_turn()
    before = store.under(ALICE)
    store.store.close()
    after = opened().under(ALICE)
    assert list(after) == ["a", "b", "c", *(["e"] if last_turn else [])]
    assert after == before


def test_what_a_failed_sync_left_on_disk_is_not_mistaken_for_what_the_open_turn_did(
    opened: Opener,
) -> None:
    store = opened()
    kept = store.put(A, note("kept"))
    store.finish_turn()
    store.failing_syncs = 1
    store.delete(A, kept)
    on_disk = store.put(A, note("on disk, in a row of its own"))
    number = store.sqlite.seal()
    store.delete(A, on_disk)
    store.put(A, note("only in memory"))
    store.hear(number)
    store.put(B, note("next turn"))
    store.finish_turn()
    store.store.close()
    assert opened().under(ALICE)["a"] == kept


def test_before_turns_are_written_again_the_emptied_log_is_synced(opened: Opener) -> None:
    store = opened()
    log = store.path.with_name("records.sqlite-wal")
    store.failing_syncs = 1
    store.put(A, note("lost"))
    store.finish_turn()
    sizes: list[int] = []
    store.before_sync = lambda: sizes.append(log.stat().st_size)
    store.put(A, note("kept"))
    store.finish_turn()
    assert [size > 0 for size in sizes] == [False, True]


def test_after_a_failed_sync_nothing_is_acknowledged_on_a_log_with_a_hole(
    opened: Opener, tmp_path: Path
) -> None:
    """A kernel may drop what it could not write, and call the next sync a success."""
    store = opened()
    log = store.path.with_name("records.sqlite-wal")
    store.put(A, note("kept"))
    store.finish_turn()
    before = log.read_bytes()
    store.failing_syncs = 1
    store.put(B, note("lost"))
    store.finish_turn()
    after = log.read_bytes()
    changed = [place for place, byte in enumerate(after) if byte != before[place]]
    begin, end = changed[0], changed[-1] + 1
    store.put(C, note("acknowledged"))
    store.finish_turn()
    copy(store, tmp_path / "crash")
    copied = tmp_path / "crash" / log.name
    content = copied.read_bytes()
    if content[begin:end] == after[begin:end]:  # never written again: the disk has a hole there
        copied.write_bytes(content[:begin] + bytes(end - begin) + content[end:])
    recovered = state(opened(tmp_path / "crash"))
    assert [(where, entry is not None) for where, entry, _ in recovered] == [(A, True), (C, True)]


def test_while_somebody_reads_a_doubtful_log_turns_fail_and_later_ones_do_not(
    opened: Opener,
) -> None:
    store = opened()
    store.put(A, note("kept"))
    store.finish_turn()
    reader = sqlite3.connect(store.path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM entry").fetchone()
    store.failing_syncs = 1
    store.put(B, note("lost"))
    store.finish_turn()
    store.put(B, note("refused"))
    store.finish_turn()
    assert "another process holds" in store.failed[-1][1].fault
    reader.execute("ROLLBACK")
    reader.close()
    store.put(B, note("kept"))
    number = store.finish_turn()
    assert store.durable[-1] == number
    assert list(store.under(ALICE)) == ["a", "b"]


class Copies:
    """Stands before the copies of the log, and lets one at a time through."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(syncing, "CHECKPOINT_AFTER", 1)
        self._real = Connection.checkpoint

        def checkpoint(connection: Connection, mode: str) -> Checkpoint:
            return self._checkpoint(connection, mode)

        monkeypatch.setattr(Connection, "checkpoint", checkpoint)
        self._begun, self._may_end = Semaphore(0), Semaphore(0)
        self._is_under_way = False
        self.emptied = 0

    def _checkpoint(self, connection: Connection, mode: str) -> Checkpoint:
        if mode != "PASSIVE":
            assert not self._is_under_way
            self.emptied += 1
            return self._real(connection, mode)
        self._is_under_way = True
        self._begun.release()
        assert self._may_end.acquire(timeout=20)
        copied = self._real(connection, mode)
        self._is_under_way = False
        return copied

    def wait(self) -> None:
        """Wait until one has begun."""
        assert self._begun.acquire(timeout=20)

    def let_end(self, number: int = 1) -> None:
        self._may_end.release(number)


@pytest.fixture
def copies(monkeypatch: pytest.MonkeyPatch) -> Iterator[Copies]:
    copies = Copies(monkeypatch)
    yield copies
    copies.let_end(100)


def test_after_a_failed_sync_turns_do_not_wait_long_for_our_own_copy(
    opened: Opener, copies: Copies, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The loop would stand still with them."""
    monkeypatch.setattr(sqlite_module, "COPY_PATIENCE", 0.0)
    store = opened()
    store.put(A, note("kept"))
    store.finish_turn()
    copies.wait()
    store.failing_syncs = 1
    store.put(B, note("lost"))
    store.finish_turn()
    store.put(B, note("refused"))
    store.finish_turn()
    assert "too slow" in store.failed[-1][1].fault
    copies.let_end()
    store.wait()  # for the report of the copy
    store.put(B, note("kept"))
    store.finish_turn()
    assert len(store.failed) == 2
    assert list(store.under(ALICE)) == ["a", "b"]


def test_our_own_copy_is_nobody_who_reads_a_doubtful_log(
    opened: Opener, copies: Copies, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_module, "COPY_PATIENCE", 20.0)
    store = opened()
    store.put(A, note("kept"))
    store.finish_turn()
    copies.wait()
    store.failing_syncs = 1
    store.put(B, note("lost"))
    store.finish_turn()
    real = Copier.alone

    def alone(copier: Copier, patience: Seconds) -> AbstractContextManager[bool]:
        copies.let_end()
        return real(copier, patience)

    monkeypatch.setattr(Copier, "alone", alone)
    store.put(B, note("kept"))
    store.finish_turn()
    assert len(store.failed) == 1
    assert list(store.under(ALICE)) == ["a", "b"]


def test_a_log_that_is_long_is_emptied_between_two_copies_and_no_turn_waits_for_one(
    opened: Opener, copies: Copies, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_module, "OVERGROWN", 1)
    store = opened()
    emptied = copies.emptied
    for where in (A, B):
        store.put(where, note("one"))
        store.finish_turn()
    copies.wait()
    copies.let_end()
    copies.wait()  # there is always one under way
    store.wait()  # for the report of the copy
    store.put(C, note("one"))
    store.finish_turn()
    assert copies.emptied == emptied
    copies.let_end()
    store.wait()  # for the report of the copy
    store.put(C, note("two"), store.get(C))
    store.finish_turn()
    assert copies.emptied == emptied + 1
    assert store.failed == []


def test_a_sync_that_keeps_failing_fails_turn_by_turn_and_heals(opened: Opener) -> None:
    store = opened()
    store.failing_syncs = 5
    while store.failing_syncs:
        store.put(A, note("refused"))
        store.finish_turn()
    assert store.durable == []
    assert store.get(A) is None
    store.put(A, note("kept"))
    store.finish_turn()
    assert len(store.durable) == 1


def test_a_fault_over_one_report_loses_none_of_the_others(
    opened: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = opened()
    told: list[list[Report]] = [[], [Synced(7), Synced(8)]]
    monkeypatch.setattr(Syncer, "reports", lambda _syncer: told.pop() if told else [])

    def fail(turn: int) -> None:
        if turn == 7:
            raise ZeroDivisionError

    store.sqlite.listen(fail, lambda _turn, _fault: None)
    with pytest.raises(ZeroDivisionError):
        store.sqlite.settle()
    store.sqlite.settle()
    assert store.durable == [7, 8]


# Opening


def opening(path: Path) -> StoreUnavailable:
    with pytest.raises(StoreUnavailable) as refused:
        SqliteStore(path, KINDS, loop=None)
    return refused.value


def test_a_second_owner_is_refused_and_told_who_the_first_is(opened: Opener) -> None:
    store = opened()
    fault = opening(store.path)
    assert fault.fault.endswith(f"already in use by process {os.getpid()}")
    assert "stop it" in fault.remedy


def test_a_killed_owner_leaves_the_database_to_the_next(opened: Opener, tmp_path: Path) -> None:
    program = f"""
import os, signal
from hereabouts.storage.sqlite import SqliteStore
SqliteStore({str(tmp_path / "records.sqlite")!r}, {{}}, loop=None)
os.kill(os.getpid(), signal.SIGKILL)
"""
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == -9
    assert state(opened()) == []


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "records.sqlite"
    path.write_bytes(b"Dear diary, " * 1000)
    assert "backup" in opening(path).remedy
    assert path.read_bytes() == b"Dear diary, " * 1000


def test_a_damaged_database_is_refused_with_the_remedy(opened: Opener) -> None:
    store = opened()
    for number in range(200):
        store.put(key(f"{number}"), note("x" * 400))
    store.store.close()
    content = bytearray(store.path.read_bytes())
    content[3 * 4096 : 12 * 4096] = b"\xff" * (9 * 4096)
    store.path.write_bytes(content)
    fault = opening(store.path)
    assert "damaged" in fault.fault
    assert "backup" in fault.remedy


def altered(store: Sqlite, statement: str) -> Path:
    store.store.close()
    connection = sqlite3.connect(store.path)
    connection.execute(statement)
    connection.commit()
    connection.close()
    return store.path


@pytest.mark.parametrize(
    "statement, fault, remedy",
    [
        pytest.param("PRAGMA user_version = 99", "schema 99", "later one", id="a later schema"),
        pytest.param("PRAGMA user_version = 1", "schema 1", "wrote it, or", id="an earlier one"),
        pytest.param(
            "PRAGMA user_version = 0", "another program", "another file", id="a foreign database"
        ),
        pytest.param(
            "UPDATE entry SET kind = 'riddle'", "kind is riddle", "later one", id="an unknown kind"
        ),
        pytest.param(
            "UPDATE entry SET record = x'c1'", "cannot read", "backup", id="an unreadable record"
        ),
    ],
)
def test_what_others_wrote_is_refused_with_the_remedy(
    opened: Opener, statement: str, fault: str, remedy: str
) -> None:
    store = opened()
    store.put(A, note("one"))
    refused = opening(altered(store, statement))
    assert fault in refused.fault
    assert remedy in refused.remedy


def test_a_database_that_another_process_writes_is_not_opened(opened: Opener) -> None:
    store = opened()
    store.store.close()
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    fault = opening(store.path)
    other.close()
    assert "another process holds" in fault.fault
    opened()


def test_what_a_killed_owner_left_unsynced_is_synced_before_it_is_shown(
    opened: Opener, tmp_path: Path
) -> None:
    store = opened()
    store.put(A, note("one"))
    store.finish_turn()
    copy(store, tmp_path / "crash")
    sizes: list[int] = []
    log = tmp_path / "crash" / "records.sqlite-wal"
    left = log.stat().st_size
    opened(tmp_path / "crash", before_sync=lambda: sizes.append(log.stat().st_size))
    assert left > 0
    assert sizes == [0]


def test_a_disk_that_cannot_be_synced_is_refused_with_the_remedy(tmp_path: Path) -> None:
    def failing(descriptor: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    path = tmp_path / "records.sqlite"
    with pytest.raises(StoreUnavailable, match=r"disk .* fails"):
        SqliteStore(path, KINDS, loop=None, sync=failing)
    SqliteStore(path, KINDS, loop=None).close()


def test_a_refused_opening_holds_nothing(opened: Opener) -> None:
    store = opened()
    path = altered(store, "PRAGMA user_version = 99")
    opening(path)
    altered(store, f"PRAGMA user_version = {SCHEMA}")
    opened()


def test_a_folder_that_is_not_there_is_refused_with_the_remedy(tmp_path: Path) -> None:
    assert "folder" in opening(tmp_path / "nowhere" / "records.sqlite").remedy


FILES = ("records.sqlite", "records.sqlite-wal", "records.sqlite-shm", "records.sqlite.lock")


def modes(folder: Path) -> dict[str, int]:
    return {name: stat.S_IMODE((folder / name).stat().st_mode) for name in FILES}


@pytest.fixture(params=[0, 0o022, 0o077], ids="umask {:03o}".format)
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


@pytest.mark.usefixtures("umask")
def test_only_its_owner_reads_what_it_makes(opened: Opener, tmp_path: Path) -> None:
    """It holds hashes that are as good as passwords."""
    store = opened()
    store.put(A, note("one"))
    store.finish_turn()
    assert modes(tmp_path) == dict.fromkeys(FILES, 0o600)


def test_a_file_that_is_there_keeps_its_mode(opened: Opener, tmp_path: Path) -> None:
    """An operator may let a group read it, for backups."""
    opened().sqlite.close()
    for name in ("records.sqlite", "records.sqlite.lock"):
        (tmp_path / name).chmod(0o640)
    store = opened()
    store.put(A, note("one"))
    store.finish_turn()
    assert modes(tmp_path) == dict.fromkeys(FILES, 0o640)


def test_an_unlisted_kind_is_a_mistake_found_at_once(opened: Opener) -> None:
    store = opened()
    with pytest.raises(KeyError):
        store.put(key("a", kind="riddle"), note("one"))


# Anything that may happen, in any order


class Step(NamedTuple):
    """Something done to the store."""

    what: str
    entry_id: str


STEPS = st.builds(
    Step,
    st.sampled_from(
        [
            "put",
            "put",
            "put",
            "delete",
            "forget",
            "seal",
            "wait",
            "seal, put and hear",
            "fail sync",
            "fail write",
        ]
    ),
    st.sampled_from("abcd"),
)


@given(st.lists(STEPS, max_size=40))
@settings(max_examples=60, deadline=None)
def test_what_is_resident_is_what_is_on_disk_whatever_happens(steps: list[Step]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = Sqlite(Path(folder))
        for step in steps:
            take(store, step)
        store.failing_syncs = 0
        store.sqlite.limit_pages(1_000_000)
        store.finish_turn()
        store.put(key("last"), note("puts right what failed before"))
        store.finish_turn()
        before = {owner: list(store.under(owner).items()) for owner in (ALICE, "sip:bob@x")}
        newest = max(version for _, _, version in state(store))
        store.sqlite.close()
        again = Sqlite(Path(folder))
        assert {owner: list(again.under(owner).items()) for owner in before} == before
        assert again.put(key("new"), note("new")).version > newest
        again.sqlite.close()


def take(store: Sqlite, step: Step) -> None:
    where = key(step.entry_id, owner="sip:bob@x" if step.entry_id in "ab" else ALICE)
    entry = store.get(where)
    match step.what:
        case "put":
            store.put(where, note(step.entry_id), entry)
        case "delete" if entry is not None:
            store.delete(where, entry)
        case "forget":
            store.sqlite.forget(max((version for _, _, version in state(store)), default=0))
        case "seal":
            store.sqlite.seal()
        case "wait":
            store.finish_turn()
        case "seal, put and hear":
            number = store.sqlite.seal()
            entry = store.get(where)  # it is another one if the turn could not even be written
            if entry is not None:
                store.delete(where, entry)
            store.put(where, note("not sealed"))
            store.hear(number)
        case "fail sync":
            store.failing_syncs = 1
        case "fail write":
            store.sqlite.limit_pages(1)
            store.put(key("huge"), note("x" * 100_000), store.get(key("huge")))
            store.finish_turn()
            store.sqlite.limit_pages(1_000_000)


def test_the_log_is_laid_out_ahead_of_what_is_written(opened: Opener) -> None:
    store = opened()
    log = store.path.with_name("records.sqlite-wal")
    store.put(A, note("one"))
    store.finish_turn()
    length = log.stat().st_size
    assert length > AHEAD
    assert log.read_bytes()[-AHEAD:] == bytes(AHEAD)
    store.put(B, note("two"))
    store.finish_turn()
    assert log.stat().st_size == length


def test_frames_before_the_zeros_are_found_after_a_crash(opened: Opener, tmp_path: Path) -> None:
    store = opened()
    for turn in range(3):
        store.put(A, note(f"{turn}"), store.get(A))
        store.finish_turn()
    copy(store, tmp_path / "crash")
    entry = opened(tmp_path / "crash").get(A)
    assert entry is not None
    assert entry.record == note("2")


def test_a_disk_without_room_for_zeros_still_takes_turns(
    opened: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int, _zeros: bytes, _place: int) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    store = opened()
    monkeypatch.setattr(os, "pwrite", full)
    for text in ("one", "two"):
        store.put(A, note(text), store.get(A))
        store.finish_turn()
    assert store.failed == []
    assert store.path.with_name("records.sqlite-wal").stat().st_size < AHEAD
