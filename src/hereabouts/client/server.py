"""A presence server to embed: what `hereabouts serve` runs, and what a test starts."""

from __future__ import annotations

import asyncio
import gc
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import msgspec

from hereabouts.base.ids import Ids
from hereabouts.base.journal import Grade, Journal
from hereabouts.client.certificates import Renewal, http_certificates, sip_certificates
from hereabouts.client.durable import have_durable
from hereabouts.client.names import machine_names, with_domain
from hereabouts.config import AuthMode, HostPort, Listen, Role, Settings
from hereabouts.native.choice import hot_path
from hereabouts.net.bounds import Bounds, Web
from hereabouts.net.clock import Clock
from hereabouts.net.clock import now as read_clock
from hereabouts.net.driver import Driver
from hereabouts.net.ids import RandomIds
from hereabouts.net.listeners import WILDCARDS, CannotListen
from hereabouts.net.log import LogJournal
from hereabouts.roles.build import (
    IN_MEMORY,
    Backend,
    begin_run,
    build_server,
    domains_of,
    open_store,
)
from hereabouts.roles.node import Node, Tap
from hereabouts.sip.domains import Domains

if TYPE_CHECKING:
    from hereabouts.client.http_face import HttpFace
    from hereabouts.client.policy_link import PolicyLink
    from hereabouts.net.dns import Resolver

_YOUNG = 50_000
"Allocations between two young collections: SIP makes much that dies at once, and no cycles."


class CommandFailed(Exception):
    """A command that the server refused; the text says why."""

    def __init__(self, fault: str, findings: tuple[dict[str, Any], ...] = ()) -> None:
        super().__init__(fault)
        self.findings = findings
        "What the checker found in a script, if that is why."


def answered(reply: bytes) -> Any:  # noqa: ANN401 - as the command
    """What a node answers to a command.

    Raises:
        CommandFailed: it refuses.
    """
    read = msgspec.json.decode(reply, type=dict[str, Any])
    if "error" in read:
        raise CommandFailed(read["error"], tuple(read.get("findings", ())))
    return read["ok"]


