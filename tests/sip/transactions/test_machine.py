"""What holds of all four tables."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.sip.transactions import (
    INVITE_CLIENT,
    INVITE_SERVER,
    NON_INVITE_CLIENT,
    NON_INVITE_SERVER,
)
from hereabouts.sip.transactions.machine import Do, Input, Kind, State, Timers, Transaction
from tests.sip.packets import UDP

KINDS = [INVITE_CLIENT, INVITE_SERVER, NON_INVITE_CLIENT, NON_INVITE_SERVER]
EVERY_KIND = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)


def reachable(kind: Kind) -> set[State]:
    found, ahead = set[State](), {kind.first}
    while ahead:
        found |= ahead
        ahead = {after for (before, _), (after, _) in kind.table.items() if before in ahead} - found
    return found


@EVERY_KIND
def test_every_state_has_a_way_out(kind: Kind) -> None:
    ways = {before for (before, _), (after, _) in kind.table.items() if after is not before}
    assert ways == reachable(kind) - {State.TERMINATED}


@EVERY_KIND
def test_every_row_can_be_reached_and_the_end_too(kind: Kind) -> None:
    assert {before for before, _ in kind.table} < reachable(kind)
    assert State.TERMINATED in reachable(kind)


@EVERY_KIND
def test_a_state_that_repeats_has_an_end_of_its_patience(kind: Kind) -> None:
    assert kind.repeats_in <= kind.gives_up_in
    for state in State:
        assert ((state, Input.REPEAT) in kind.table) == (state in kind.repeats_in)
        assert ((state, Input.GIVE_UP) in kind.table) == (state in kind.gives_up_in)


@EVERY_KIND
def test_who_begins_to_linger_stops_lingering(kind: Kind) -> None:
    lingering = {after for after, todo in kind.table.values() if Do.LINGER in todo}
    assert lingering == {before for before, event in kind.table if event is Input.LINGER_OVER}


@EVERY_KIND
@given(events=st.lists(st.sampled_from(Input), max_size=30))
def test_nothing_is_done_after_the_end(kind: Kind, events: list[Input]) -> None:
    transaction = Transaction(kind, "X", "key", UDP, kind.first)
    has_ended = False
    for event in events:
        is_taken = transaction.takes(event)
        todo = transaction.step(event)
        assert not (has_ended and (todo or is_taken))
        has_ended = transaction.state is State.TERMINATED


@EVERY_KIND
@given(events=st.lists(st.sampled_from(Input), max_size=30))
def test_the_user_is_told_of_one_final_answer_at_most(kind: Kind, events: list[Input]) -> None:
    transaction = Transaction(kind, "X", "key", UDP, kind.first)
    ends = 0
    for event in events:
        todo = transaction.step(event)
        if kind in (INVITE_CLIENT, NON_INVITE_CLIENT):
            is_last = event in (Input.FAILURE, Input.GIVE_UP) and Do.SEND not in todo
            ends += is_last and bool({Do.TELL_USER, Do.TELL_TIMEOUT} & set(todo))
    assert ends <= 1


def test_an_input_that_no_row_takes_changes_nothing() -> None:
    transaction = Transaction(NON_INVITE_SERVER, "X", "key", UDP, State.TRYING)
    assert not transaction.takes(Input.ACK)
    assert transaction.step(Input.ACK) == ()
    assert transaction.state is State.TRYING


def test_patience_is_64_t1() -> None:
    """RFC 3261 section 17.1.1.1: T1 500 ms, T2 4 s, T4 5 s."""
    assert (Timers().t1, Timers().t2, Timers().t4, Timers().patience) == (0.5, 4.0, 5.0, 32.0)
    assert Timers(t1=0.01).patience == 0.64
