from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.sip.lifetime import IntervalTooBrief, Lifetimes

LIFETIMES = Lifetimes(minimum=60, default=3600, maximum=7200)


@pytest.mark.parametrize(
    "asked, granted",
    [
        pytest.param(None, 3600, id="nothing asked: the default"),
        pytest.param(0, 0, id="3261-10.3-8: removal, never refused"),
        pytest.param(60, 60, id="the minimum"),
        pytest.param(61, 61, id="above the minimum"),
        pytest.param(7200, 7200, id="the maximum"),
        pytest.param(7201, 7200, id="3261-10.3-7: shortened"),
        pytest.param(2**32 - 1, 7200, id="3261-10.3-7: the longest there is"),
    ],
)
def test_what_is_granted(asked: int | None, granted: int) -> None:
    assert LIFETIMES.choose(asked) == granted


@pytest.mark.parametrize("asked", [1, 59])
def test_what_is_too_brief_is_refused_with_the_minimum(asked: int) -> None:
    """3261-10.3-8: 423 with Min-Expires."""
    with pytest.raises(IntervalTooBrief) as refusal:
        LIFETIMES.choose(asked)
    assert refusal.value.status == 423
    assert refusal.value.headers() == [("Min-Expires", "60")]


@pytest.mark.parametrize(
    "asked, is_refused",
    [
        pytest.param(3599, True, id="below an hour"),
        pytest.param(3600, False, id="3261-10.3-8: an hour is never too brief"),
        pytest.param(7199, False, id="above an hour, below the minimum"),
    ],
)
def test_an_hour_is_never_too_brief(asked: int, *, is_refused: bool) -> None:
    lifetimes = Lifetimes(minimum=7200, default=7200, maximum=86400)
    if is_refused:
        with pytest.raises(IntervalTooBrief):
            lifetimes.choose(asked)
    else:
        assert lifetimes.choose(asked) == asked


def test_the_default_is_not_above_the_maximum() -> None:
    assert Lifetimes(default=3600, maximum=600).choose(None) == 600


@given(st.integers(60, 2**32 - 1))
def test_nothing_is_lengthened(asked: int) -> None:
    """3261-10.3-7: shorten, never lengthen."""
    assert 0 < LIFETIMES.choose(asked) <= asked
