from __future__ import annotations

from hereabouts.base.units import Instant
from hereabouts.presence.rest import MOST_RESTING, Rests
from tests.sip.packets import TCP, UDP

NOW = Instant(100.0)


def at(seconds: float) -> Instant:
    return Instant(NOW + seconds)


def test_a_hop_is_left_alone_until_its_time_is_over() -> None:
    """3261-21.5.4-1."""
    rests = Rests()
    rests.begin(UDP, at(5))
    assert rests.left(UDP, NOW) == 5
    assert rests.left(UDP, at(4)) == 1
    assert rests.left(UDP, at(5)) == 0


def test_others_are_not() -> None:
    rests = Rests()
    rests.begin(UDP, at(5))
    assert rests.left(TCP, NOW) == 0
    assert rests.left(UDP.towards(UDP.host, 5070), NOW) == 0


def test_who_speaks_is_there_again() -> None:
    rests = Rests()
    rests.begin(UDP, at(5))
    rests.end(UDP)
    assert rests.left(UDP, NOW) == 0
    rests.end(UDP)


def test_those_left_alone_are_remembered_within_a_bound() -> None:
    rests = Rests()
    for port in range(MOST_RESTING + 1):
        rests.begin(UDP.towards("192.0.2.2", port), at(5))
    assert rests.left(UDP.towards("192.0.2.2", 0), NOW) == 0
    assert rests.left(UDP.towards("192.0.2.2", MOST_RESTING), NOW) == 5
