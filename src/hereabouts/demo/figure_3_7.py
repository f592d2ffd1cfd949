"""Figure 3.7: SUBSCRIBE, NOTIFY, and the NOTIFY after an update, with the fields of its tables.

The watcher server and the presence server are two nodes with sockets of their own, and speak TCP
on loopback. The PUA tells the presence server by non-SIP means, as the thesis has it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from hereabouts.base.journal import Silence
from hereabouts.client.agent import Agent
from hereabouts.client.server import Server
from hereabouts.config import load
from hereabouts.demo.message import fields, summary
from hereabouts.demo.story import Act, Step, Story
from hereabouts.net.clock import Clock
from hereabouts.roles.node import Way

WATCHER, PRESENCE, PUA = "Watcher Server", "Presence Server", "PUA"
PRESENTITY = "presentityResource"
PATIENCE = 10.0
"Seconds in which each step must come."

_SETTINGS = (
    "server.domains=example.com",
    "server.listen=tcp:127.0.0.1:0",
    "server.store=:memory:",
    "auth.mode=none",
)


async def play(_clock: Clock) -> AsyncIterator[Step]:
    """F1 to F6, and the two things that the PUA says."""
    heard: asyncio.Queue[tuple[Way, bytes]] = asyncio.Queue()
    server = Server(load(None, {}, _SETTINGS), Silence())
    server.tap = lambda way, packet, _flow: heard.put_nowait((way, packet))
    async with server:
        yield await _inform(server, "closed", "not at the desk", "registers")
        address = str(server.listening[0])
        watcher = Agent("sip:watcher@example.com", server=address, register=False)
        async with watcher:
            seen = watcher.watch(f"sip:{PRESENTITY}@example.com")
            await anext(seen)
            for number in (1, 2, 3, 4):
                yield await _step(number, heard)
            yield await _inform(server, "open", "back at the desk", "updates")
            await anext(seen)
            for number in (5, 6):
                yield await _step(number, heard)


async def _inform(server: Server, basic: str, note: str, does: str) -> Step:
    await server.command("presence set", user=PRESENTITY, basic=basic, note=note)
    told = (("presence", f"{basic} - {note}"),)
    return Step(PUA, PRESENCE, f"{does} (non-SIP)", told)


async def _step(number: int, heard: asyncio.Queue[tuple[Way, bytes]]) -> Step:
    async with asyncio.timeout(PATIENCE):
        way, packet = await heard.get()
    sender, receiver = (PRESENCE, WATCHER) if way is Way.OUT else (WATCHER, PRESENCE)
    return Step(sender, receiver, f"F{number} SIP {summary(packet)}", fields(packet))


FIGURE_3_7 = Story(
    name="figure-3.7",
    title="A SIP message flow in a presence system (tables 3.1 to 3.6)",
    parties=(WATCHER, PRESENCE, PUA),
    acts=(Act(play),),
)
