"""The HTTP server: it listens, admits connections within bounds, and answers by a function."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections import Counter

from hereabouts.base.journal import Grade, Journal
from hereabouts.base.refusal import Unavailable
from hereabouts.base.units import Seconds
from hereabouts.http.connection import Answer, Bounds, Connection
from hereabouts.http.message import Problem, Request, Response

LONGEST_ANSWER: Seconds = 40.0
"Seconds that an answer may take to be found; a poll for changes waits for less."

FAREWELL: Seconds = 2.0
"Seconds that answers under way have when the server ends."


class CannotServe(Unavailable):
    """HTTP cannot be served as the settings say."""


class HttpServer:
    """Serves one function over HTTP, on any number of addresses."""

    def __init__(self, answer: Answer, journal: Journal, bounds: Bounds | None = None) -> None:
        self.bounds = bounds or Bounds()
        self._answer = answer
        self._journal = journal
        self._servers: list[asyncio.Server] = []
        self._connections: set[Connection] = set()
        self._sources: dict[Connection, str] = {}
        self._per_source: Counter[str] = Counter()
        self._is_open = False
        self._is_empty = asyncio.Event()
        self._is_empty.set()

    async def listen(
        self, host: str, port: int, *, tls: ssl.SSLContext | None = None, insecure: bool = False
    ) -> int:
        """Listen at an address; the port, for those who asked for 0.

        Raises:
            CannotServe: the system does not let us, or passwords would travel in clear text.
        """
        try:
            address = await self._resolve(host, port)
            if tls is None and not insecure and not _is_loopback(address[0]):
                raise _in_clear_text(host)
            patience = self.bounds.arrival if tls is not None else None
            server = await asyncio.get_running_loop().create_server(
                lambda: Connection(self), *address, ssl=tls, ssl_handshake_timeout=patience
            )
        except OSError as error:
            fault = f"cannot serve HTTP at {host}:{port}: {error.strerror or error}"
            remedy = "set http.listen to a free port at an address of this machine"
            raise CannotServe(fault, remedy) from error
        self._servers.append(server)
        self._is_open = True
        return int(server.sockets[0].getsockname()[1])

    async def _resolve(self, host: str, port: int) -> tuple[str, int]:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return str(found[0][4][0]), int(found[0][4][1])

    async def close(self) -> None:
        """Stop listening; what is being answered is answered, within `FAREWELL`."""
        self._is_open = False
        for server in self._servers:
            server.close()
        for connection in list(self._connections):
            connection.leave()
        try:
            async with asyncio.timeout(FAREWELL):
                await self._is_empty.wait()
        except TimeoutError:
            for connection in list(self._connections):
                connection.abort()
            await asyncio.sleep(0)  # asyncio tells of a connection's end in its next round

    # -- House

    def admit(self, connection: Connection, source: str) -> bool:
        """Whether there is room for one more from this address."""
        bounds = self.bounds
        if not self._is_open:  # it came while we closed
            return False
        if len(self._connections) >= bounds.max_connections:
            return False
        if self._per_source[source] >= bounds.max_connections_per_source:
            return False
        self._connections.add(connection)
        self._sources[connection] = source
        self._per_source[source] += 1
        self._is_empty.clear()
        return True

    def lost(self, connection: Connection) -> None:
        """A connection that was admitted has closed."""
        self._connections.discard(connection)
        source = self._sources.pop(connection)
        self._per_source[source] -= 1
        if not self._per_source[source]:
            del self._per_source[source]
        if not self._connections:
            self._is_empty.set()

    async def answer(self, request: Request) -> Response:
        """The answer to a request, whatever it is; a fault of ours is a 500, and in the log."""
        try:
            async with asyncio.timeout(LONGEST_ANSWER):
                return await self._answer(request)
        except Problem as problem:
            return problem.response()
        except TimeoutError:
            return Problem(503, "the answer takes too long", (), _LATER).response()
        except Exception as error:  # noqa: BLE001 - whatever it is, its request is answered
            what = f"HTTP {request.method}"
            self._journal.say(Grade.ERROR, "a fault of the program", what=what, error=error)
            return Problem(500, "a fault of the server; its log has it").response()


_LATER = (("Retry-After", "5"),)


def _is_loopback(address: str) -> bool:
    return ipaddress.ip_address(address.partition("%")[0]).is_loopback


def _in_clear_text(host: str) -> CannotServe:
    return CannotServe(
        f"HTTP at {host} would send passwords and tokens in clear text",
        "set http.certificate and http.key, or listen at 127.0.0.1, or, in a lab,"
        " set http.insecure to true",
    )
