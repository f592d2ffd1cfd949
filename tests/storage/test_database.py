from __future__ import annotations

import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from hereabouts.storage.database import Connection, Database, Row, make_private, pages_of


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "records.sqlite")
    yield database
    database.close()


def row(number: int, record: bytes | None = b"record") -> Row:
    return (number, "note", "sip:alice@example.com", f"id{number}", number, record)


def test_a_file_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    made, there = tmp_path / "made", tmp_path / "there"
    there.write_text("kept")
    there.chmod(0o644)
    for path in (made, there):
        make_private(path)
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    assert stat.S_IMODE(there.stat().st_mode) == 0o644
    assert there.read_text() == "kept"


def test_rows_come_back_in_the_order_of_their_numbers(database: Database) -> None:
    database.write([row(2), row(1), row(3, None)], [], 3)
    assert list(database.rows()) == [row(1), row(2), row(3, None)]
    assert database.version() == 3


def test_a_row_is_replaced_or_dropped_by_its_number(database: Database) -> None:
    database.write([row(1), row(2)], [], 2)
    database.write([row(1, b"newer")], [2], 4)
    assert list(database.rows()) == [row(1, b"newer")]


TURNS: list[tuple[list[int], list[int], int, str]] = [
    ([3], [], 3, "in a row"),
    ([3], [1], 3, "in a row, where another is dropped"),
    ([], [1], 3, "in no row, as something is dropped"),
    ([], [2], 3, "in no row, and the newest is dropped"),
    ([3], [], 4, "in no row, as what came last was undone"),
    ([], [], 5, "in no row, as there is none"),
]


@pytest.mark.parametrize(
    "kept, dropped, version", [t[:3] for t in TURNS], ids=[t[3] for t in TURNS]
)
def test_the_version_is_that_of_the_last_change(
    database: Database, kept: list[int], dropped: list[int], version: int
) -> None:
    database.write([row(1), row(2)], [], 2)
    database.write([row(number) for number in kept], dropped, version)
    assert database.version() == version
    database.write([], [1, 2, 3], version)
    assert database.version() == version


def test_a_turn_is_written_whole_or_not_at_all(database: Database) -> None:
    database.write([row(1)], [], 1)
    database.limit_pages(1)
    with pytest.raises(sqlite3.OperationalError, match="full"):
        database.write([row(2), row(3, b"x" * 100_000)], [1], 3)
    assert list(database.rows()) == [row(1)]
    assert database.version() == 1


def test_a_checkpoint_is_complete_when_nobody_reads_what_is_older(
    database: Database, tmp_path: Path
) -> None:
    reader = sqlite3.connect(tmp_path / "records.sqlite", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM entry").fetchall()
    database.write([row(1)], [], 1)
    helper = Connection(tmp_path / "records.sqlite")
    helper.configure()
    assert not helper.checkpoint("PASSIVE").is_complete
    assert not database.checkpoint("TRUNCATE").is_complete
    reader.close()
    assert helper.checkpoint("PASSIVE").is_complete
    helper.close()
    assert database.checkpoint("TRUNCATE").frames == 0


@pytest.mark.parametrize("count", [1, 5, 30, 100])
@pytest.mark.parametrize("is_new", [True, False])
def test_the_pages_of_a_turn_are_about_the_frames_it_adds(
    database: Database,
    count: int,
    is_new: bool,  # noqa: FBT001
) -> None:
    """What was copied whole is no part of the log any more: the next turn begins it anew."""
    rows = [row(number, b"x" * 350) for number in range(1, 1001)]
    database.write(rows, [], 1000)
    assert database.checkpoint("PASSIVE").is_complete
    if is_new:
        written = [row(1001 + number, b"x" * 350) for number in range(count)]
    else:
        places = range(0, 1000, 1000 // count)[:count]
        written = [(*rows[place][:4], 2000, b"y" * 350) for place in places]
    database.write(written, [], written[-1][4])
    frames = database.checkpoint("PASSIVE").frames
    assert pages_of(written) == pytest.approx(frames, rel=0.3, abs=2)
