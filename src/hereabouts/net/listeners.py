"""The addresses that a driver listens at, and what peers are told of them."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
from collections.abc import Iterator
from functools import partial

import msgspec

from hereabouts.base.refusal import Unavailable
from hereabouts.net.datagrams import MOST_KNOWN, Datagrams
from hereabouts.net.transports import TRANSPORTS
from hereabouts.sip.flow import Flow

RECEIVE_BUFFER = 8 * 1024 * 1024
"Bytes asked of the system for each UDP socket: the answers to a fan-out come all at once."

WILDCARDS = ("0.0.0.0", "::")  # noqa: S104 - compared, not bound
"Hosts that stand for every address of this machine."

_ADDRESS = "name an address of this machine (`ip address` lists them), or 0.0.0.0 for all"
_REMEDIES = {
    errno.EADDRINUSE: "see who uses the port (`ss -lntup`), or set another with --listen",
    errno.EACCES: "take a port above 1023, or let the server's user have those below",
}
"What to do about an address that the system refuses, by its reason."


class CannotListen(Unavailable):
    """An address that we cannot listen at."""


class Listener(msgspec.Struct):
    """One address, and its socket."""

    transport: str
    host: str
    port: int
    advertised: str
    "The `host:port` that peers are told in place of the address; empty: the address."
    socket: socket.socket
    datagrams: Datagrams
    "What a UDP listener hears and says."

    @property
    def source(self) -> tuple[str, int] | None:
        """Where our connections come from: peers know us by the address that we listen at."""
        return None if self.host in WILDCARDS else (self.host, 0)


class Listeners:
    """All addresses of one driver, by number."""

    def __init__(self) -> None:
        self._all: list[Listener] = []
        self._locals: dict[str, str] = {}

    def __getitem__(self, number: int) -> Listener:
        return self._all[number]

    def __iter__(self) -> Iterator[Listener]:
        return iter(self._all)

    async def open(self, transport: str, host: str, port: int, advertised: str) -> int:
        """Bind a socket to an address; its number.

        Raises:
            CannotListen: the system does not let us.
        """
        try:
            family, address = await _resolve(host, port)
            listener = self._bound(transport, family, address)
        except OSError as error:
            fault = f"cannot listen at {transport.lower()}:{host}:{port}: {error.strerror or error}"
            raise CannotListen(fault, _REMEDIES.get(error.errno or 0, _ADDRESS)) from error
        if advertised:
            said, _, number = advertised.rpartition(":")
            listener.advertised = f"{said}:{int(number) or listener.port}"
        self._all.append(listener)
        return len(self._all) - 1

    def _bound(self, transport: str, family: int, address: tuple[str, int]) -> Listener:
        kind = TRANSPORTS[transport].kind
        opened = socket.socket(family, kind)
        opened.setblocking(False)  # noqa: FBT003 - positional only
        if family == socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if kind is socket.SOCK_DGRAM:
            _enlarge(opened)
        else:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            opened.bind(address)
        except OSError:
            opened.close()
            raise
        datagrams = Datagrams(opened, partial(self.flow, len(self._all)))
        return Listener(transport, address[0], opened.getsockname()[1], "", opened, datagrams)

    def speaker(self, transport: str, number: int = -1) -> int | None:
        """The listener that stands for us on this transport: this one if it can, or the first.

        A flow's own may speak another (a Contact asks for UDP where the SUBSCRIBE came by TCP), or
        be gone (a former run listened at more addresses). `None`: there is none.
        """
        for spoken in TRANSPORTS[transport].spoken_by if transport in TRANSPORTS else ():
            if 0 <= number < len(self._all) and self._all[number].transport == spoken:
                return number
            for at, listener in enumerate(self._all):
                if listener.transport == spoken:
                    return at
        return None

    # -- what peers are told

    def flow(self, number: int, host: str, port: int) -> Flow:
        """The flow between a listener and a peer, by datagrams."""
        listener = self._all[number]
        return Flow(listener.transport, host, port, self.local(number, host), number)

    def reach(self, transport: str, host: str, port: int) -> Flow:
        """The flow to another address, by a listener of its family if there is one.

        That none of ours speaks so is found when it is sent.
        """
        first = self.speaker(transport) or 0
        spoken = self._all[first].transport
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        fitting = (
            number
            for number, listener in enumerate(self._all)
            if listener.transport == spoken and listener.socket.family == family
        )
        number = next(fitting, first)
        return Flow(transport, host, port, self.local(number, host), number)

    def local(self, number: int, peer: str) -> str:
        """Our own `host:port` as this peer reaches it."""
        listener = self._all[number]
        if listener.advertised:
            return listener.advertised
        host = listener.host
        if host in WILDCARDS:
            host = self._locals.get(peer) or self._route(listener, peer)
        return f"[{host}]:{listener.port}" if ":" in host else f"{host}:{listener.port}"

    def _route(self, listener: Listener, peer: str) -> str:
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


async def _resolve(host: str, port: int) -> tuple[int, tuple[str, int]]:
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    family, _, _, _, address = found[0]
    return family, (str(address[0]), int(address[1]))


def _enlarge(opened: socket.socket) -> None:
    """Ask for a large receive buffer, even beyond the system's limit where we may."""
    force = getattr(socket, "SO_RCVBUFFORCE", None)
    if force is not None:
        with contextlib.suppress(OSError):
            opened.setsockopt(socket.SOL_SOCKET, force, RECEIVE_BUFFER)
            return
    with contextlib.suppress(OSError):
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
