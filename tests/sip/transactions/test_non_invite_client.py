"""RFC 3261 section 17.1.2 and figure 6, in seconds."""

from __future__ import annotations

import pytest

from hereabouts.base.refusal import Malformed
from hereabouts.sip.leaving import Failure
from hereabouts.sip.message import Response
from tests.sip.driven import Driven
from tests.sip.packets import TCP, UDP, response

TIMER_E = [0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]


@pytest.fixture
def driven() -> Driven:
    return Driven()


def statuses(driven: Driven) -> list[int]:
    return [answer.status for _, answer in driven.told if isinstance(answer, Response)]


def test_without_an_answer_it_is_sent_again_until_patience_ends(driven: Driven) -> None:
    """3261-17.1.2.2-1: timer E doubles up to T2, timer F ends it after 32 s."""
    driven.request()
    driven.wait(31.9)
    assert driven.told == []
    driven.wait(60)
    assert driven.times == TIMER_E
    assert driven.told == [(32.0, Failure.TIMED_OUT)]
    assert len({payload for _, _, payload in driven.sent}) == 1
    assert len(driven.deadlines) == 0


def test_the_end_of_patience_is_exact_whatever_the_clock_says() -> None:
    """3261-17.1.2.2-1, where adding up the intervals is not exact."""
    driven = Driven(start=12345.678901)
    driven.request()
    driven.wait(60)
    assert [round(time, 6) for time in driven.times] == TIMER_E
    assert [(round(time, 6), answer) for time, answer in driven.told] == [(32, Failure.TIMED_OUT)]


def test_on_a_stream_it_is_sent_once(driven: Driven) -> None:
    """3261-17.1.2.2-1."""
    driven.request(flow=TCP)
    driven.wait(60)
    assert driven.times == [0]
    assert driven.told == [(32.0, Failure.TIMED_OUT)]


def test_after_a_provisional_answer_it_is_sent_every_t2(driven: Driven) -> None:
    """3261-17.1.2.2-2."""
    driven.request()
    driven.receive(response(driven.sent[0][2], 100))
    driven.wait(60)
    assert driven.times == [0, 0.5, 4.5, 8.5, 12.5, 16.5, 20.5, 24.5, 28.5]
    assert statuses(driven) == [100]
    assert driven.told[-1] == (32.0, Failure.TIMED_OUT)


@pytest.mark.parametrize("status", [200, 202, 299, 302, 481, 500, 603])
def test_a_final_answer_ends_it(driven: Driven, status: int) -> None:
    """3261-8.1.3.2-1: also one that nobody knows."""
    driven.request()
    driven.wait(0.75)
    driven.receive(response(driven.sent[0][2], status))
    driven.wait(60)
    assert driven.times == [0, 0.5]
    assert statuses(driven) == [status]


def test_a_final_answer_after_a_provisional_one_ends_it(driven: Driven) -> None:
    driven.request()
    driven.receive(response(driven.sent[0][2], 100))
    driven.receive(response(driven.sent[0][2], 200))
    driven.wait(60)
    assert statuses(driven) == [100, 200]
    assert driven.times == [0]


def test_an_answer_that_comes_thrice_is_told_once(driven: Driven) -> None:
    """3261-17.1.2.2-3: timer K."""
    driven.request()
    for _ in range(3):
        driven.receive(response(driven.sent[0][2]))
        driven.wait(1)
    assert statuses(driven) == [200]


def test_an_answer_that_comes_too_late_is_dropped(driven: Driven) -> None:
    """3261-17.1.3-1."""
    driven.request()
    driven.wait(33)
    driven.receive(response(driven.sent[0][2]))
    assert driven.told == [(32.0, Failure.TIMED_OUT)]


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param({"Via": "SIP/2.0/UDP 198.51.100.1;branch=z9hG4bKother"}, id="another branch"),
        pytest.param({"Via": "SIP/2.0/UDP 198.51.100.1:5060"}, id="no branch"),
        pytest.param({"CSeq": "1 SUBSCRIBE"}, id="3261-17.1.3-1: another method"),
    ],
)
def test_the_answer_to_something_else_is_dropped(driven: Driven, rows: dict[str, str]) -> None:
    driven.request()
    driven.receive(response(driven.sent[0][2], 200, dict(rows)))
    driven.wait(60)
    assert driven.told == [(32.0, Failure.TIMED_OUT)]


@pytest.mark.parametrize(
    "via",
    [
        pytest.param(None, id="no Via"),
        pytest.param("SIP/2.0/UDP 203.0.113.1:5060;branch=z9hG4bKword1", id="3261-18.1.2-1: host"),
        pytest.param("SIP/2.0/UDP 198.51.100.1:5061;branch=z9hG4bKword1", id="18.1.2-1: port"),
        pytest.param(
            "SIP/2.0/UDP 198.51.100.1:5060;branch=z9hG4bKword1, SIP/2.0/UDP 203.0.113.1",
            id="3261-8.1.3.3-1: two Via values",
        ),
        pytest.param(
            ["SIP/2.0/UDP 198.51.100.1:5060;branch=z9hG4bKword1", "SIP/2.0/UDP 203.0.113.1"],
            id="3261-8.1.3.3-1: two Via rows",
        ),
        pytest.param("nonsense", id="no Via at all"),
    ],
)
def test_an_answer_that_is_not_for_us_is_malformed(
    driven: Driven, via: str | list[str] | None
) -> None:
    driven.request()
    with pytest.raises(Malformed):
        driven.receive(response(driven.sent[0][2], 200, {"Via": via}))
    driven.wait(60)
    assert driven.times == TIMER_E
    assert driven.told == [(32.0, Failure.TIMED_OUT)]


