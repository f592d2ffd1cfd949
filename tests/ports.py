"""Ports for servers of the tests that must know theirs beforehand, or keep it over a restart."""

from __future__ import annotations

import socket
from random import SystemRandom

_CHOICE = range(10_000, 32_768)
"""Below those that Linux gives to connections (from 32768): one of these, even if it is closed and
only waits for its last minute, keeps a server from listening at its port."""

_CHANCE = SystemRandom()


def free_port() -> int:
    """A port that nobody uses at any IPv4 address here, neither for UDP nor for TCP."""
    while True:
        port = _CHANCE.choice(_CHOICE)
        with (
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams,
            socket.socket(socket.AF_INET, socket.SOCK_STREAM) as streams,
        ):
            try:
                datagrams.bind(("", port))
                streams.bind(("", port))
            except OSError:
                continue
        return port
