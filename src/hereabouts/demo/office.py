"""A server of example.com and agents of its users, by a clock that can run fast."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import datetime
from types import TracebackType
from typing import Self
from zoneinfo import ZoneInfo

from hereabouts.base.units import Seconds, Timestamp
from hereabouts.client.agent import Agent, AgentSettings
from hereabouts.client.server import Server
from hereabouts.config import load
from hereabouts.demo.stage import Stage, password
from hereabouts.net.clock import Accelerated
from hereabouts.sip.pace import Pace
from hereabouts.sip.transactions.machine import Timers

DOMAIN, SERVER = "example.com", "Server"
ZONE = ZoneInfo("America/Toronto")

FAST = 200.0
"While nothing is to be seen, time passes so many times as fast as in the world."

TIMERS = Timers(50.0, 60.0, 60.0)
"Of SIP, in seconds: at full speed a busy machine still has a quarter of a second to answer in."

PATIENCE: Seconds = 1000.0
"Of an agent, in seconds by the clock that runs fast."


def tuesday(hour: int, minute: int = 0) -> Timestamp:
    """This time on Tuesday, 24 November 2026, in Toronto."""
    return Timestamp(datetime(2026, 11, 24, hour, minute, tzinfo=ZONE).timestamp())


class Office:
    """A server, and who uses it, for as long as it is entered."""

    def __init__(self, clock: Accelerated, policy: tuple[str, str, str]) -> None:
        self._clock = clock
        self._policy = policy
        self.stage = Stage({"127.0.0.1": SERVER}, self._stamp)
        self._running = AsyncExitStack()
        self._word = password()
        self._agents: dict[str, Agent] = {}
        self._server: Server

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
        timers = (f"sip.t1={TIMERS.t1}", f"sip.t2={TIMERS.t2}", f"sip.t4={TIMERS.t4}")
        usual = (
            "server.store=:memory:",
            f"server.domains={DOMAIN}",
            "server.listen=tcp:127.0.0.1:0",
            "presence.notify_interval=0",
            "auth.nonce_lifetime=3600",
        )
        settings = load(None, {}, [*usual, *timers])
        journal = self.stage.journal(SERVER)
        self._server = Server(settings, journal, clock=self._clock)
        await self._running.enter_async_context(self._server)
        owner, name, script = self._policy
        about = {"owner": f"{owner.lower()}@{DOMAIN}", "id": "policy", "name": name}
        await self._server.command("policy put", **about, script=script)

    def _stamp(self) -> str:
        date = datetime.fromtimestamp(self._clock().timestamp, ZONE)
        return f"{date:%a %H:%M:%S}"

    async def pass_until(self, date: Timestamp) -> None:
        """Have time pass until a date, if it has not come."""
        self._clock.run(FAST)
        try:
            await asyncio.sleep(date - self._clock().timestamp)
        finally:
            self._clock.run(1.0)

    # -- its users

    async def join(self, name: str, lifetime: int = 3600) -> None:
        """Have somebody come, who asks for this lifetime (in seconds) of what he asks for."""
        await self._server.command("user add", user=name.lower(), password=self._word)
        agent = Agent(
            _address(name),
            password=self._word,
            server=str(self._server.listening[0]),
            settings=AgentSettings(
                patience=PATIENCE, pace=Pace(lifetime=lifetime), timers=TIMERS, clock=self._clock
            ),
            journal=self.stage.journal(name),
        )
        agent.tap = self.stage.agent(name)
        self._agents[name] = await self._running.enter_async_context(agent)
        self.stage.clear()

    async def publish(self, name: str, basic: str, note: str) -> None:
        """Have somebody say how he is."""
        await self._agents[name].publish(basic, note=note)

    async def watch(self, name: str, presentity: str) -> None:
        """Have somebody watch somebody; it returns when he has seen something."""
        seen = self._agents[name].watch(_address(presentity))
        self._running.push_async_callback(seen.aclose)
        await anext(seen)


def _address(name: str) -> str:
    return f"sip:{name.lower()}@{DOMAIN}"
