"""An HTTP client for one server: it keeps connections, and bounds what it takes.

h11 knows the protocol (RFC 9112). There is no time limit here: who waits sets one, and gives up by
cancelling.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from contextlib import suppress
from typing import Self
from urllib.parse import urlsplit

import h11
import msgspec

from hereabouts.base.refusal import Malformed
from hereabouts.http.message import Response

MAX_HEAD = 16_384
"Bytes of a response's line and headers."

MAX_BODY = 16 * 2**20
"Bytes of a response's body: all policies of one owner fit in."

MOST_IDLE = 16
"Connections kept for the next request."

_SAFE_TO_REPEAT = frozenset({"GET", "HEAD", "PUT", "DELETE"})  # RFC 9110 section 9.2.2


class NoAnswer(Exception):
    """The server has not answered, or not in HTTP; the text says which, for a person."""


class Place(msgspec.Struct, frozen=True, gc=False):
    """Where an HTTP server is, as in `http://127.0.0.1:8181`."""

    host: str
    port: int
    is_secure: bool
    "Whether TLS is spoken there."

    @classmethod
    def parse(cls, text: str) -> Self:
        """The place that a URL names; it has no path.

        Raises:
            Malformed: it names none.
        """
        try:
            url = urlsplit(text)
            port = url.port
        except ValueError as error:
            raise Malformed(f"{text[:80]!r} is not the URL of a server") from error
        if url.scheme not in ("http", "https") or not url.hostname or url.path not in ("", "/"):
            raise Malformed(f"{text[:80]!r} is not the URL of a server")
        if url.username is not None or url.query or url.fragment:
            raise Malformed(f"{text[:80]!r} has more in it than a server")
        is_secure = url.scheme == "https"
        return cls(url.hostname, port or (443 if is_secure else 80), is_secure)

    @property
    def authority(self) -> str:
        """Host and port, as in the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


class HttpClient:
    """Asks one server; any number of questions at once, each on a connection of its own."""

    def __init__(self, place: Place, tls: ssl.SSLContext | None = None) -> None:
        self.place = place
        self._tls = tls or ssl.create_default_context() if place.is_secure else None
        self._idle: list[_Connection] = []

    async def ask(
        self,
        method: str,
        target: str,
        headers: Sequence[tuple[str, str]] = (),
        body: bytes = b"",
    ) -> Response:
        """The server's response.

        Raises:
            NoAnswer: there is none.
        """
        head = [("Host", self.place.authority), *headers]
        if body or method in ("PUT", "POST", "PATCH"):
            head.append(("Content-Length", str(len(body))))
        events = [h11.Request(method=method, target=target, headers=head)]
        while self._idle and method in _SAFE_TO_REPEAT:
            with suppress(_Gone):
                return await self._exchange(self._idle.pop(), events, body)
        return await self._exchange(await self._connect(), events, body)

    async def close(self) -> None:
        """Let go of the connections that wait for a next request."""
        idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()
        await asyncio.sleep(0)  # asyncio closes a connection in its next round

    async def _connect(self) -> _Connection:
        place = self.place
        try:
            reader, writer = await asyncio.open_connection(place.host, place.port, ssl=self._tls)
        except ConnectionRefusedError as error:
            raise NoAnswer(f"nobody listens at {place.authority}") from error
        except (OSError, UnicodeError) as error:
            raise NoAnswer(f"no connection to {place.authority}: {error}") from error
        return _Connection(reader, writer)

    async def _exchange(
        self, connection: _Connection, events: Sequence[h11.Event], body: bytes
    ) -> Response:
        is_kept = False
        try:
            response = await connection.exchange(events, body)
            is_kept = connection.is_reusable and len(self._idle) < MOST_IDLE
        finally:
            if is_kept:
                self._idle.append(connection)
            else:
                connection.close()
        return response


class _Gone(NoAnswer):
    """The connection had closed before any of the answer came."""


class _Connection:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._protocol = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD)

    @property
    def is_reusable(self) -> bool:
        """Whether another request can be sent; if so, it is ready for it."""
        if self._protocol.our_state is h11.DONE and self._protocol.their_state is h11.DONE:
            self._protocol.start_next_cycle()
            return True
        return False

    def close(self) -> None:
        self._writer.transport.abort()

    async def exchange(self, events: Sequence[h11.Event], body: bytes) -> Response:
        said = [*events, *([h11.Data(data=body)] if body else []), h11.EndOfMessage()]
        try:
            for event in said:
                self._writer.write(self._protocol.send(event) or b"")
            return await self._response()
        except h11.ProtocolError as error:
            raise NoAnswer(f"the answer is not HTTP: {error}") from error
        except OSError as error:
            raise _Gone(f"the connection broke: {error.strerror or error}") from error

    async def _response(self) -> Response:
        head: h11.Response | None = None
        body = bytearray()
        has_begun = False
        while True:
            event = self._protocol.next_event()
            if event is h11.NEED_DATA:
                received = await self._reader.read(65536)
                if not received and not has_begun:
                    raise _Gone("the server hung up and did not answer")
                has_begun = True
                self._protocol.receive_data(received)
            elif isinstance(event, h11.Response):
                head = event
            elif isinstance(event, h11.Data):
                body += event.data
                if len(body) > MAX_BODY:
                    raise NoAnswer(f"the answer is longer than {MAX_BODY} bytes")
            elif isinstance(event, h11.EndOfMessage):
                assert head is not None
                return _whole(head, bytes(body))
            elif not isinstance(event, h11.InformationalResponse):
                raise _Gone("the server hung up and did not answer")


def _whole(head: h11.Response, body: bytes) -> Response:
    headers = tuple((name.decode("ascii"), value.decode("latin-1")) for name, value in head.headers)
    content_type = next((value for name, value in headers if name == "content-type"), "")
    return Response(head.status_code, body, content_type, headers)
