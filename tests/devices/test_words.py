"""What people and scripts write about somebody's presence, and what is wrong with it."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.devices.words import LONGEST, BadWords, read_words
from hereabouts.presence.pidf.document import Basic
from hereabouts.presence.pidf.reader import read
from hereabouts.presence.pidf.writer import write
from hereabouts.presence.statement import Statement

OPEN, CLOSED = Basic.OPEN, Basic.CLOSED
ALICE = "sip:alice@example.com"

SAID = [
    ("open: at my desk", Statement(OPEN, "at my desk"), "plain words"),
    ("closed\n", Statement(CLOSED), "no note"),
    ("open :", Statement(OPEN), "an empty note is none"),
    ("\ufeffopen: here\r\n", Statement(OPEN, "here"), "as editors elsewhere save it"),
    (
        "closed vacation: back  on\tMonday",
        Statement(CLOSED, "back on Monday", ("vacation",)),
        "and",
    ),
    ("open meeting on-the-phone", Statement(OPEN, "", ("meeting", "on-the-phone")), "activities"),
    ("open: a: b", Statement(OPEN, "a: b"), "the first colon counts"),
    ('basic = "open"\nnote = "here"', Statement(OPEN, "here"), "TOML"),
    ('activities = ["meeting"]', Statement(None, "", ("meeting",)), "no status at all"),
    ('note = "only words"', Statement(None, "only words"), "only words"),
    ('{"basic": "closed", "note": null}', Statement(CLOSED), "JSON, null for nothing"),
    ('\n {"activities": [" in  transit "]}', Statement(None, "", ("in transit",)), "blanks"),
    ('note = """two\nlines"""', Statement(None, "two lines"), "a note is one line"),
]


@pytest.mark.parametrize("text, said", [row[:2] for row in SAID], ids=[row[2] for row in SAID])
def test_what_is_written_is_said(text: str, said: Statement) -> None:
    assert read_words(text) == said


WRONG = [
    ("", 1, "write a line such as open: at my desk", "an empty file is one half written"),
    ("  \n", 1, "it is empty", "blanks are nothing"),
    ("away", 1, "write open: a note", "neither a status nor a setting"),
    ("open: a\nclosed: b", 1, "write open: a note", "two lines of words"),
    ('note = "a"\nbasic = "busy"', 2, "write one of them", "no such status"),
    ('basic = "open"\n\nmood = "happy"', 3, "there are basic, note, activities", "unknown"),
    ("note = 7", 1, "a few words in quotes", "a note is text"),
    ('note = "a\\u0007"', 1, "that can be shown", "no control characters"),
    ('{"note": "\\ud800"}', 1, "that can be shown", "no half characters"),
    ('activities = "meeting"', 1, "write a list", "activities are several"),
    ("activities = [1]", 1, "write a list", "and words"),
    (f"activities = {['a'] * 17}", 1, "at most 16", "and not many"),
    ("basic = true", 1, "neither open nor closed", "a status is a word"),
    ("basic = []", 1, "neither open nor closed", "and no list"),
    ('basic = "open"\nnote = "here', 2, "write open: a note", "a quote that does not end"),
    ('{"basic": "open"', 1, "write a JSON object", "an object that does not end"),
    ('{\n"basic" "open"}', 2, "Expecting ':'", "a colon is missing"),
    ("{}", 1, "it says nothing", "an object about nothing"),
    ('note = ""', 1, "it says nothing", "an empty note"),
    ("x" * (LONGEST + 1), 1, "write less", "too long"),
    ('{"note":' + "[" * 4000, 1, "Expecting value|too deep", "too deep for JSON"),
    ("note = " + "[" * 4000, 1, ".", "too deep for TOML"),
]


@pytest.mark.parametrize(
    "text, line, told", [row[:3] for row in WRONG], ids=[row[3] for row in WRONG]
)
def test_what_says_nothing_is_refused_with_line_and_remedy(text: str, line: int, told: str) -> None:
    with pytest.raises(BadWords, match=told) as caught:
        read_words(text)
    assert caught.value.line == line
    assert str(caught.value).startswith(f"line {line}: ")


@given(
    st.sampled_from(Basic),
    st.text("abc ü&<: "),
    st.lists(st.text("abc-", min_size=1), max_size=16),
)
def test_what_is_written_as_json_is_said_as_it_stands(
    basic: Basic, note: str, activities: list[str]
) -> None:
    text = json.dumps({"basic": basic.value, "note": note, "activities": activities})
    said = Statement(basic, " ".join(note.split()), tuple(activities))
    assert read_words(text) == said


@given(st.text() | st.text('{}[]=:"\\openclosdbasitv \n'))
def test_anything_at_all_is_a_document_or_refused(text: str) -> None:
    with suppress(BadWords):
        document = read_words(text).document(ALICE)
        assert read(write(document)) == document
