"""An edge presence server in this process: one user's presence, served from beside his devices."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import msgspec

from hereabouts.base.journal import Grade, Journal
from hereabouts.base.units import Moment
from hereabouts.client.address import flow_to, resolve, server_address, user_address
from hereabouts.client.agent import AgentSettings
from hereabouts.client.durable import have_durable
from hereabouts.client.failure import AgentFailed, failure_of
from hereabouts.client.server import answered, way_to_policies
from hereabouts.config import HostPort, Listen, Settings
from hereabouts.devices.named import devices_named
from hereabouts.net.certificates import Certificates, Files
from hereabouts.net.driver import Driver
from hereabouts.net.ids import RandomIds
from hereabouts.net.log import LogJournal
from hereabouts.roles.build import IN_MEMORY, Backend, begin_run, open_store
from hereabouts.roles.edge import EdgeServer
from hereabouts.roles.edge_build import PACE, Whose, build_edge
from hereabouts.roles.node import Node, Tap
from hereabouts.sip.flow import Flow
from hereabouts.sip.outbound import instance_named
from hereabouts.sip.requester import Account
from hereabouts.sip.upkeep import Report, Standing
from hereabouts.sip.uri import SipUri

if TYPE_CHECKING:  # h11 takes 15 ms to load
    from hereabouts.client.policy_link import PolicyLink

SETTINGS = AgentSettings(pace=PACE)


class Edge:
    """The presence of one user, served from where his devices are.

        async with Edge("sip:alice@example.com", ["file:~/presence"], password="secret") as edge:
            await edge.choose("open", note="at my desk")
            ...

    It registers at the server of the user's domain, which asks it for the user's presence from
    then on, and registers again whenever it has lost it.

    Args:
        address: the user's own.
        devices: what says how he is, such as `file:PATH`; one that `choose` sets is always there.
        password: `None` where the server asks for none.
        username: the name that the password belongs to; else the user part of the address.
        server: such as `tls:sip.example.com`; else the host in `address`. It is TCP unless TLS is
            said.
        settings: its store, how it serves presence, and where its policies are.
        agent: times, and the clock.
        journal: what goes wrong is said there.

    Raises, on entering:
        AgentFailed: the server refuses the user. One that cannot be reached is tried again.
        Unavailable: the store cannot be used, or the policy server not be asked; says what to do.
    """

    def __init__(  # noqa: PLR0913 - as an agent, and what it stores
        self,
        address: str,
        devices: Iterable[str] = (),
        *,
        password: str | None = None,
        username: str | None = None,
        server: str | None = None,
        settings: Settings,
        agent: AgentSettings = SETTINGS,
        journal: Journal | None = None,
    ) -> None:
        self.address = user_address(address)
        self.tap: Tap | None = None
        "Shown each packet that passes; to be set before the start."
        uri = SipUri.parse(self.address)
        self._account = Account(self.address, username or uri.user or "", password)
        self._server = _by_tcp(server, self.address)
        self._journal = journal or LogJournal()
        self._devices = devices_named(devices, self._journal)
        own = msgspec.structs.replace(settings.server, domains=(uri.host,))
        self._settings = msgspec.structs.replace(settings, server=own)
        self._agent = agent
        self._first: asyncio.Future[Report]
        self._store: Backend
        self._node: Node
        self._edge: EdgeServer
        self._driver: Driver
        self._link: PolicyLink | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Open the store, take up what a former run has left, and register."""
        host, own = await resolve(self._server)
        loop = asyncio.get_running_loop()
        self._first = loop.create_future()
        self._store = open_store(self._settings.server, loop)
        try:
            await self._begin(flow_to(self._server, host), own)
        except BaseException:
            self._store.close()
            raise

    async def _begin(self, server: Flow, own: str) -> None:
        ids = RandomIds()
        state = begin_run(self._store, ids)
        self._link = way_to_policies(self._settings)
        whose = Whose(
            self._account,
            server,
            self._devices,
            self._registered,
            instance_named(state.secret),
            self._agent.pace,
            self._link,
        )
        self._node, self._edge = build_edge(
            self._settings, self._store, ids, self._journal, state, whose
        )
        await have_durable(self._store)
        self._node.tap = self.tap
        certificates = Certificates(Files(authority=self._settings.tls.authority), self._journal)
        self._driver = Driver(self._node, clock=self._agent.clock, certificates=certificates)
        try:
            port = await self._driver.listen("TCP", own, 0, None)
            local = str(HostPort(own, port))
            self._node.drop = self._driver.drop
            self._edge.user_agent.flow = msgspec.structs.replace(server, local=local)
            if self._settings.server.store != IN_MEMORY or self._settings.server.control:
                await self._driver.serve_control(Path(self._settings.server.control_path))
            self._edge.start(self._agent.clock())
            self._driver.begin()
            if self._link is not None:
                self._link.enter = self._driver.enter
                self._driver.enter(self._link.answers.start)
            await self._be_registered()
        except BaseException:
            await self._part()
            self._driver.hang_up()
            raise

    async def _be_registered(self) -> None:
        """Wait a while until the server knows us; if it is not there, it is tried again later."""
        try:
            async with asyncio.timeout(self._agent.patience):
                report = await asyncio.shield(self._first)
        except TimeoutError:
            return
        if report.standing is Standing.REFUSED:
            raise self._failure(report)

    def _registered(self, report: Report, _now: Moment) -> None:
        if report.standing is Standing.ENDED:
            return
        is_first = not self._first.done()
        if is_first:
            self._first.set_result(report)
        if report.standing is Standing.KEPT:
            self._journal.say(Grade.INFO, "registered", user=self.address, server=self._server)
        elif report.answer is not None and not (is_first and report.standing is Standing.REFUSED):
            again = f"in {report.pause:.0f} s" if report.pause else "never"
            fault = str(self._failure(report))
            self._journal.say(Grade.WARNING, "an agent has trouble", fault=fault, again=again)

    def _failure(self, report: Report) -> AgentFailed:
        assert report.answer is not None
        return failure_of(report.answer, "registering", self._account, str(self._server))

    async def stop(self) -> None:
        """Leave: whoever watches is served by the user's server from then on."""
        left = asyncio.Event()
        self._edge.user_agent.leave(self._agent.clock(), left.set)
        self._node.on_work()
        try:
            async with asyncio.timeout(self._agent.pace.farewell):
                await left.wait()
        except TimeoutError:
            pass
        finally:
            await self._part()
            self._store.close()
            self._driver.hang_up()

    async def _part(self) -> None:
        """Ask and listen no more; what was said already still leaves."""
        if self._link is not None:
            await self._link.close()
        await self._driver.close()

    async def choose(
        self, basic: str | None = "open", *, note: str = "", activities: Iterable[str] = ()
    ) -> None:
        """Have this be the choice that the user has made by hand.

        Raises:
            CommandFailed: it is no status, or says nothing.
        """
        await self.command("edge set", basic=basic, note=note, activities=list(activities))

    async def command(self, name: str, **arguments: object) -> Any:  # noqa: ANN401 - as the command
        """What the edge answers to a command, such as `edge show` or `watchers list`.

        Raises:
            CommandFailed: it refuses.
        """
        line = msgspec.json.encode({"command": name, **arguments})
        return answered(await self._driver.ask(line))


def _by_tcp(text: str | None, address: str) -> Listen:
    """The server, by TCP or TLS: whoever can send a datagram could claim to be it."""
    server = server_address(text, address)
    if text is not None and text.lower().startswith("udp:"):
        raise AgentFailed(
            f"{text!r}: an edge is asked by a connection alone;"
            " name its server as tcp:HOST:PORT or tls:HOST"
        )
    return server if server.transport == "TLS" else Listen("TCP", server.host, server.port)
