"""What peers are told of our addresses; that they can be listened at is shown in `test_driver`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hereabouts.net.listeners import CannotListen, Listeners
from tests.net.stage import HOST, run

EVERYWHERE = "0.0.0.0"  # noqa: S104 - it is on loopback that it is asked for


@pytest.fixture
def listeners() -> Iterator[Listeners]:
    opened = Listeners()
    yield opened
    for each in opened:
        each.socket.close()


def open_all(listeners: Listeners, *wanted: tuple[str, str, str]) -> None:
    for transport, host, advertised in wanted:
        run(listeners.open(transport, host, 0, advertised))


SPEAKERS = [
    (("UDP", "TCP"), "UDP", 1, 0, "the first that speaks it"),
    (("UDP", "UDP"), "UDP", 1, 1, "the one that was named, if it does"),
    (("UDP", "TCP"), "TCP", 7, 1, "or is there"),
    (("TCP", "TLS"), "TLS", 0, 1, "TLS by its own"),
    (("UDP", "TCP"), "TLS", 0, 1, "or for want of one by TCP's"),
    (("UDP",), "TCP", 0, None, "nobody"),
    (("WS",), "WS", 0, None, "and never by WebSocket"),
    (("UDP",), "SCTP", 0, None, "or what we do not know"),
]


@pytest.mark.parametrize(
    "there, transport, number, expected",
    [row[:4] for row in SPEAKERS],
    ids=[row[4] for row in SPEAKERS],
)
def test_who_stands_for_us(
    there: tuple[str, ...],
    transport: str,
    number: int,
    expected: int | None,
    listeners: Listeners,
) -> None:
    open_all(listeners, *((each, HOST, "") for each in there))
    assert listeners.speaker(transport, number) == expected


def test_peers_are_told_where_they_reach_us(listeners: Listeners) -> None:
    open_all(
        listeners, ("UDP", EVERYWHERE, ""), ("TLS", HOST, "sip.example.com:5061"), ("WS", HOST, "")
    )
    udp, _, ws = listeners
    assert listeners.local(0, "127.0.0.9") == f"{HOST}:{udp.port}"
    assert listeners.local(1, "127.0.0.9") == "sip.example.com:5061"
    assert listeners.local(2, "127.0.0.9") == f"{HOST}:{ws.port}"
    assert [each.source for each in listeners] == [None, (HOST, 0), (HOST, 0)]
    assert listeners.reach("TLS", "192.0.2.1", 5061).local == "sip.example.com:5061"


def test_another_address_is_reached_from_one_of_its_family(listeners: Listeners) -> None:
    open_all(listeners, ("UDP", HOST, ""), ("UDP", "::1", ""), ("TCP", HOST, ""))
    reached = [("UDP", "192.0.2.1"), ("UDP", "2001:db8::1"), ("TCP", "2001:db8::1")]
    assert [listeners.reach(*each, 5060).listener for each in reached] == [0, 1, 2]


def test_an_address_that_is_taken_is_said_with_what_to_do(listeners: Listeners) -> None:
    open_all(listeners, ("TLS", HOST, ""))
    [taken] = listeners
    listeners[0].socket.listen()
    with pytest.raises(CannotListen, match=f"cannot listen at tls:{HOST}:{taken.port}") as refused:
        run(listeners.open("TLS", HOST, taken.port, ""))
    assert "ss -lntup" in refused.value.remedy
    assert len(list(listeners)) == 1
