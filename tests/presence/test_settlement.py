from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.presence.settlement import Settlement


def test_nothing_was_ever_owed() -> None:
    assert Settlement().watermark == 0


def test_what_is_owed_holds_the_watermark_and_what_is_settled_lets_it_go() -> None:
    settlement = Settlement()
    settlement.owe(4)
    settlement.owe(4)
    settlement.owe(9)
    assert settlement.watermark == 3
    settlement.settle(9)
    assert settlement.watermark == 3
    settlement.settle(4)
    assert settlement.watermark == 3
    settlement.settle(4)
    assert settlement.watermark == 9


def test_several_are_settled_at_once() -> None:
    settlement = Settlement()
    settlement.owe(4, 3)
    settlement.settle(4, 2)
    assert settlement.watermark == 3
    settlement.settle(4)
    assert settlement.watermark == 4


def test_more_than_was_owed_is_a_fault_that_holds_up_nothing() -> None:
    settlement = Settlement()
    settlement.owe(4)
    with pytest.raises(KeyError):
        settlement.settle(4, 2)
    assert settlement.watermark == 4


@given(st.lists(st.integers(0, 5)))
def test_the_watermark_is_below_all_that_is_owed(steps: list[int]) -> None:
    """Against a list of what is owed; 0 settles one of it, any other number owes as many."""
    settlement, owed, newest = Settlement(), list[int](), 0
    for step in steps:
        if step == 0 and owed:
            settlement.settle(owed.pop(len(owed) // 2))
        elif step:
            newest += 1
            for _ in range(step):
                settlement.owe(newest)
                owed.append(newest)
        assert settlement.watermark == (min(owed) - 1 if owed else newest)
