"""A document in short, and the document that says so much."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.base.xml import Node
from hereabouts.presence.pidf.document import (
    Basic,
    Document,
    Note,
    Person,
    PresenceTuple,
)
from hereabouts.presence.pidf.namespaces import RPID
from hereabouts.presence.pidf.reader import read
from hereabouts.presence.pidf.writer import write
from hereabouts.presence.statement import ACTIVITIES, Statement
from tests.presence.pidf.schema import faults

ALICE = "sip:alice@example.com"
OPEN, CLOSED = PresenceTuple("o", Basic.OPEN), PresenceTuple("c", Basic.CLOSED)

words = st.from_regex(r"[a-zA-Z<&\"'][ -~]{0,20}[a-z>]", fullmatch=True)
statements = st.builds(
    Statement,
    st.sampled_from(Basic),
    st.one_of(st.just(""), words),
    st.lists(st.one_of(st.sampled_from(sorted(ACTIVITIES)), words), unique=True, max_size=3).map(
        tuple
    ),
)


@given(statements)
def test_what_we_write_we_can_read(statement: Statement) -> None:
    assert Statement.of(read(write(statement.document(ALICE)))) == statement


@given(statements)
def test_what_we_write_is_what_the_schemas_allow(statement: Statement) -> None:
    assert not faults(write(statement.document(ALICE)))


def person(*activities: Node, note: str = "") -> Person:
    notes = (Note(note),) if note else ()
    return Person("p", (Node(RPID, "activities", children=activities),), notes)


DOCUMENTS = [
    (Document(ALICE), Statement(), "nothing"),
    (Document(ALICE, (CLOSED, OPEN)), Statement(Basic.OPEN), "one open service is enough"),
    (Document(ALICE, (CLOSED,)), Statement(Basic.CLOSED), "all are closed"),
    (Document(ALICE, (PresenceTuple("t"),)), Statement(), "a service that does not say"),
    (
        Document(ALICE, (PresenceTuple("t", notes=(Note("in the tuple"),)),), (person(note="me"),)),
        Statement(note="me"),
        "the person's note comes before the service's",
    ),
    (
        Document(ALICE, (PresenceTuple("t", notes=(Note("  "), Note("in the tuple"))),)),
        Statement(note="in the tuple"),
        "a blank note is none",
    ),
    (Document(ALICE, notes=(Note("at the end"),)), Statement(note="at the end"), "the document's"),
    (
        Document(
            ALICE,
            persons=(
                person(
                    Node(RPID, "away"),
                    Node(RPID, "note", text="x"),
                    Node(RPID, "other", text=" ice fishing "),
                    Node("urn:x", "flying"),
                    Node(RPID, "unknown"),
                    Node(RPID, "away"),
                ),
            ),
        ),
        Statement(activities=("away", "ice fishing")),
        "activities, without what tells nothing",
    ),
]


@pytest.mark.parametrize(
    "document, statement", [row[:2] for row in DOCUMENTS], ids=[row[2] for row in DOCUMENTS]
)
def test_a_document_in_short(document: Document, statement: Statement) -> None:
    assert Statement.of(document) == statement
