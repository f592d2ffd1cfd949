from __future__ import annotations

import pytest

from hereabouts.base.units import Instant, Moment, Timestamp
from hereabouts.roles.node import Way
from hereabouts.roles.recorder import Recorder
from tests.sip.packets import UDP

NOW = Moment(Instant(1.0), Timestamp(1000.0))


def filled(keep: int, many: int) -> Recorder:
    recorder = Recorder(keep)
    for number in range(1, many + 1):
        recorder.record((number, Way.IN, b"packet", UDP, NOW))
    return recorder


ROWS = [
    (0, 0, 10, [], "nothing has passed"),
    (3, 0, 10, [1, 2, 3], "all that has"),
    (3, 0, 2, [1, 2], "no more than was asked for"),
    (3, 2, 10, [3], "what came since"),
    (3, 3, 10, [], "nothing came since"),
    (7, 0, 10, [4, 5, 6, 7], "the oldest have gone"),
    (7, 1, 2, [4, 5], "what was seen last has gone as well"),
    (7, 5, 10, [6, 7], "what was seen last is there"),
    (3, 99, 10, [], "a number that is still to come"),
]


@pytest.mark.parametrize(
    "many, since, most, found", [r[:4] for r in ROWS], ids=[r[4] for r in ROWS]
)
def test_what_came_after(many: int, since: int, most: int, found: list[int]) -> None:
    assert [passed[0] for passed in filled(4, many).after(since, most)] == found


def test_the_first_and_the_last_that_are_kept_are_known() -> None:
    assert [filled(4, many).newest for many in (0, 1, 5)] == [0, 1, 5]
    assert [filled(4, many).first for many in (0, 1, 4, 5)] == [1, 1, 1, 2]
