"""How messages stand in the bytes of a connection, both ways."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from hereabouts.net.bounds import Bounds
from hereabouts.sip.framing import StreamFramer


class Framing(Protocol):
    """One connection's."""

    expects_pong: bool
    "Whether a ping of ours is still to be answered; to be set by whoever sends one."

    @property
    def pending(self) -> int:
        """Bytes of something that has begun and not ended; 0: nothing has."""
        ...

    @property
    def is_over(self) -> bool:
        """Whether the connection is to be closed when `reply` has been sent."""
        ...

    def feed(self, piece: memoryview) -> Iterator[bytes]:
        """Take bytes; give each message they complete, and `sip.framing.PING` for each ping.

        Raises:
            Unframeable: nothing that follows can be understood.
        """
        ...

    def reply(self) -> bytes:
        """What the framing itself has to say by now, such as the answer to a handshake."""
        ...

    def wrap(self, messages: Sequence[bytes]) -> bytes:
        """The bytes that bring these messages."""
        ...

    def farewell(self) -> bytes:
        """What is said before a connection is closed from here."""
        ...


class StreamFraming(StreamFramer):
    """That of a stream in which messages stand as they are (TCP, TLS)."""

    is_over = False

    def __init__(self, bounds: Bounds) -> None:
        super().__init__(max_head=bounds.max_head, max_body=bounds.max_body)

    def reply(self) -> bytes:
        """Nothing."""
        return b""

    def wrap(self, messages: Sequence[bytes]) -> bytes:
        """The messages, one behind the other."""
        return b"".join(messages)

    def farewell(self) -> bytes:
        """Nothing."""
        return b""
