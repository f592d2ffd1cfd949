from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hereabouts.base.deadlines import Deadlines
from hereabouts.base.units import Instant, Moment, Timestamp
from hereabouts.sip.alarm import Alarm


def at(seconds: float) -> Moment:
    return Moment(Instant(seconds), Timestamp(seconds))


class Bell:
    """An alarm, and when it rang."""

    def __init__(self) -> None:
        self.rang: list[float] = []
        self.deadlines = Deadlines()
        self.alarm = Alarm(self.deadlines, lambda now: self.rang.append(now.instant))

    def wait_until(self, seconds: float) -> None:
        while (due := self.deadlines.next()) is not None and due <= seconds:
            self.deadlines.wake_due(at(due))


def test_it_rings_once_when_it_is_due() -> None:
    bell = Bell()
    bell.alarm.set(5, at(10))
    assert bell.alarm.is_set
    bell.wait_until(100)
    assert bell.rang == [15]
    assert not bell.alarm.is_set


def test_set_anew_it_rings_at_the_later_time_only() -> None:
    bell = Bell()
    bell.alarm.set(5, at(10))
    bell.alarm.set(20, at(11))
    bell.wait_until(100)
    assert bell.rang == [31]


def test_set_anew_it_rings_at_the_sooner_time_only() -> None:
    bell = Bell()
    bell.alarm.set(20, at(10))
    bell.alarm.set(5, at(11))
    bell.wait_until(100)
    assert bell.rang == [16]


def test_stopped_it_does_not_ring() -> None:
    bell = Bell()
    bell.alarm.set(5, at(10))
    bell.alarm.stop()
    bell.wait_until(100)
    assert bell.rang == []


def test_advance_never_puts_it_off() -> None:
    bell = Bell()
    bell.alarm.advance(20, at(10))
    bell.alarm.advance(5, at(11))
    bell.alarm.advance(50, at(12))
    bell.wait_until(100)
    assert bell.rang == [16]


def test_however_often_it_is_put_off_it_stands_in_the_queue_once() -> None:
    bell = Bell()
    for second in range(1000):
        bell.alarm.set(3600, at(second))
    assert len(bell.deadlines) == 1
    bell.wait_until(10_000)
    assert bell.rang == [4599]


@given(st.lists(st.tuples(st.floats(0, 50), st.one_of(st.none(), st.floats(0.1, 50)))))
def test_it_rings_as_the_last_word_said(words: list[tuple[float, float | None]]) -> None:
    bell = Bell()
    now, due = 0.0, None
    for pause, length in words:
        now += pause
        bell.wait_until(now)
        due = None if length is None else now + length
        if length is None:
            bell.alarm.stop()
        else:
            bell.alarm.set(length, at(now))
        bell.rang.clear()
    bell.wait_until(now + 1000)
    assert bell.rang == ([] if due is None else [due])
