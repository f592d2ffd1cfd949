"""baresip publishes, another one watches or calls; what its users would see is what counts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.interop.baresip import account, running_baresip
from tests.interop.running import DOMAIN, HOST, RunningServer, running_server

pytestmark = [pytest.mark.interop, pytest.mark.needs("baresip")]

# It sends what it publishes by UDP whatever its account says, unless it has an outbound proxy.
WAYS = [
    ("udp", False, "the account names the server's address in place of its domain"),
    ("udp", True, "all goes through an outbound proxy, which is the server"),
    ("tcp", True, "the same by TCP"),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """One in which what baresip publishes twice does not stay for long.

    When REGISTER is answered it publishes again; where its first PUBLISH is still on its way that
    makes a second publication, and it forgets one of the two. A registration shows nothing here,
    or watchers would see it before all that.
    """
    folder = tmp_path_factory.mktemp("server")
    shown = ("presence.registration_presence=false", "presence.publication_minimum_expires=5")
    options = [word for setting in shown for word in ("--set", setting)]
    with running_server(folder, "--notify-interval", "0", *options) as server:
        yield server


def addresses(server: RunningServer, transport: str, *, by_proxy: bool) -> tuple[str, str]:
    """The domain of an account, and what its line needs besides."""
    address = f"{HOST}:{server.ports[transport.upper()]}"
    if not by_proxy:
        return address, ""
    return DOMAIN, f';outbound="sip:{address};transport={transport}"'


@pytest.mark.parametrize(
    "transport, by_proxy", [row[:2] for row in WAYS], ids=[row[2] for row in WAYS]
)
def test_a_watcher_sees_alice_come_and_go(
    transport: str, *, by_proxy: bool, server: RunningServer, tmp_path: Path
) -> None:
    alice, bob = (f"{name}-{transport}-{by_proxy}".lower() for name in ("alice", "bob"))
    for user in (alice, bob):
        server.add_user(user)
    domain, more = addresses(server, transport, by_proxy=by_proxy)
    contact = f'"Alice" <sip:{alice}@{domain};transport={transport}>;presence=p2p'
    changed = f"<sip:{alice}@{domain};transport={transport}> changed status from"
    with running_baresip(tmp_path / bob, account(bob, domain, transport, more), contact) as watcher:
        watcher.wait_for(f"{{0/{transport.upper()}/v4}} 200 OK")
        watcher.wait_until_shown("Offline Alice")
        with running_baresip(tmp_path / alice, account(alice, domain, transport, more)) as phone:
            phone.wait_for(f"{{0/{transport.upper()}/v4}} 200 OK")
            watcher.wait_for(f"{changed} Offline to Online")
            phone.command("presence_offline")
            watcher.wait_for(f"{changed} Online to Offline")
            phone.command("presence_online")
            watcher.wait_for(f"{changed} Offline to Online", times=2)
            phone.quit()
            watcher.wait_for(f"{changed} Online to Offline", times=2)
            assert "error response" not in phone.output
        watcher.quit()
        assert "error response" not in watcher.output
        assert "subscriber closed" not in watcher.output


@pytest.mark.parametrize(
    "transport, by_proxy", [row[:2] for row in WAYS[1:]], ids=[row[2] for row in WAYS[1:]]
)
def test_carol_calls_dave(
    transport: str, *, by_proxy: bool, server: RunningServer, tmp_path: Path
) -> None:
    """3261-16.6-2, 3261-22.2-1: it rings, is answered, and is ended by who was called."""
    carol, dave = (f"{name}-{transport}" for name in ("carol", "dave"))
    for user in (carol, dave):
        server.add_user(user)
    domain, more = addresses(server, transport, by_proxy=by_proxy)
    registered = f"{{0/{transport.upper()}/v4}} 200 OK"
    with (
        running_baresip(tmp_path / dave, account(dave, domain, transport, more)) as callee,
        running_baresip(tmp_path / carol, account(carol, domain, transport, more)) as caller,
    ):
        callee.wait_for(registered)
        caller.wait_for(registered)
        caller.command("dial", f"sip:{dave}@{domain}")
        caller.wait_for("180 Ringing")
        callee.command("accept")
        for phone in (caller, callee):
            phone.wait_for("Call established")
        callee.command("hangup")
        caller.wait_for("Connection reset by peer")
        caller.command("dial", f"sip:nobody@{domain}")
        caller.wait_for("404 Not Found")
        for phone in (caller, callee):
            phone.quit()
