from __future__ import annotations

import pytest

from hereabouts.presence.pidf.blank import NOTHING_KNOWN, PENDING, REJECTED, blank_document
from hereabouts.presence.pidf.document import Basic, Note
from hereabouts.presence.pidf.reader import read
from hereabouts.presence.pidf.writer import write
from tests.presence.pidf.schema import faults

BOB = "sip:bob@example.com"


@pytest.mark.parametrize("note", [NOTHING_KNOWN, PENDING, REJECTED])
def test_a_blank_document_shows_one_closed_tuple_and_a_note(note: str) -> None:
    body = write(blank_document(BOB, note))
    document = read(body)
    assert [each.basic for each in document.tuples] == [Basic.CLOSED]
    assert document.notes == (Note(note, "en"),)
    assert (document.persons, document.devices, document.others) == ((), (), ())
    assert faults(body) == []


def test_who_waits_and_who_was_turned_away_are_told_so() -> None:
    assert len({NOTHING_KNOWN, PENDING, REJECTED}) == 3


def test_without_a_note_of_its_own_it_says_that_nothing_is_known() -> None:
    assert blank_document(BOB).notes == (Note(NOTHING_KNOWN, "en"),)
