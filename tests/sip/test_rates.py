"""Token buckets: how often each of many may do something."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.base.units import Instant
from hereabouts.sip.rates import Rate, Rates, Verdict

WELCOME, LATER, UNHEARD = Verdict
START = Instant(1000.0)


def verdicts(rates: Rates, times: int, now: float, name: str = "a") -> list[Verdict]:
    """What becomes of so many at one instant."""
    return [rates.take(name, Instant(now)) for _ in range(times)]


def test_a_burst_is_welcome_as_many_are_told_and_the_rest_is_unheard() -> None:
    rates = Rates(Rate(2.0, 3))
    assert verdicts(rates, 8, START) == [WELCOME] * 3 + [LATER] * 3 + [UNHEARD] * 2


@pytest.mark.parametrize(
    "seconds, welcome, why",
    [
        pytest.param(0.4, 0, "less than one has been earned", id="not yet"),
        pytest.param(0.5, 1, "one has", id="one"),
        pytest.param(1.0, 2, "the rate", id="a second"),
        pytest.param(3600.0, 3, "no more than a burst is saved up", id="a rest"),
    ],
)
def test_what_is_spent_comes_back_at_the_rate(seconds: float, welcome: int, why: str) -> None:
    rates = Rates(Rate(2.0, 3))
    verdicts(rates, 6, START)
    assert verdicts(rates, 4, START + seconds).count(WELCOME) == welcome, why


def test_one_who_goes_on_too_fast_is_still_served_at_the_rate() -> None:
    """A phone behind the address of a flood has its turn now and then."""
    rates = Rates(Rate(10.0, 10))
    verdicts(rates, 1000, START)
    asked = [verdict for at in range(1, 101) for verdict in verdicts(rates, 10, START + at / 10)]
    assert asked.count(WELCOME) == pytest.approx(100, abs=1)
    assert asked.count(LATER) == pytest.approx(100, abs=1)


def test_each_name_has_a_bucket_of_its_own() -> None:
    rates = Rates(Rate(1.0, 1))
    assert [rates.take(name, START) for name in "aba"] == [WELCOME, WELCOME, LATER]


def test_to_look_costs_nothing() -> None:
    rates = Rates(Rate(1.0, 1))
    assert not any(rates.is_unheard("a", START) for _ in range(9))
    verdicts(rates, 2, START)
    assert rates.is_unheard("a", START)
    assert not rates.is_unheard("a", Instant(START + 1.0))


def test_the_wait_is_until_one_is_welcome_again() -> None:
    rates = Rates(Rate(0.1, 1))
    verdicts(rates, 2, START)
    wait = rates.wait("a", START)
    assert wait == 10
    assert rates.take("a", Instant(START + wait)) is WELCOME


def test_the_wait_is_a_second_at_least() -> None:
    assert Rates(Rate(1000.0, 1)).wait("nobody", START) == 1


def test_those_who_have_not_asked_lately_are_forgotten_first() -> None:
    rates = Rates(Rate(0.001, 1), capacity=8)
    rates.take("often", START)
    for number in range(1000):
        rates.take(f"other {number}", START)
        assert rates.take("often", START) is not WELCOME
        assert len(rates) <= 8
    assert rates.take("other 0", START) is WELCOME, "it was forgotten, which is in its favour"


@given(
    st.lists(st.tuples(st.sampled_from("abcdefgh"), st.floats(0, 5)), max_size=200),
    st.integers(1, 20),
    st.floats(0.1, 50),
)
def test_nobody_is_ever_served_more_than_his_burst_and_his_rate(
    asks: list[tuple[str, float]], burst: int, per_second: float
) -> None:
    rates, now, served = Rates(Rate(per_second, burst)), 0.0, dict.fromkeys("abcdefgh", 0)
    for name, pause in asks:
        now += pause
        served[name] += rates.take(name, Instant(now)) is WELCOME
        assert max(served.values()) <= burst + now * per_second + 1e-6
