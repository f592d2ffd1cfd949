"""Everything over IPv6: servers, agents, edges, and servers that pass on to each other."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hereabouts.base.journal import Silence
from hereabouts.client import Agent, Edge, Presence, Server
from hereabouts.config import load
from hereabouts.roles.node import Way
from hereabouts.sip.message import Message, Request
from hereabouts.sip.reader import read
from tests.client.serving import QUICK, run

ALICE, BOB = "sip:alice@example.com", "sip:bob@example.com"
WITHOUT = ("auth.mode=none", "presence.notify_interval=0")
TRANSPORTS = pytest.mark.parametrize("transport", ["udp", "tcp"])


class Heard:
    """What a server has said and heard."""

    def __init__(self) -> None:
        self.messages: list[tuple[Way, Message]] = []

    def tap(self, way: Way, packet: bytes, _flow: object) -> None:
        self.messages.append((way, read(packet)))

    def requests(self, way: Way, method: str) -> list[Request]:
        return [
            message
            for passed, message in self.messages
            if passed is way and isinstance(message, Request) and message.method == method
        ]


@asynccontextmanager
async def serving(
    *settings: str, listen: str = "udp:[::1]:0", domain: str = "example.com"
) -> AsyncIterator[tuple[Server, Heard, str]]:
    """A server, what passes it, and where it is."""
    options = {"domain": [domain], "store": ":memory:", "listen": [listen]}
    server, heard = Server(load(None, {}, [*WITHOUT, *settings], **options), Silence()), Heard()
    server.tap = heard.tap
    async with server:
        at = server.listening[0]
        yield server, heard, f"{at.transport.lower()}:[::1]:{at.port}"


def agent(address: str, place: str, *, instance: str = "") -> Agent:
    settings = QUICK
    if instance:
        settings = type(QUICK)(patience=QUICK.patience, pace=QUICK.pace, instance=instance)
    return Agent(address, server=place, settings=settings, journal=Silence())


async def sees(watcher: Agent, presentity: str, note: str) -> Presence:
    async for presence in watcher.watch(presentity):
        if presence.note == note:
            return presence
    raise AssertionError


@TRANSPORTS
@pytest.mark.parametrize("host", ["[::1]", "[::]"], ids=["one address", "all addresses"])
def test_a_watcher_sees_what_is_published(transport: str, host: str) -> None:
    async def test() -> None:
        async with (
            serving(listen=f"{transport}:{host}:0") as (_, heard, place),
            agent(ALICE, place) as alice,
            agent(BOB, place) as bob,
        ):
            await alice.publish("open", note="here")
            assert (await sees(bob, ALICE, "here")).basic is not None
        port = place.rpartition(":")[2]
        notify = heard.requests(Way.OUT, "NOTIFY")[0]
        assert notify.request_uri.host == "[::1]"
        assert notify.headers["via"][0].split()[1].startswith(f"[::1]:{port};")
        assert f"<sip:[::1]:{port}" in notify.headers["contact"][0]

    run(test())


@TRANSPORTS
def test_a_device_is_bound_by_its_flow(transport: str) -> None:
    """5626-6-1: the 200 says so."""
    device = "urn:uuid:00000000-0000-4000-8000-000000000001"

    async def test() -> None:
        async with serving(listen=f"{transport}:[::1]:0") as (_, heard, place):
            for _ in range(2):
                async with agent(ALICE, place, instance=device):
                    pass
            answers = [message for way, message in heard.messages if way is Way.OUT]
            assert all(answer.first("require") == "outbound" for answer in answers[::2])
            assert ("flow-timer" in answers[0].headers) == (transport == "tcp")
            assert len(answers[2].headers["contact"]) == 1

    run(test())


def test_servers_pass_on_to_each_other() -> None:
    async def test() -> None:
        async with serving(listen="tcp:[::1]:0", domain="b.example") as (_, _, theirs):
            peer = f"routing.peers=b.example={theirs}"
            async with (
                serving(peer, listen="tcp:[::1]:0", domain="a.example") as (ours, heard, here),
                agent("sip:carol@b.example", theirs) as carol,
                agent("sip:bob@a.example", here) as bob,
            ):
                await carol.publish("open", note="far away")
                await sees(bob, "sip:carol@b.example", "far away")
                subscribe = heard.requests(Way.OUT, "SUBSCRIBE")[0]
                assert f"@[::1]:{ours.listening[0].port}" in subscribe.headers["record-route"][0]
                assert heard.requests(Way.IN, "NOTIFY"), "they come back the same way"

    run(test())


def test_an_edge_is_asked_by_its_connection(tmp_path: Path) -> None:
    settings = load(None, {}, WITHOUT, domain=["example.com"], store=str(tmp_path / "edge.db"))

    async def test() -> None:
        async with serving(listen="tcp:[::1]:0") as (_, heard, place):
            edge = Edge(ALICE, server=place, settings=settings, agent=QUICK, journal=Silence())
            async with edge, agent(BOB, place) as bob:
                await edge.choose("open", note="from my own machine")
                await sees(bob, ALICE, "from my own machine")
            register = heard.requests(Way.IN, "REGISTER")[0]
            assert ";reg-id=1" in register.headers["contact"][0]

    run(test())


@TRANSPORTS
def test_behind_nat_it_is_known_by_the_address_that_it_advertises(transport: str) -> None:
    """RFC 3261 section 18.1.1: Via and Contact say what peers can reach."""

    async def test() -> None:
        name = "server.advertise=sip.example.com"
        async with serving(name, listen=f"{transport}:[::1]:0") as (server, heard, place):
            async with agent(ALICE, place) as alice, agent(BOB, place) as bob:
                await alice.publish("open", note="here")
                await sees(bob, ALICE, "here")
            notify = heard.requests(Way.OUT, "NOTIFY")[0]
            at = f"sip.example.com:{server.listening[0].port}"
            assert notify.headers["via"][0].split()[1].startswith(f"{at};")
            assert f"<sip:{at}" in notify.headers["contact"][0]
            answers = [m for way, m in heard.messages if way is Way.IN and m.cseq[1] == "NOTIFY"]
            assert answers, "they come by the address that we speak from"

    run(test())
