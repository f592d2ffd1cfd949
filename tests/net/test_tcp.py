"""One connection alone, with a transport that writes down what is done to it."""

from __future__ import annotations

import asyncio
import socket
from asyncio import Transport

import pytest

from hereabouts.base.refusal import Malformed
from hereabouts.net import tcp
from hereabouts.net.bounds import Bounds
from hereabouts.net.framing import StreamFraming
from hereabouts.net.tcp import DEAF, MOST_MALFORMED, MOST_UNSENT, Connection
from hereabouts.sip.flow import Flow
from hereabouts.sip.framing import PING, PONG
from tests.net.stage import run
from tests.sip.packets import request

FLOW = Flow("TCP", "192.0.2.1", 40000, "192.0.2.2:5060", 0, 1)
ONE = request("OPTIONS")
ANSWER = b"SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n"
ODD = b"SIP/2.0 200 OK\r\nVia: a\r\nVia: b\r\nContent-Length: 0\r\n\r\n"


class Wire(Transport):
    """A transport that goes nowhere."""

    def __init__(self, opened: socket.socket | None = None) -> None:
        super().__init__({"socket": opened})
        self.written = b""
        self.waiting = 0
        self.is_aborted = False
        self.is_closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass

    def get_write_buffer_size(self) -> int:
        return self.waiting

    def is_closing(self) -> bool:
        return self.is_aborted or self.is_closed

    def abort(self) -> None:
        self.is_aborted = True

    def close(self) -> None:
        self.is_closed = True


class Setting:
    """A connection with its wire, at a time that the test chooses."""

    def __init__(self, flow: Flow | None = FLOW, *, wire: Wire | None = None) -> None:
        self.now = 100.0
        self.wire = wire or Wire()
        self.received: list[bytes] = []
        self.lost: list[Connection] = []
        framing = StreamFraming(Bounds(max_head=2000, max_body=1000))
        self.ponged: list[bytes] = []
        self.connection = Connection(
            framing,
            lambda _: flow,
            self._take,
            self.lost.append,
            lambda: self.now,
            lambda payload, _flow: self.ponged.append(payload),
        )
        self.connection.connection_made(self.wire)

    def _take(self, message: bytes, _flow: Flow) -> None:
        self.received.append(message)
        if message == ODD:
            raise Malformed("no")

    def arrive(self, piece: bytes) -> None:
        buffer = self.connection.get_buffer(-1)
        buffer[: len(piece)] = piece
        self.connection.buffer_updated(len(piece))


def test_a_peer_that_is_cut_off_is_given_up_by_the_system_before_timer_f() -> None:
    with socket.socket() as opened:
        wire = Wire(opened)
        Setting(wire=wire)
        milliseconds = opened.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
    assert milliseconds == DEAF * 1000 < 32_000


def test_messages_are_handed_on_and_pings_are_answered() -> None:
    setting = Setting()
    setting.arrive(ONE + PING + ONE[:9])
    setting.arrive(ONE[9:])
    assert setting.received == [ONE, ONE]
    assert setting.wire.written == PONG


def test_what_was_handed_on_does_not_change_with_what_comes_next() -> None:
    """All connections read into one buffer."""
    first, second = Setting(), Setting()
    first.arrive(ONE[:9])
    second.arrive(b"X" * len(ONE))
    first.arrive(ONE[9:])
    assert first.received == [ONE]


def test_a_connection_too_many_is_aborted_and_its_end_is_not_told() -> None:
    setting = Setting(flow=None)
    assert setting.wire.is_aborted
    setting.connection.connection_lost(None)
    assert setting.lost == []


def test_the_end_is_told() -> None:
    setting = Setting()
    setting.connection.connection_lost(OSError())
    assert setting.lost == [setting.connection]


def test_it_is_known_since_when_a_message_is_incomplete() -> None:
    setting = Setting()
    setting.arrive(ONE[:5])
    for _ in range(3):
        setting.now += 1
        setting.arrive(ONE[5:6] if setting.now == 101 else b"")
    assert (setting.connection.partial_since, setting.connection.last_used) == (100.0, 103.0)
    setting.arrive(ONE[6:])
    assert setting.connection.partial_since is None


def test_each_message_has_its_own_time_to_arrive() -> None:
    """Steady pipelining is not one message that never ends."""
    setting = Setting()
    setting.arrive(ONE + ONE[:5])
    for whole in (ONE, PING, ODD):
        setting.now += 1
        setting.arrive(ONE[5:] + (b"" if whole == ONE else whole) + ONE[:5])
        assert setting.connection.partial_since == setting.now
    setting.now += 1
    setting.arrive(ONE[5:9])
    assert setting.connection.partial_since == setting.now - 1


