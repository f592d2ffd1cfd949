"""Pings on a flow: when they go, what answers them, and when the flow has failed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.base.deadlines import Deadlines
from hereabouts.base.units import Instant, Moment, Seconds, Timestamp
from hereabouts.sip import stun
from hereabouts.sip.flow import Flow
from hereabouts.sip.framing import PING, PONG
from hereabouts.sip.keep_alive import KeepAlive, fraction, granted
from hereabouts.sip.message import Response
from tests.sip.driven import Counted
from tests.sip.packets import TCP, UDP, a_response, request, response


def ok(**headers: str) -> Response:
    rows = {name.replace("_", "-"): value for name, value in headers.items()}
    return a_response(response(request("REGISTER"), 200, rows))


class Line:
    """A flow with pings on it."""

    def __init__(self, flow: Flow = TCP) -> None:
        self.flow = flow
        self.elapsed: Seconds = 0.0
        self.sent: list[tuple[Seconds, bytes]] = []
        self.failed_at: list[Seconds] = []
        self.deadlines = Deadlines()
        self.keep_alive = KeepAlive(
            self.deadlines,
            Counted(),
            lambda _flow, payload: self.sent.append((self.elapsed, payload)),
            lambda _now: self.failed_at.append(self.elapsed),
        )

    @property
    def now(self) -> Moment:
        return Moment(Instant(1000.0 + self.elapsed), Timestamp(1.7e9 + self.elapsed))

    def begin(self, answer: Response | None = None, flow: Flow | None = None) -> None:
        self.keep_alive.begin(flow or self.flow, answer or ok(), self.now)

    def wait(self, seconds: Seconds) -> None:
        end = self.elapsed + seconds
        while (due := self.deadlines.next()) is not None and due <= 1000.0 + end:
            self.elapsed = max(self.elapsed, due - 1000.0)
            self.deadlines.wake_due(self.now)
        self.elapsed = end

    def answer(self, payload: bytes = PONG) -> None:
        self.keep_alive.heard(payload, self.now)

    def mapped(self, host: str = "192.0.2.1") -> None:
        """Answer the last ping over datagrams."""
        packet = stun.answer(self.sent[-1][1], host, 5060)
        assert packet is not None
        self.answer(packet)

    def until_ping(self) -> Seconds:
        """How long it takes until the next ping."""
        count, start = len(self.sent), self.elapsed
        while len(self.sent) == count:
            self.wait(0.5)
        return self.sent[-1][0] - start


TIMES = [
    (TCP, ok(), 120.0, "5626-4.4.1-1: a connection"),
    (UDP, ok(), 29.0, "5626 4.4.2: datagrams"),
    (TCP, ok(Flow_Timer="20"), 20.0, "5626-4.4-1: the server says how often"),
    (UDP, ok(Flow_Timer="300"), 300.0, "5626-4.4-1: and for datagrams"),
    (TCP, ok(Flow_Timer="soon"), 120.0, "5626-4.4-1: what is no number says nothing"),
]


@pytest.mark.parametrize("flow, said, most", [r[:3] for r in TIMES], ids=[r[3] for r in TIMES])
def test_pings_come_at_80_to_100_percent_of_the_interval(
    flow: Flow, said: Response, most: Seconds
) -> None:
    """5626-4.4.1-1, 5626-4.4-1: at random, anew for each."""
    line = Line(flow)
    line.begin(said)
    pauses = []
    for _ in range(20):
        pauses.append(line.until_ping())
        if flow.is_reliable:
            line.answer()
        else:
            line.mapped()
    assert all(0.8 * most <= pause <= most + 0.5 for pause in pauses)
    assert len({round(pause, 2) for pause in pauses}) > 10
    assert line.failed_at == []


def test_a_connection_that_does_not_answer_in_10_seconds_has_failed() -> None:
    """5626-4.4.1-1."""
    line = Line()
    line.begin()
    line.until_ping()
    assert line.sent[-1][1] == PING
    pinged_at = line.sent[-1][0]
    line.wait(8.0)
    assert line.failed_at == []
    line.wait(500.0)
    assert line.failed_at == [pinged_at + 10.0]
    assert len(line.sent) == 1, "nothing more is sent by it"


def test_datagrams_are_sent_again_and_have_failed_after_the_seventh() -> None:
    """RFC 5626 section 4.4.2, RFC 5389 section 7.2.1: after 39.5 s with an RTO of 0.5 s."""
    line = Line(UDP)
    line.begin()
    line.wait(100.0)
    first = line.sent[0][0]
    assert [at - first for at, _ in line.sent] == [0.0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5]
    assert len({packet for _, packet in line.sent}) == 1
    assert line.failed_at == [first + 39.5]


def test_one_that_is_answered_late_has_not() -> None:
    line = Line(UDP)
    line.begin()
    line.until_ping()
    line.wait(20.0)
    line.mapped()
    assert line.until_ping() <= 29.5
    assert len({packet for _, packet in line.sent}) == 2, "each ping has a name of its own"
    assert line.failed_at == []


def test_another_mapped_address_is_another_flow() -> None:
    """RFC 5626 section 4.4.2."""
    line = Line(UDP)
    line.begin()
    for host in ("192.0.2.1", "192.0.2.1"):
        line.until_ping()
        line.mapped(host)
    assert line.failed_at == []
    line.until_ping()
    line.mapped("192.0.2.2")
    assert len(line.failed_at) == 1


def test_an_error_is_a_failure() -> None:
    line = Line(UDP)
    line.begin()
    line.until_ping()
    transaction = stun.read(line.sent[-1][1]).transaction
    line.answer(stun.write(stun.Message(stun.ERROR, transaction)))
    assert len(line.failed_at) == 1


OTHERS = [
    (TCP, b"", "nothing"),
    (TCP, PING, "a ping is no pong"),
    (UDP, b"\0", "nonsense"),
    (UDP, stun.write(stun.Message(stun.SUCCESS, bytes(12))), "the answer to another ping"),
]


@pytest.mark.parametrize("flow, payload", [row[:2] for row in OTHERS], ids=[r[2] for r in OTHERS])
def test_what_is_no_pong_keeps_nothing_alive(flow: Flow, payload: bytes) -> None:
    line = Line(flow)
    line.begin()
    line.answer()
    line.until_ping()
    line.answer(payload)
    line.wait(60.0)
    assert len(line.failed_at) == 1


def test_a_refresh_by_the_same_flow_changes_nothing() -> None:
    """Or a registration that is refreshed more often than it pings would never ping."""
    line = Line()
    line.begin()
    for _ in range(5):
        line.wait(30.0)
        line.begin()
    assert len(line.sent) == 1


def test_a_new_flow_or_another_interval_begins_anew() -> None:
    line = Line()
    line.begin()
    line.until_ping()
    line.begin(flow=Flow("TCP", "192.0.2.7", 5060, "198.51.100.1:5060"))
    line.wait(60.0)
    assert line.failed_at == [], "the pong was due by the old one"
    line.begin(ok(Flow_Timer="20"), flow=Flow("TCP", "192.0.2.7", 5060, "198.51.100.1:5060"))
    assert line.until_ping() <= 20.5


def test_when_it_is_stopped_nothing_is_sent() -> None:
    line = Line()
    line.begin()
    line.keep_alive.stop()
    line.wait(1000.0)
    line.answer()
    assert (line.sent, line.failed_at) == ([], [])


AGREED = [
    ({"Require": "outbound"}, True, "5626-6-1: it says so"),
    ({"Require": "path, OutBound"}, True, "among others, in any letters"),
    ({"Supported": "outbound"}, False, "it could, but does not"),
    ({}, False, "a registrar of RFC 3261"),
]


@pytest.mark.parametrize("rows, agreed", [row[:2] for row in AGREED], ids=[r[2] for r in AGREED])
def test_only_who_has_agreed_is_pinged(rows: dict[str, str], agreed: bool) -> None:  # noqa: FBT001
    """RFC 5626 section 4.4: of any other no pong can be expected."""
    assert granted(ok(**rows)) is agreed


@given(st.text())
def test_chance_is_a_part_of_one(word: str) -> None:
    assert 0.0 <= fraction(word) < 1.0
