from __future__ import annotations

import pytest

from hereabouts.sip.datagram import LONGEST, MOST_REFUSING, Datagrams
from hereabouts.sip.flow import Flow
from tests.sip.packets import TCP, UDP

WAYS = [
    (UDP, LONGEST, UDP, "as long as a datagram may be"),
    (UDP, LONGEST + 1, Flow("TCP", UDP.host, UDP.port, UDP.local, UDP.listener), "a byte longer"),
    (TCP, LONGEST + 1, TCP, "a connection takes any length"),
]


@pytest.mark.parametrize(
    "flow, size, way", [row[:3] for row in WAYS], ids=[f"3261-18.1.1-2: {row[3]}" for row in WAYS]
)
def test_long_requests_go_by_tcp(flow: Flow, size: int, way: Flow) -> None:
    assert Datagrams().way(flow, size) == way


def test_who_takes_no_connection_is_not_asked_again() -> None:
    datagrams = Datagrams()
    datagrams.refused(UDP)
    assert datagrams.way(UDP, 60_000) == UDP
    other = UDP.towards("192.0.2.2", 5060)
    assert datagrams.way(other, 60_000).transport == "TCP"


def test_those_who_take_none_are_remembered_within_a_bound() -> None:
    datagrams = Datagrams()
    for port in range(MOST_REFUSING + 1):
        datagrams.refused(UDP.towards("192.0.2.2", port))
    assert datagrams.way(UDP.towards("192.0.2.2", 0), 60_000).transport == "TCP"
    assert datagrams.way(UDP.towards("192.0.2.2", MOST_REFUSING), 60_000).transport == "UDP"