def test_an_answer_from_another_address_is_taken(driven: Driven) -> None:
    """3581-3-1: what names it is the branch; the request asked for rport."""
    driven.request()
    via = "SIP/2.0/UDP 198.51.100.1:5060;branch=z9hG4bKword1;rport=5060;received=198.51.100.1"
    driven.receive(response(driven.sent[0][2], 200, {"Via": via}), UDP.towards("203.0.113.9", 9))
    assert statuses(driven) == [200]


def test_what_cannot_be_delivered_is_told_at_once(driven: Driven) -> None:
    """3261-17.1.4-1."""
    transaction = driven.request(flow=TCP)
    driven.wait(0.25)
    driven.endpoint.undeliverable(transaction, driven.now)
    driven.wait(60)
    assert driven.told == [(0.25, Failure.UNDELIVERABLE)]


def test_its_via_names_us_and_asks_for_the_port(driven: Driven) -> None:
    """3581-3-1."""
    driven.request()
    assert driven.last.headers["via"] == ["SIP/2.0/UDP 198.51.100.1:5060;branch=z9hG4bKword1;rport"]
    driven.request(flow=TCP)
    assert driven.last.headers["via"] == ["SIP/2.0/TCP 198.51.100.1:5060;branch=z9hG4bKword2;rport"]


def test_its_timers_start_when_it_leaves(driven: Driven) -> None:
    driven.is_held_back = True
    driven.request()
    driven.wait(100)
    assert (driven.sent, driven.told) == ([], [])
    driven.is_held_back = False
    driven.release()
    driven.wait(100)
    assert driven.times == [100 + time for time in TIMER_E]
    assert driven.told == [(132.0, Failure.TIMED_OUT)]


def test_a_repetition_that_cannot_leave_yet_is_not_doubled(driven: Driven) -> None:
    driven.request()
    driven.is_held_back = True
    driven.wait(10)
    assert len(driven.held_back) == 1


def test_a_request_that_never_leaves_is_withdrawn(driven: Driven) -> None:
    driven.is_held_back = True
    transaction = driven.request()
    driven.endpoint.discarded(transaction, driven.now)
    driven.wait(60)
    assert driven.told == [(0.0, Failure.WITHDRAWN)]


def test_a_repetition_that_never_leaves_ends_nothing(driven: Driven) -> None:
    transaction = driven.request()
    driven.is_held_back = True
    driven.wait(0.5)
    driven.held_back.clear()
    driven.endpoint.discarded(transaction, driven.now)
    driven.is_held_back = False
    driven.receive(response(driven.sent[0][2]))
    assert statuses(driven) == [200]
    assert len(driven.told) == 1


LONG = f"Subject: {'x' * 1300}\r\n"


def ways(driven: Driven) -> list[tuple[str, str]]:
    """By what each request left, and what its Via says of it."""
    return [
        (flow.transport, packet.partition(b"Via: SIP/2.0/")[2][:3].decode())
        for _, flow, packet in driven.sent
    ]


def test_a_request_too_long_for_a_datagram_goes_by_tcp(driven: Driven) -> None:
    """3261-18.1.1-2: with the Via changed; it is sent once, as by any connection."""
    driven.request(rows=LONG)
    driven.wait(60)
    assert ways(driven) == [("TCP", "TCP")]
    driven.request()
    assert ways(driven)[1:] == [("UDP", "UDP")]


def test_it_goes_as_a_datagram_to_who_takes_no_connection(driven: Driven) -> None:
    """3261-18.1.1-2: and so do all that follow, at once."""
    transaction = driven.request(rows=LONG)
    driven.wait(0.25)
    driven.endpoint.undeliverable(transaction, driven.now)
    driven.release()
    assert ways(driven) == [("TCP", "TCP"), ("UDP", "UDP")]
    assert driven.sent[0][2] == driven.sent[1][2].replace(b"SIP/2.0/UDP", b"SIP/2.0/TCP")
    driven.receive(response(driven.sent[1][2]))
    assert statuses(driven) == [200]
    driven.request(rows=LONG)
    assert ways(driven)[2:] == [("UDP", "UDP")]


def test_where_neither_way_can_be_gone_it_is_undeliverable(driven: Driven) -> None:
    transaction = driven.request(rows=LONG)
    for _ in range(2):
        assert driven.told == []
        driven.endpoint.undeliverable(transaction, driven.now)
    assert driven.told == [(0.0, Failure.UNDELIVERABLE)]


def test_as_a_datagram_it_is_sent_again_and_given_up(driven: Driven) -> None:
    transaction = driven.request(rows=LONG)
    driven.endpoint.undeliverable(transaction, driven.now)
    driven.release()
    driven.wait(60)
    assert ways(driven)[1:] == [("UDP", "UDP")] * len(TIMER_E)
    assert driven.told == [(32.0, Failure.TIMED_OUT)]