@pytest.mark.parametrize("line_breaks", [b"\r", b"\r\n", b"\r\n\r", ONE + b"\r\n"])
def test_line_breaks_alone_are_no_message_that_has_begun(line_breaks: bytes) -> None:
    """5626-5.4-2: a pong is followed by silence, until the next ping."""
    setting = Setting()
    setting.arrive(line_breaks)
    assert setting.connection.partial_since is None
    setting.now += 60
    setting.arrive(ONE[:5])
    assert setting.connection.partial_since == setting.now


def test_what_is_sent_counts_as_use() -> None:
    setting = Setting()
    setting.now = 200.0
    assert setting.connection.send([b"hello"])
    assert setting.connection.last_used == 200.0
    assert setting.wire.written == b"hello"


def test_a_reader_who_is_too_slow_is_given_up() -> None:
    setting = Setting()
    setting.wire.waiting = MOST_UNSENT
    assert setting.connection.send([b"just"])
    setting.wire.waiting += 1
    assert not setting.connection.send([b"too much"])
    assert setting.wire.is_aborted
    assert setting.wire.written == b"just"


def test_nothing_is_sent_on_what_closes() -> None:
    setting = Setting()
    setting.wire.close()
    assert not setting.connection.send([b"hello"])
    assert setting.wire.written == b""


FAULTS = [
    (request(rows={"Content-Length": "x"}), b"SIP/2.0 400 ", "a length that is none"),
    (request(rows={"Content-Length": "1001"}), b"SIP/2.0 413 ", "a body too large"),
    (request("ACK", rows={"Content-Length": "x"}), b"", "an ACK is never answered"),
    (request(rows={"Content-Length": "x", "Via": None}), b"", "nobody to answer to"),
    (b"SIP/2.0 200 OK\r\nContent-Length: x\r\n\r\n", b"", "a response is never answered"),
    (b"x" * 2001 + PING, b"", "no SIP"),
    (b"GET / HTTP/1.1\r\n\r\n", b"", "another protocol"),
]


@pytest.mark.parametrize("sent, answer", [r[:2] for r in FAULTS], ids=[r[2] for r in FAULTS])
def test_a_stream_that_cannot_be_followed_gets_an_answer_and_no_further_reading(
    sent: bytes, answer: bytes
) -> None:
    async def test() -> None:
        setting = Setting()
        setting.arrive(ONE + sent + ONE)
        setting.arrive(ONE)
        assert setting.received == [ONE]
        assert setting.wire.written[: len(answer)] == answer
        assert bool(setting.wire.written) is bool(answer)

    run(test())


def test_a_message_that_is_dropped_takes_nothing_with_it() -> None:
    """Its end is known, so the next one is read: in the same round, and in the next."""
    setting = Setting()
    setting.arrive(ODD + ONE + PING)
    setting.arrive(ODD + ONE)
    assert setting.received == [ODD, ONE, ODD, ONE]
    assert setting.wire.written == PONG


def test_after_many_dropped_in_a_row_nothing_is_read() -> None:
    async def test() -> None:
        setting = Setting()
        setting.arrive(ODD * MOST_MALFORMED + ONE)
        setting.arrive(ONE)
        assert setting.received == [ODD] * MOST_MALFORMED
        assert setting.connection.send([b"an answer still leaves"])

    run(test())


def test_one_that_is_read_between_those_dropped_shows_that_it_is_sip() -> None:
    setting = Setting()
    row = ODD * (MOST_MALFORMED - 1) + ONE
    for _ in range(3):
        setting.arrive(row)
    assert setting.received.count(ONE) == 3


# --- the peer says no more


ENDS = [
    (ONE, b"", True, "an answer is under way"),
    (ONE + ONE, ANSWER, True, "one of two is"),
    (ONE, b"NOTIFY sip:a SIP/2.0\r\n\r\n", True, "what was said is no answer"),
    (b"", b"", False, "nothing was asked"),
    (ONE[:-2], b"", False, "half a request is none"),
    (ONE, ANSWER, False, "the answer has left"),
    (ONE + ONE, ANSWER + ANSWER, False, "both answers have left, as one"),
    (ANSWER, b"", False, "a response is not answered"),
    (ODD, b"", False, "nor what is dropped"),
]