class Server:
    """A presence server in this process.

        async with Server(settings) as server:
            await server.command("user add", user="alice", password="secret")
            ...

    Raises, on entering:
        Unavailable: the store or an address cannot be used; says what to do.
    """

    def __init__(
        self, settings: Settings, journal: Journal | None = None, *, clock: Clock = read_clock
    ) -> None:
        self.settings = with_domain(settings)
        self.listening: list[Listen] = []
        "Where it listens for SIP, the ports that the system chose filled in."
        self.http_listening: HostPort | None = None
        "Where it listens for HTTP, if it does."
        self.tap: Tap | None = None
        "Shown each packet that passes; to be set before the start."
        self.also: tuple[Listen, ...] = ()
        "Where it listens too, as far as it can; to be set before the start."
        self._journal = journal or LogJournal()
        self._clock = clock
        self._is_serving = False
        self._store: Backend
        self._node: Node
        self._driver: Driver
        self._renewal: Renewal | None = None
        self._face: HttpFace | None = None
        self._link: PolicyLink | None = None
        self._resolver: Resolver | None = None

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
        """Open the store, take up what a former run has left, and listen."""
        settings = self.settings
        loop = asyncio.get_running_loop()
        ids = RandomIds()
        certificates = sip_certificates(settings, self._journal)
        self._store = open_store(settings.server, loop)
        try:
            state = begin_run(self._store, ids)
            others = machine_names() if self._is_everywhere else frozenset[str]()
            self._link = way_to_policies(settings)
            self._resolver = self._way_to_names()
            self._node = build_server(
                settings,
                self._store,
                ids,
                self._journal,
                state,
                self._clock(),
                aliases=others,
                link=self._link,
                names=self._resolver,
            )
            await have_durable(self._store)  # the node is there: it waits for this turn too
            self._node.tap = self.tap
            locate = self._resolver.addresses if self._resolver is not None else None
            websocket = settings.websocket
            self._driver = Driver(
                self._node,
                self._bounds(),
                locate,
                clock=self._clock,
                certificates=certificates,
                web=Web(websocket.origins, websocket.token),
            )
            self._renewal = Renewal()
            self._renewal.watch(certificates)
            self._node.reach = self._driver.reach
            if self._resolver is not None:
                self._resolver.enter = self._driver.enter
            try:
                await self._listen()
                await self._serve_http(domains_of(settings, others), ids)
            except BaseException:
                self._renewal.close()
                self._driver.hang_up()
                raise
            self._driver.begin()
            if self._link is not None:
                self._link.enter = self._driver.enter
                self._driver.enter(self._link.answers.start)
        except BaseException:
            self._store.close()
            raise
        self._is_serving = True
        self._spare_the_collector()
        self._announce()

    async def _listen(self) -> None:
        server = self.settings.server
        for listen in () if server.role is Role.POLICY else server.listen:
            await self._listen_at(listen)
        for listen in self.also:
            try:
                await self._listen_at(listen)
            except CannotListen as fault:
                self._journal.say(Grade.WARNING, fault.fault, remedy="nothing has to be done")
        if server.store != IN_MEMORY or server.control:
            await self._driver.serve_control(Path(server.control_path))

    async def _listen_at(self, listen: Listen) -> None:
        port = await self._driver.listen(
            listen.transport, listen.host, listen.port, self._advertised(listen)
        )
        self.listening.append(msgspec.structs.replace(listen, port=port))

    async def _serve_http(self, domains: Domains, ids: Ids) -> None:
        at = self.settings.http_listen
        if at is None:
            return
        # h11 takes 15 ms to load, and most commands need none of it.
        from hereabouts.client.http_face import HttpFace  # noqa: PLC0415
        from hereabouts.roles.policy_changes import PolicyChanges  # noqa: PLC0415

        changes = PolicyChanges(self._store, ids.token())
        certificates = http_certificates(self.settings, self._journal)
        self._face = HttpFace(
            self.settings, domains, self._driver.ask, changes, certificates, self._journal
        )
        assert self._renewal is not None
        self._renewal.watch(certificates)
        self.http_listening = await self._face.listen(at)

    def _way_to_names(self) -> Resolver | None:
        dns = self.settings.dns
        if not dns.enabled:
            return None
        # dnspython takes over half a second to load, and most servers need none of it.
        from hereabouts.net.dns import Resolver  # noqa: PLC0415

        servers = [(server.host, server.port or 53) for server in dns.servers]
        return Resolver(servers, timeout=dns.timeout, clock=lambda: self._clock().instant)

    async def stop(self) -> None:
        """End without losing anything: what was acknowledged is on disk, dialogs live on.

        A server that has ended already, or never began, stays as it is.
        """
        if not self._is_serving:
            return
        self._is_serving = False
        if self._renewal is not None:
            self._renewal.close()
        if self._face is not None:
            await self._face.close()
        if self._link is not None:
            await self._link.close()
        if self._resolver is not None:
            await self._resolver.close()
        await self._driver.close()
        self._store.close()
        self._driver.hang_up()
        self._journal.say(Grade.INFO, "stopped")

    async def command(self, name: str, /, **arguments: object) -> Any:  # noqa: ANN401 - as the command
        """What the server answers to an operator's command, such as `user add`.

        Raises:
            CommandFailed: it refuses.
        """
        line = msgspec.json.encode({"command": name, **arguments})
        return answered(await self._driver.ask(line))

    def renew_certificates(self) -> None:
        """Take all certificates anew from their files; those that cannot be used change nothing."""
        if self._renewal is not None:
            self._renewal.renew()

    @property
    def _is_everywhere(self) -> bool:
        return any(listen.host in WILDCARDS for listen in self.settings.server.listen)

    def _advertised(self, listen: Listen) -> str | None:
        advertise = self.settings.server.advertise
        if advertise is None:
            return None
        port = advertise.port if listen.transport in ("UDP", "TCP") else None
        return str(msgspec.structs.replace(advertise, port=port or listen.port))

    def _bounds(self) -> Bounds:
        sip, limits = self.settings.sip, self.settings.limits
        return Bounds(
            max_head=sip.max_header,
            max_body=sip.max_body,
            max_connections=sip.max_connections,
            max_connections_per_peer=sip.max_connections_per_peer,
            max_handshakes=self.settings.tls.max_handshakes,
            handshake=self.settings.tls.handshake_timeout,
            idle=sip.idle_timeout,
            partial=limits.partial_timeout,
            silence=limits.silence_timeout,
        )

    def _spare_the_collector(self) -> None:
        """Keep the collector from walking what is resident: it is many, and has no cycles."""
        gc.collect()
        gc.freeze()
        gc.set_threshold(_YOUNG, 20, 100)

    def _announce(self) -> None:
        addresses = " ".join(map(str, self.listening))
        domains = " ".join(self.settings.server.domains)
        more = {} if self.http_listening is None else {"http": str(self.http_listening)}
        self._journal.say(
            Grade.INFO,
            "serving",
            domains=domains,
            listen=addresses,
            store=self.settings.server.store,
            hot_path=hot_path(),
            **more,
        )
        if self.settings.auth.mode is AuthMode.NONE:
            self._journal.say(
                Grade.WARNING,
                "authentication is off: everybody is believed",
                remedy="set auth.mode to digest outside a lab",
            )


def way_to_policies(settings: Settings) -> PolicyLink | None:
    """The way to the policy server that the settings name, if they name one.

    Raises:
        Unavailable: it cannot be asked as the settings say; says what to do.
    """
    if settings.policy.server is None or settings.server.role is Role.POLICY:
        return None
    # h11 takes 15 ms to load, and most commands need none of it.
    from hereabouts.client.policy_link import policy_link  # noqa: PLC0415

    return policy_link(settings)
