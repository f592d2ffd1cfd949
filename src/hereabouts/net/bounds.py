"""What peers can make a driver keep, and for how long."""

from __future__ import annotations

import msgspec

from hereabouts.base.units import Seconds


class Bounds(msgspec.Struct, frozen=True):
    """What peers can make a driver keep."""

    max_head: int = 16384
    max_body: int = 65535
    max_connections: int = 10000
    max_connections_per_peer: int = 1000
    max_handshakes: int = 256
    "Connections that have come and not ended their TLS handshake yet."
    idle: Seconds = 3900.0
    partial: Seconds = 32.0
    "How long a message may take to arrive; the handshake of a WebSocket is one."
    silence: Seconds = 32.0
    "How long a connection is kept on which no message has passed yet."
    handshake: Seconds = 10.0
    "How long a TLS handshake may take."
    connect: Seconds = 5.0
    "How long to wait for a connection of ours, its TLS handshake included."


class Web(msgspec.Struct, frozen=True):
    """Whose WebSockets are taken."""

    origins: tuple[str, ...] = ()
    "Where pages must come from whose browsers connect; none: from anywhere."
    token: str | None = None
    "What a handshake must show; `None`: nothing."
