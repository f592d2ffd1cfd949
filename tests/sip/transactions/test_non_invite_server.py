"""RFC 3261 section 17.2.2 and figure 8, in seconds."""

from __future__ import annotations

import pytest

from tests.sip.driven import Driven
from tests.sip.packets import TCP, UDP, request


@pytest.fixture
def driven() -> Driven:
    return Driven()


def test_the_final_answer_is_repeated_byte_for_byte(driven: Driven) -> None:
    """3261-17.2.2-1 and 3261-8.2.6.2-2: not passed up again, To tag and all."""
    driven.receive(request("PUBLISH"))
    driven.respond(200, body=b"once")
    for _ in range(3):
        driven.wait(1)
        driven.receive(request("PUBLISH"))
    assert driven.times == [0, 1, 2, 3]
    assert len({payload for _, _, payload in driven.sent}) == 1
    assert len(driven.delivered) == 1


@pytest.mark.parametrize("status", [200, 302, 404, 503, 600])
def test_any_final_answer_is_repeated(driven: Driven, status: int) -> None:
    driven.receive(request())
    driven.respond(status)
    driven.receive(request())
    assert [payload[8:11] for _, _, payload in driven.sent] == [str(status).encode()] * 2


def test_timer_j_ends_it_after_32_seconds(driven: Driven) -> None:
    """3261-17.2.2-2."""
    driven.receive(request())
    driven.respond(200)
    driven.wait(31)
    driven.receive(request())
    assert len(driven.delivered) == 1
    driven.wait(2)
    driven.receive(request())
    assert len(driven.delivered) == 2
    driven.wait(60)
    assert driven.times == [0, 31]
    assert len(driven.deadlines) == 0


def test_on_a_stream_it_ends_with_the_answer(driven: Driven) -> None:
    """3261-17.2.2-2."""
    driven.receive(request(), TCP)
    driven.respond(200)
    driven.receive(request(), TCP)
    assert len(driven.delivered) == 2
    assert len(driven.sent) == 1


def test_without_an_answer_retransmissions_are_discarded(driven: Driven) -> None:
    """3261-17.2.2-3: in Trying."""
    driven.receive(request())
    driven.receive(request())
    driven.wait(2)
    driven.receive(request())
    assert driven.sent == []
    driven.respond(200)
    assert driven.times == [2]
    assert len(driven.delivered) == 1


def test_a_provisional_answer_is_repeated_until_the_final_one(driven: Driven) -> None:
    driven.receive(request())
    driven.respond(100)
    driven.receive(request())
    driven.respond(200)
    driven.receive(request())
    assert [payload[8:11] for _, _, payload in driven.sent] == [b"100", b"100", b"200", b"200"]


def test_after_the_final_answer_no_other_counts(driven: Driven) -> None:
    driven.receive(request())
    driven.respond(200)
    driven.respond(500)
    driven.respond(100)
    driven.receive(request())
    assert [payload[8:11] for _, _, payload in driven.sent] == [b"200", b"200"]


def test_an_answer_that_cannot_be_sent_is_still_there_for_a_retransmission(driven: Driven) -> None:
    """RFC 6026 section 8.8: the state is kept."""
    driven.receive(request())
    driven.respond(200)
    driven.endpoint.undeliverable(driven.delivered[0].transaction, driven.now)
    driven.receive(request())
    assert len(driven.delivered) == 1
    assert driven.times == [0, 0]


def test_lingering_transactions_are_bounded_the_oldest_goes_first() -> None:
    driven = Driven(max_lingering=2)
    packets = [request(via=f"SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK{name}") for name in "abc"]
    for packet in packets:
        driven.receive(packet)
        driven.respond(200)
    for packet in packets[1:]:
        driven.receive(packet)
    assert len(driven.delivered) == 3
    driven.receive(packets[0])
    assert len(driven.delivered) == 4


def test_what_has_ended_makes_room_for_others() -> None:
    driven = Driven(max_lingering=2)
    for name in "abc":
        driven.receive(request(via=f"SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK{name}"))
        driven.respond(200)
        driven.wait(20)
    driven.receive(request(via="SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKb"))
    assert len(driven.delivered) == 4  # b ended by itself, 32 s after it was answered
    driven.receive(request(via="SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKc"))
    assert len(driven.delivered) == 4


def test_one_that_waits_for_its_answer_is_never_pushed_out() -> None:
    driven = Driven(max_lingering=1)
    driven.receive(request())
    for name in "bcd":
        driven.receive(request(via=f"SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK{name}"))
        driven.respond(200)
    driven.receive(request())
    assert len(driven.delivered) == 4
    driven.respond(404, which=0)
    assert len(driven.sent) == 4


def test_one_that_has_ended_does_not_take_its_successor_away() -> None:
    """The same request again after 32 s is a new one, and stays while others push out the old."""
    driven = Driven(max_lingering=3)
    for _ in range(2):
        driven.receive(request())
        driven.respond(200)
        driven.wait(33)
    driven.receive(request())
    for name in "bcd":
        driven.receive(request(via=f"SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK{name}"))
        driven.respond(200)
    before = len(driven.delivered)
    driven.receive(request())
    assert len(driven.delivered) == before


def test_with_no_room_for_lingering_each_is_new() -> None:
    driven = Driven(max_lingering=0)
    for _ in range(2):
        driven.receive(request())
        driven.respond(200)
    assert len(driven.delivered) == 2
    assert driven.sent[0][1] == UDP
