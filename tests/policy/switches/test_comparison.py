from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.policy.cpl.element import CPL, Element
from hereabouts.policy.cpl.finding import Code, Report
from hereabouts.policy.switches.comparison import (
    Comparison,
    Operator,
    caseless,
    listed,
    read_comparison,
)


def read(attributes: dict[str, str]) -> tuple[Comparison | None, list[Code]]:
    report = Report()
    element = Element(1, (CPL, "address"), attributes, {}, ())
    found = read_comparison(element, (Operator.IS, Operator.CONTAINS), report)
    return found, [each.code for each in report.findings]


def test_an_output_has_exactly_one_operator() -> None:
    assert read({"contains": "a"}) == (Comparison(Operator.CONTAINS, "a"), [])
    assert read({}) == (None, [Code.OPERATOR])
    assert read({"is": "a", "contains": "b"}) == (None, [Code.OPERATOR])
    assert read({"subdomain-of": "a"}) == (None, [Code.OPERATOR])


@pytest.mark.parametrize(
    "one, other",
    [("Bob", "bOB"), ("Stra\u00dfe", "STRASSE"), ("\ufb01", "FI"), ("a\u0308", "\u00c4")],
)
def test_case_and_spelling_do_not_count(one: str, other: str) -> None:
    assert caseless(one) == caseless(other)


@given(st.text())
def test_what_is_in_comparable_form_stays_as_it_is(text: str) -> None:
    assert caseless(caseless(text)) == caseless(text)


def test_texts_are_listed_as_people_do() -> None:
    assert listed(["a"]) == "a"
    assert listed(["a", "b"]) == "a or b"
    assert listed(["a", "b", "c"]) == "a, b or c"
