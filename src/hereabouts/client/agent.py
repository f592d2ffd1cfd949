"""An agent in this process: it registers, publishes and watches for one user."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Self

import msgspec

from hereabouts.base.journal import Grade, Journal
from hereabouts.base.units import Moment, Seconds
from hereabouts.client.address import (
    flow_to,
    own_transport,
    resolve,
    server_address,
    user_address,
)
from hereabouts.client.failure import AgentFailed, failure_of, unanswered
from hereabouts.client.news import News
from hereabouts.client.presence import Presence
from hereabouts.config import HostPort
from hereabouts.net.certificates import Certificates, Files
from hereabouts.net.clock import Clock
from hereabouts.net.clock import now as read_clock
from hereabouts.net.driver import Driver
from hereabouts.net.ids import RandomIds
from hereabouts.net.log import LogJournal
from hereabouts.presence.pidf.document import Basic, Document
from hereabouts.presence.pidf.writer import write
from hereabouts.presence.publisher import Publisher
from hereabouts.presence.sighting import Sighting
from hereabouts.presence.statement import Statement
from hereabouts.roles.agent import UserAgent, build_agent
from hereabouts.roles.node import Node, Tap
from hereabouts.sip.leaving import Answer
from hereabouts.sip.pace import Pace
from hereabouts.sip.requester import Account
from hereabouts.sip.transactions.machine import Timers
from hereabouts.sip.upkeep import Report, Standing
from hereabouts.sip.uri import SipUri


class AgentSettings(msgspec.Struct, frozen=True):
    """What is seldom set: times, and what is left behind."""

    patience: Seconds = 10.0
    "How long to wait for a first answer, in seconds."
    pace: Pace = Pace()
    timers: Timers = Timers()
    keeps_publication: bool = False
    "Whether what is published stays when the agent leaves, until its time is over."
    clock: Clock = read_clock
    "Where time is read."
    instance: str = ""
    """What names this device for ever, such as `urn:uuid:…`: with it the registration is bound by
    its flow, which is kept open (:rfc:`5626`). Without: by its address."""
    authority: str | None = None
    """A PEM file with the certificates by which a server by TLS is believed; `None`: those that the
    system trusts."""


class Agent:
    """Works for one user for as long as it is entered.

        async with Agent("sip:alice@example.com", password="secret") as alice:
            await alice.publish("open", note="at my desk")
            async for presence in alice.watch("sip:bob@example.com"):
                print(presence)

    It refreshes in time, comes back when a connection or its server was lost, and leaves
    cleanly: it removes what it has published, unsubscribes and unregisters.

    Args:
        address: the user's own.
        password: `None` where the server asks for none.
        username: the name that the password belongs to; else the user part of the address.
        server: such as `udp:192.0.2.1:5060` or `tls:sip.example.com`; else the host in `address`.
        register: whether to register too.
        settings: times, and the clock.
        journal: what goes wrong while nobody waits for it is said there.

    Raises, on entering:
        AgentFailed: the server cannot be reached, or refuses; says what to do.
    """

    def __init__(
        self,
        address: str,
        *,
        password: str | None = None,
        username: str | None = None,
        server: str | None = None,
        register: bool = True,
        settings: AgentSettings | None = None,
        journal: Journal | None = None,
    ) -> None:
        self.address = user_address(address)
        self.tap: Tap | None = None
        "Shown each packet that passes; to be set before the start."
        user = SipUri.parse(self.address).user or ""
        self._account = Account(self.address, username or user, password)
        self._server = server_address(server, self.address)
        self._registers = register
        self._settings = settings or AgentSettings()
        self._journal = journal or LogJournal()
        self._clock = self._settings.clock
        self._publisher: Publisher | None = None
        self._is_leaving = False
        self._waiting: dict[str, asyncio.Future[Report]] = {}
        self._node: Node
        self._user_agent: UserAgent
        self._driver: Driver

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        await self.leave()

    async def start(self) -> None:
        """Find the way to the server, and register."""
        server = self._server
        host, own = await resolve(server)
        settings = self._settings
        flow = flow_to(server, host)
        self._node, self._user_agent = build_agent(
            self._account,
            flow,
            RandomIds(),
            self._journal,
            pace=settings.pace,
            timers=settings.timers,
        )
        self._node.tap = self.tap
        certificates = Certificates(Files(authority=settings.authority), self._journal)
        self._driver = Driver(self._node, clock=self._clock, certificates=certificates)
        try:
            port = await self._driver.listen(own_transport(server), own, 0, None)
            local = str(HostPort(own, port))
            self._node.drop = self._driver.drop
            self._user_agent.flow = msgspec.structs.replace(flow, local=local)
            self._driver.begin()
            if self._registers:
                registration = self._user_agent.registration(
                    self._reports("registering"), instance=settings.instance
                )
                await self._settled("registering", registration.begin)
        except BaseException:
            await self._close()
            raise

    async def leave(self) -> None:
        """Remove, unsubscribe and unregister, as far as the server answers soon; then close."""
        self._is_leaving = True
        left = asyncio.Event()
        self._user_agent.leave(
            self._clock(), left.set, keeps_publications=self._settings.keeps_publication
        )
        self._node.on_work()
        try:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(left.wait(), self._settings.pace.farewell)
        finally:
            await self._close()

    async def _close(self) -> None:
        await self._driver.close()
        self._driver.hang_up()

    # -- publish

    async def publish(
        self,
        basic: Basic | str | None = Basic.OPEN,
        *,
        note: str = "",
        activities: Iterable[str] = (),
        document: Document | None = None,
    ) -> None:
        """Have this published from now on, in place of what was before.

        A whole `document` may be given instead of its parts. It returns when the server has it,
        and it is refreshed until it is changed or the agent leaves.

        Raises:
            AgentFailed: it is no status, or the server refuses it, or does not answer in time; then
                it is tried again all the same.
        """
        if document is None:
            said = Statement(_basic(basic), note, tuple(activities))
            document = said.document(self.address)
        if self._publisher is None:
            self._publisher = self._user_agent.publisher(self._reports("publishing"))
        publisher, body = self._publisher, write(document)
        await self._settled("publishing", lambda at: publisher.publish(body, at))

    async def unpublish(self) -> None:
        """Have nothing published any more."""
        if self._publisher is not None:
            await self._settled("publishing", self._publisher.remove)

    # -- watch

    async def watch(self, *presentities: str) -> AsyncGenerator[Presence, None]:
        """Each change of these presentities, as long as anything can be seen of them.

        A reader who is slower than they change gets the newest of each. Those that cannot be
        watched come as terminated, with the reason.

        Raises:
            AgentFailed: none of them can be watched.
        """
        addresses = list(dict.fromkeys(user_address(presentity) for presentity in presentities))
        news = News(len(addresses), self._watch_failure)
        watches = [
            self._user_agent.watch(address, self._shows(news, address)) for address in addresses
        ]
        try:
            self._do(*[watch.begin for watch in watches])
            while (presence := await self._next(news)) is not None and not self._is_leaving:
                yield presence
        finally:
            self._do(*[watch.end for watch in watches])

    async def _next(self, news: News) -> Presence | None:
        try:
            return await news.next(self._settings.patience)
        except TimeoutError:
            raise unanswered("watching", str(self._server)) from None

    def _shows(self, news: News, presentity: str) -> Callable[[Sighting, Moment], None]:
        return lambda sighting, at: news.seen(presentity, sighting, at)

    def _watch_failure(self, presentity: str, answer: Answer) -> AgentFailed:
        return self._failure(f"watching {presentity}", answer)

    # -- waiting

    def _do(self, *begins: Callable[[Moment], None]) -> None:
        at = self._clock()
        for begin in begins:
            begin(at)
        self._node.on_work()

    async def _settled(self, what: str, begin: Callable[[Moment], None]) -> None:
        """Begin something, and wait until the server has agreed to the newest of its kind."""
        waiting = self._waiting.get(what)
        if waiting is None or waiting.done():
            waiting = self._waiting[what] = asyncio.get_running_loop().create_future()
        self._do(begin)
        try:
            async with asyncio.timeout(self._settings.patience):
                report = await asyncio.shield(waiting)
        except TimeoutError:
            raise unanswered(what, str(self._server)) from None
        if report.standing in (Standing.TROUBLED, Standing.REFUSED):
            assert report.answer is not None
            raise self._failure(what, report.answer)

    def _reports(self, what: str) -> Callable[[Report, Moment], None]:
        return lambda report, _now: self._reported(what, report)

    def _reported(self, what: str, report: Report) -> None:
        waiting = self._waiting.get(what)
        if waiting is not None and not waiting.done():
            waiting.set_result(report)
        elif report.answer is not None and report.standing in (
            Standing.TROUBLED,
            Standing.REFUSED,
        ):
            fault = str(self._failure(what, report.answer))
            again = f"in {report.pause:.0f} s" if report.pause else "never"
            self._journal.say(Grade.WARNING, "an agent has trouble", fault=fault, again=again)

    def _failure(self, what: str, answer: Answer) -> AgentFailed:
        return failure_of(answer, what, self._account, str(self._server))


def _basic(said: Basic | str | None) -> Basic | None:
    try:
        return None if said is None else Basic(said)
    except ValueError:
        raise AgentFailed(f"{said!r} is neither open nor closed; say one of them") from None


@asynccontextmanager
async def publish(
    address: str,
    basic: Basic | str | None = Basic.OPEN,
    *,
    note: str = "",
    activities: Iterable[str] = (),
    password: str | None = None,
    server: str | None = None,
) -> AsyncIterator[Agent]:
    """Have this published for as long as the block runs; more can be done with its agent.

    Raises:
        AgentFailed: the server cannot be reached, or refuses; says what to do.
    """
    async with Agent(address, password=password, server=server) as agent:
        await agent.publish(basic, note=note, activities=activities)
        yield agent


async def watch(
    *presentities: str,
    watcher: str,
    password: str | None = None,
    server: str | None = None,
) -> AsyncGenerator[Presence, None]:
    """Each change of these presentities, as the user `watcher` may see them.

    Raises:
        AgentFailed: the server cannot be reached, or refuses; says what to do.
    """
    async with Agent(watcher, password=password, server=server) as agent:
        async for presence in agent.watch(*presentities):
            yield presence
