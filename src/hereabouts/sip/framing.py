"""A stream of bytes to messages and keep-alives.

:rfc:`3261#section-18.3` and :rfc:`5626#section-3.5.1`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from hereabouts.base.refusal import Malformed

_CONTENT_LENGTH = re.compile(
    rb"\r\n(?:content-length|l)[ \t]*:[ \t]*(?:\r\n[ \t]+)?([^\r\n]*)", re.IGNORECASE
)
_CONTENT_TYPE = re.compile(rb"\r\n(?:content-type|c)[ \t]*:", re.IGNORECASE)
_SIP = re.compile(rb"[^\r\n]*SIP/", re.IGNORECASE)
PING = b"\r\n\r\n"
"What a peer sends to see whether we are there."
PONG = b"\r\n"
"What we answer."


class Unframeable(Malformed):
    """The stream cannot be followed any further; `head` is answered, then the connection closed."""

    def __init__(self, reason: str, head: bytes, status: int = 400) -> None:
        super().__init__(reason)
        self.head = head
        "The message whose length is unknown, its head only."
        self.status = status
        "What to answer."


class StreamFramer:
    """Cuts messages out of what a connection brings, however it is split."""

    def __init__(self, *, max_head: int, max_body: int) -> None:
        self._buffer = bytearray()
        self._max_head = max_head
        self._max_body = max_body
        self._searched = 0  # no end of head before this offset: nothing is searched twice
        self._total = 0  # the length of the message that has begun; 0: not known yet
        self.expects_pong = False
        "Whether a ping of ours waits for its pong; any other lone CRLF is nothing."

    @property
    def pending(self) -> int:
        """Bytes of a message that has begun and not ended; line breaks alone begin none."""
        buffer = self._buffer
        return 0 if buffer.startswith((b"\r", b"\n")) else len(buffer)

    def feed(self, piece: bytes | memoryview) -> Iterator[bytes]:
        """Take bytes; give each message they complete, `PING` for each ping, and `PONG` for a pong.

        Raises:
            Unframeable: a Content-Length that is odd, or there with different values, or missing
                with a body; a head or a body beyond the bounds; or a head that is not SIP's.
        """
        self._buffer += piece
        while self._buffer:
            found = self._next()
            if found is None:
                return
            if found:
                yield found

    def _next(self) -> bytes | None:
        """The next message or ping, `b""` for a lone CRLF, `None` when more bytes are needed."""
        buffer = self._buffer
        if buffer[0] in b"\r\n":
            return self._line_breaks()
        total = self._total = self._total or self._length()
        if not total or len(buffer) < total:
            return None
        message = bytes(buffer[:total])
        del buffer[:total]
        self._searched = self._total = 0
        return message

    def _length(self) -> int:
        """The length of the message that begins the buffer; 0 while its head has not ended."""
        buffer = self._buffer
        end = buffer.find(b"\r\n\r\n", max(0, self._searched - 3))
        if end < 0:
            self._searched = len(buffer)
            if len(buffer) > self._max_head:
                raise Unframeable("the head is too large", bytes(buffer[:8192]), 513)
            return 0
        return end + 4 + self._body_length(bytes(buffer[: end + 4]))

    def _line_breaks(self) -> bytes | None:
        buffer = self._buffer
        if buffer.startswith(PING):
            del buffer[:4]
            return PING
        if self.expects_pong and buffer.startswith(PONG):
            self.expects_pong = False
            del buffer[:2]
            return PONG
        if PING.startswith(buffer):
            return None  # a ping may be on its way; a lone CRLF is dropped with what follows it
        del buffer[: 2 if buffer.startswith(PONG) else 1]
        return b""

    def _body_length(self, head: bytes) -> int:
        if len(head) > self._max_head:
            raise Unframeable("the head is too large", head[:8192], 513)
        if not _SIP.match(head):
            raise Unframeable("no SIP version is in the first line", head)
        given = {value.strip() for value in _CONTENT_LENGTH.findall(head)}
        if not given and _CONTENT_TYPE.search(head):
            raise Unframeable("Content-Length is missing", head)
        if not given:
            return 0
        if len(given) > 1:
            raise Unframeable("Content-Length is there more than once", head)
        length = given.pop()
        if not length.isdigit() or len(length) > 11:
            raise Unframeable("Content-Length is not a number", head)
        if int(length) > self._max_body:
            raise Unframeable("the body is too large", head, 413)
        return int(length)
