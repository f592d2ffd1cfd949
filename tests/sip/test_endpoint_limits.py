"""What the engine does for those who ask too much: little, and nothing for others to suffer by."""

from __future__ import annotations

import pytest

from hereabouts.base.refusal import Malformed
from hereabouts.sip.flow import Flow
from hereabouts.sip.message import Request
from hereabouts.sip.rates import Rate
from hereabouts.sip.sources import Allowance, Sources
from tests.sip.driven import Driven, answer_at_once
from tests.sip.packets import TCP, UDP, a_response, request, response

OTHER = Flow("UDP", "192.0.2.2", 5060, "198.51.100.1:5060", listener=1)


def narrow(burst: int = 2, per_second: float = 0.1, **more: object) -> Sources:
    return Sources(Allowance(Rate(per_second, burst), **more))  # type: ignore[arg-type]


def numbered(number: int, method: str = "OPTIONS") -> bytes:
    """One of many requests."""
    return request(method, via=f"SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK{number}")


def statuses(driven: Driven) -> list[int]:
    return [a_response(payload).status for _, _, payload in driven.sent]


def test_a_source_that_asks_too_often_is_told_when_to_come_back_and_then_nothing() -> None:
    """SEC-3856-9.6-1: 503 with Retry-After, of which nothing is kept, and so often at most."""
    driven = Driven(answer_at_once, sources=narrow())
    for number in range(9):
        driven.receive(numbered(number))
    assert statuses(driven) == [200, 200, 503, 503]
    assert int(a_response(driven.sent[2][2]).headers["retry-after"][0]) == 10
    assert len(driven.delivered) == driven.kept == 2


def test_others_are_served_meanwhile() -> None:
    driven = Driven(answer_at_once, sources=narrow())
    for number in range(9):
        driven.receive(numbered(number))
    driven.receive(request(via="SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bKb"), OTHER)
    assert statuses(driven)[-1] == 200


def test_who_comes_back_when_he_was_told_is_served() -> None:
    driven = Driven(answer_at_once, sources=narrow())
    for number in range(4):
        driven.receive(numbered(number))
    driven.wait(10)
    driven.receive(numbered(5))
    assert statuses(driven)[-1] == 200


def test_a_request_turned_away_may_be_sent_again_and_is_told_the_same() -> None:
    """3261-8.2.7-1: without a transaction, and by one To tag; its ACK is nobody's business."""
    driven = Driven(answer_at_once, sources=narrow(burst=3))
    for number in (1, 2, 3, 9, 9, 9):
        driven.receive(numbered(number))
    refused = {a_response(payload).headers["to"][0] for _, _, payload in driven.sent[3:]}
    assert statuses(driven)[3:] == [503] * 3
    assert len(refused) == 1
    driven.wait(10)
    sent = len(driven.sent)
    driven.receive(numbered(9, "ACK"))
    assert len(driven.sent) == sent


def test_a_request_that_was_taken_is_answered_again_though_its_source_has_nothing_left() -> None:
    driven = Driven(answer_at_once, sources=narrow())
    for number in (1, 2, 1):
        driven.receive(numbered(number))
    assert driven.sent[0][2] == driven.sent[2][2]


def test_answers_to_what_we_ask_cost_nothing() -> None:
    """A watcher's server answers thousands of NOTIFYs."""
    driven = Driven(answer_at_once, sources=narrow())
    for _ in range(9):
        driven.request()
        driven.receive(response(driven.sent[-1][2]))
        driven.request()
        driven.receive(response(driven.sent[-1][2], 404))
    assert len(driven.told) == 18
    driven.receive(numbered(1))
    assert a_response(driven.sent[-1][2]).status == 200


STRAY = response(request(via="SIP/2.0/UDP 198.51.100.1:5060;branch=z9hG4bKstray"), 200)


@pytest.mark.parametrize(
    "packet",
    [
        pytest.param(STRAY, id="answers to nothing"),
        pytest.param(b"SIP/2.0 999 What\r\n\r\n", id="answers that are none"),
        pytest.param(b"sip/2.0 200 OK\r\n\r\n", id="in small letters"),
        pytest.param(b"\x00" * 100, id="garbage"),
        pytest.param(b"INVITE\r\n", id="half a line"),
    ],
)
def test_what_is_of_no_use_to_anybody_counts_as_asking(packet: bytes) -> None:
    driven = Driven(answer_at_once, sources=narrow())
    for _ in range(9):
        try:
            driven.receive(packet)
        except Malformed:
            continue
    assert not driven.sent
    driven.receive(numbered(1))
    assert not driven.sent, "nothing of his is even read"
    driven.receive(request(via="SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bKb"), OTHER)
    assert statuses(driven) == [200]


def test_answers_of_a_source_that_is_unheard_are_not_read_either() -> None:
    driven = Driven(answer_at_once, sources=narrow(burst=1))
    for _ in range(3):
        driven.receive(STRAY)
    driven.request()
    driven.receive(response(driven.sent[-1][2], 404))
    assert not driven.told


def test_on_a_connection_it_is_a_fault_to_go_on() -> None:
    """The connection counts those in a row, and closes (`net.tcp`)."""
    driven = Driven(answer_at_once, sources=narrow(burst=1))
    for number in range(2):
        driven.receive(numbered(number), TCP)
    with pytest.raises(Malformed, match="too often"):
        driven.receive(numbered(3), TCP)


def test_all_sources_together_have_a_bound() -> None:
    """SEC-3856-9.6-1: and what is over makes room again."""
    driven = Driven(max_servers=3)
    for number in range(9):
        driven.receive(numbered(number))
    assert statuses(driven) == [503] * 6
    assert a_response(driven.sent[0][2]).headers["retry-after"] == ["5"]
    assert driven.kept == 3
    driven.respond(200, 0)
    driven.wait(32)
    driven.receive(numbered(10))
    assert len(driven.delivered) == 4


def test_a_cancel_or_ack_beyond_the_bound_does_no_harm() -> None:
    """3261-8.2.7-1: an ACK finds nothing, a CANCEL is turned away as any request."""
    driven = Driven(max_servers=0)
    driven.receive(numbered(1, "ACK"))
    assert not driven.sent
    driven.receive(numbered(1, "CANCEL"))
    assert statuses(driven) == [503]


@pytest.mark.parametrize(
    "maddr", ["203.0.113.5", "233.252.0.1", "[2001:db8::9]", "victim.example.net"]
)
def test_a_stranger_has_no_answer_sent_to_somebody_else(maddr: str) -> None:
    """3261-18.2.2-1, but for this: `maddr` would aim our answers at anybody."""
    driven = Driven(answer_at_once, sources=narrow())
    driven.receive(request(via=f"SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKa;maddr={maddr}"))
    _, way, payload = driven.sent[0]
    assert (way.host, way.port) == ("192.0.2.1", 5060)
    assert isinstance(driven.delivered[0].request, Request)
    assert f"maddr={maddr}" in a_response(payload).headers["via"][0]


def test_a_server_that_we_know_has_them_sent_where_it_likes() -> None:
    """3261-18.2.2-1: to `maddr`."""
    driven = Driven(answer_at_once, sources=narrow(exempt=frozenset({UDP.host})))
    driven.receive(request(via="SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKa;maddr=203.0.113.5"))
    assert driven.sent[0][1].host == "203.0.113.5"
