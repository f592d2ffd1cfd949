"""RFC 2782, Priority and Weight: who is tried first, and how often."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.sip.records import SrvRecord
from hereabouts.sip.weights import drawing, in_turn
from tests.sip.driven import Counted


def server(name: str, weight: int, priority: int = 0) -> SrvRecord:
    return SrvRecord(priority, weight, 5060, name)


class Script:
    """Lots as a test has written them, the first choices; then 0."""

    def __init__(self, lots: Sequence[int]) -> None:
        self._lots = list(lots)
        self.asked: list[int] = []

    def draw(self, most: int) -> int:
        self.asked.append(most)
        at = len(self.asked) - 1
        return self._lots[at] if at < len(self._lots) else 0


def all_orders(records: list[SrvRecord]) -> dict[str, Fraction]:
    """Each order that can come of the lots, with its exact probability."""
    orders: defaultdict[str, Fraction] = defaultdict(Fraction)

    def follow(lots: list[int], chance: Fraction) -> None:
        script = Script(lots)
        ordered = in_turn(records, script.draw)
        if len(lots) == len(script.asked):
            orders["".join(record.target for record in ordered)] += chance
            return
        most = script.asked[len(lots)]
        for lot in range(most + 1):
            follow([*lots, lot], chance / (most + 1))

    follow([], Fraction(1))
    return orders


def first_of(orders: dict[str, Fraction]) -> dict[str, Fraction]:
    firsts: Counter[str] = Counter()
    for order, chance in orders.items():
        firsts[order[0]] += chance  # type: ignore[assignment] # Counter takes any number
    return {name: Fraction(chance) for name, chance in firsts.items()}


@pytest.mark.parametrize(
    "weights, expected",
    [
        pytest.param({"a": 7}, {"a": (1, 1)}, id="one alone is first"),
        pytest.param(
            {"z": 0, "a": 1, "b": 3},
            {"z": (1, 5), "a": (1, 5), "b": (3, 5)},
            id="each as often as lots of 0 to 4 fall to it; weight 0 has the lot 0 alone",
        ),
        pytest.param(
            {"a": 1, "b": 3, "z": 0},
            {"z": (1, 5), "a": (1, 5), "b": (3, 5)},
            id="weight 0 stands at the front, wherever it came",
        ),
        pytest.param(
            {"a": 10, "b": 30},
            {"a": (11, 41), "b": (30, 41)},
            id="the RFC draws from 0: the first in the list has one lot more",
        ),
        pytest.param({"x": 0, "y": 0}, {"x": (1, 1)}, id="all 0: as they came"),
    ],
)
def test_who_is_first(weights: dict[str, int], expected: dict[str, tuple[int, int]]) -> None:
    """3263-4.1-1: the RFC 2782 process that section 4.2 follows."""
    orders = all_orders([server(name, weight) for name, weight in weights.items()])
    assert sum(orders.values()) == 1
    assert first_of(orders) == {name: Fraction(*chance) for name, chance in expected.items()}


def test_the_second_is_drawn_from_those_that_are_left() -> None:
    orders = all_orders([server("a", 1), server("b", 1), server("c", 2)])
    # After a (lots 0 and 1 of 0 to 4), b has lots 0 and 1 of 0 to 3, and c the others.
    assert orders["abc"] == Fraction(2, 5) * Fraction(2, 4)
    assert set(orders) == {"abc", "acb", "bac", "bca", "cab", "cba"}


def test_a_lower_priority_comes_before_any_weight() -> None:
    records = [server("c", 65535, 20), server("b", 0, 10), server("a", 1, 10)]
    orders = all_orders([record for record in records if record.priority == 10])
    assert set(orders) == {"ab", "ba"}
    script = Script([1, 0, 65535])
    assert [record.target for record in in_turn(records, script.draw)] == ["a", "b", "c"]
    assert script.asked == [1, 0, 65535]


RECORDS = st.lists(
    st.builds(SrvRecord, st.integers(0, 2), st.integers(0, 65535), st.just(5060), st.text()),
    max_size=8,
)


@given(RECORDS, st.data())
def test_nothing_is_lost_and_nothing_is_added(
    records: list[SrvRecord], data: st.DataObject
) -> None:
    ordered = in_turn(records, lambda most: data.draw(st.integers(0, most)))
    key = lambda record: (record.priority, record.weight, record.target)  # noqa: E731
    assert sorted(ordered, key=key) == sorted(records, key=key)
    priorities = [record.priority for record in ordered]
    assert priorities == sorted(priorities)


def test_lots_come_from_the_words_that_nobody_can_guess() -> None:
    one, same = drawing(Counted()), drawing(Counted())
    lots = [one(9) for _ in range(500)]
    assert lots == [same(9) for _ in range(500)]
    assert set(lots) == set(range(10))
    assert {drawing(Counted())(0) for _ in range(3)} == {0}
