"""One connection: bytes in, messages out, and bounds on both (:rfc:`3261#section-18`).

The same for TCP, TLS and WebSockets: what differs is the framing, and whoever made the connection.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Sequence
from typing import cast

from hereabouts.base.refusal import Malformed
from hereabouts.net.framing import Framing
from hereabouts.sip.flow import Flow
from hereabouts.sip.framing import PING, PONG, Unframeable
from hereabouts.sip.message import Request, reason_phrase, write_response
from hereabouts.sip.reader import read

MUCH_UNSENT = 4 * 1024 * 1024
"Bytes that wait for a reader who is behind; a fan-out leaves more behind for a moment."

PATIENCE = 10.0
"Seconds to catch up; less than Timer F, so that subscriptions are parked and not ended."

DEAF = 20.0
"""Seconds without a sign that what was sent has arrived; then the peer is cut off, and the
connection is given up. Less than Timer F, so that subscriptions are parked and not ended."""

MOST_UNSENT = 16 * 1024 * 1024
"Bytes that may wait when more is to be said; beyond, the connection is given up at once."

MOST_MALFORMED = 16
"Messages in a row that cannot be read; then nothing of what comes can be expected to be SIP."

LAST_WORDS = 1.0
"Seconds that a connection on which nothing more is read stays open for its last answers."

_RESPONSE = b"SIP/2.0 "
_buffer = bytearray(256 * 1024)
_view = memoryview(_buffer)  # shared: what arrives is copied out before the next read


class Connection(asyncio.BufferedProtocol):
    """A connection, whoever opened it; `ponged` is told that a ping of ours was answered."""

    def __init__(
        self,
        framing: Framing,
        describe: Callable[[Connection], Flow | None],
        receive: Callable[[bytes, Flow], None],
        lost: Callable[[Connection], None],
        clock: Callable[[], float],
        ponged: Callable[[bytes, Flow], None] = lambda _payload, _flow: None,
    ) -> None:
        self.flow: Flow
        self.last_used = clock()
        "The monotonic time, in seconds, of the last bytes in either direction."
        self.partial_since: float | None = None
        "When the message began that is not complete yet."
        self.silent_since: float | None = self.last_used
        "When it began; `None` once a message has passed on it, either way."
        self.transport: asyncio.Transport
        self._framing = framing
        self._describe = describe
        self._receive = receive
        self._lost = lost
        self._clock = clock
        self._ponged = ponged
        self._malformed = 0  # in a row
        self._is_counted = False
        self._owed = 0  # answers; too many rather than too few
        self._is_closing = False
        self._giving_up: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, unless there are too many already."""
        self.transport = cast(asyncio.Transport, transport)
        flow = self._describe(self)
        if flow is None:
            self.transport.abort()
            return
        self.flow = flow
        self._is_counted = True
        self.transport.set_write_buffer_limits(high=MUCH_UNSENT)
        _give_up_the_deaf(transport.get_extra_info("socket"))
        if self._framing.pending:  # a handshake is waited for no longer than a message
            self.partial_since = self._clock()

    def get_buffer(self, _sizehint: int) -> memoryview:
        """Where the next bytes go."""
        return _view

    def buffer_updated(self, count: int) -> None:
        """Take the bytes that have come."""
        self.last_used = self._clock()
        if self._is_closing:
            return
        try:
            for message in self._framing.feed(_view[:count]):
                self.partial_since = None
                self._take(message)
                if self._is_closing:
                    return
        except Unframeable as fault:
            self._refuse(fault)
        self._reply()
        if not self._framing.pending:
            self.partial_since = None
        elif self.partial_since is None:
            self.partial_since = self.last_used

    def _reply(self) -> None:
        """Say what the framing has to say, and close if it says that all is over."""
        reply = self._framing.reply()
        if reply:
            self.transport.write(reply)
        if self._framing.is_over:
            self._is_closing = True
            self.transport.close()

    def _take(self, message: bytes) -> None:
        if message == PING:
            self._reply()  # what came before it
            self.transport.write(self._framing.wrap([PONG]))
            if not self._framing.expects_pong:
                return
            self._framing.expects_pong = False  # who asks whether we are there is there himself
            message = PONG
        if message == PONG:
            self._ponged(message, self.flow)
            return
        try:
            self._receive(message, self.flow)
        except Malformed:  # dropped; where the next one begins is known all the same
            self._malformed += 1
            if self._malformed == MOST_MALFORMED:
                self.close_soon()
            return
        self._malformed = 0
        self.silent_since = None
        self._owed += not message.startswith(_RESPONSE)

    def eof_received(self) -> bool:
        """Let the answers under way leave: who says no more may still listen.

        By TLS he may not: it has no way to say so.
        """
        if self.transport.get_extra_info("sslcontext") is not None:
            return False
        if self._owed:
            self.close_soon()
        return self._owed > 0

    def _refuse(self, fault: Unframeable) -> None:
        """Say what is wrong with a message whose end nobody can find, and close."""
        try:
            request = read(fault.head)
        except Malformed:
            request = None
        if isinstance(request, Request) and request.headers.get("via") and request.method != "ACK":
            reason = reason_phrase(fault.status, str(fault))
            answer = write_response(request, fault.status, reason=reason)
            self.transport.write(self._framing.wrap([answer]))
        self.close_soon()

    def close_soon(self) -> None:
        """Read no more; close when the answers under way have had time to leave."""
        if not self._is_closing:
            self._is_closing = True
            asyncio.get_running_loop().call_later(LAST_WORDS, self.leave)

    def leave(self) -> None:
        """Close, as soon as all that was said has left."""
        if not self.transport.is_closing():
            self.transport.write(self._framing.farewell())
            self.transport.close()

    def send(self, messages: Sequence[bytes]) -> bool:
        """Send messages; `False` if the connection is of no use any more."""
        if self.transport.is_closing():
            return False
        if self.transport.get_write_buffer_size() > MOST_UNSENT:
            self.transport.abort()
            return False
        self.last_used = self._clock()
        self.silent_since = None
        if PING in messages:
            self._framing.expects_pong = True
        if self._owed:
            answers = sum(message.startswith(_RESPONSE) for message in messages)
            self._owed = max(0, self._owed - answers)
        self.transport.write(self._framing.wrap(messages))
        return True

    def pause_writing(self) -> None:
        """The reader is behind: give him some time, even if nothing more is said meanwhile."""
        loop = asyncio.get_running_loop()
        self._giving_up = loop.call_later(PATIENCE, self.transport.abort)

    def resume_writing(self) -> None:
        """The reader has caught up."""
        if self._giving_up is not None:
            self._giving_up.cancel()
            self._giving_up = None

    def connection_lost(self, _error: Exception | None) -> None:
        """Tell that it is over."""
        self.resume_writing()  # or the timer would keep the connection from being forgotten
        if self._is_counted:
            self._lost(self)


def _give_up_the_deaf(opened: socket.socket | None) -> None:
    """Have the system close a connection whose peer is cut off, where it knows how to."""
    option = getattr(socket, "TCP_USER_TIMEOUT", None)
    if opened is not None and option is not None:
        opened.setsockopt(socket.IPPROTO_TCP, option, int(DEAF * 1000))
