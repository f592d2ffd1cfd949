from __future__ import annotations

import pytest

from hereabouts.sip.lingering import Lingering, linger_length
from hereabouts.sip.transactions import (
    INVITE_CLIENT,
    INVITE_SERVER,
    NON_INVITE_CLIENT,
    NON_INVITE_SERVER,
)
from hereabouts.sip.transactions.machine import Kind, State, Timers, Transaction
from tests.sip.packets import TCP, UDP


def answered(key: str, size: int = 10) -> Transaction:
    payload = b"x" * size
    return Transaction(NON_INVITE_SERVER, "PUBLISH", key, UDP, State.COMPLETED, payload=payload)


def keys(lingering: Lingering) -> str:
    return "".join(transaction.key for transaction in lingering.surplus())


def test_the_oldest_go_when_there_are_too_many() -> None:
    lingering = Lingering(2)
    lingering.add([answered(key) for key in "abc"])
    assert keys(lingering) == "a"
    lingering.add([answered(key) for key in "de"])
    assert keys(lingering) == "bc"
    assert keys(lingering) == ""


def test_or_too_many_bytes_of_them() -> None:
    lingering = Lingering(9, most_bytes=2 * (10 + 3))
    lingering.add([answered("a"), answered("b")])
    assert keys(lingering) == ""
    lingering.add([answered("c", size=11)])
    assert keys(lingering) == "ab"
    lingering.add([answered("d"), answered("e", size=24)])
    assert keys(lingering) == "cde"
    lingering.add([answered("f")])
    assert keys(lingering) == ""


def test_what_has_ended_by_itself_makes_room_once_it_is_the_oldest() -> None:
    lingering = Lingering(9)
    transactions = [answered(key) for key in "abc"]
    lingering.add(transactions)
    transactions[1].end()
    assert keys(lingering) == ""
    transactions[0].end()
    assert keys(lingering) == "ab"


LENGTHS = [
    (NON_INVITE_CLIENT, State.COMPLETED, 0.0, 0.0, "timer K is 0 here"),
    (INVITE_CLIENT, State.COMPLETED, 32.0, 0.0, "timer D"),
    (INVITE_CLIENT, State.ACCEPTED, 32.0, 32.0, "timer M"),
    (INVITE_SERVER, State.ACCEPTED, 32.0, 32.0, "timer L"),
    (INVITE_SERVER, State.CONFIRMED, 5.0, 0.0, "timer I"),
]


@pytest.mark.parametrize(
    "kind, state, by_udp, by_tcp", [row[:4] for row in LENGTHS], ids=[row[4] for row in LENGTHS]
)
def test_how_long_depends_on_kind_and_transport(
    kind: Kind, state: State, by_udp: float, by_tcp: float
) -> None:
    for flow, length in ((UDP, by_udp), (TCP, by_tcp)):
        transaction = Transaction(kind, "", "k", flow, state)
        assert linger_length(transaction, Timers()) == length
