"""Requests taken in, answered, begun, counted as left: the compiled endpoint does as Python's."""

from __future__ import annotations

import gc
import sys
from hashlib import blake2b
from typing import Any, NamedTuple

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hereabouts.base.deadlines import Deadlines
from hereabouts.base.refusal import Malformed
from hereabouts.base.units import Instant, Moment, Timestamp
from hereabouts.native.choice import messages
from hereabouts.sip import leaving, lingering
from hereabouts.sip.datagram import LONGEST
from hereabouts.sip.endpoint import Endpoint
from hereabouts.sip.flow import Flow
from hereabouts.sip.incoming import Incoming
from hereabouts.sip.leaving import Packet
from hereabouts.sip.message import Ordinary
from hereabouts.sip.transactions import INVITE_SERVER, NON_INVITE_CLIENT, NON_INVITE_SERVER
from hereabouts.sip.transactions.machine import Kind, State, Transaction
from tests.interop.spoilt import ANYWHERE, Spoil, apply
from tests.native.test_messages import unprepared
from tests.native.twins import content, exchanges_by
from tests.native.ways import Way, built
from tests.sip.driven import ROWS, Counted
from tests.sip.packets import TCP, UDP, request

pytestmark = built

NOW = Moment(Instant(100.0), Timestamp(1e9))
RPORT = "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKa;rport"


class Answered(NamedTuple):
    """How a request is answered."""

    status: int = 200
    reason: str = ""
    headers: tuple[tuple[str, str], ...] = (("Expires", "60"),)
    body: bytes = b""


Fields = list[object]


def _fields(value: msgspec.Struct) -> Fields:
    return [getattr(value, name) for name in value.__struct_fields__]


def _packet(packet: Packet) -> tuple[object, ...]:
    flow, payload, transaction = packet
    return flow, payload, _fields(transaction) if transaction is not None else None


class Played:
    """One endpoint, and all that became of what it was given."""

    def __init__(self, answers: list[Answered]) -> None:
        self.said: list[object] = []
        self._answers = answers
        self._deadlines = Deadlines()
        self.endpoint = Endpoint(Counted(), self._deadlines, self._deliver, secret=b"secret")

    def _deliver(self, incoming: Incoming, now: Moment) -> None:
        self.said += [content(incoming.request), incoming.sender, _fields(incoming.hop)]
        self.said += [incoming.via, _fields(incoming.transaction), incoming.to_tag]
        self.said += [incoming.identity, incoming.is_counted]
        for status, reason, headers, body in self._answers:
            self.endpoint.respond(incoming, status, now, reason=reason, headers=headers, body=body)

    def receive(self, packet: bytes, flow: Flow) -> None:
        """Take a packet."""
        try:
            self.endpoint.receive(packet, flow, NOW)
        except Malformed as fault:
            self.said.append(str(fault))

    def leave(self) -> None:
        """Have all leave that was said."""
        outbox, self.endpoint.outbox[:] = list(self.endpoint.outbox), []
        self.said.append([_packet(packet) for packet in outbox])
        self.endpoint.released(outbox, NOW)
        self.said.append([_packet(packet) for packet in outbox])
        self.said += [len(self._deadlines), self._deadlines.next(), self.endpoint.kept]


def _played(way: Way, given: list[tuple[bytes, Flow]], answers: list[Answered]) -> list[object]:
    with exchanges_by(way):
        played = Played(answers)
        for packet, flow in given:
            played.receive(packet, flow)
        played.leave()
        for packet, flow in given:  # each once more
            played.receive(packet, flow)
        played.leave()
    return played.said


def is_taken_in(packet: bytes, flow: Flow = UDP, *answers: Answered) -> bool:
    """Whether the compiled endpoint takes a request in by itself; both must do the same with it."""
    assert messages is not None
    given, all_answers = [(packet, flow)], list(answers) or [Answered()]
    assert _played(Way.NATIVE, given, all_answers) == _played(Way.PYTHON, given, all_answers)
    return messages.arrive(packet, flow, {}, blake2b(key=b"secret")) is not None


IPV6 = Flow("UDP", "2001:db8::1", 5060, "[2001:db8::2]:5060", listener=3)

TAKEN = [
    pytest.param(request(via=RPORT), UDP, id="with rport"),
    pytest.param(request("SUBSCRIBE", via=RPORT, body=b"\xff\0"), UDP, id="with a body"),
    pytest.param(request(via=f"{RPORT};received=198.18.0.1"), UDP, id="with received"),
    pytest.param(request("CANCEL", via=RPORT), UDP, id="a CANCEL"),
    pytest.param(request(via=RPORT.replace("UDP", "TCP")), TCP, id="by a connection"),
    pytest.param(request(via=RPORT.removesuffix(";rport")), TCP, id="there without rport"),
    pytest.param(request(rows={"Via": [RPORT, "SIP/2.0/UDP other"]}), UDP, id="by a proxy"),
    pytest.param(request(via=RPORT), IPV6, id="from another address"),
]


