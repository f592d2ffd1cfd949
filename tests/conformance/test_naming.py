"""Ids are found where tests name them, and belong to the tests that run them."""

from __future__ import annotations

import pytest

from tests.conformance.naming import Mention, mentions

RFCS = frozenset({"9261", "9475", "9999"})

FILE = '''
"""RFC 9261 section 8, and 5060-5070-1."""
import pytest

FIRST = [
    pytest.param(1, id="9261-1-1: a row"),
    pytest.param(
        2,
        marks=pytest.mark.xfail(reason="so"),
        id="9261-1-2: a row that fails",
    ),
]
BOTH: list[object] = [*FIRST, 3]
NOBODYS = ["9475-x-test"]


@pytest.mark.parametrize("number", FIRST)
def test_one(number):
    """9999-XML-1, 9261-2.3.4-5: and more; 9261-16.3."""


@pytest.mark.parametrize("number", [pytest.param(1, id="9261-9-1")])
def test_two(number):
    assert number in BOTH


@pytest.mark.xfail(strict=True, reason="so")
def test_three():
    """9261-9-2"""
    # 9475-3.1.1.1-wsinv: a comment counts too
    assert 0
'''

EXPECTED = [
    Mention("9261-1-1", 6, ("test_one", "test_two"), is_unmet=False),
    Mention("9261-1-2", 10, ("test_one", "test_two"), is_unmet=True),
    Mention("9475-x-test", 14, (), is_unmet=False),
    Mention("9999-XML-1", 19, ("test_one",), is_unmet=False),
    Mention("9261-2.3.4-5", 19, ("test_one",), is_unmet=False),
    Mention("9261-9-1", 22, ("test_two",), is_unmet=False),
    Mention("9261-9-2", 29, ("test_three",), is_unmet=True),
    Mention("9475-3.1.1.1-wsinv", 30, ("test_three",), is_unmet=True),
]


def test_each_id_belongs_to_the_tests_that_run_it() -> None:
    assert list(mentions(FILE, RFCS)) == EXPECTED


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("x = '2024-01-01'", id="a date"),
        pytest.param("x = 'x9261-8-1'", id="the end of a word"),
        pytest.param("x = '19261-8-1'", id="the end of a number"),
        pytest.param("x = '9261-8.2.1: so'", id="a section"),
    ],
)
def test_what_only_looks_like_an_id_is_none(text: str) -> None:
    assert list(mentions(text, RFCS)) == []
