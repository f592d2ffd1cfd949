"""A policy and the dates between which it applies."""

from __future__ import annotations

import pytest

from hereabouts.base.units import Timestamp
from hereabouts.policy.engine import Policy
from hereabouts.policy.point import Point
from hereabouts.roles.policy_link import Dated, Question

DATED = Dated(
    Policy(owner="o", id="i", name="n", script=None, valid_until=Timestamp(20)), Timestamp(10)
)


@pytest.mark.parametrize("now, applies", [(9.9, False), (10, True), (19.9, True), (20, False)])
def test_a_policy_applies_from_its_beginning_until_before_its_end(
    now: float,
    applies: bool,  # noqa: FBT001 - a table
) -> None:
    assert DATED.applies(Timestamp(now)) is applies
    assert DATED.dates == (Timestamp(10), Timestamp(20))


def test_two_questions_about_the_same_are_two() -> None:
    key = ("sip:tom@example.com", Point.INCOMING_SUBSCRIPTION)
    one, other = (Question(key=key, entity_tag=None) for _ in range(2))
    assert one != other
    assert one.waiting is not other.waiting
