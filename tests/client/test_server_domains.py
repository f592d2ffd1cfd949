"""Two domains that find each other by the DNS, and know each other by their certificates."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from hereabouts.base.journal import Silence
from hereabouts.client import Agent, Presence, Server
from hereabouts.roles.node import Way
from hereabouts.sip.flow import Flow
from hereabouts.sip.message import Response
from hereabouts.sip.reader import read
from tests.client.secure import port, secure_server
from tests.client.serving import QUICK, run
from tests.net.authority import Authority
from tests.net.name_server import NameServer

WATCHER, BOB = "sip:watcher@a.example", "sip:bob@b.example"
PASSWORD = "secret"


class World:
    """Servers of a.example and b.example that know nothing of each other but the DNS."""

    def __init__(self, authority: Authority, names: NameServer) -> None:
        self.names = names
        self._authority = authority
        self._settings = msgspec.structs.replace(QUICK, authority=str(authority.file))
        self.servers: dict[str, Server] = {}

    @asynccontextmanager
    async def serving(self, domain: str, certified: str, user: str) -> AsyncIterator[Server]:
        """A server of a domain, with a certificate, that is found by a record for TLS."""
        settings = (
            "auth.mode=digest",
            "dns.enabled=true",
            f"dns.servers=127.0.0.1:{self.names.port}",
            f"tls.certificate={self._authority.sign(certified, 'localhost')}",
        )
        listen = ("tls",)
        async with secure_server(self._authority, *settings, listen=listen, domain=domain) as here:
            await here.command("user add", user=user, password=PASSWORD)
            self.names.add(f"""
                {domain} 60 IN NAPTR 1 1 "s" "SIPS+D2T" "" _sips._tcp.{domain}.
                _sips._tcp.{domain} 60 IN SRV 1 0 {port(here, "TLS")} sip.{domain}.
                sip.{domain} 60 IN A 127.0.0.1
            """)
            self.servers[domain] = here
            yield here

    async def watchers(self, address: str) -> list[str]:
        """Who watches a user, as his own server knows them."""
        user, _, domain = address.removeprefix("sip:").partition("@")
        listed = await self.servers[domain].command("watchers list", user=user)
        return [each["watcher"] for each in listed["watchers"]]

    def agent(self, address: str) -> Agent:
        """The agent of a user at his own server."""
        at = self.servers[address.partition("@")[2]]
        return Agent(
            address,
            password=PASSWORD,
            server=f"tls:localhost:{port(at, 'TLS')}",
            settings=self._settings,
            journal=Silence(),
        )


@asynccontextmanager
async def world(folder: Path, a: str = "a.example", b: str = "b.example") -> AsyncIterator[World]:
    """Both servers, with certificates for these names."""
    async with AsyncExitStack() as stack:
        names = await stack.enter_async_context(NameServer(""))
        both = World(Authority(folder), names)
        await stack.enter_async_context(both.serving("a.example", a, "watcher"))
        await stack.enter_async_context(both.serving("b.example", b, "bob"))
        yield both


async def until(seen: AsyncIterator[Presence], note: str) -> None:
    """Return when presence with this note is seen."""
    async for presence in seen:
        if presence.note == note:
            return
    raise AssertionError(f"{note!r} was never seen")


@pytest.mark.parametrize(
    "watcher, presentity", [(WATCHER, BOB), (BOB, WATCHER)], ids=["one way", "the other way"]
)
def test_two_domains_find_each_other_by_the_dns(
    tmp_path: Path, watcher: str, presentity: str
) -> None:
    """3263-4.1-1: NAPTR and SRV lead to TLS, where either proves its domain; NOTIFY comes back."""

    async def test() -> None:
        async with (
            world(tmp_path) as both,
            both.agent(presentity) as shown,
            both.agent(watcher) as watching,
            aclosing(watching.watch(presentity)) as seen,
        ):
            await shown.publish("open", note="here")
            await until(seen, "here")
            await shown.publish("open", note="there")
            await until(seen, "there")
            assert f"NAPTR {presentity.partition('@')[2]}" in both.names.asked
            assert await both.watchers(presentity) == [watcher]

    run(test())


FALSE = [
    ("c.example", "b.example", 401, "who asks is believed by the certificate of his domain alone"),
    ("a.example", "c.example", 500, "SEC-3261-26.3.2-1: who is asked is not that domain"),
]


@pytest.mark.parametrize("a, b, status", [row[:3] for row in FALSE], ids=[row[3] for row in FALSE])
def test_a_record_does_not_stand_for_a_certificate(
    tmp_path: Path, a: str, b: str, status: int
) -> None:
    async def test() -> None:
        answered: asyncio.Queue[int] = asyncio.Queue()

        def heard(way: Way, packet: bytes, _flow: Flow) -> None:
            message = read(packet)
            if way is Way.OUT or not isinstance(message, Response):
                return
            if message.cseq[1] == "SUBSCRIBE" and message.status != 407:
                answered.put_nowait(message.status)

        async with world(tmp_path, a, b) as both:
            watcher = both.agent(WATCHER)
            watcher.tap = heard
            async with watcher, aclosing(watcher.watch(BOB)) as seen:
                asking = asyncio.ensure_future(anext(seen))
                assert await answered.get() == status
                asking.cancel()
                await asyncio.gather(asking, return_exceptions=True)
            assert not await both.watchers(BOB)

    run(test())
