"""Servers for torture messages: none gets two that it would take for one and the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.interop.running import HOST, RunningServer, running_server
from tests.torture.peer import Address

_BRANCH = re.compile(rb"branch *= *[^;,\s]*")
_LISTENING = re.compile(r"udp:\[::1\]:(?P<UDP>\d+) tcp:\[::1\]:(?P<TCP>\d+)")

Choose = Callable[[bytes], RunningServer]


def _names(packet: bytes) -> tuple[bytes, bytes]:
    """What a transaction is known by, but for the host: method and branch."""
    branch = _BRANCH.search(packet)
    return packet.split(b" ")[0], branch[0] if branch else b""


@pytest.fixture(scope="module")
def server_for(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Choose]:
    """Gives a server of which everybody is a user, and which has not seen this transaction yet.

    Messages that were written to be sent alone share their branches.
    """
    servers: list[tuple[RunningServer, set[tuple[bytes, bytes]]]] = []
    with ExitStack() as running:

        def choose(packet: bytes) -> RunningServer:
            name = _names(packet)
            for server, seen in servers:
                if name not in seen:
                    seen.add(name)
                    return server
            folder = tmp_path_factory.mktemp("torture")
            listen = ("--listen", "udp:[::1]:0", "--listen", "tcp:[::1]:0")
            alias = ("--set", "server.aliases=[2001:db8::10]")
            server = running.enter_context(
                running_server(folder, "--auth", "none", *listen, *alias)
            )
            servers.append((server, {name}))
            return server

        yield choose
        for server, _ in servers:
            server.check_faultless()


def address_of(server: RunningServer, transport: str, *, ipv6: bool = False) -> Address:
    """Where a server listens."""
    if not ipv6:
        return HOST, server.ports[transport]
    found = _LISTENING.search(server.log)
    assert found is not None
    return "::1", int(found[transport])
