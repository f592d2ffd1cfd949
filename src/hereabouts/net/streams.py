"""All connections of a driver: those that come, those it opens, and what is kept of both."""

from __future__ import annotations

import asyncio
import ipaddress
import os
import socket
import ssl
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from functools import partial

import msgspec

from hereabouts.net.acceptor import Acceptor
from hereabouts.net.bounds import Bounds, Web
from hereabouts.net.certificates import Certificates
from hereabouts.net.listeners import CannotListen, Listeners
from hereabouts.net.tcp import Connection
from hereabouts.net.transports import TRANSPORTS, MakeFraming
from hereabouts.sip.flow import Flow
from hereabouts.sip.identities import identities, speaks_for
from hereabouts.sip.leaving import Packet
from hereabouts.sip.sources import source_of
from hereabouts.sip.transports import WEB

SWEEP_EVERY = 5.0
"Seconds between two looks for idle and stuck connections."

PARTING = 2.0
"Seconds that the end of a TLS connection may take."

Locate = Callable[[str], Awaitable[Sequence[str]]]
"The addresses of a host by its name, the preferred first; none, or an `OSError`: there are none."

Peer = tuple[str, str, int, str]
"Transport, address and port; and the domain that it has to prove."


class Wants(msgspec.Struct, frozen=True):
    """What the driver wants to know."""

    arrived: Callable[[bytes, Flow], None]
    ponged: Callable[[bytes, Flow], None]
    lost: Callable[[Flow], None]
    undeliverable: Callable[[Packet], None]


