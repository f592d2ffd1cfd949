"""The transports, as a table: how each one listens, connects, and cuts its stream into messages."""

from __future__ import annotations

import socket
from collections.abc import Callable

import msgspec

from hereabouts.net.bounds import Bounds, Web
from hereabouts.net.framing import Framing, StreamFraming

MakeFraming = Callable[[], Framing]


class Transport(msgspec.Struct, frozen=True):
    """What a driver has to know of a transport."""

    kind: socket.SocketKind
    is_secure: bool = False
    "Whether a TLS handshake comes first."
    framing: Callable[[Bounds, Web], MakeFraming] | None = None
    "How its messages stand in a stream; `None`: each has a datagram of its own."
    spoken_by: tuple[str, ...] = ()
    """The transports of the listeners that stand for us where we send first, the best first; none:
    we never do."""


def _streams(bounds: Bounds, _web: Web) -> MakeFraming:
    return lambda: StreamFraming(bounds)


def _websockets(bounds: Bounds, web: Web) -> MakeFraming:
    # The library takes 50 ms to load, and most servers need none of it.
    from hereabouts.net.websocket import WebSocketFraming  # noqa: PLC0415

    return lambda: WebSocketFraming(bounds, web)


TRANSPORTS: dict[str, Transport] = {
    "UDP": Transport(socket.SOCK_DGRAM, spoken_by=("UDP",)),
    "TCP": Transport(socket.SOCK_STREAM, framing=_streams, spoken_by=("TCP",)),
    # Who has no certificate can speak TLS all the same, if others connect by TCP.
    "TLS": Transport(
        socket.SOCK_STREAM, is_secure=True, framing=_streams, spoken_by=("TLS", "TCP")
    ),
    "WS": Transport(socket.SOCK_STREAM, framing=_websockets),
    "WSS": Transport(socket.SOCK_STREAM, is_secure=True, framing=_websockets),
}
