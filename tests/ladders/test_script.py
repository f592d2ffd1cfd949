from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ladders.script import Message, NotALadder, Note, Pause, Step, Way, read

words = st.from_regex(r"[A-Za-z]\w{0,8}", fullmatch=True).filter(str.isascii)
values = st.from_regex(r"[!-~]{1,12}", fullmatch=True)
notes = st.builds(Note, words, st.dictionaries(words, values, max_size=3))
messages = st.builds(Message, words, st.sampled_from(Way), words, notes)
pauses = st.builds(Pause, st.integers(0, 10**9).map(lambda ms: ms / 1000))


@given(st.lists(messages | pauses))
def test_what_we_write_we_can_read(steps: list[Step]) -> None:
    assert list(read("\n".join(map(str, steps)))) == steps


@given(st.text())
def test_anything_at_all_raises_only_our_own_error(text: str) -> None:
    with suppress(NotALadder):
        list(read(text))


def test_columns_and_blank_lines_are_for_the_eye() -> None:
    script = """
        watcher -> node   SUBSCRIBE  Event=presence   Expires=600

                600 s pass
    """
    note = Note("SUBSCRIBE", {"Event": "presence", "Expires": "600"})
    assert list(read(script)) == [Message("watcher", Way.TO_NODE, "node", note), Pause(600.0)]


REFUSED = [
    ("watcher >- node NOTIFY", "an arrow that is none"),
    ("watcher <- node", "an arrow that carries nothing"),
    ("watcher <- node 200 ok", "a word that is no field"),
    ("watcher <- node 200 Expires=", "a field without a value"),
    ("watcher <- node 200 a=1 a=2", "a field that contradicts itself"),
    ("600 seconds pass", "a pause in other words"),
    ("# watcher <- node 200", "a line that is left out silently"),
]


@pytest.mark.parametrize("line", [row[0] for row in REFUSED], ids=[row[1] for row in REFUSED])
def test_a_line_that_is_no_ladder_line_is_an_error(line: str) -> None:
    with pytest.raises(NotALadder):
        list(read(line))


SHOWN = [
    ("200", "200", True, "the word alone"),
    ("200 Expires=600 a=b", "200 Expires=600", True, "what is not named does not matter"),
    ("200 Expires=600", "200 Expires=*", True, "any value"),
    ("200 Expires=599", "200 Expires=600", False, "another value"),
    ("200", "200 Expires=*", False, "any value is more than none"),
    ("202", "200", False, "another word"),
]


@pytest.mark.parametrize(
    "actual, wanted, expected", [row[:3] for row in SHOWN], ids=[row[3] for row in SHOWN]
)
def test_a_note_shows_what_is_wanted(actual: str, wanted: str, *, expected: bool) -> None:
    assert _note(actual).shows(_note(wanted)) is expected


def _note(text: str) -> Note:
    (step,) = read(f"peer <- node {text}")
    assert isinstance(step, Message)
    return step.note
