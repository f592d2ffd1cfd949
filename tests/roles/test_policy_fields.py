"""A policy's fields as commands give them and as they are shown."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.base.units import NEVER, Timestamp
from hereabouts.policy.library import Kept
from hereabouts.policy.stored import MalformedPolicy, StoredPolicy
from hereabouts.roles.policy_fields import fields, new_policy, row, script_of

READ = [
    ("priority", 5, 5, "a number"),
    ("priority", "-5", -5, "a number as text, as HTTP has it"),
    ("is_enabled", False, False, "a truth"),
    ("is_enabled", "No", False, "a truth in words"),
    ("is_enabled", "1", True, "or in figures"),
    ("valid_from", "1970-01-01T00:00:10Z", 10.0, "a date"),
    ("valid_from", "1970-01-01T01:00:10+01:00", 10.0, "a date of another zone"),
    ("valid_from", "", 0.0, "no date is from ever"),
    ("valid_until", "", NEVER, "and for ever"),
    ("script", "<cpl/>", b"<cpl/>", "a script is kept as bytes"),
    ("name", "Hours", "Hours", "a name"),
]


@pytest.mark.parametrize("name, said, value", [r[:3] for r in READ], ids=[r[3] for r in READ])
def test_what_is_said_is_read(name: str, said: object, value: object) -> None:
    assert fields({name: said}) == {name: value}


def test_what_is_not_said_or_not_ours_is_left_out() -> None:
    assert fields({"name": None, "owner": "tom"}) == {}


UNREADABLE = [
    ("priority", "1.5"),
    ("priority", "\u0665"),
    ("priority", ""),
    ("priority", "9" * 5000),
    ("is_enabled", ""),
    ("valid_from", "2026-11-24"),
    ("valid_until", "9999-99-99T00:00:00Z"),
]


@pytest.mark.parametrize("name, said", UNREADABLE)
def test_what_cannot_be_read_is_said_by_its_name(name: str, said: str) -> None:
    with pytest.raises(MalformedPolicy, match=name):
        fields({name: said})


@given(st.dictionaries(st.sampled_from([row[0] for row in READ]), st.text()))
def test_any_text_is_read_or_refused(said: dict[str, str]) -> None:
    with suppress(MalformedPolicy):
        fields(said)


DATES = st.floats(-2e9, 2e11).map(round).map(float).map(Timestamp)


@given(DATES, DATES)
def test_what_we_show_we_can_read(begins: Timestamp, ends: Timestamp) -> None:
    policy = StoredPolicy(name="n", script=b"s", valid_from=begins, valid_until=ends)
    shown = row("sip:tom@example.com", Kept("a", policy, "1"))
    said = {name: "" if value is None else value for name, value in shown.items()}
    read = fields(said)
    assert (read["valid_from"], read["valid_until"]) == (begins, ends or NEVER)
    assert (read["priority"], read["is_enabled"]) == (0, True)


def test_a_new_policy_is_called_by_its_id_unless_it_has_a_name() -> None:
    assert new_policy({"id": "a", "script": "s"}).name == "a"
    policy = new_policy({"id": "a", "script": "\u00e4", "name": "A"})
    assert policy.name == "A"
    assert script_of(Kept("a", policy, "1")) == "\u00e4"
