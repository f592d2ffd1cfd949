"""The whole system: a watcher in one domain, a presentity in another, and every node between.

Each node has a loopback address of its own, and a port that the machine chooses, so that two
demos can run at once. Everybody proves who he is; the policies are on a server of their own.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from enum import Enum
from types import TracebackType
from typing import Self

from hereabouts.client.agent import Agent
from hereabouts.client.edge import Edge
from hereabouts.client.server import Server
from hereabouts.config import Settings, load
from hereabouts.demo import scripts
from hereabouts.demo.parties import P_PA, P_SIP, POLICY, PUA, W_PA, W_SIP
from hereabouts.demo.stage import Event, Stage, password

WATCHER, VISITOR, STRANGER = "watcher", "visitor", "stranger"
PRESENTITY = "presentity"
WATCHERS, PRESENTITIES = "a.example", "b.example"
"The domains."

HOSTS = {
    W_PA: "127.0.0.11",
    W_SIP: "127.0.0.12",
    P_SIP: "127.0.0.13",
    P_PA: "127.0.0.14",
    POLICY: "127.0.0.15",
}

ANY_PORT = 5060
"Of a server that is known by its host, and that nobody asks."

POLICIES = {
    f"{WATCHER}@{WATCHERS}": {
        "whom I watch": scripts.WATCHES_B_EXAMPLE,
        "what I see": scripts.SHOWS_B_EXAMPLE,
    },
    f"{PRESENTITY}@{PRESENTITIES}": {
        "who may watch me": scripts.KNOWS_WATCHERS,
        "what I tell": scripts.TELLS_CHANGES,
    },
}
"By owner and name."

READY = "the policy server answers"


class Keeper(Enum):
    """Where the presentity's agent is (section 3.2.2 of the thesis)."""

    EDGE = "edge presence server"
    "Beside the PUA."
    SERVER = "presence server"
    "Beside the registrar and its database."


class System:
    """All nodes, from the first to the last, for as long as it is entered."""

    def __init__(self, keeper: Keeper) -> None:
        self.stage = Stage({host: name for name, host in HOSTS.items()})
        self._keeper = keeper
        self._running = AsyncExitStack()
        self._word = password()
        self._change: Callable[[str, str], Awaitable[None]]
        self._watchers: Server

    async def __aenter__(self) -> Self:
        try:
            await self._start()
        except BaseException:
            await self._running.aclose()
            raise
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        await self._running.aclose()

    async def _start(self) -> None:
        """Each server before those that ask it."""
        asking = await self._start_policies()
        behind = await self._start_presence(asking)
        from_w = f"routing.peers={WATCHERS}=tcp:{HOSTS[W_SIP]}:{ANY_PORT}"
        p_sip = await self._serve(P_SIP, PRESENTITIES, "sip", from_w, *behind)
        await self._add(p_sip, PRESENTITY)
        if self._keeper is Keeper.EDGE:
            await self._start_edge(str(p_sip.listening[0]), asking)
        peers = f"{WATCHERS}=tcp:{HOSTS[W_PA]}:{ANY_PORT},{PRESENTITIES}={p_sip.listening[0]}"
        w_sip = await self._serve(W_SIP, WATCHERS, "sip", f"routing.peers={peers}")
        outbound = f"routing.outbound={w_sip.listening[0]}"
        self._watchers = await self._serve(
            W_PA, WATCHERS, "watcher", "watcher.mode=agent", outbound, *asking
        )
        for user in (WATCHER, VISITOR, STRANGER):
            await self._add(self._watchers, user)
        await self.stage.wait_for((READY, W_PA))

    async def _start_policies(self) -> tuple[str, ...]:
        """Start the policy server; the settings of whoever asks it."""
        token = f"policy.token={self._word}"
        listen = f"http.listen={HOSTS[POLICY]}:0"
        domains = f"{WATCHERS},{PRESENTITIES}"
        server = await self._serve(POLICY, domains, "policy", listen, token)
        for owner, policies in POLICIES.items():
            for place, (name, script) in enumerate(policies.items()):
                about = {"owner": owner, "id": f"p{place}", "name": name, "script": script}
                await server.command("policy put", **about)
        return (f"policy.server=http://{server.http_listening}", token)

    async def _start_presence(self, asking: tuple[str, ...]) -> tuple[str, ...]:
        """Start the presence server, if there is one; the settings of the server before it."""
        if self._keeper is Keeper.EDGE:
            return ()
        before = f"routing.peers={PRESENTITIES}=tcp:{HOSTS[P_SIP]}:{ANY_PORT}"
        alone = "presence.registration_presence=false"
        server = await self._serve(P_PA, PRESENTITIES, "presence", before, alone, *asking)
        await self._add(server, PRESENTITY)
        agent = Agent(
            f"sip:{PRESENTITY}@{PRESENTITIES}",
            password=self._word,
            server=str(server.listening[0]),
            journal=self.stage.journal(PUA),
        )
        agent.tap = self.stage.agent(PUA)
        await self._running.enter_async_context(agent)
        await self.stage.wait_for((READY, P_PA))

        async def change(basic: str, note: str) -> None:
            self.stage.say(Event(("device_changed", PUA)))
            await agent.publish(basic, note=note)

        self._change = change
        return (f"routing.presence={server.listening[0]}",)

    async def _start_edge(self, server: str, asking: tuple[str, ...]) -> None:
        edge = Edge(
            f"sip:{PRESENTITY}@{PRESENTITIES}",
            password=self._word,
            server=server,
            settings=_settings(*asking),
            journal=self.stage.journal(P_PA),
        )
        edge.tap = self.stage.agent(P_PA)
        await self._running.enter_async_context(edge)
        await self.stage.wait_for((READY, P_PA))
        self._change = lambda basic, note: edge.choose(basic, note=note)

    async def _serve(self, name: str, domains: str, role: str, *more: str) -> Server:
        about = (f"server.domains={domains}", f"server.role={role}")
        listen = f"server.listen=tcp:{HOSTS[name]}:0"
        server = Server(_settings(*about, listen, *more), self.stage.journal(name))
        server.tap = self.stage.server(name)
        return await self._running.enter_async_context(server)

    async def _add(self, server: Server, user: str) -> None:
        await server.command("user add", user=user, password=self._word)

    # -- what people do

    async def watch(self, watcher: str = WATCHER) -> None:
        """Have a watcher want to see the presentity."""
        self.stage.say(Event(("watch", W_PA), f"{watcher} wants to watch {PRESENTITY}"))
        presentity = f"{PRESENTITY}@{PRESENTITIES}"
        await self._watchers.command("presentities add", user=watcher, presentity=presentity)

    async def change(self, basic: str, note: str) -> None:
        """Have a device of the presentity say something else."""
        await self._change(basic, note)


def _settings(*assignments: str) -> Settings:
    usual = ("server.store=:memory:", "presence.notify_interval=0")
    return load(None, {}, [*usual, *assignments])
