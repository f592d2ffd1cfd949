from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hereabouts.policy.calendar.bits import (
    ALL,
    first,
    highest,
    lowest,
    members,
    set_of,
    shifted,
)

NUMBERS = st.sets(st.integers(0, 400))


@given(NUMBERS)
def test_a_set_has_the_members_it_was_made_of(numbers: set[int]) -> None:
    assert members(set_of(numbers)) == sorted(numbers)


@given(NUMBERS.filter(bool))
def test_the_ends_of_a_set_are_found(numbers: set[int]) -> None:
    bits = set_of(numbers)
    assert (lowest(bits), highest(bits)) == (min(numbers), max(numbers))


@given(NUMBERS, NUMBERS)
def test_and_is_what_they_share(one: set[int], other: set[int]) -> None:
    assert members(set_of(one) & set_of(other)) == sorted(one & other)


@given(NUMBERS, st.integers(-500, 500))
def test_what_is_shifted_below_zero_is_left_out(numbers: set[int], by: int) -> None:
    expected = sorted(number + by for number in numbers if number + by >= 0)
    assert members(shifted(set_of(numbers), by)) == expected


def test_the_ends_of_one_set() -> None:
    assert (lowest(set_of({3, 5})), highest(set_of({3, 5}))) == (3, 5)


def test_all_numbers_limit_nothing() -> None:
    assert set_of({3, 5}) & ALL == set_of({3, 5})


def test_the_first_numbers() -> None:
    assert members(first(3)) == [0, 1, 2]
    assert members(first(0)) == []
