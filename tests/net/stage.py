"""A node that does what the test says, for drivers with real sockets on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Self, TypeVar

from hereabouts.base.units import Instant, Moment
from hereabouts.net.bounds import Bounds, Web
from hereabouts.net.certificates import Certificates
from hereabouts.net.driver import Driver
from hereabouts.net.streams import Locate
from hereabouts.sip.flow import Flow
from hereabouts.sip.glance import Arrived
from hereabouts.sip.leaving import Packet
from hereabouts.sip.transactions import NON_INVITE_CLIENT
from hereabouts.sip.transactions.machine import State, Transaction

T = TypeVar("T")

HOST = "127.0.0.1"
PATIENCE = 30.0
"Seconds after which what does not come is a failed test; a busy machine needs less."


def run(test: Coroutine[Any, Any, T]) -> T:
    """Run a test that cannot hang."""

    async def bounded() -> T:
        async with asyncio.timeout(PATIENCE):
            return await test

    return asyncio.run(bounded())


class Puppet:
    """A node: keeps all it is told, and says what the test has put into `outbox`."""

    def __init__(self) -> None:
        self.on_release: Callable[[], None] = lambda: None
        self.on_work: Callable[[], None] = lambda: None
        self.received: list[tuple[bytes, Flow]] = []
        self.commands: list[tuple[bytes, Flow]] = []
        self.welcomes = True
        self.kept_alive: list[tuple[bytes, Flow]] = []
        self.lost: list[Flow] = []
        self.undelivered: list[Transaction] = []
        self.turns: list[int] = []
        "How many messages each turn had."
        self.woken = 0
        self.outbox: list[Packet] = []
        self.deadline: Instant | None = None
        self.fault: Exception | None = None
        "Raised for each message."
        self.flushing_fault: Exception | None = None
        "Raised for each flush."
        self.on_settle: Callable[[], None] = lambda: None
        "Asked now and then, in the midst of much, what can leave."
        self.on_message: Callable[[bytes], None] = lambda _packet: None
        "Shown each message as it is taken."
        self.sifting_fault: Exception | None = None
        "Raised for each burst."
        self.taken_at_a_glance: set[bytes] = set()
        self.sifted: list[bytes] = []
        self._counted = 0
        self._happened = asyncio.Event()

    async def until(self, is_so: Callable[[], object]) -> None:
        """Wait for something that the driver tells."""
        while not is_so():
            self._happened.clear()
            await self._happened.wait()

    def say(self, flow: Flow, payload: bytes) -> Transaction:
        """Have a packet sent in the next turn; the transaction that it belongs to."""
        transaction = Transaction(NON_INVITE_CLIENT, "NOTIFY", payload.decode(), flow, State.TRYING)
        self.outbox.append((flow, payload, transaction))
        self.on_work()
        return transaction

    def sift(self, arrived: Arrived, now: Moment) -> Arrived:
        if self.sifting_fault is not None:
            raise self.sifting_fault
        self.sifted += [packet for packet, _ in arrived]
        return [each for each in arrived if each[0] not in self.taken_at_a_glance]

    def settle(self) -> None:
        self.on_settle()

    def handle(self, packet: bytes, flow: Flow, now: Moment) -> None:
        self.receive(packet, flow, now)

    def receive(self, packet: bytes, flow: Flow, now: Moment) -> None:
        self.received.append((packet, flow))
        self.on_message(packet)
        self._happened.set()
        if self.fault is not None:
            raise self.fault

    def is_welcome(self, flow: Flow, now: Moment) -> bool:
        return self.welcomes

    def keep_alive(self, payload: bytes, flow: Flow, now: Moment) -> None:
        self.kept_alive.append((payload, flow))
        self._happened.set()

    def command(self, line: bytes, flow: Flow, now: Moment) -> None:
        self.commands.append((line, flow))
        self._happened.set()

    def undeliverable(self, transaction: Transaction, now: Moment) -> None:
        self.undelivered.append(transaction)
        self._happened.set()

    def flow_lost(self, flow: Flow, now: Moment) -> None:
        self.lost.append(flow)
        self._happened.set()

    def next_deadline(self) -> Instant | None:
        return self.deadline

    def handle_timer(self, now: Moment) -> None:
        self.deadline = None
        self.woken += 1
        self._happened.set()

    def end_turn(self, now: Moment) -> None:
        self.turns.append(len(self.received) - self._counted)
        self._counted = len(self.received)
        self._happened.set()

    def flush(self, now: Moment) -> list[Packet]:
        if self.flushing_fault is not None:
            raise self.flushing_fault
        said, self.outbox[:] = list(self.outbox), []
        return said


class Stage:
    """A driver with its puppet; it listens where the test says."""

    def __init__(
        self,
        bounds: Bounds | None,
        locate: Locate | None = None,
        certificates: Certificates | None = None,
        web: Web | None = None,
    ) -> None:
        self.node = Puppet()
        self.driver = Driver(self.node, bounds, locate, certificates=certificates, web=web)

    async def listen(
        self, transport: str = "UDP", host: str = HOST, *, port: int = 0, advertised: str = ""
    ) -> int:
        return await self.driver.listen(transport, host, port, advertised or None)


@asynccontextmanager
async def stage(
    bounds: Bounds | None = None,
    locate: Locate | None = None,
    *,
    certificates: Certificates | None = None,
    web: Web | None = None,
) -> AsyncIterator[Stage]:
    """A driver that has begun, closed at the end."""
    staged = Stage(bounds, locate, certificates, web)
    staged.driver.begin()
    try:
        yield staged
    finally:
        await staged.driver.close()
        staged.driver.hang_up()
        await asyncio.sleep(0)  # asyncio closes a connection in its next round


class Datagrams:
    """A peer's socket for datagrams."""

    def __init__(self, host: str = HOST) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.bind((host, 0))
        self.socket.settimeout(0)
        self.host, self.port = host, int(self.socket.getsockname()[1])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, payload: bytes, port: int, host: str = "") -> None:
        self.socket.sendto(payload, (host or self.host, port))

    async def receive(self) -> bytes:
        return await asyncio.get_running_loop().sock_recv(self.socket, 65535)


Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def stream(
    port: int, host: str = HOST, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Streams]:
    """A peer's connection to us."""
    reader, writer = await asyncio.open_connection(host, port, ssl=tls)
    try:
        yield reader, writer
    finally:
        await closed(writer)


async def closed(writer: asyncio.StreamWriter) -> None:
    """Close a connection, and wait until its socket has gone too."""
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


class Listening:
    """A peer that takes connections."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.came: asyncio.Queue[Streams] = asyncio.Queue()
        self._tls = tls
        self.port = 0
        self._writers: list[asyncio.StreamWriter] = []
        self._server: asyncio.Server

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._take, HOST, 0, ssl=self._tls)
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for writer in self._writers:
            await closed(writer)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        self.came.put_nowait((reader, writer))
