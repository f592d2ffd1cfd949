"""SIP over WebSocket: one message a WebSocket message (:rfc:`7118`, :rfc:`6455`).

The `websockets` package knows the protocol, and does no I/O.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import logging
from collections.abc import Iterator, Sequence
from contextlib import suppress
from http import HTTPStatus

from websockets.frames import CloseCode, Frame, Opcode
from websockets.http11 import Request, Response
from websockets.protocol import OPEN
from websockets.server import ServerProtocol
from websockets.typing import Origin, Subprotocol

from hereabouts.net.bounds import Bounds, Web
from hereabouts.sip.framing import PING, Unframeable

SUBPROTOCOL = Subprotocol("sip")

COOKIE = "hereabouts"
"The cookie that may show the token."

_LOGGER = logging.getLogger("hereabouts.websocket")
_LOGGER.setLevel(logging.ERROR)  # it would tell of each connection

_TEXT = frozenset({Opcode.TEXT, Opcode.BINARY, Opcode.CONT})


class WebSocketFraming:
    """One connection's, from its handshake on."""

    def __init__(self, bounds: Bounds, web: Web) -> None:
        self._bounds = bounds
        self._token = web.token
        self._protocol = ServerProtocol(
            subprotocols=[SUBPROTOCOL],  # a handshake that does not ask for it gets a 400
            # Programs other than browsers send no Origin, and could send any.
            origins=[*map(Origin, web.origins), None] if web.origins else None,
            max_size=bounds.max_head + bounds.max_body,
            logger=_LOGGER,
        )
        self.expects_pong = False
        self._is_open = False
        self._handshake = 0  # bytes of it
        self._message = bytearray()
        self._is_text = False
        self._has_begun = False
        self._reply = bytearray()
        self._is_over = False

    @property
    def pending(self) -> int:
        """Bytes of a handshake or message that has begun; 1 for one that has to begin yet."""
        if not self._is_open:
            return self._handshake + 1
        return len(self._protocol.reader.buffer) + len(self._message) + self._has_begun

    @property
    def is_over(self) -> bool:
        """Whether one side has closed, or was refused."""
        return self._is_over

    def feed(self, piece: memoryview) -> Iterator[bytes]:
        """Take bytes; give each message they complete, and `PING` for a line break or two.

        Raises:
            Unframeable: a body beyond the bounds.
        """
        if not self._is_open:
            self._handshake += len(piece)
        self._protocol.receive_data(bytes(piece))
        for event in self._protocol.events_received():
            if isinstance(event, Request):
                self._shake_hands(event)
            elif isinstance(event, Frame) and self._is_open:
                yield from self._take(event)
        if not self._is_open and self._handshake > self._bounds.max_head:
            self._is_over = True  # no browser needs so much
        self._gather()

    def _shake_hands(self, request: Request) -> None:
        if self._token is None or _shows(request, self._token):
            response = self._protocol.accept(request)
        else:
            response = self._unauthorized()
        self._protocol.send_response(response)
        self._is_open = self._protocol.state is OPEN

    def _unauthorized(self) -> Response:
        response = self._protocol.reject(HTTPStatus.UNAUTHORIZED, "A token is missing.\n")
        response.headers["WWW-Authenticate"] = 'Basic realm="SIP over WebSocket", charset="UTF-8"'
        return response

    def _take(self, frame: Frame) -> Iterator[bytes]:
        """Take a frame; messages may come in several (:rfc:`6455#section-5.4`)."""
        if frame.opcode not in _TEXT:
            return  # ping, pong and close are the protocol's own
        if frame.opcode is not Opcode.CONT:
            self._is_text = frame.opcode is Opcode.TEXT
        self._message += frame.data
        self._has_begun = not frame.fin
        if frame.fin:
            message = bytes(self._message)
            self._message.clear()
            yield from self._complete(message)

    def _complete(self, message: bytes) -> Iterator[bytes]:
        if self._is_text and not _is_utf_8(message):
            self._protocol.fail(CloseCode.INVALID_DATA, "text that is not UTF-8")
            return
        if not message.strip(b"\r\n"):
            yield from [PING] if message == PING else []  # a pong, or nothing
            return
        end = message.find(b"\r\n\r\n") + 4
        if len(message) - end > self._bounds.max_body:
            raise Unframeable("the body is too large", message[:end], 413)
        yield message

    def reply(self) -> bytes:
        """The answer to a handshake, to pings and to a close."""
        reply = bytes(self._reply)
        self._reply.clear()
        return reply

    def wrap(self, messages: Sequence[bytes]) -> bytes:
        """The messages, each in a frame of its own: text if it is, else binary."""
        for message in messages if self._protocol.state is OPEN else ():
            if _is_utf_8(message):
                self._protocol.send_text(message)
            else:
                self._protocol.send_binary(message)
        self._gather()
        return self.reply()

    def farewell(self) -> bytes:
        """A close, for a connection that has not been closed by the other side."""
        if self._protocol.state is OPEN:
            self._protocol.send_close(CloseCode.GOING_AWAY)
        self._gather()
        return self.reply()

    def _gather(self) -> None:
        """Take what the protocol has to say; an empty piece says that it has no more."""
        for piece in self._protocol.data_to_send():
            self._reply += piece
            self._is_over = self._is_over or not piece


def _is_utf_8(message: bytes) -> bool:
    if message.isascii():
        return True
    try:
        message.decode()
    except UnicodeDecodeError:
        return False
    return True


def _shows(request: Request, token: str) -> bool:
    """Whether a handshake has the token, as a cookie or as a password (:rfc:`7118#section-7`)."""
    shown = (word.encode("utf-8", "surrogateescape") for word in _shown(request))
    return any(hmac.compare_digest(word, token.encode()) for word in shown)


def _shown(request: Request) -> Iterator[str]:
    for row in request.headers.get_all("Cookie"):
        for pair in row.split(";"):
            name, _, value = pair.strip().partition("=")
            if name == COOKIE:
                yield value.strip('"')
    for row in request.headers.get_all("Authorization"):
        scheme, _, value = row.partition(" ")
        if scheme.lower() == "basic":
            with suppress(binascii.Error, UnicodeDecodeError, ValueError):
                yield base64.b64decode(value, validate=True).decode().partition(":")[2]
