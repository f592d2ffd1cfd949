"""A peer on real sockets: it sends requests, repeats them by Timer E, and answers NOTIFYs."""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from tests.process.message import Message, Stream
from tests.process.server import PATIENCE

T1 = 0.5
T2 = 4.0
"Timer E begins at T1 and ends at T2, in seconds (RFC 3261 section 17.1.2.2)."

RECEIVE_BUFFER = 8 * 1024 * 1024


@dataclass(slots=True)
class Exchange:
    """A request and its final answer, once it is there."""

    branch: str
    packet: bytes
    is_stream: bool
    answer: Message | None = None
    repeat_at: float = 0.0
    pause: float = T1


@dataclass(slots=True)
class Peer:
    """One UDP socket and one TCP connection towards the server at `port`."""

    port: int
    on_notify: Callable[[Message], None] = lambda _: None
    host: str = "127.0.0.1"
    waiting: dict[str, Exchange] = field(default_factory=dict)
    "Requests without a final answer, by branch."
    datagrams: socket.socket = field(init=False)
    stream: socket.socket | None = None
    _read: Stream = field(default_factory=Stream)

    def __post_init__(self) -> None:
        self.datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.datagrams.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        self.datagrams.bind((self.host, 0))
        self.datagrams.setblocking(False)  # noqa: FBT003 - as the system calls it

    @property
    def address(self) -> str:
        """Where its datagrams are taken, `host:port`."""
        host, port = self.datagrams.getsockname()
        return f"{host}:{port}"

    def close(self) -> None:
        """Let go of the sockets."""
        self.datagrams.close()
        self.hang_up()

    def hang_up(self) -> None:
        """Close the connection; the next request over TCP opens another."""
        if self.stream is not None:
            self.stream.close()
        self.stream, self._read = None, Stream()

    def send(self, exchange: Exchange) -> Exchange:
        """Send a request; `pump` sees to its answer."""
        exchange.answer = None
        self.waiting[exchange.branch] = exchange
        exchange.pause = T1
        exchange.repeat_at = time.monotonic() + T1
        self._send(exchange)
        return exchange

    def ask(self, *exchanges: Exchange) -> list[Message]:
        """The final answers to these requests."""
        for exchange in exchanges:
            self.send(exchange)
        self.pump(lambda: all(exchange.answer for exchange in exchanges), "answers")
        return [exchange.answer for exchange in exchanges if exchange.answer]

    def pump(
        self,
        is_enough: Callable[[], bool],
        what: str,
        missing: Callable[[], list[str]] | None = None,
    ) -> None:
        """Send and take messages until it is enough; `what` and `missing` are for the complaint."""
        end = time.monotonic() + PATIENCE
        while not is_enough():
            assert time.monotonic() < end, f"{what} did not come: {(missing or self._unanswered)()}"
            self._take(0.05)
            self._repeat()

    def drain(self) -> None:
        """Take what has arrived already."""
        while self._take(0.0):
            pass

    def _send(self, exchange: Exchange) -> None:
        if exchange.is_stream:
            self._connection().sendall(exchange.packet)
        else:
            self.datagrams.sendto(exchange.packet, ("127.0.0.1", self.port))

    def _connection(self) -> socket.socket:
        if self.stream is None:
            address = ("127.0.0.1", self.port)
            self.stream = socket.create_connection(address, PATIENCE, (self.host, 0))
            self.stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self.stream

    def _repeat(self) -> None:
        now = time.monotonic()
        for exchange in self.waiting.values():
            if not exchange.is_stream and exchange.repeat_at <= now:
                exchange.pause = min(2 * exchange.pause, T2)
                exchange.repeat_at = now + exchange.pause
                self._send(exchange)

    def _take(self, patience: float) -> bool:
        """Take what arrives within some seconds; whether anything did."""
        sockets = [self.datagrams] + ([self.stream] if self.stream else [])
        ready, _, _ = select.select(sockets, [], [], patience)
        if self.datagrams in ready:
            packet, sender = self.datagrams.recvfrom(65535)
            self._take_one(
                Message.parse(packet), lambda answer: self.datagrams.sendto(answer, sender)
            )
        if self.stream in ready:
            self._take_stream(self.stream)
        return bool(ready)

    def _take_stream(self, stream: socket.socket) -> None:
        try:
            arrived = stream.recv(65536)
        except ConnectionError:
            arrived = b""
        if not arrived:
            self.hang_up()
        for message in self._read.feed(arrived):
            self._take_one(message, lambda answer: _send_if_open(stream, answer))

    def _take_one(self, message: Message, reply: Callable[[bytes], object]) -> None:
        if not message.status:
            self.on_notify(message)
            reply(message.accepted())
        elif message.status >= 200 and message.branch in self.waiting:
            self.waiting.pop(message.branch).answer = message

    def _unanswered(self) -> list[str]:
        packets = [exchange.packet for exchange in self.waiting.values()]
        return [packet.decode().partition("\r\n")[0] for packet in packets[:5]]


def _send_if_open(stream: socket.socket, answer: bytes) -> None:
    with suppress(OSError):  # a killed server has closed it; it asks again when it is back
        stream.sendall(answer)
