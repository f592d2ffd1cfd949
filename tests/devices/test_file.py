"""A file that says how its user is: changed, missing, broken."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from hereabouts.base.journal import Grade
from hereabouts.base.refusal import Malformed
from hereabouts.devices.file import FileDevice
from hereabouts.presence.pidf.document import Basic
from hereabouts.presence.statement import Statement

HERE = Statement(Basic.OPEN, "here")
AWAY = Statement(Basic.CLOSED, "away")


class Diary:
    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, grade: Grade, event: str, **fields: object) -> None:
        assert (grade, event) == (
            Grade.WARNING,
            "a file is not taken; what it said before stands",
        )
        self.said.append(str(fields["fault"]))


@pytest.fixture
def diary() -> Diary:
    return Diary()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "presence"


def device(path: Path, diary: Diary) -> FileDevice:
    return FileDevice.named(str(path), diary)


def test_what_is_in_the_file_is_said_and_what_comes_into_it(path: Path, diary: Diary) -> None:
    path.write_text("open: here")
    watched = device(path, diary)
    assert watched.read(None) == HERE
    path.write_text("closed: away")
    assert watched.read(HERE) == AWAY


def test_a_missing_file_says_nothing(path: Path, diary: Diary) -> None:
    watched = device(path, diary)
    assert watched.read(HERE) is None
    path.write_text("open: here")
    assert watched.read(None) == HERE
    path.unlink()
    assert watched.read(HERE) is None
    assert diary.said == []


def test_a_folder_on_the_way_that_is_a_file_is_a_missing_file(path: Path, diary: Diary) -> None:
    path.write_text("open: here")
    assert device(path / "below", diary).read(HERE) is None


BROKEN = [
    (b'note = "here', "line 1: .*; write open: a note", "it is half written"),
    (b"open: h\xe9", "line 1: it is not text in UTF-8; save it as UTF-8", "another encoding"),
    (b"open: here\n" + b"x" * 20_000, "more than 4096 characters; write less", "too long"),
]


@pytest.mark.parametrize("held, told", [row[:2] for row in BROKEN], ids=[row[2] for row in BROKEN])
def test_a_broken_file_says_what_it_said_before(
    held: bytes, told: str, path: Path, diary: Diary
) -> None:
    path.write_text("open: here")
    watched = device(path, diary)
    assert watched.read(None) == HERE
    path.write_bytes(held)
    assert [watched.read(HERE), watched.read(HERE)] == [HERE, HERE]
    [said] = diary.said
    assert re.fullmatch(f"{re.escape(str(path))} .*{told}.*", said)
    path.write_text("closed: away")
    assert watched.read(HERE) == AWAY


def test_a_pipe_is_not_waited_for(path: Path, diary: Diary) -> None:
    os.mkfifo(path)
    assert device(path, diary).read(HERE) == HERE
    assert diary.said == [f"{path} it is no ordinary file; name one that holds a line of text"]


def test_a_file_that_cannot_be_looked_at_says_what_it_said_before(path: Path, diary: Diary) -> None:
    watched = device(path.parent / ("x" * 300), diary)
    assert watched.read(HERE) == HERE
    [said] = diary.said
    assert "it cannot be read (File name too long); let this user read it" in said


def test_the_slot_is_that_of_the_path_however_it_is_written(
    path: Path, diary: Diary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(path.parent)
    slots = {device(Path(text), diary).slot for text in (str(path), "presence", "./presence")}
    assert len(slots) == 1
    assert slots.isdisjoint({device(path.parent, diary).slot})
    assert all(slot.isalnum() for slot in slots)


@pytest.mark.parametrize("text", ["", "a\0b"])
def test_what_is_no_path_is_refused(text: str, diary: Diary) -> None:
    with pytest.raises(Malformed, match="write file:PATH"):
        FileDevice.named(text, diary)
