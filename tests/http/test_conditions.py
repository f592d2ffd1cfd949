"""Entity-tags in conditions (RFC 9110 sections 8.8.3 and 13)."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.http.conditions import condition, quoted
from hereabouts.http.message import Problem, Request


def asked(header: str, text: str) -> Request:
    return Request(method="PUT", path=("",), headers={header: text})


TABLE = [
    ("if-match", '"a1"', "a1", True, "the very tag"),
    ("if-match", '"a1"', "b2", False, "another tag"),
    ("if-match", '"a1", "b2"', "b2", True, "one of a list"),
    ("if-match", '"a1",, "b2" ,', "b2", True, "a list with empty places is a list"),
    ("if-match", "*", "b2", True, "whatever is there"),
    ("if-match", "*", None, False, "but something must be there"),
    ("if-match", '"a1"', None, False, "nothing has no tag"),
    ("if-match", 'W/"a1"', "a1", False, "a weak tag proves nothing about what is changed"),
    ("if-none-match", 'W/"a1"', "a1", True, "and is enough for what is read"),
    ("if-none-match", "", "a1", False, "an empty list names nothing"),
    ("if-match", '"a,b"', "a,b", True, "a comma within quotes parts nothing"),
]


@pytest.mark.parametrize(
    "header, text, entity_tag, is_named", [row[:4] for row in TABLE], ids=[row[4] for row in TABLE]
)
def test_which_tags_a_condition_names(
    header: str,
    text: str,
    entity_tag: str | None,
    is_named: bool,  # noqa: FBT001 - a table
) -> None:
    found = condition(asked(header, text), header)
    assert found is not None
    assert found.names(entity_tag) is is_named


def test_without_the_header_there_is_no_condition() -> None:
    assert condition(asked("if-match", "*"), "if-none-match") is None


@pytest.mark.parametrize("text", ["a1", '"a1', '"a1" "b2"', "*, *", 'w/"a1"'])
def test_what_is_no_list_of_tags_is_refused(text: str) -> None:
    with pytest.raises(Problem) as refused:
        condition(asked("if-match", text), "if-match")
    assert refused.value.status == 400


@given(st.from_regex(r"[!#-~]{0,20}", fullmatch=True))
def test_what_we_write_we_can_read(entity_tag: str) -> None:
    found = condition(asked("if-match", quoted(entity_tag)), "if-match")
    assert found is not None
    assert found.names(entity_tag)


@given(st.text())
def test_anything_at_all_is_a_condition_or_refused(text: str) -> None:
    with suppress(Problem):
        condition(asked("if-match", text), "if-match")