@pytest.mark.parametrize("packet, flow", TAKEN)
def test_an_ordinary_request_is_taken_in(packet: bytes, flow: Flow) -> None:
    assert is_taken_in(packet, flow)


LEFT = [
    pytest.param(request(), UDP, id="without rport"),
    pytest.param(request(via=f"{RPORT};maddr=192.0.2.9"), UDP, id="with maddr"),
    pytest.param(request("INVITE", via=RPORT), UDP, id="an INVITE"),
    pytest.param(request("ACK", via=RPORT), UDP, id="an ACK"),
    pytest.param(request(via=RPORT.replace("z9hG4bK", "")), UDP, id="the branch of an old client"),
    pytest.param(request(rows={"Via": None}), UDP, id="without Via"),
    pytest.param(request(via=f"{RPORT}, SIP/2.0/UDP h"), UDP, id="two Vias in a row"),
    pytest.param(request(rows={"CSeq": "x"}, via=RPORT), UDP, id="not ordinary"),
    pytest.param(request(rows={"From": "\u20ac <sip:a@h>;tag=1"}), UDP, id="not ASCII"),
    pytest.param(b"sip/2.0 200 OK\r\n\r\n", UDP, id="a response"),
    pytest.param(b"", UDP, id="nothing"),
]


@pytest.mark.parametrize("packet, flow", LEFT)
def test_any_other_is_left_to_python(packet: bytes, flow: Flow) -> None:
    assert not is_taken_in(packet, flow)


ANSWERS = [
    [Answered(status=status)] for status in (100, 180, 200, 202, 302, 404, 489, 503, 603, 699)
] + [
    [Answered(reason="Fine (quite)"), Answered(404)],
    [Answered(180), Answered()],
    [Answered(100), Answered(200, body=b"<x/>")],
    [Answered(headers=(("Reason", "\u20ac"),))],
    [Answered(headers=()), Answered()],
]


@pytest.mark.parametrize("answers", ANSWERS)
@pytest.mark.parametrize("flow", [UDP, TCP])
def test_it_is_answered_as_python_does(answers: list[Answered], flow: Flow) -> None:
    assert is_taken_in(request("PUBLISH", via=RPORT), flow, *answers)


@given(st.lists(ANYWHERE, max_size=3), st.sampled_from(ANSWERS), st.sampled_from([UDP, TCP, IPV6]))
@settings(max_examples=300)
def test_what_is_spoilt_is_taken_the_same(
    spoiling: list[Spoil], answers: list[Answered], flow: Flow
) -> None:
    packet = request("SUBSCRIBE", rows={"Contact": "<sip:a@192.0.2.1>", "Event": "e"}, via=RPORT)
    is_taken_in(apply(spoiling, packet), flow, *answers)


def test_the_rows_of_an_ordinary_request_are_there_when_somebody_asks() -> None:
    assert messages is not None
    found = messages.scan(b"\r\n" + request(rows={"X": ["a", " b"]}, body=b"x\r\n\r\ny"))
    assert isinstance(found, Ordinary)
    assert found._rows is None  # noqa: SLF001 - not before
    assert found.rows[-2:] == ["X: a", "X:  b"]
    assert found.rows is found.rows


# --- requests of our own


def _begun(way: Way, lengths: list[int]) -> list[object]:
    with exchanges_by(way):
        played = Played([])
        head = ROWS.format("NOTIFY").encode()
        written = [
            (f"z9hG4bK{at}", UDP, head + bytes(length - len(head)), f"subject {at}")
            for at, length in enumerate(lengths)
        ]
        begun = played.endpoint.begin_all("NOTIFY", written, lambda *_told: None)
        played.said.append([_fields(each) for each in begun])
        played.leave()
    return played.said


@given(st.lists(st.sampled_from([200, LONGEST - 1, LONGEST, LONGEST + 1, 3000]), max_size=4))
@settings(max_examples=40)
def test_requests_are_begun_as_python_does(lengths: list[int]) -> None:
    assert _begun(Way.NATIVE, lengths) == _begun(Way.PYTHON, lengths)


# --- what has left


KINDS = [NON_INVITE_CLIENT, NON_INVITE_SERVER, INVITE_SERVER]
TRANSACTIONS = st.builds(
    lambda kind, state, due, pending, payload: Transaction(
        kind, "NOTIFY", "key", UDP, state, due=due, pending=pending, payload=payload
    ),
    st.sampled_from(KINDS),
    st.sampled_from(State),
    st.sampled_from([None, Instant(3.0)]),
    st.integers(-1, 300),
    st.binary(max_size=9),
)


def _left(way: Way, transactions: list[Transaction | None]) -> list[object]:
    assert messages is not None
    copies = [msgspec.structs.replace(each) if each else None for each in transactions]
    packets: list[Packet] = [(UDP, b"", each) for each in copies]
    is_native = way is Way.NATIVE
    release = messages.released if is_native else leaving.sort_left
    measure = messages.measure if is_native else lingering.measured
    found = release(packets, 0.5, Instant(7.5), Instant(39.0))
    kept = [each for each in copies if each is not None]
    return [
        measure(kept),
        [[copies.index(each) for each in group] for group in found],
        [_fields(each) for each in kept],
    ]


