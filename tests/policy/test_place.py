from __future__ import annotations

import pytest

from hereabouts.policy.place import ORDER, Place, place_of


@pytest.mark.parametrize(
    "owner, place",
    [
        ("*before", Place.BEFORE),
        ("sip:alice@example.com", Place.OWN),
        ("sip:*before@example.com", Place.OWN),
        ("*after", Place.AFTER),
    ],
)
def test_the_owner_says_where_a_policy_stands(owner: str, place: Place) -> None:
    assert place_of(owner) is place


def test_an_administrator_is_asked_first_and_last() -> None:
    assert sorted(Place, key=ORDER.__getitem__) == [Place.BEFORE, Place.OWN, Place.AFTER]
