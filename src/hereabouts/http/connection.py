"""One connection of an HTTP client to us: requests in, responses out, and bounds on both.

h11 knows the protocol (RFC 9112); this has the bytes, the time limits and what a peer may make
us keep.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from email.utils import formatdate
from typing import Protocol, cast

import h11
import msgspec

from hereabouts.base.refusal import Malformed
from hereabouts.base.units import Seconds
from hereabouts.http.message import Problem, Request, Response, parse_target, phrase

Answer = Callable[[Request], Awaitable[Response]]
"Answers a request; what it raises besides `Problem` is a fault of ours."


LAST_WORDS = 2.0
"Seconds in which a client reads why we have hung up."

_WITHOUT_BODY = (204, 304)  # RFC 9110 section 8.6: nor do they say a length


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """What clients can make a server keep, and how long."""

    max_head: int = 16_384
    "Bytes of a request's line and headers."
    max_body: int = 262_144
    "Bytes of a request's body."
    max_connections: int = 256
    max_connections_per_source: int = 64
    arrival: Seconds = 10.0
    "How long a request may take to arrive whole, and its answer to be taken."
    idle: Seconds = 60.0
    "How long a connection may be silent between two requests."


class House(Protocol):
    """Who has the connections."""

    bounds: Bounds

    def admit(self, connection: Connection, source: str) -> bool:
        """Whether there is room for one more from this address."""
        ...

    async def answer(self, request: Request) -> Response:
        """The answer to a request, whatever it is."""
        ...

    def lost(self, connection: Connection) -> None:
        """A connection that was admitted has closed."""
        ...


class Connection(asyncio.Protocol):
    """A connection that a client has opened."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._bounds = house.bounds
        self._loop = asyncio.get_running_loop()
        self._protocol = h11.Connection(h11.SERVER, max_incomplete_event_size=house.bounds.max_head)
        self._transport: asyncio.Transport
        self._source = ""
        self._is_admitted = False
        self._head: h11.Request | None = None
        self._body = bytearray()
        self._answering: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._is_arriving = True  # a request has begun, or is due
        self._is_leaving = False
        self._is_over = False

    # -- asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, if there is room."""
        self._transport = cast(asyncio.Transport, transport)
        peer = transport.get_extra_info("peername")
        self._source = str(peer[0]) if peer else ""
        self._is_admitted = self._house.admit(self, self._source)
        if self._is_admitted:
            self._within(self._bounds.arrival)
        else:
            self._transport.abort()

    def data_received(self, received: bytes) -> None:
        """Take what has come."""
        if self._is_over:
            return
        if not self._is_arriving:
            self._is_arriving = True
            self._within(self._bounds.arrival)
        self._protocol.receive_data(received)
        if self._answering is not None:
            # What comes before its turn waits with the system, not with us.
            self._transport.pause_reading()
        else:
            self._read()

    def connection_lost(self, _error: Exception | None) -> None:
        """Nobody waits for an answer any more."""
        self._stop_timer()
        if self._answering is not None:
            self._answering.cancel()
        if self._is_admitted:
            self._house.lost(self)

    # -- reading

    def _read(self) -> None:
        try:
            self._read_events()
        except h11.RemoteProtocolError as error:
            self._refuse(Problem(error.error_status_hint, f"this is not HTTP: {error}"))
        except Malformed as fault:
            self._refuse(Problem(400, str(fault)))
        except Problem as problem:
            self._refuse(problem)

    def _read_events(self) -> None:
        while True:
            event = self._protocol.next_event()
            if event is h11.NEED_DATA or event is h11.PAUSED:
                return
            if isinstance(event, h11.Request):
                self._begin(event)
            elif isinstance(event, h11.Data):
                self._body += event.data
                if len(self._body) > self._bounds.max_body:
                    raise self._too_long()
            elif isinstance(event, h11.EndOfMessage):
                self._whole()
            else:
                self._transport.close()
                return

    def _begin(self, head: h11.Request) -> None:
        self._head, self._body = head, bytearray()
        lengths = (value for name, value in head.headers if name == b"content-length")
        if int(next(lengths, b"0")) > self._bounds.max_body:
            raise self._too_long()
        if self._protocol.they_are_waiting_for_100_continue:
            go_on = h11.InformationalResponse(status_code=100, headers=[])
            self._transport.write(self._protocol.send(go_on) or b"")

    def _too_long(self) -> Problem:
        return Problem(413, f"a body has at most {self._bounds.max_body} bytes")

    def _whole(self) -> None:
        assert self._head is not None
        request = _request(self._head, bytes(self._body), self._source)
        self._stop_timer()
        self._answering = self._loop.create_task(self._answer(request))

    # -- answering

    async def _answer(self, request: Request) -> None:
        response = await self._house.answer(request)
        self._answering = None
        self._say(response)
        if self._protocol.our_state is h11.MUST_CLOSE:
            self._transport.close()
            self._within(LAST_WORDS)
            return
        self._protocol.start_next_cycle()
        self._is_arriving = False
        self._within(self._bounds.idle)
        self._transport.resume_reading()
        self._read()

    def _say(self, response: Response) -> None:
        # Policies are nobody else's to keep, be it a cache on the way.
        headers = [("Date", formatdate(usegmt=True)), ("Cache-Control", "no-store")]
        headers += response.headers
        if response.content_type:
            headers.append(("Content-Type", response.content_type))
        if response.status not in _WITHOUT_BODY:
            headers.append(("Content-Length", str(len(response.body))))
        if self._is_leaving:
            headers.append(("Connection", "close"))
        reason = phrase(response.status).encode()
        head = h11.Response(status_code=response.status, headers=headers, reason=reason)
        events: list[h11.Event] = [head]
        is_for_head = self._head is not None and self._head.method == b"HEAD"
        if response.body and not is_for_head:
            events.append(h11.Data(data=response.body))
        for event in (*events, h11.EndOfMessage()):
            self._transport.write(self._protocol.send(event) or b"")

    def _refuse(self, problem: Problem) -> None:
        """Answer what cannot be read to its end, if it can be answered at all; and hang up."""
        self._is_leaving = True
        if self._protocol.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            self._say(problem.response())
        self._hang_up()

    # -- the end

    def leave(self) -> None:
        """Close, behind the answer that is under way if there is one."""
        self._is_leaving = True
        if self._answering is None and not self._is_over:
            self._transport.close()

    def abort(self) -> None:
        """Close at once."""
        self._transport.abort()

    def _hang_up(self) -> None:
        """Close once all was said, and not while more comes: that would reset what was said."""
        self._is_over = True
        self._transport.resume_reading()
        if self._transport.can_write_eof():
            self._transport.write_eof()
        else:
            self._transport.close()
        self._within(LAST_WORDS)

    def _within(self, limit: Seconds) -> None:
        """Hang up unless something happens within this time."""
        self._stop_timer()
        self._timer = self._loop.call_later(limit, self._transport.abort)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _request(head: h11.Request, body: bytes, source: str) -> Request:
    headers: dict[str, str] = {}
    for raw_name, raw_value in head.headers:
        name, value = raw_name.decode("ascii"), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    path, query = parse_target(head.target.decode("ascii"))
    return Request(
        method=head.method.decode("ascii"),
        path=path,
        query=query,
        headers=headers,
        body=body,
        source=source,
    )