class Streams:
    """All connections of a driver."""

    def __init__(
        self,
        listeners: Listeners,
        bounds: Bounds,
        certificates: Certificates,
        web: Web,
        wants: Wants,
        locate: Locate,
    ) -> None:
        self._listeners = listeners
        self._bounds = bounds
        self._certificates = certificates
        self._web = web
        self._wants = wants
        self._locate = locate
        self._loop = asyncio.get_running_loop()
        self._acceptors: list[Acceptor] = []
        self._framings: dict[str, MakeFraming] = {}
        self._connections: dict[int, Connection] = {}
        self._by_peer: dict[Peer, Connection] = {}
        self._per_source: Counter[str] = Counter()
        self._handshakes: Counter[str] = Counter()
        self._connecting: dict[Peer, list[Packet]] = {}
        self._last_connection = int.from_bytes(os.urandom(4)) << 20
        self._tasks: set[asyncio.Task[None]] = set()
        self._sweeper = self._loop.call_later(SWEEP_EVERY, self._sweep)

    # -- those that come

    def serve(self, number: int) -> None:
        """Take the connections that come to a listener.

        Raises:
            CannotListen: it wants a certificate, and there is none.
        """
        listener = self._listeners[number]
        if TRANSPORTS[listener.transport].is_secure and not self._certificates.can_serve:
            fault = f"cannot listen at {listener.transport.lower()}: there is no certificate"
            raise CannotListen(fault, "set tls.certificate and tls.key to PEM files")
        self._framing(listener.transport)
        acceptor = Acceptor(listener.socket, partial(self._accepted, number))
        acceptor.start()
        self._acceptors.append(acceptor)

    def _accepted(self, number: int, accepted: socket.socket, host: str) -> None:
        is_secure = TRANSPORTS[self._listeners[number].transport].is_secure
        source = source_of(host)
        if self._is_full(source) or (
            is_secure and self._handshakes.total() >= self._bounds.max_handshakes
        ):
            accepted.close()
            return
        self._handshakes[source] += 1
        welcome = self._task(self._welcome(number, accepted, host, is_secure=is_secure))
        welcome.add_done_callback(lambda task: accepted.close() if task.cancelled() else None)

    def _is_full(self, source: str) -> bool:
        # Not their sum: one that has just become a connection is in both for a moment.
        known = max(self._per_source[source], self._handshakes[source])
        return (
            len(self._connections) >= self._bounds.max_connections
            or known >= self._bounds.max_connections_per_peer
        )

    async def _welcome(
        self, number: int, accepted: socket.socket, host: str, *, is_secure: bool
    ) -> None:
        transport = self._listeners[number].transport
        try:
            await self._loop.connect_accepted_socket(
                lambda: self._connection(transport, number, ""),
                accepted,
                ssl=self._context(transport) if is_secure else None,
                ssl_handshake_timeout=self._bounds.handshake if is_secure else None,
                ssl_shutdown_timeout=PARTING if is_secure else None,
            )
        except OSError as error:  # an SSLError too; it hung up, or speaks no TLS, or is too slow
            if isinstance(error, ssl.SSLCertVerificationError):
                self._certificates.refused(host, error.verify_message)
            accepted.close()
        finally:
            source = source_of(host)
            self._handshakes[source] -= 1
            if not self._handshakes[source]:
                del self._handshakes[source]

    def _context(self, transport: str) -> ssl.SSLContext:
        return self._certificates.web if transport in WEB else self._certificates.server

    # -- what every connection is

    def _connection(self, transport: str, number: int, domain: str) -> Connection:
        return Connection(
            self._framing(transport)(),
            lambda connection: self._described(connection, transport, number, domain),
            self._wants.arrived,
            self._lost,
            self._loop.time,
            self._wants.ponged,
        )

    def _framing(self, transport: str) -> MakeFraming:
        made = self._framings.get(transport)
        if made is None:
            framing = TRANSPORTS[transport].framing
            assert framing is not None
            made = self._framings[transport] = framing(self._bounds, self._web)
        return made

    def _described(
        self, connection: Connection, transport: str, number: int, domain: str
    ) -> Flow | None:
        """The flow of a new connection; `None`: it is one too many, or the peer is another."""
        peer = connection.transport.get_extra_info("peername")
        if peer is None:
            return None
        host, port = str(peer[0]), int(peer[1])
        certificate = connection.transport.get_extra_info("peercert") or {}
        if domain and not speaks_for(certificate, domain):
            self._certificates.refused(f"{host}:{port}", f"its certificate is not that of {domain}")
            return None
        source = source_of(host)
        if len(self._connections) >= self._bounds.max_connections or (
            self._per_source[source] >= self._bounds.max_connections_per_peer
        ):
            return None
        self._last_connection += 1
        local = self._listeners.local(number, host)
        certified = identities(certificate)
        at = self._last_connection
        flow = Flow(transport, host, port, local, number, at, domain, certified)
        self._connections[at] = connection
        self._by_peer[_peer(flow)] = connection
        self._per_source[source] += 1
        return flow

    def _lost(self, connection: Connection) -> None:
        flow = connection.flow
        self._connections.pop(flow.connection, None)
        if self._by_peer.get(_peer(flow)) is connection:
            del self._by_peer[_peer(flow)]
        source = source_of(flow.host)
        self._per_source[source] -= 1
        if not self._per_source[source]:
            del self._per_source[source]
        self._wants.lost(flow)

    def drop(self, flow: Flow) -> None:
        """Close the connection to a peer, if there is one."""
        for peer, connection in list(self._by_peer.items()):
            if peer[:3] == (flow.transport, flow.host, flow.port):
                connection.transport.abort()

    # -- what leaves

    def send(self, number: int, packets: list[Packet]) -> None:
        """Send packets on a live connection."""
        connection = self._connections.get(number)
        if connection is None or not connection.send([payload for _, payload, _ in packets]):
            self._fail(packets)

    def send_to_peer(self, packet: Packet) -> None:
        """Send on a connection to this peer, an open one or a new one."""
        flow = packet[0]
        number = self._listeners.speaker(flow.transport, flow.listener)
        if number is None:
            self._fail([packet])
            return
        is_secure = TRANSPORTS[flow.transport].is_secure
        peer = _peer(flow, flow.domain or flow.host if is_secure else "")
        connection = self._by_peer.get(peer)
        if connection is not None and _sent_on(connection, packet):
            return
        waiting = self._connecting.get(peer)
        if waiting is not None:
            waiting.append(packet)
            return
        self._connecting[peer] = [packet]
        self._task(self._connect(number, peer))

    async def _connect(self, number: int, peer: Peer) -> None:
        connection = None
        try:
            async with asyncio.timeout(self._bounds.connect):
                connection = await self._first_opened(number, peer)
        except ssl.SSLCertVerificationError as error:
            self._certificates.refused(f"{peer[1]}:{peer[2]}", error.verify_message)
        except (OSError, TimeoutError, ValueError):  # the last: a name that cannot be one
            pass
        packets = self._connecting.pop(peer)
        self._fail(each for each in packets if connection is None or not _sent_on(connection, each))

    async def _first_opened(self, number: int, peer: Peer) -> Connection:
        """A connection to the first address of the peer that takes one."""
        fault: OSError = ConnectionError("the host has no address")
        for address in await self._addresses(peer[1]):
            try:
                return await self._opened(number, peer, address)
            except ssl.SSLCertVerificationError:
                raise
            except OSError as error:
                fault = error
        raise fault

    async def _addresses(self, host: str) -> Sequence[str]:
        try:
            ipaddress.ip_address(host)
        except ValueError:
            return await self._locate(host)
        return (host,)

    async def _opened(self, number: int, peer: Peer, address: str) -> Connection:
        transport, _, port, domain = peer
        _, connection = await self._loop.create_connection(
            lambda: self._connection(transport, number, domain),
            address,
            port,
            local_addr=self._listeners[number].source,
            ssl=self._certificates.client if domain else None,
            server_hostname=domain.strip("[]") or None,
            ssl_shutdown_timeout=PARTING if domain else None,
        )
        return connection

    def _fail(self, packets: Iterable[Packet]) -> None:
        for packet in packets:
            self._wants.undeliverable(packet)

    def _task(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    # -- the end

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

    def stop_listening(self) -> None:
        """Take no more connections."""
        self._sweeper.cancel()
        for acceptor in self._acceptors:
            acceptor.stop()
        self._acceptors.clear()

    def hang_up(self) -> None:
        """Close all connections; what has been said still leaves."""
        for connection in list(self._connections.values()):
            connection.leave()
        for task in self._tasks:
            task.cancel()


def _peer(flow: Flow, domain: str | None = None) -> Peer:
    return flow.transport, flow.host, flow.port, flow.domain if domain is None else domain


def _sent_on(connection: Connection, packet: Packet) -> bool:
    """Send on a connection of ours; its loss is then the loss of what waits for an answer."""
    _, payload, transaction = packet
    if not connection.send([payload]):
        return False
    if transaction is not None:
        number = connection.flow.connection
        transaction.flow = msgspec.structs.replace(transaction.flow, connection=number)
    return True
