"""What leaves: which timers begin, and by which way it goes; the compiled twins do the same."""

from __future__ import annotations

import pytest

from hereabouts.base.units import Instant
from hereabouts.sip.flow import Flow
from hereabouts.sip.leaving import contents, listener_of, sort_left
from hereabouts.sip.transactions import (
    INVITE_CLIENT,
    INVITE_SERVER,
    NON_INVITE_CLIENT,
    NON_INVITE_SERVER,
)
from hereabouts.sip.transactions.machine import Kind, State, Transaction
from tests.sip.packets import TCP, UDP

CASES = [
    (NON_INVITE_CLIENT, State.TRYING, None, "asking"),
    (NON_INVITE_CLIENT, State.TRYING, 3.0, "nothing"),
    (NON_INVITE_CLIENT, State.PROCEEDING, None, "others"),
    (NON_INVITE_SERVER, State.COMPLETED, None, "lingering"),
    (NON_INVITE_SERVER, State.COMPLETED, 3.0, "nothing"),
    (NON_INVITE_SERVER, State.PROCEEDING, None, "others"),
    (INVITE_CLIENT, State.CALLING, None, "others"),
    (INVITE_SERVER, State.COMPLETED, None, "others"),
]


@pytest.mark.parametrize("kind, state, due, group", CASES)
def test_whose_timers_begin_when_a_packet_has_left(
    kind: Kind, state: State, due: float | None, group: str
) -> None:
    at = None if due is None else Instant(due)
    transaction = Transaction(kind, "X", "key", UDP, state, due=at, pending=2)
    groups = sort_left(
        [(UDP, b"", transaction), (UDP, b"", None)], 0.5, Instant(100.5), Instant(132.0)
    )
    names = ("asking", "lingering", "others")
    assert [name for name, found in zip(names, groups, strict=True) if found] == (
        [] if group == "nothing" else [group]
    )
    assert (transaction.pending, transaction.has_left) == (1, True)
    waits = {"asking": Instant(100.5), "lingering": Instant(132.0), "others": None, "nothing": due}
    assert transaction.due == waits[group]
    if group == "asking":
        assert (transaction.repeat_after, transaction.stopped_at) == (0.5, 132.0)


OTHER = Flow("UDP", "192.0.2.7", 5060, "198.51.100.1:5070", listener=2)


@pytest.mark.parametrize(
    "flows, listener",
    [([UDP], 1), ([UDP, UDP], 1), ([UDP, OTHER], None), ([UDP, TCP], None), ([TCP], None)],
)
def test_by_which_listener_all_of_them_leave(flows: list[Flow], listener: int | None) -> None:
    assert listener_of([(flow, b"", None) for flow in flows]) == listener


def test_nothing_leaves_by_none() -> None:
    assert listener_of([]) is None


def test_what_packets_say_and_by_which_flow() -> None:
    assert contents([(UDP, b"a", None), (TCP, b"b", None)]) == [(b"a", UDP), (b"b", TCP)]
