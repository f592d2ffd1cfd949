from __future__ import annotations

import pytest

from hereabouts.base.units import Instant, Moment, Timestamp
from hereabouts.roles.node import Way
from hereabouts.roles.recorder import LONGEST, Recorder
from tests.sip.packets import UDP

NOW = Moment(Instant(1.0), Timestamp(1000.0))


def filled(keep: int, many: int) -> Recorder:
    recorder = Recorder(keep)
    for number in range(1, many + 1):
        recorder.record(Way.IN, [(f"{number}".encode(), UDP)], NOW)
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


def test_what_came_together_is_told_apart() -> None:
    recorder = Recorder(4)
    recorder.record(Way.IN, [(b"1", UDP), (b"2", UDP), (b"3", UDP)], NOW)
    recorder.record(Way.OUT, [(b"4", UDP), (b"5", UDP), (b"6", UDP)], NOW)
    found = [(number, way, packet) for number, way, packet, *_ in recorder.after(0, 10)]
    assert found == [
        (3, Way.IN, b"3"),
        (4, Way.OUT, b"4"),
        (5, Way.OUT, b"5"),
        (6, Way.OUT, b"6"),
    ]
    assert [passed[0] for passed in recorder.after(4, 1)] == [5]


def test_what_has_gone_is_not_held() -> None:
    recorder = Recorder(4)
    for _ in range(100):
        recorder.record(Way.IN, [(b"1", UDP)] * 3, NOW)
    assert len(recorder._ring) == 2  # noqa: SLF001 - no more than what is shown, and a burst
    assert (recorder.first, recorder.newest) == (297, 300)


def test_a_burst_of_any_length_holds_no_more_than_is_kept() -> None:
    recorder = Recorder(300)
    recorder.record(Way.OUT, [(b"1", UDP)] * 5_000, NOW)
    recorder.record(Way.OUT, [(b"2", UDP)] * 100, NOW)
    held = sum(len(packets) for _, _, packets, _ in recorder._ring)  # noqa: SLF001
    assert 300 <= held < 300 + LONGEST
    assert [passed[0] for passed in recorder.after(0, 10_000)] == list(range(4_801, 5_101))
    assert recorder.after(5_099, 10) == [(5_100, Way.OUT, b"2", UDP, NOW)]
