"""The response context (RFC 3261 section 16.7): what is done about each answer."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.sip.best_response import Ending
from hereabouts.sip.fork import (
    TABLE,
    Cancel,
    Conclude,
    Effect,
    Forget,
    Fork,
    PassBack,
    Standing,
    Try,
    Turn,
)
from hereabouts.sip.message import Response

TRYING, RINGING = Response(100, "", [], {}, b""), Response(180, "", [], {}, b"")
OK, BUSY, DECLINED = (Response(status, "", [], {}, b"") for status in (200, 486, 603))


def fork(*groups: int, breadth: int = 60, is_invite: bool = True) -> Fork:
    made = Fork(groups, breadth, is_invite=is_invite)
    made.begin()
    return made


def concluded(status: int, response: Response | None = None) -> Conclude:
    return Conclude(Ending(status, response), [])


ROUNDS = [
    ((1,), 60, [[Try(0, 60)]], "one target has all the breadth"),
    ((2,), 60, [[Try(0, 30), Try(1, 30)]], "5393-5.3.3-1: two share it"),
    ((1, 2), 60, [[Try(0, 60)], [Try(1, 30), Try(2, 30)]], "by preference, one group at a time"),
    ((3,), 1, [[Try(0, 1)], [Try(1, 1)], [Try(2, 1)]], "5393-5.3.3-1: a breadth of 1"),
    ((3,), 2, [[Try(0, 1), Try(1, 1)], [Try(2, 2)]], "what is given back is used again"),
]


@pytest.mark.parametrize(
    "groups, breadth, rounds", [row[:3] for row in ROUNDS], ids=[row[3] for row in ROUNDS]
)
def test_targets_are_tried_by_preference(
    groups: Sequence[int], breadth: int, rounds: list[list[Effect]]
) -> None:
    made = Fork(groups, breadth, is_invite=True)
    done = made.begin()
    for tried in rounds:
        assert done == tried
        done = [each for number in range(len(tried)) for each in answer_next(made, tried, number)]
    assert done == [concluded(486, BUSY)]
    assert made.is_over


def answer_next(made: Fork, tried: list[Effect], number: int) -> list[Effect]:
    effect = tried[number]
    assert isinstance(effect, Try)
    return made.answered(effect.target, BUSY)


def test_what_is_provisional_is_passed_back_but_for_a_100() -> None:
    """3261-16.7-1."""
    made = fork(2)
    assert made.answered(0, TRYING) == []
    assert made.answered(0, RINGING) == [PassBack(RINGING)]


def test_a_success_ends_the_ringing_of_the_others() -> None:
    """3261-16.7-3."""
    made = fork(3, 1)
    made.answered(0, RINGING)
    assert made.answered(1, OK) == [PassBack(OK), Cancel(0)]
    assert made.answered(2, RINGING) == [Cancel(2)]
    assert made.answered(0, BUSY) == []
    assert not made.is_over
    assert made.answered(2, BUSY) == []
    assert made.is_over


def test_every_success_is_passed_back() -> None:
    """6026-7.2-1: also one more of the same branch."""
    made = fork(2)
    assert made.answered(0, OK) == [PassBack(OK)]
    assert made.answered(1, OK) == [PassBack(OK)]
    assert made.answered(0, OK) == [PassBack(OK)]


def test_a_6xx_ends_it_for_all() -> None:
    """3261-16.7-1: it waits for the others, one of whom may have answered already."""
    made = fork(2, 1)
    made.answered(0, RINGING)
    assert made.answered(1, DECLINED) == [Cancel(0)]
    assert made.answered(0, BUSY) == [concluded(603, DECLINED)]
    assert made.is_over


def test_after_a_cancel_nobody_else_is_tried() -> None:
    """3261-16.10-1."""
    made = fork(2, 1)
    made.answered(0, RINGING)
    assert made.cancel() == [Cancel(0)]
    assert made.cancel() == []
    assert made.answered(1, TRYING) == [Cancel(1)]
    made.answered(0, BUSY)
    assert made.silent(1) == [concluded(486, BUSY)]


SILENT = [
    (False, 408, "3261-16.7-1: for an INVITE that times out"),
    (True, 487, "or one that was cancelled"),
]


@pytest.mark.parametrize(
    "is_cancelled, status", [row[:2] for row in SILENT], ids=[row[2] for row in SILENT]
)
def test_for_who_is_silent_we_have_a_word(*, is_cancelled: bool, status: int) -> None:
    made = fork(1)
    made.answered(0, RINGING)
    assert made.rung_out(0) == [Cancel(0)]  # Timer C: 3261-16.6-6
    if is_cancelled:
        assert made.cancel() == []
    assert made.silent(0) == [concluded(status)]
    assert made.silent(0) == []


def test_a_non_invite_that_is_silent_is_forgotten() -> None:
    """4320-4.2-1: no 408, whoever else has refused; and late answers find nobody."""
    made = fork(2, 1, is_invite=False)
    made.answered(0, BUSY)
    assert made.silent(1) == [Forget()]
    assert made.is_over
    made = fork(2, is_invite=False)
    assert made.silent(0) == [Forget()]
    assert made.silent(1) == []
    assert made.is_over


def test_a_non_invite_neither_rings_nor_is_cancelled() -> None:
    """4320-4.1-1, 3261-9.2-1."""
    made = fork(2, is_invite=False)
    assert made.answered(0, RINGING) == []
    assert made.cancel() == []
    assert made.answered(1, OK) == [PassBack(OK)]
    assert made.answered(0, BUSY) == []
    assert made.is_over


def test_only_a_branch_that_is_wanted_and_unheard_goes_another_way() -> None:
    made = fork(1, 1)
    assert made.is_unheard(0)
    assert not made.is_unheard(1)
    made.cancel()
    assert not made.is_unheard(0)


def test_every_standing_but_the_last_has_a_way_out() -> None:
    assert {standing for standing, _ in TABLE} == set(Standing) - {Standing.ENDED}
    assert all((standing, Turn.FINAL) in TABLE for standing, _ in TABLE)


happenings = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 7)), max_size=60)
groups = st.lists(st.integers(1, 3), min_size=1, max_size=3)


@given(groups=groups, breadth=st.integers(1, 4), happenings=happenings, is_invite=st.booleans())
def test_whatever_happens_it_is_concluded_once(
    groups: list[int], breadth: int, happenings: list[tuple[int, int]], *, is_invite: bool
) -> None:
    """And no more branches are under way than there may be; CANCEL goes once to each."""
    made = Fork(groups, breadth, is_invite=is_invite)
    done = made.begin()
    answers = {0: TRYING, 1: RINGING, 2: OK, 3: BUSY, 4: DECLINED}
    targets = sum(groups)
    for target, what in [*happenings, *((each, 3) for each in range(targets))]:
        if what == 5:
            done += made.cancel()
        elif not made.is_pending(target):
            continue
        elif what == 6:
            done += made.silent(target)
        elif what == 7:
            done += made.rung_out(target)
        else:
            done += made.answered(target, answers[what])
        assert sum(map(made.is_pending, range(targets))) <= breadth
    for target in range(targets):
        done += made.answered(target, BUSY) if made.is_pending(target) else []
    assert made.is_over
    final = [
        each
        for each in done
        if isinstance(each, Conclude | Forget)
        or (isinstance(each, PassBack) and each.response is OK)
    ]
    assert final
    assert len([each for each in final if not isinstance(each, PassBack)]) <= 1
    cancelled = [each.target for each in done if isinstance(each, Cancel)]
    assert len(cancelled) == len(set(cancelled))
    assert is_invite or not cancelled
