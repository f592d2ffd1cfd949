"""Figure 3.1: a watcher of one domain, a presentity of another, and a server for each of them.

The three layers of the figure are one upon the other in each server: SIP below, the presence
agents above it, and on top what each user wants for himself.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

from hereabouts.client.agent import Agent
from hereabouts.client.server import Server
from hereabouts.config import load
from hereabouts.demo.figure import Figure, Row, decided, inside, sip
from hereabouts.demo.scripts import KNOWS_WATCHERS
from hereabouts.demo.stage import Event, Stage, password
from hereabouts.demo.story import Act, Remark, Story, Told
from hereabouts.net.clock import Clock
from hereabouts.policy.point import Point
from hereabouts.presence.steps import Step

WATCHER, A, B, PRESENTITY = "Watcher", "Watcher server", "Presence server", "Presentity"
DOMAINS = {A: "a.example", B: "b.example"}
HOSTS = {A: "127.0.0.21", B: "127.0.0.22"}
HOMES = {WATCHER: A, PRESENTITY: B}
SIP, PRESENCE, POLICY = "layer 1", "layer 2", "layer 3"

SEES = ("sees", WATCHER)

FIGURE = Figure(
    "",
    (WATCHER, A, B, PRESENTITY),
    (
        sip(SIP, PRESENTITY, B, "PUBLISH"),
        sip(SIP, WATCHER, A, "SUBSCRIBE"),
        sip(SIP, A, B, "SUBSCRIBE"),
        decided(POLICY, Point.INCOMING_SUBSCRIPTION, B),
        inside(PRESENCE, B, B, Step.FETCHES, "the P-PA fetches what is known"),
        sip(SIP, B, A, "NOTIFY"),
        sip(SIP, A, WATCHER, "NOTIFY"),
        Row(PRESENCE, WATCHER, WATCHER, SEES),
    ),
)


class Domains:
    """The servers of two domains, and their users."""

    def __init__(self) -> None:
        self.stage = Stage({host: name for name, host in HOSTS.items()})
        self._word = password()
        self._servers: dict[str, Server] = {}

    async def start(self, running: AsyncExitStack) -> tuple[Agent, Agent]:
        """Begin all of them, for as long as this runs; the watcher's agent and the presentity's."""
        b = await self._serve(running, B, f"{DOMAINS[A]}=tcp:{HOSTS[A]}:5060", "presence")
        owner = f"{PRESENTITY.lower()}@{DOMAINS[B]}"
        policy = {"owner": owner, "id": "watchers", "name": "who may watch me"}
        await b.command("policy put", **policy, script=KNOWS_WATCHERS)
        await self._serve(running, A, f"{DOMAINS[B]}={b.listening[0]}", "watcher")
        return (await self._join(running, WATCHER), await self._join(running, PRESENTITY))

    async def _serve(self, running: AsyncExitStack, name: str, peer: str, role: str) -> Server:
        assignments = (
            "server.store=:memory:",
            f"server.role={role}",
            f"server.domains={DOMAINS[name]}",
            f"server.listen=tcp:{HOSTS[name]}:0",
            f"routing.peers={peer}",
            "presence.notify_interval=0",
        )
        server = Server(load(None, {}, assignments), self.stage.journal(name))
        server.tap = self.stage.server(name)
        self._servers[name] = server
        return await running.enter_async_context(server)

    async def _join(self, running: AsyncExitStack, name: str) -> Agent:
        home, user = HOMES[name], name.lower()
        server = self._servers[home]
        await server.command("user add", user=user, password=self._word)
        agent = Agent(
            f"sip:{user}@{DOMAINS[home]}",
            password=self._word,
            server=str(server.listening[0]),
            journal=self.stage.journal(name),
        )
        agent.tap = self.stage.agent(name)
        return await running.enter_async_context(agent)


async def play(_clock: Clock) -> AsyncIterator[Told]:
    """Both register at home; one watches the other, who then changes."""
    domains = Domains()
    stage = domains.stage
    answered = ("answer NOTIFY", A, B)
    async with AsyncExitStack() as running:
        watcher, presentity = await domains.start(running)
        stage.clear()
        yield Remark("Basic service 1: store and manage presence information for a presentity.")
        await presentity.publish("open", note="at my desk")
        async for step in FIGURE.played(stage, ("answer PUBLISH", B, PRESENTITY)):
            yield step
        yield Remark("Basic services 2 and 3, from one domain to the other.")
        seen = watcher.watch(presentity.address)
        running.push_async_callback(seen.aclose)
        stage.say(Event(SEES, f"sees {await anext(seen)}"))
        async for step in FIGURE.played(stage, SEES, answered):
            yield step
        yield Remark("Basic service 5: send notifications to all watchers on an update.")
        await presentity.publish("closed", note="on the phone")
        stage.say(Event(SEES, f"sees {await anext(seen)}"))
        async for step in FIGURE.played(stage, SEES, answered):
            yield step


FIGURE_3_1 = Story(
    "figure-3.1",
    "Two domains: presence system architecture in three layers",
    FIGURE.parties,
    (Act(play),),
)
