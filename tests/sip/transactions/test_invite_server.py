"""RFC 3261 section 17.2.1 and RFC 6026 figure 7, in seconds."""

from __future__ import annotations

import pytest

from hereabouts.sip.flow import Flow
from tests.sip.driven import Driven
from tests.sip.packets import TCP, UDP, request

INVITE = request("INVITE")
ACK = request("ACK", rows={"To": "<sip:bob@example.com>;tag=x"})


@pytest.fixture
def driven() -> Driven:
    return Driven()


def statuses(driven: Driven) -> list[str]:
    return [payload[8:11].decode() for _, _, payload in driven.sent]


def test_a_refusal_is_repeated_until_patience_ends(driven: Driven) -> None:
    """3261-17.2.1-1: timer G doubles up to T2, timer H ends it after 32 s."""
    driven.receive(INVITE)
    driven.respond(405)
    driven.wait(60)
    assert driven.times == [0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
    driven.receive(INVITE)
    assert len(driven.delivered) == 2


def test_an_ack_stops_the_repetition(driven: Driven) -> None:
    """3261-17.2.1-1: a second ACK is absorbed."""
    driven.receive(INVITE)
    driven.respond(405)
    driven.wait(2)
    driven.receive(ACK)
    driven.receive(ACK)
    driven.wait(60)
    assert driven.times == [0, 0.5, 1.5]
    assert len(driven.delivered) == 1


def test_timer_i_absorbs_for_5_seconds(driven: Driven) -> None:
    """3261-17.2.1-1: in Confirmed the INVITE is neither answered nor passed up."""
    driven.receive(INVITE)
    driven.respond(405)
    driven.receive(ACK)
    driven.wait(4.5)
    driven.receive(INVITE)
    assert (len(driven.delivered), driven.times) == (1, [0])
    driven.wait(1)
    driven.receive(INVITE)
    assert len(driven.delivered) == 2


def test_on_a_stream_a_refusal_is_sent_once_and_its_ack_ends_it(driven: Driven) -> None:
    driven.receive(INVITE, TCP)
    driven.respond(405)
    driven.wait(31)
    assert driven.times == [0]
    driven.receive(ACK, TCP)
    driven.receive(INVITE, TCP)
    assert len(driven.delivered) == 2


def test_on_a_stream_it_waits_32_seconds_for_the_ack(driven: Driven) -> None:
    """Timer H runs on any transport."""
    driven.receive(INVITE, TCP)
    driven.respond(405)
    driven.wait(31.5)
    driven.receive(INVITE, TCP)
    assert len(driven.delivered) == 1
    driven.wait(1)
    driven.receive(INVITE, TCP)
    assert len(driven.delivered) == 2


def test_the_latest_provisional_answer_is_repeated(driven: Driven) -> None:
    driven.receive(INVITE)
    driven.respond(100)
    driven.respond(180)
    driven.receive(INVITE)
    assert statuses(driven) == ["100", "180", "180"]


def test_before_any_answer_nothing_is_repeated(driven: Driven) -> None:
    driven.receive(INVITE)
    driven.receive(INVITE)
    assert (driven.sent, len(driven.delivered)) == ([], 1)


def test_in_a_refusal_an_invite_again_brings_it_again(driven: Driven) -> None:
    driven.receive(INVITE)
    driven.respond(405)
    driven.wait(0.25)
    driven.receive(INVITE)
    driven.wait(0.5)
    assert driven.times == [0, 0.25, 0.5]


@pytest.mark.parametrize("flow", [UDP, TCP], ids=["UDP", "TCP"])
def test_after_a_success_invites_are_absorbed_for_32_seconds(driven: Driven, flow: Flow) -> None:
    """6026-7.1-1: timer L on any transport; the user repeats the 200."""
    driven.receive(INVITE, flow)
    driven.respond(200)
    driven.wait(31.5)
    driven.receive(INVITE, flow)
    assert (driven.times, len(driven.delivered)) == ([0], 1)
    driven.respond(200, which=0)
    assert driven.times == [0, 31.5]
    driven.wait(1)
    driven.receive(INVITE, flow)
    assert len(driven.delivered) == 2


@pytest.mark.parametrize("status", [180, 200, 405])
def test_an_answer_that_cannot_be_sent_does_not_end_it(driven: Driven, status: int) -> None:
    """6026-7.1-2: the INVITE is still absorbed."""
    driven.receive(INVITE)
    driven.respond(status)
    driven.endpoint.undeliverable(driven.delivered[0].transaction, driven.now)
    driven.receive(INVITE)
    assert len(driven.delivered) == 1


def test_an_ack_of_nothing_is_dropped(driven: Driven) -> None:
    """3261-8.2.7-1: nor is it an error."""
    driven.receive(ACK)
    assert (driven.delivered, driven.sent) == ([], [])


def test_repetition_starts_when_the_refusal_leaves(driven: Driven) -> None:
    driven.receive(INVITE)
    driven.is_held_back = True
    driven.respond(405)
    driven.wait(50)
    driven.is_held_back = False
    driven.release()
    driven.wait(2)
    assert driven.times == [50, 50.5, 51.5]
