"""RFC 3261 section 17.1.1 and RFC 6026 figure 5, in seconds."""

from __future__ import annotations

import pytest

from hereabouts.sip.flow import Flow
from hereabouts.sip.leaving import Failure
from hereabouts.sip.message import Response
from tests.sip.driven import ROWS, Driven
from tests.sip.packets import TCP, UDP, a_request, response


@pytest.fixture
def driven() -> Driven:
    return Driven()


def statuses(driven: Driven) -> list[int]:
    return [answer.status for _, answer in driven.told if isinstance(answer, Response)]


def test_timer_a_doubles_without_end_until_timer_b(driven: Driven) -> None:
    """3261-17.1.1.2-1."""
    driven.request("INVITE")
    driven.wait(60)
    assert driven.times == [0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5]
    assert driven.told == [(32.0, Failure.TIMED_OUT)]


def test_on_a_stream_it_is_sent_once(driven: Driven) -> None:
    """3261-17.1.1.2-1: timer B alone runs."""
    driven.request("INVITE", TCP)
    driven.wait(60)
    assert driven.times == [0]
    assert driven.told == [(32.0, Failure.TIMED_OUT)]


def test_a_provisional_answer_ends_repetition_and_patience(driven: Driven) -> None:
    driven.request("INVITE")
    driven.receive(response(driven.sent[0][2], 180))
    driven.wait(300)
    driven.receive(response(driven.sent[0][2], 183))
    assert driven.times == [0]
    assert statuses(driven) == [180, 183]


@pytest.mark.parametrize("flow", [UDP, TCP], ids=["UDP", "TCP"])
def test_a_refusal_is_acknowledged(driven: Driven, flow: Flow) -> None:
    """3261-17.1.1.2-1: the ACK has the INVITE's branch and Route, and the answer's To."""
    rows = ROWS.format("INVITE") + "Route: <sip:r1;lr>, <sip:r2;lr>\r\nRoute: <sip:r3;lr>\r\n"
    user = (lambda *_: None, None)
    driven.endpoint.request("INVITE", "sip:them@h", rows, b"sdp", flow, user)
    driven.release()
    invite = a_request(driven.sent[0][2])
    driven.receive(response(driven.sent[0][2], 486, {"To": "<sip:them@h>;tag=busy"}), flow)
    ack = a_request(driven.sent[1][2])
    assert driven.sent[1][1] == flow
    assert (ack.method, ack.uri, ack.body) == ("ACK", "sip:them@h", b"")
    assert ack.headers["cseq"] == ["1 ACK"]
    assert ack.headers["to"] == ["<sip:them@h>;tag=busy"]
    assert ack.headers["max-forwards"] == ["70"]
    for name in ("via", "from", "call-id", "route"):
        assert ack.headers[name] == invite.headers[name]
    assert driven.endpoint.outbox == []


def test_on_datagrams_each_refusal_is_acknowledged_for_32_seconds(driven: Driven) -> None:
    """3261-17.1.1.2-1: timer D; the user is told once."""
    driven.request("INVITE")
    for wait in (0, 10, 21.5, 1):
        driven.wait(wait)
        driven.receive(response(driven.sent[0][2], 486))
    assert driven.times == [0, 0, 10, 31.5]
    assert len({payload for _, _, payload in driven.sent[1:]}) == 1
    assert statuses(driven) == [486]


def test_on_streams_a_refusal_ends_it(driven: Driven) -> None:
    """RFC 3261 section 17.1.1.2: timer D is 0 there."""
    driven.request("INVITE", TCP)
    driven.receive(response(driven.sent[0][2], 486), TCP)
    driven.receive(response(driven.sent[0][2], 486), TCP)
    assert len(driven.sent) == 2


@pytest.mark.parametrize("flow", [UDP, TCP], ids=["UDP", "TCP"])
def test_each_success_is_told_for_32_seconds(driven: Driven, flow: Flow) -> None:
    """6026-7.2-1: timer M on any transport; the user acknowledges."""
    driven.request("INVITE", flow)
    for wait in (1, 30, 1.5, 1):
        driven.wait(wait)
        driven.receive(response(driven.sent[0][2]), flow)
    assert statuses(driven) == [200, 200, 200]
    assert all(payload.startswith(b"INVITE") for _, _, payload in driven.sent)


def test_a_refusal_after_a_success_is_dropped(driven: Driven) -> None:
    driven.request("INVITE")
    driven.receive(response(driven.sent[0][2], 200))
    driven.receive(response(driven.sent[0][2], 486))
    assert statuses(driven) == [200]
    assert driven.times == [0]


def test_what_cannot_be_delivered_is_told_at_once(driven: Driven) -> None:
    """3261-17.1.4-1."""
    transaction = driven.request("INVITE")
    driven.endpoint.undeliverable(transaction, driven.now)
    driven.wait(60)
    assert driven.told == [(0.0, Failure.UNDELIVERABLE)]
    assert driven.times == [0]
