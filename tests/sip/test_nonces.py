"""Nonces: each use taken once, whatever is tried; nothing kept for those never answered."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.base.units import Seconds, Timestamp
from hereabouts.sip.nonces import WINDOW, Nonces

KEY = bytes(range(32))
NOW = Timestamp(1_700_000_000.0)


class SeededIds:
    """Chance that can be repeated."""

    def __init__(self, seed: int = 1) -> None:
        self._random = random.Random(seed)

    def token(self) -> str:
        return f"{self._random.getrandbits(64):016x}"


def make(*, key: bytes = KEY, lifetime: Seconds = 60.0, capacity: int = 10) -> Nonces:
    return Nonces(key, SeededIds(), lifetime=lifetime, capacity=capacity)


def later(seconds: Seconds) -> Timestamp:
    return Timestamp(NOW + seconds)


@pytest.mark.parametrize(
    "counts, taken",
    [
        pytest.param([1, 2, 3], [1, 2, 3], id="rising, as it should be"),
        pytest.param([1, 1], [1], id="the same again is a replay"),
        pytest.param([1, 2, 1], [1, 2], id="a replay of an older one"),
        pytest.param([1, 3, 2, 4], [1, 3, 2, 4], id="overtaken on the way"),
        pytest.param([1, 3, 2, 2, 3], [1, 3, 2], id="overtaken, then replayed"),
        pytest.param([2, 1], [2, 1], id="overtaken at the start"),
        pytest.param([1, 65, 2], [1, 65, 2], id="63 below is within the window"),
        pytest.param([1, 66, 2], [1, 66], id="64 below is not"),
        pytest.param([1, 65, 1], [1, 65], id="what left the window stays used"),
        pytest.param([1, 64, 1], [1, 64], id="used at the far end of the window"),
        pytest.param([1, 0xFFFFFFFF], [1, 0xFFFFFFFF], id="the farthest jump"),
        pytest.param([0xFFFFFFFF, 0xFFFFFFFF, 0], [0xFFFFFFFF], id="there is no way around"),
        pytest.param([None], [None], id="an answer without a count"),
        pytest.param([None, None], [None], id="without a count only once"),
        pytest.param([None, 1, 0xFFFFFFFF], [None], id="without a count is the last use"),
        pytest.param([1, None], [1], id="without a count is the first use"),
    ],
)
def test_which_counts_of_one_nonce_are_taken(
    counts: list[int | None], taken: list[int | None]
) -> None:
    nonces = make()
    nonce = nonces.issue(NOW)
    assert [count for count in counts if nonces.use(nonce, count, NOW)] == taken


@given(st.lists(st.integers(0, 200) | st.integers(0, 2**32 - 1)))
def test_no_count_is_ever_taken_twice(counts: list[int]) -> None:
    nonces = make()
    nonce = nonces.issue(NOW)
    taken = [count for count in counts if nonces.use(nonce, count, NOW)]
    assert len(taken) == len(set(taken))


@given(st.permutations(range(1, WINDOW + 1)))
def test_a_whole_window_of_requests_may_come_in_any_order(counts: list[int]) -> None:
    nonces = make()
    nonce = nonces.issue(NOW)
    assert all(nonces.use(nonce, count, NOW) for count in counts)


@pytest.mark.parametrize(
    "age, is_taken",
    [
        pytest.param(0.0, True, id="at once"),
        pytest.param(59.999, True, id="just before its end"),
        pytest.param(60.0, False, id="at its end"),
        pytest.param(-5.0, True, id="our clock was set back a little"),
    ],
)
def test_a_nonce_lives_as_long_as_it_was_given(age: Seconds, *, is_taken: bool) -> None:
    nonces = make(lifetime=60.0)
    assert nonces.use(nonces.issue(NOW), 1, later(age)) is is_taken


def test_a_nonce_in_use_ends_as_well() -> None:
    nonces = make(lifetime=60.0)
    nonce = nonces.issue(NOW)
    assert nonces.use(nonce, 1, NOW)
    assert not nonces.use(nonce, 2, later(60))


NONCE = make().issue(NOW)


@pytest.mark.parametrize(
    "nonce",
    [
        pytest.param("", id="empty"),
        pytest.param("0" * 60, id="made up"),
        pytest.param(NONCE[:-1], id="cut short"),
        pytest.param(NONCE + "0", id="too long"),
        pytest.param(NONCE.upper(), id="another spelling would have counts of its own"),
        pytest.param("1" + NONCE[1:], id="a later date"),
        pytest.param(NONCE[:12] + "f" + NONCE[13:], id="other chance"),
        pytest.param(NONCE[:-1] + "é", id="not ASCII"),
        pytest.param("é" + NONCE[1:], id="not ASCII at the front"),
        pytest.param(make(key=KEY[::-1]).issue(NOW), id="of a former run of the server"),
    ],
)
def test_a_nonce_that_is_not_ours_is_not_taken(nonce: str) -> None:
    nonces = make()
    assert nonces.use(NONCE, 1, NOW)
    assert not nonces.use(nonce, 1, NOW)
    assert len(nonces) == 1


@given(st.text())
def test_anything_at_all_is_only_not_taken(nonce: str) -> None:
    assert not make().use(nonce, 1, NOW)


def test_two_nonces_of_one_instant_differ() -> None:
    nonces = make()
    assert nonces.issue(NOW) != nonces.issue(NOW)


def test_nothing_is_kept_for_challenges_that_nobody_answers() -> None:
    nonces = make()
    for _ in range(100):
        nonces.issue(NOW)
    assert len(nonces) == 0


def test_what_was_forgotten_for_want_of_room_is_never_taken_again() -> None:
    nonces = make(capacity=2)
    first, second, third = (nonces.issue(later(n)) for n in range(3))
    for nonce in (first, second, third):
        assert nonces.use(nonce, 1, later(3))
    assert len(nonces) == 2
    assert not nonces.use(first, 1, later(3))
    assert not nonces.use(first, 2, later(3))
    assert nonces.use(second, 2, later(3))


def test_an_unused_nonce_older_than_a_forgotten_one_is_stale_and_a_newer_one_is_not() -> None:
    nonces = make(capacity=1)
    older, forgotten, newer, newest = (nonces.issue(later(n)) for n in range(4))
    for nonce in (forgotten, newest):
        assert nonces.use(nonce, 1, later(4))
    assert not nonces.use(older, 1, later(4))
    assert nonces.use(newer, 1, later(4))


def test_what_is_over_is_forgotten_and_not_revived_by_a_clock_set_back() -> None:
    nonces = make(lifetime=60.0)
    nonce = nonces.issue(NOW)
    assert nonces.use(nonce, 1, NOW)
    assert nonces.use(nonces.issue(later(100)), 1, later(100))
    assert len(nonces) == 1
    assert not nonces.use(nonce, 1, later(10))


@pytest.mark.parametrize("size", [0, 15, 65])
def test_a_key_that_cannot_serve_is_a_bug(size: int) -> None:
    with pytest.raises(AssertionError):
        make(key=bytes(size))