@given(st.lists(st.none() | TRANSACTIONS, max_size=6))
def test_timers_begin_as_in_python(transactions: list[Transaction | None]) -> None:
    assert _left(Way.NATIVE, transactions) == _left(Way.PYTHON, transactions)


OTHER = Flow("UDP", "192.0.2.7", 5060, "198.51.100.1:5060", listener=2)


@given(st.lists(st.sampled_from([UDP, OTHER, TCP, msgspec.structs.replace(UDP)]), max_size=5))
def test_one_listener_is_found_as_in_python(flows: list[Flow]) -> None:
    assert messages is not None
    packets: list[Packet] = [(flow, b"%d" % at, None) for at, flow in enumerate(flows)]
    assert messages.common_listener(packets) == leaving.listener_of(packets)
    assert messages.said(packets) == leaving.contents(packets)


# --- what it is given


WRONG: list[tuple[str, tuple[Any, ...]]] = [
    ("arrive", ()),
    ("arrive", ("text", UDP, {}, None)),
    ("arrive", (b"", UDP, [], None)),
    ("respond", (None, "", (), b"")),
    ("respond", (None, "", (), b"", ())),
    ("begin", ("NOTIFY", (), print, {}, {}, [], 1)),
    ("begin", ("NOTIFY", [], print, [], {}, [], 1)),
    ("begin", ("NOTIFY", [], print, {}, {}, [], "1")),
    ("released", ((), 0.5, 1.0, 2.0)),
    ("released", ([()], 0.5, 1.0, 2.0)),
    ("released", ([(UDP, b"", 7)], 0.5, 1.0, 2.0)),
    ("measure", ((),)),
    ("measure", ([None],)),
    ("common_listener", ((),)),
    ("said", ((),)),
    ("said", ([()],)),
    ("learn_incoming", (int, int)),
    ("learn_kinds", ()),
]


@pytest.mark.parametrize("name, arguments", WRONG)
def test_what_is_wrong_is_refused(name: str, arguments: tuple[Any, ...]) -> None:
    module = unprepared() if name.startswith("learn") else messages
    with pytest.raises((TypeError, AttributeError)):
        getattr(module, name)(*arguments)


def test_what_is_of_another_class_is_left_alone() -> None:
    assert messages is not None
    assert messages.arrive(request(via=RPORT), ("UDP",), {}, None) is None
    assert not messages.respond(object(), "SIP/2.0 200 OK\r\n", (), b"", [])
    assert messages.begin("NOTIFY", [("key", UDP, "text", None)], print, {}, {}, [], 99) is None  # type: ignore[list-item]
    assert messages.common_listener([()]) is None


def test_untaught_it_does_nothing() -> None:
    module = unprepared()
    assert module.arrive(request(via=RPORT), UDP, {}, None) is None
    assert module.begin("NOTIFY", [("key", UDP, b"", None)], print, {}, {}, [], 99) is None
    assert module.common_listener([(UDP, b"", None)]) is None
    with pytest.raises(TypeError):
        module.released([(UDP, b"", _transaction(NON_INVITE_CLIENT))], 0.5, 1.0, 2.0)


def _transaction(kind: Kind) -> Transaction:
    return Transaction(kind, "NOTIFY", "key", UDP, kind.first)


def test_what_was_taken_from_a_request_is_no_crash() -> None:
    assert messages is not None
    for name in ("request", "via", "transaction", "to_tag", "headers", "flow", "state", "pending"):
        with exchanges_by(Way.NATIVE):
            played = Played([])
            kept: list[Incoming] = []
            played.endpoint._deliver = lambda incoming, _now: kept.append(incoming)  # noqa: B023, SLF001
            played.receive(request(via=RPORT), UDP)
        (incoming,) = kept
        owners = (incoming, incoming.request, incoming.transaction)
        delattr(next(each for each in owners if hasattr(each, name)), name)
        assert not messages.respond(incoming, "SIP/2.0 200 OK\r\n", (), b"", [])


def test_a_hash_that_fails_is_no_crash() -> None:
    assert messages is not None
    with pytest.raises(AttributeError):
        messages.arrive(request(via=RPORT), UDP, {}, object())


def test_nothing_of_ours_is_held() -> None:
    shared = (State.TRYING, State.COMPLETED, NON_INVITE_SERVER, UDP)
    gc.collect()
    before = [sys.getrefcount(each) for each in shared]
    packet = request(via=RPORT)
    for _ in range(300):
        _played(Way.NATIVE, [(packet, UDP)], [Answered()])
        _begun(Way.NATIVE, [200])
    gc.collect()
    for each, count in zip(shared, before, strict=True):
        assert abs(sys.getrefcount(each) - count) < 50