@pytest.mark.parametrize("said, heard, is_kept", [r[:3] for r in ENDS], ids=[r[3] for r in ENDS])
def test_a_connection_outlives_its_peers_last_word_for_the_sake_of_answers(
    said: bytes, heard: bytes, *, is_kept: bool
) -> None:
    async def test() -> None:
        setting = Setting()
        setting.arrive(said)
        if heard:
            setting.connection.send([ANSWER] * (len(heard) // len(ANSWER)) or [heard])
        assert setting.connection.eof_received() is is_kept
        if is_kept:
            assert setting.connection.send([ANSWER])

    run(test())


# --- the peer is slow to read


@pytest.mark.parametrize("is_caught_up", [False, True])
def test_who_has_much_to_read_has_some_time_for_it(
    monkeypatch: pytest.MonkeyPatch, *, is_caught_up: bool
) -> None:
    monkeypatch.setattr(tcp, "PATIENCE", 0.0)

    async def test() -> None:
        setting = Setting()
        setting.connection.pause_writing()
        if is_caught_up:
            setting.connection.resume_writing()
        await asyncio.sleep(0.01)  # the loop has its turn
        assert setting.wire.is_aborted is not is_caught_up

    run(test())


# --- with a transport of asyncio's


class Meeting:
    """A connection with a real transport, and the socket of its peer."""

    def __init__(self) -> None:
        self.heard = asyncio.Event()
        self.ended = asyncio.Event()
        self.lost = asyncio.Event()
        own, self.peer = socket.socketpair()
        self._own = own

    async def begin(self) -> Connection:
        self.peer.settimeout(0)
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(self._connection, sock=self._own)
        return connection

    def _connection(self) -> Connection:
        meeting = self

        class Told(Connection):
            def eof_received(self) -> bool:
                meeting.ended.set()
                return super().eof_received()

        return Told(
            StreamFraming(Bounds(max_head=2000, max_body=1000)),
            lambda _: FLOW,
            lambda _message, _flow: self.heard.set(),
            lambda _: self.lost.set(),
            asyncio.get_running_loop().time,
        )

    async def read(self) -> bytes:
        return await asyncio.get_running_loop().sock_recv(self.peer, 2**20)


def test_a_peer_that_closes_its_half_gets_its_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tcp, "LAST_WORDS", 0.2)

    async def test() -> None:
        meeting = Meeting()
        with meeting.peer:
            connection = await meeting.begin()
            meeting.peer.send(ONE)
            meeting.peer.shutdown(socket.SHUT_WR)
            await meeting.heard.wait()
            await meeting.ended.wait()
            await asyncio.sleep(0)  # a transport that closes at the end has done so
            assert connection.send([ANSWER])
            assert await meeting.read() == ANSWER
            assert await meeting.read() == b""
            await meeting.lost.wait()

    run(test())


def test_a_reader_who_stays_behind_is_given_up_though_nothing_more_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What one turn says may be beyond all bounds, and be the last that is said."""
    monkeypatch.setattr(tcp, "PATIENCE", 0.05)

    async def test() -> None:
        meeting = Meeting()
        with meeting.peer:
            connection = await meeting.begin()
            assert connection.send([bytes(2 * MOST_UNSENT)])
            await meeting.lost.wait()
            assert not connection.send([b"more"])

    run(test())


def test_a_reader_who_reads_gets_everything_however_much_is_said_at_once() -> None:
    async def test() -> None:
        meeting = Meeting()
        with meeting.peer:
            connection = await meeting.begin()
            assert connection.send([bytes(2 * MOST_UNSENT)])
            left = 2 * MOST_UNSENT
            while left:
                left -= len(await meeting.read())
            assert connection.send([b"more"])
            assert await meeting.read() == b"more"
            connection.transport.close()
            await meeting.lost.wait()

    run(test())


PONGS = [
    (PONG, [PONG], b"", "the pong"),
    (PONG + ONE, [PONG], b"", "before a message"),
    (ONE + PONG, [PONG], b"", "behind one"),
    (PING, [PONG], PONG, "a ping of the peer's shows as well that he is there, and is answered"),
]


@pytest.mark.parametrize(
    "arrived, told, written", [row[:3] for row in PONGS], ids=[row[3] for row in PONGS]
)
def test_the_answer_to_a_ping_of_ours_is_told_at_once(
    arrived: bytes, told: list[bytes], written: bytes
) -> None:
    """5626-4.4.1-1: a lone CRLF is a pong if we have asked; nothing need follow it."""
    setting = Setting()
    setting.connection.send([PING])
    setting.arrive(arrived)
    assert (setting.ponged, setting.wire.written) == (told, PING + written)
    setting.arrive(PONG)
    assert setting.ponged == told, "one for each ping"


def test_a_ping_and_a_pong_that_nobody_asked_for_are_told_to_nobody() -> None:
    """5626-5.4-1, 5626-5.4-2."""
    setting = Setting()
    for piece in (PING, PONG, ONE):
        setting.arrive(piece)
    assert (setting.ponged, setting.received, setting.wire.written) == ([], [ONE], PONG)
