"""RFC 5393 section 5."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.sip.admission import BadRequest
from hereabouts.sip.breadth import MOST, MaxBreadthExceeded, breadth_of, shares
from tests.sip.packets import a_request, request

GRANTED = [
    (None, MOST, "5393-5.3.3-1: one that does not say"),
    ("1", 1, "one"),
    ("60", 60, "the most"),
    ("61", 60, "5393-5.3.3-2: more is lowered"),
    ("9" * 5000, 60, "however long the number is"),
]


@pytest.mark.parametrize(
    "text, breadth", [row[:2] for row in GRANTED], ids=[row[2] for row in GRANTED]
)
def test_a_request_says_how_broad_it_may_become(text: str | None, breadth: int) -> None:
    rows = {} if text is None else {"Max-Breadth": text}
    assert breadth_of(a_request(request(rows=rows))) == breadth


@pytest.mark.parametrize("text", ["", "x", "-1", "1.5", "²"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(BadRequest):
        breadth_of(a_request(request(rows={"Max-Breadth": text})))


def test_without_a_branch_it_goes_nowhere() -> None:
    """5393-5.3.3-1."""
    with pytest.raises(MaxBreadthExceeded) as refused:
        breadth_of(a_request(request(rows={"Max-Breadth": "0"})))
    assert refused.value.status == 440


@given(st.integers(1, MOST).flatmap(lambda n: st.tuples(st.integers(n, MOST), st.just(n))))
def test_all_of_it_is_given_on_and_no_more(given: tuple[int, int]) -> None:
    """5393-5.3.3-1."""
    breadth, branches = given
    each = shares(breadth, branches)
    assert sum(each) == breadth
    assert len(each) == branches
    assert min(each) >= 1
