from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.base.deadlines import Deadlines
from hereabouts.base.units import Instant, Moment, Seconds, Timestamp


class Sleeper:
    """Somebody who waits, and notes when he is woken and with what."""

    def __init__(self) -> None:
        self.woken: list[tuple[object, Instant]] = []

    def wake(self, subject: object, due: Instant, now: Moment) -> None:
        assert now.instant >= due
        self.woken.append((subject, due))

    @property
    def subjects(self) -> list[object]:
        return [subject for subject, _ in self.woken]


def at(instant: float) -> Moment:
    return Moment(Instant(instant), Timestamp(1_700_000_000.0 + instant))


def test_nobody_waits_at_first() -> None:
    deadlines = Deadlines()
    assert deadlines.next() is None
    assert len(deadlines) == 0


def test_a_wait_ends_at_its_instant_and_not_before() -> None:
    deadlines, sleeper = Deadlines(), Sleeper()
    assert deadlines.wait(5.0, Instant(10.0), sleeper.wake, "a") == 15.0
    deadlines.wake_due(at(14.999))
    assert sleeper.woken == []
    deadlines.wake_due(at(15.0))
    assert sleeper.woken == [("a", 15.0)]


def test_who_was_woken_waits_no_more() -> None:
    deadlines, sleeper = Deadlines(), Sleeper()
    deadlines.at(Instant(1.0), sleeper.wake, "a")
    deadlines.wake_due(at(2.0))
    deadlines.wake_due(at(3.0))
    assert sleeper.subjects == ["a"]
    assert len(deadlines) == 0


def test_dates_of_one_instant_are_woken_in_the_order_in_which_they_came() -> None:
    deadlines, sleeper = Deadlines(), Sleeper()
    for subject in ({"no": "order"}, 1, "b"):  # subjects that cannot be compared
        deadlines.at(Instant(1.0), sleeper.wake, subject)
    deadlines.wake_due(at(1.0))
    assert sleeper.subjects == [{"no": "order"}, 1, "b"]


def test_the_loop_can_breathe() -> None:
    deadlines, sleeper = Deadlines(), Sleeper()
    for number in range(5):
        deadlines.wait(1.0, Instant(0.0), sleeper.wake, number)
    deadlines.wake_due(at(9.0), at_most=2)
    assert sleeper.subjects == [0, 1]
    assert deadlines.next() == 1.0
    deadlines.wake_due(at(9.0))
    assert sleeper.subjects == [0, 1, 2, 3, 4]


def test_who_begins_to_wait_while_others_are_woken_has_his_turn_too() -> None:
    deadlines, sleeper = Deadlines(), Sleeper()

    def wake_and_wait(subject: str, due: Instant, now: Moment) -> None:
        deadlines.wait(1.0, due, sleeper.wake, "second")

    deadlines.at(Instant(1.0), wake_and_wait, "first")
    deadlines.wake_due(at(5.0))
    assert sleeper.woken == [("second", 2.0)]


def test_a_wait_that_began_earlier_than_its_neighbour_is_merely_late() -> None:
    deadlines, sleeper = Deadlines(), Sleeper()
    deadlines.wait(1.0, Instant(10.0), sleeper.wake, "a")
    deadlines.wait(1.0, Instant(5.0), sleeper.wake, "b")
    deadlines.wake_due(at(11.0))
    assert sleeper.woken == [("a", 11.0), ("b", 6.0)]


def test_those_who_begin_to_wait_together_are_woken_in_their_order() -> None:
    deadlines, sleeper = Deadlines(), Sleeper()
    deadlines.wait_together(1.0, Instant(0.0), sleeper.wake, ["a", "b"])
    deadlines.wait(1.0, Instant(0.0), sleeper.wake, "c")
    assert len(deadlines) == 3
    deadlines.wake_due(at(1.0), at_most=2)
    assert sleeper.woken == [("a", 1.0), ("b", 1.0)]
    assert deadlines.next() == 1.0
    deadlines.wake_due(at(1.0))
    assert sleeper.woken[2:] == [("c", 1.0)]
    assert len(deadlines) == 0


def test_a_fault_of_one_who_is_woken_costs_the_others_nothing() -> None:
    deadlines, sleeper = Deadlines(), Sleeper()

    def wake(subject: str, due: Instant, now: Moment) -> None:
        sleeper.wake(subject, due, now)
        if subject == "a":
            raise ZeroDivisionError

    deadlines.wait_together(1.0, Instant(0.0), wake, ["a", "b"])
    with pytest.raises(ZeroDivisionError):
        deadlines.wake_due(at(1.0))
    deadlines.wake_due(at(1.0))
    assert sleeper.woken == [("a", 1.0), ("b", 1.0)]
    assert deadlines.next() is None


LENGTHS = st.sampled_from([0.0, 0.5, 4.0, 32.0])


@given(st.lists(st.tuples(st.booleans(), LENGTHS, st.integers(0, 40)), max_size=40))
def test_all_are_woken_in_order_of_their_instants(
    waits: list[tuple[bool, Seconds, int]],
) -> None:
    deadlines, sleeper = Deadlines(), Sleeper()
    dues = []
    for is_date, length, start in sorted(waits, key=lambda wait: wait[2]):
        if is_date:
            deadlines.at(Instant(start + length), sleeper.wake, None)
        else:
            deadlines.wait(length, Instant(start), sleeper.wake, None)
        dues.append(start + length)
    assert len(deadlines) == len(dues)
    assert deadlines.next() == min(dues, default=None)
    deadlines.wake_due(at(100.0))
    assert [due for _, due in sleeper.woken] == sorted(dues)


@pytest.mark.parametrize("is_date", [True, False])
def test_length_counts_both_kinds(*, is_date: bool) -> None:
    deadlines, sleeper = Deadlines(), Sleeper()
    if is_date:
        deadlines.at(Instant(1.0), sleeper.wake, None)
    else:
        deadlines.wait(1.0, Instant(0.0), sleeper.wake, None)
    assert len(deadlines) == 1
