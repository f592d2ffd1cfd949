"""The event loop around a node: sockets, the clock, and the turns.

What arrives in one round of the loop is one turn. Datagrams are drained in bursts from raw
sockets: asyncio's own datagram transport costs more per packet than all of SIP.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import ipaddress
import os
import socket
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from pathlib import Path

import msgspec

from hereabouts.base.refusal import Malformed, Unavailable
from hereabouts.base.units import Moment, Seconds
from hereabouts.native.interface import NO_ADDRESS
from hereabouts.net.clock import Clock
from hereabouts.net.clock import now as read_clock
from hereabouts.net.datagrams import FULL, MOST_KNOWN, Datagrams
from hereabouts.net.interface import Driven
from hereabouts.net.local import Control
from hereabouts.net.tcp import Connection
from hereabouts.sip.endpoint import Packet
from hereabouts.sip.flow import Flow
from hereabouts.sip.framing import StreamFramer
from hereabouts.sip.sources import source_of
from hereabouts.sip.stun import FIRST_BYTES, answer

RECEIVE_BUFFER = 8 * 1024 * 1024
"Bytes asked of the system for each UDP socket: the answers to a fan-out come all at once."

MOST_UNSENT = 65536
"Datagrams that wait for a full send buffer; what comes after them is dropped, and sent again."

SWEEP_EVERY = 5.0
"Seconds between two looks for idle and stuck connections."


Locate = Callable[[str], Awaitable[Sequence[str]]]
"The addresses of a host by its name, the preferred first; none, or an `OSError`: there are none."


class Bounds(msgspec.Struct, frozen=True):
    """What peers can make a driver keep."""

    max_head: int = 16384
    max_body: int = 65535
    max_connections: int = 10000
    max_connections_per_peer: int = 1000
    idle: Seconds = 3900.0
    partial: Seconds = 32.0
    "How long a message may take to arrive."
    silence: Seconds = 32.0
    "How long a connection is kept on which no message has passed yet."
    connect: Seconds = 5.0
    "How long to wait for a connection of ours."


class _Listener(msgspec.Struct):
    transport: str
    host: str
    port: int
    advertised: str
    socket: socket.socket
    datagrams: Datagrams
    "What a UDP listener hears and says."
    server: asyncio.Server | None = None


_WILDCARDS = ("0.0.0.0", "::")  # noqa: S104 - compared, not bound


class CannotListen(Unavailable):
    """An address that we cannot listen at."""


_ADDRESS = "name an address of this machine (`ip address` lists them), or 0.0.0.0 for all"
_REMEDIES = {
    errno.EADDRINUSE: "see who uses the port (`ss -lntup`), or set another with --listen",
    errno.EACCES: "take a port above 1023, or let the server's user have those below",
}
"What to do about an address that the system refuses, by its reason."


class Driver:
    """Runs one node.

    `locate` finds the hosts that flows name instead of giving an address; without one the system is
    asked.
    """

    def __init__(
        self,
        node: Driven,
        bounds: Bounds | None = None,
        locate: Locate | None = None,
        *,
        clock: Clock = read_clock,
    ) -> None:
        self._node = node
        self._locate = locate or self._located_by_system
        self._bounds = bounds or Bounds()
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._listeners: list[_Listener] = []
        self._locals: dict[str, str] = {}
        self._connections: dict[int, Connection] = {}
        self._by_peer: dict[tuple[str, int], Connection] = {}
        self._per_source: Counter[str] = Counter()
        self._connecting: dict[tuple[str, int], list[Packet]] = {}
        self._last_connection = int.from_bytes(os.urandom(4)) << 20
        self._unsent: dict[int, list[Packet]] = {}
        self._control: Control | None = None
        self._asked: dict[int, asyncio.Future[bytes]] = {}
        self._last_asked = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_turn_due = True  # none is taken before `begin`
        self._is_closed = False
        self._timer: asyncio.TimerHandle | None = None
        self._sweeper = self._loop.call_later(SWEEP_EVERY, self._sweep)
        node.on_release = self._turn_soon

    def begin(self) -> None:
        """Take turns from now on: what a former run has left to be sent has sockets to leave by."""
        self._loop.call_soon(self._turn)

    # -- sockets

    async def listen(self, transport: str, host: str, port: int, advertised: str | None) -> int:
        """Listen at an address; the port, for those who asked for 0.

        `advertised` is the `host:port` that peers are told in place of the address; the port 0
        stands for the one that is listened at.

        Raises:
            CannotListen: the system does not let us.
        """
        try:
            family, address = await self._resolve_local(host, port)
            listener = self._open(transport, family, address)
            if transport == "TCP":
                listener.server = await self._serve(listener)
        except OSError as error:
            fault = f"cannot listen at {transport.lower()}:{host}:{port}: {error.strerror or error}"
            raise CannotListen(fault, _REMEDIES.get(error.errno or 0, _ADDRESS)) from error
        if advertised:
            said, _, number = advertised.rpartition(":")
            listener.advertised = f"{said}:{int(number) or listener.port}"
        return listener.port

    async def _resolve_local(self, host: str, port: int) -> tuple[int, tuple[str, int]]:
        found = await self._loop.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
        family, _, _, _, address = found[0]
        return family, (str(address[0]), int(address[1]))

    def _open(self, transport: str, family: int, address: tuple[str, int]) -> _Listener:
        kind = socket.SOCK_DGRAM if transport == "UDP" else socket.SOCK_STREAM
        opened = socket.socket(family, kind)
        opened.setblocking(False)  # noqa: FBT003 - positional only
        if family == socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if transport == "UDP":
            _enlarge(opened)
        else:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            opened.bind(address)
        except OSError:
            opened.close()
            raise
        port = opened.getsockname()[1]
        number = len(self._listeners)
        datagrams = Datagrams(opened, lambda host, port: self._introduce(number, host, port))
        listener = _Listener(transport, address[0], port, "", opened, datagrams)
        self._listeners.append(listener)
        if transport == "UDP":
            self._loop.add_reader(opened, self._drain, datagrams)
        return listener

    async def _serve(self, listener: _Listener) -> asyncio.Server:
        number = self._listeners.index(listener)

        def accept() -> Connection:
            return self._connection(number)

        return await self._loop.create_server(accept, sock=listener.socket, backlog=1024)

    async def serve_control(self, path: Path) -> None:
        """Take commands at a local socket.

        Raises:
            CannotListen: the system does not let us.
        """
        control = Control(path, self._commanded)
        try:
            await control.start()
        except OSError as error:
            fault = f"cannot take commands at {path}: {error.strerror or error}"
            remedy = "set server.control to a path that is free, in a folder of the server's user"
            raise CannotListen(fault, remedy) from error
        self._control = control

    def _commanded(self, line: bytes, flow: Flow) -> None:
        self._node.command(line, flow, self._clock())
        self._turn_soon()

    async def ask(self, line: bytes) -> bytes:
        """The reply to a command from this process, once what it tells of is durable."""
        self._last_asked -= 1
        answered = self._asked[self._last_asked] = self._loop.create_future()
        self._commanded(line, Flow("CONTROL", "", 0, "", 0, self._last_asked))
        reply: bytes = await answered
        return reply

    def enter(self, take: Callable[[Moment], None]) -> None:
        """Have the node take something that comes from neither a socket nor a command."""
        take(self._clock())
        self._turn_soon()

    # -- what arrives

    def _drain(self, datagrams: Datagrams) -> None:
        self._take(iter(datagrams.receive()))

    def _take(self, arrived: Iterator[tuple[bytes, Flow]]) -> None:
        now = self._clock()
        receive = self._node.receive
        self._turn_soon()
        for packet, flow in arrived:
            if packet[:1] in FIRST_BYTES:
                self._keep_alive(packet, flow, now)
                continue
            try:
                receive(packet, flow, now)
            except Malformed:
                pass
            except Exception:  # a fault of ours costs what it hit, and not what came with it
                self._loop.call_soon(self._take, arrived)
                raise

    def _keep_alive(self, packet: bytes, flow: Flow, now: Moment) -> None:
        """Answer a keep-alive at once: nothing of it is kept, so it waits for no disk."""
        said = answer(packet, flow.host, flow.port)
        if said is None:
            self._node.keep_alive(packet, flow, now)
        else:
            self._send_datagrams([(flow, said, None)], now)

    def _ponged(self, payload: bytes, flow: Flow) -> None:
        self._turn_soon()
        self._node.keep_alive(payload, flow, self._clock())

    def drop(self, flow: Flow) -> None:
        """Close the connection to a peer, if there is one: it has failed, however it looks."""
        connection = self._by_peer.get((flow.host, flow.port))
        if connection is not None:
            connection.transport.abort()

    def _introduce(self, number: int, host: str, port: int) -> Flow:
        listener = self._listeners[number]
        return Flow(listener.transport, host, port, self._local(listener, host), number)

    def _arrived(self, message: bytes, flow: Flow) -> None:
        self._turn_soon()
        self._node.receive(message, flow, self._clock())

    # -- turns

    def _turn_soon(self) -> None:
        if not self._is_turn_due:
            self._is_turn_due = True
            self._loop.call_soon(self._turn)

    def _turn(self) -> None:
        self._is_turn_due = False
        if self._is_closed:
            return
        now = self._clock()
        try:
            deadline = self._node.next_deadline()
            if deadline is not None and deadline <= now.instant:
                self._node.handle_timer(now)
            self._node.end_turn(now)
            self._flush(now)
        finally:  # a fault of ours costs what it hit, and not the turns to come
            self._sleep(now)

    def _sleep(self, now: Moment) -> None:
        deadline = self._node.next_deadline()
        if deadline is not None and deadline <= now.instant:
            self._turn_soon()
            return
        if self._timer is not None:
            if deadline is not None and self._timer.when() <= deadline:
                return  # it will look again then
            self._timer.cancel()
            self._timer = None
        if deadline is not None:
            self._timer = self._loop.call_at(deadline, self._timer_due)

    def _timer_due(self) -> None:
        self._timer = None
        self._turn_soon()

    # -- what leaves

    def _flush(self, now: Moment) -> None:
        datagrams: defaultdict[int, list[Packet]] = defaultdict(list)
        streams: defaultdict[int, list[Packet]] = defaultdict(list)
        for packet in self._node.flush(now):
            flow = packet[0]
            if flow.transport == "UDP":
                datagrams[flow.listener].append(packet)
            elif flow.connection:
                streams[flow.connection].append(packet)
            elif flow.transport == "TCP":
                self._send_to_peer(packet, now)
            else:
                self._undeliverable(packet, now)
        for packets in datagrams.values():
            self._send_datagrams(packets, now)
        for connection, packets in streams.items():
            self._send_stream(connection, packets, now)

    def _send_datagrams(self, packets: list[Packet], now: Moment) -> None:
        """Send packets that are said by the same listener."""
        number = self._speaker(packets[0][0])
        if number is None:
            for packet in packets:
                self._undeliverable(packet, now)
            return
        unsent = self._unsent.get(number)
        if unsent is None:
            self._fill(number, packets, now)
        else:
            unsent += packets[: MOST_UNSENT - len(unsent)]

    def _fill(self, number: int, packets: list[Packet], now: Moment) -> None:
        listener = self._listeners[number]
        at, why = listener.datagrams.send(packets, 0)
        while why not in FULL and at < len(packets):
            if why == NO_ADDRESS:
                self._task(self._send_resolved(packets[at]))
            else:  # too long for a datagram, or no way there
                self._undeliverable(packets[at], now)
            at, why = listener.datagrams.send(packets, at + 1)
        if at < len(packets):
            self._unsent[number] = packets[at : at + MOST_UNSENT]
            self._loop.add_writer(listener.socket, self._writable, number)

    def _speaker(self, flow: Flow) -> int | None:
        """The listener that speaks the flow's transport: its own, or else the first.

        Its own may speak another (a Contact asks for UDP where the SUBSCRIBE came by TCP), or be
        gone (a former run listened at more addresses).
        """
        listeners, number = self._listeners, flow.listener
        if number < len(listeners) and listeners[number].transport == flow.transport:
            return number
        speakers = (at for at, each in enumerate(listeners) if each.transport == flow.transport)
        return next(speakers, None)

    def _writable(self, number: int) -> None:
        self._loop.remove_writer(self._listeners[number].socket)
        self._fill(number, self._unsent.pop(number), self._clock())

    def _send_stream(self, number: int, packets: list[Packet], now: Moment) -> None:
        if packets[0][0].transport == "CONTROL":
            self._reply(number, b"".join(payload for _, payload, _ in packets))
            return
        connection = self._connections.get(number)
        if connection is None or not connection.send(
            b"".join(payload for _, payload, _ in packets)
        ):
            for packet in packets:
                self._undeliverable(packet, now)

    def _reply(self, number: int, payload: bytes) -> None:
        answered = self._asked.pop(number, None)
        if answered is None:
            assert self._control is not None
            self._control.send(number, payload)
        elif not answered.done():
            answered.set_result(payload)

    def _send_to_peer(self, packet: Packet, now: Moment) -> None:
        """Send on a connection to this peer, an open one or a new one."""
        flow = packet[0]
        number = self._speaker(flow)
        if number is None:
            self._undeliverable(packet, now)
            return
        peer = (flow.host, flow.port)
        connection = self._by_peer.get(peer)
        if connection is not None and self._sent_on(connection, packet):
            return
        waiting = self._connecting.get(peer)
        if waiting is not None:
            waiting.append(packet)
            return
        self._connecting[peer] = [packet]
        self._task(self._connect(number, peer))

    async def _connect(self, number: int, peer: tuple[str, int]) -> None:
        connection = None
        try:
            async with asyncio.timeout(self._bounds.connect):
                connection = await self._first_connection(number, *peer)
        except (OSError, TimeoutError, UnicodeError):  # the last: a name that cannot be one
            pass
        now = self._clock()
        for packet in self._connecting.pop(peer):
            if connection is None or not self._sent_on(connection, packet):
                self._undeliverable(packet, now)

    async def _first_connection(self, number: int, host: str, port: int) -> Connection | None:
        """A connection to the first address of the host that takes one.

        Peers know us by our address: we speak from the one that we listen at.
        """
        host_of_ours = self._listeners[number].host
        own = None if host_of_ours in _WILDCARDS else (host_of_ours, 0)
        for address in await self._addresses_of(host):
            with contextlib.suppress(OSError):
                _, connection = await self._loop.create_connection(
                    lambda: self._connection(number), address, port, local_addr=own
                )
                return connection
        return None

    def _sent_on(self, connection: Connection, packet: Packet) -> bool:
        """Send on a connection of ours; its loss is then the loss of what waits for an answer."""
        _, payload, transaction = packet
        if not connection.send(payload):
            return False
        if transaction is not None:
            number = connection.flow.connection
            transaction.flow = msgspec.structs.replace(transaction.flow, connection=number)
        return True

    async def _send_resolved(self, packet: Packet) -> None:
        flow = packet[0]
        now = self._clock()
        try:
            found = await self._locate(flow.host)
            is_ipv6 = self._listeners[flow.listener].socket.family == socket.AF_INET6
            address = next(each for each in found if (":" in each) is is_ipv6)
        except (OSError, StopIteration, UnicodeError):
            address = flow.host
        if address == flow.host:  # or an address that only the resolver knows would come again
            self._undeliverable(packet, now)
            return
        self._send_datagrams([(msgspec.structs.replace(flow, host=address), *packet[1:])], now)

    def _undeliverable(self, packet: Packet, now: Moment) -> None:
        if packet[2] is not None:
            self._node.undeliverable(packet[2], now)
            self._turn_soon()

    # -- connections

    def _connection(self, number: int) -> Connection:
        framer = StreamFramer(max_head=self._bounds.max_head, max_body=self._bounds.max_body)
        return Connection(
            framer,
            lambda connection: self._welcome(connection, number),
            self._arrived,
            self._lost,
            self._loop.time,
            self._ponged,
        )

    def _welcome(self, connection: Connection, number: int) -> Flow | None:
        """The flow of a new connection; `None`: it is one too many."""
        peer = connection.transport.get_extra_info("peername")
        if peer is None:
            return None
        host, port = peer[0], peer[1]
        source = source_of(host)
        if (
            len(self._connections) >= self._bounds.max_connections
            or self._per_source[source] >= self._bounds.max_connections_per_peer
        ):
            return None
        self._last_connection += 1
        local = self._local(self._listeners[number], host)
        flow = Flow("TCP", host, port, local, number, self._last_connection)
        self._connections[flow.connection] = connection
        self._by_peer[host, port] = connection
        self._per_source[source] += 1
        return flow

    def _lost(self, connection: Connection) -> None:
        flow = connection.flow
        self._connections.pop(flow.connection, None)
        if self._by_peer.get((flow.host, flow.port)) is connection:
            del self._by_peer[flow.host, flow.port]
        source = source_of(flow.host)
        self._per_source[source] -= 1
        if not self._per_source[source]:
            del self._per_source[source]
        self._node.flow_lost(flow, self._clock())
        self._turn_soon()

    def _sweep(self) -> None:
        """Close connections that are silent for too long, or in the middle of a message."""
        now = self._loop.time()
        for connection in list(self._connections.values()):
            begun = connection.partial_since
            is_stuck = begun is not None and now - begun > self._bounds.partial
            silent_since = connection.silent_since
            is_mute = silent_since is not None and now - silent_since > self._bounds.silence
            if is_stuck or is_mute or now - connection.last_used > self._bounds.idle:
                connection.transport.abort()
        self._sweeper = self._loop.call_later(SWEEP_EVERY, self._sweep)

    # -- addresses

    def reach(self, transport: str, host: str, port: int) -> Flow:
        """The flow to another address, by the first of our listeners that speak the transport."""
        known = (at for at, each in enumerate(self._listeners) if each.transport == transport)
        number = next(known, 0)  # without one it is undeliverable, and found so when it is sent
        return Flow(transport, host, port, self._local(self._listeners[number], host), number)

    async def _located_by_system(self, host: str) -> Sequence[str]:
        found = await self._loop.getaddrinfo(host, None, type=socket.SOCK_DGRAM)
        return [str(item[4][0]) for item in found]

    async def _addresses_of(self, host: str) -> Sequence[str]:
        """The addresses of a host; of one that is an address already, that one."""
        return [host] if _is_address(host) else await self._locate(host)

    def _local(self, listener: _Listener, peer: str) -> str:
        """Our own `host:port` as this peer reaches it."""
        if listener.advertised:
            return listener.advertised
        host = listener.host
        if host in _WILDCARDS:
            host = self._locals.get(peer) or self._route(listener, peer)
        return f"[{host}]:{listener.port}" if ":" in host else f"{host}:{listener.port}"

    def _route(self, listener: _Listener, peer: str) -> str:
        """The address that the system would send from to this peer; nothing is sent."""
        if len(self._locals) >= MOST_KNOWN:
            self._locals.clear()
        with socket.socket(listener.socket.family, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect((peer, 9))
                host = str(probe.getsockname()[0])
            except OSError:
                host = "127.0.0.1" if probe.family == socket.AF_INET else "::1"
        self._locals[peer] = host
        return host

    # -- the end

    def _task(self, work: Coroutine[None, None, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Stop listening; what has been said already still leaves."""
        if self._control is not None:
            await self._control.close()
        self._stop_listening()
        self._turn()
        if self._timer is not None:
            self._timer.cancel()

    def hang_up(self) -> None:
        """Close all sockets and connections, after a last look at what may leave."""
        self._flush(self._clock())
        self._is_closed = True
        self._stop_listening()  # again, for a start that failed halfway
        for connection in list(self._connections.values()):
            connection.transport.close()
        for listener in self._listeners:
            listener.socket.close()
        for task in self._tasks:
            task.cancel()

    def _stop_listening(self) -> None:
        self._sweeper.cancel()
        for listener in self._listeners:
            if listener.transport == "UDP":
                self._loop.remove_reader(listener.socket)
            if listener.server is not None:
                listener.server.close()


def _enlarge(opened: socket.socket) -> None:
    """Ask for a large receive buffer, even beyond the system's limit where we may."""
    force = getattr(socket, "SO_RCVBUFFORCE", None)
    if force is not None:
        with contextlib.suppress(OSError):
            opened.setsockopt(socket.SOL_SOCKET, force, RECEIVE_BUFFER)
            return
    with contextlib.suppress(OSError):
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
