from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hereabouts.roles.outgoing import Outgoing
from hereabouts.sip.leaving import Packet
from hereabouts.sip.transactions import NON_INVITE_SERVER
from hereabouts.sip.transactions.machine import State, Transaction
from tests.sip.packets import UDP


def packet(name: str) -> Packet:
    return (UDP, name.encode(), None)


def nothing(_packet: Packet) -> None:
    return None


def said(outgoing: Outgoing) -> str:
    return "".join(payload.decode() for _, payload, _ in outgoing.take())


def test_a_packet_leaves_once_its_turn_is_durable() -> None:
    outgoing = Outgoing()
    outgoing.add(1, [packet("a"), packet("b")])
    assert said(outgoing) == ""
    outgoing.durable(1)
    assert said(outgoing) == "ab"
    assert said(outgoing) == ""
    assert len(outgoing) == 0


def test_what_waits_for_nothing_still_waits_for_those_before_it() -> None:
    outgoing = Outgoing()
    outgoing.add(2, [packet("a")])
    outgoing.add(0, [packet("b")])
    outgoing.durable(1)
    assert said(outgoing) == ""
    assert len(outgoing) == 2
    outgoing.durable(2)
    assert said(outgoing) == "ab"


def test_a_turn_takes_those_before_it_along() -> None:
    outgoing = Outgoing()
    for turn in (1, 2, 3):
        outgoing.add(turn, [packet(str(turn))])
    outgoing.durable(2)
    outgoing.durable(1)
    assert said(outgoing) == "12"


def test_what_failed_is_withdrawn_with_all_after_it() -> None:
    outgoing = Outgoing()
    for turn in (1, 2, 3):
        outgoing.add(turn, [packet(str(turn))])
    outgoing.add(0, [packet("0")])
    outgoing.withdraw(2, nothing)
    outgoing.durable(3)
    assert said(outgoing) == "10"


def test_what_leaves_instead_takes_its_place_and_waits_for_those_before_it_alone() -> None:
    outgoing = Outgoing()
    for turn in (1, 2, 2, 3):
        outgoing.add(turn, [packet(str(turn))])
    outgoing.add(0, [packet("0")])
    outgoing.withdraw(2, lambda each: packet(f"-{each[1].decode()}"))
    assert said(outgoing) == ""
    outgoing.durable(1)
    assert said(outgoing) == "1-2-2-30"


def test_what_leaves_instead_is_not_withdrawn_again() -> None:
    outgoing = Outgoing()
    for turn in (1, 2):
        outgoing.add(turn, [packet(str(turn))])
        outgoing.withdraw(turn, lambda _packet: packet("-"))
    assert said(outgoing) == "--"


def test_what_repeats_what_an_earlier_turn_says_stays_behind_it() -> None:
    transaction = Transaction(NON_INVITE_SERVER, "PUBLISH", "k", UDP, State.COMPLETED)
    outgoing = Outgoing()
    for turn, payload in ((1, b"a"), (2, b"a"), (2, b"b")):
        outgoing.add(turn, [(UDP, payload, transaction)])
    outgoing.add(1, [packet("c")])
    outgoing.add(2, [packet("c")])  # of nobody: as good as any other that says so
    outgoing.withdraw(2, nothing)
    assert said(outgoing) == ""
    outgoing.durable(1)
    assert said(outgoing) == "aac"


@given(st.lists(st.integers(0, 5), max_size=12), st.integers(0, 5), st.integers(1, 6))
def test_every_packet_leaves_or_is_withdrawn(turns: list[int], durable: int, failed: int) -> None:
    outgoing = Outgoing()
    for number, turn in enumerate(turns):
        outgoing.add(turn, [packet(f"{number},")])
    outgoing.durable(durable)
    left = said(outgoing)
    withdrawn: list[Packet] = []

    outgoing.withdraw(failed, withdrawn.append)
    outgoing.durable(9)
    left += said(outgoing)
    places = [int(word) for word in left.split(",")[:-1]]
    assert places == sorted(places)
    assert len(places) + len(withdrawn) == len(turns)
