"""The ACK of a 2xx on its way (RFC 3261 section 16.11): no transaction, but for a dead way."""

from __future__ import annotations

import pytest

from hereabouts.sip.flow import Flow
from hereabouts.sip.leaving import Failure
from tests.sip.driven import Driven
from tests.sip.packets import TCP, UDP, response


@pytest.fixture
def driven() -> Driven:
    return Driven()


@pytest.mark.parametrize("flow", [UDP, TCP], ids=["UDP", "TCP"])
def test_it_is_sent_once_and_nobody_is_told_of_anything(driven: Driven, flow: Flow) -> None:
    driven.request("ACK", flow)
    driven.wait(31.9)
    assert driven.endpoint.kept == 1
    driven.wait(0.1)
    assert (driven.times, driven.told, driven.endpoint.kept) == ([0], [], 0)


def test_it_is_woken_once_alone(driven: Driven) -> None:
    driven.request("ACK")
    driven.wait(1)
    assert len(driven.deadlines) == 1


def test_a_dead_way_is_told(driven: Driven) -> None:
    transaction = driven.request("ACK")
    driven.endpoint.undeliverable(transaction, driven.now)
    assert driven.told == [(0.0, Failure.UNDELIVERABLE)]
    assert driven.endpoint.kept == 0


def test_a_connection_that_is_lost_is_told(driven: Driven) -> None:
    driven.request("ACK", TCP)
    driven.endpoint.flow_lost(TCP, driven.now)
    assert driven.told == [(0.0, Failure.UNDELIVERABLE)]


def test_nobody_answers_it(driven: Driven) -> None:
    driven.request("ACK")
    driven.receive(response(driven.sent[0][2], 200))
    driven.receive(response(driven.sent[0][2], 200, {"CSeq": "1 INVITE"}))
    assert driven.told == []


def test_one_that_comes_again_is_one_more(driven: Driven) -> None:
    """With the same branch: the end of the first is not that of the second."""
    via = "Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKhis\r\n"
    driven.request("ACK", rows=via, branch="b")
    driven.wait(10)
    second = driven.request("ACK", rows=via, branch="b")
    driven.wait(25)
    driven.endpoint.undeliverable(second, driven.now)
    assert driven.times == [0, 10]
    assert driven.told == [(35.0, Failure.UNDELIVERABLE)]
