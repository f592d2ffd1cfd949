from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.base.units import Instant, Moment, Timestamp
from hereabouts.presence.publication import (
    EmptyPublication,
    Publication,
    entity_tag,
    publish,
    slot_of,
)
from hereabouts.storage.interface import Entry

NOW = Moment(Instant(5.0), Timestamp(1000.0))
STORED = Publication(Timestamp(1100.0), b"old", "utf-8", Timestamp(900.0), 200, "first")


def after(stored: Publication | None, body: bytes, lifetime: int) -> Publication:
    return publish(
        stored,
        body=body,
        charset="" if not body else "us-ascii",
        lifetime=lifetime,
        request="this",
        now=NOW,
        memory=64.0,
    )


MADE = Publication(Timestamp(1600.0), b"new", "us-ascii", Timestamp(1000.0), 600, "this")
KEPT = Publication(Timestamp(1600.0), b"old", "utf-8", Timestamp(900.0), 600, "this")
OPERATIONS = [
    (None, b"new", MADE, "initial"),
    (STORED, b"", KEPT, "refresh"),
    (STORED, b"new", MADE, "modify"),
]


@pytest.mark.parametrize(
    "stored, body, kept", [row[:3] for row in OPERATIONS], ids=[row[3] for row in OPERATIONS]
)
def test_the_operations_of_rfc_3903_table_1(
    stored: Publication | None, body: bytes, kept: Publication
) -> None:
    assert after(stored, body, 600) == kept


@pytest.mark.parametrize("body", [b"", b"never stored"])
def test_removal_keeps_nothing_but_the_name_of_its_request(body: bytes) -> None:
    """3903-6-8, 3903-6-9; it is remembered for as long as retransmissions may come."""
    assert after(STORED, body, 0) == Publication(Timestamp(1064.0), request="this")


@pytest.mark.parametrize("lifetime", [0, 600])
def test_nothing_cannot_be_published(lifetime: int) -> None:
    """3903-6-11."""
    with pytest.raises(EmptyPublication) as refused:
        after(None, b"", lifetime)
    assert refused.value.status == 400


slots = st.from_regex(r"[0-9a-f]{1,20}", fullmatch=True)


@given(slots, st.integers(0, 2**63))
def test_a_tag_names_its_slot(slot: str, version: int) -> None:
    assert slot_of(entity_tag(slot, Entry(STORED, version))) == slot


@given(slots, st.lists(st.integers(0, 2**63), min_size=2, max_size=2, unique=True))
def test_two_versions_have_two_tags(slot: str, versions: list[int]) -> None:
    """3903-6-17."""
    assert len({entity_tag(slot, Entry(STORED, version)) for version in versions}) == 2


@given(st.text())
def test_any_text_names_some_slot(text: str) -> None:
    assert "." not in slot_of(text)
