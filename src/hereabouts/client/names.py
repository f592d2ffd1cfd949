"""What this machine is called."""

from __future__ import annotations

import contextlib
import socket

import msgspec

from hereabouts.config import Settings


def machine_name() -> str:
    """The machine's own name, in lower case: the domain served where none is set."""
    return socket.gethostname().lower() or "localhost"


def machine_names() -> frozenset[str]:
    """Every name and address that means this machine."""
    name = machine_name()
    found = {name, "localhost", "127.0.0.1", "::1"}
    with contextlib.suppress(OSError):
        found |= {str(item[4][0]).partition("%")[0] for item in socket.getaddrinfo(name, None)}
    return frozenset(found)


def with_domain(settings: Settings) -> Settings:
    """The settings, with this machine's name as the domain if they have none."""
    if settings.server.domains:
        return settings
    server = msgspec.structs.replace(settings.server, domains=(machine_name(),))
    return msgspec.structs.replace(settings, server=server)
