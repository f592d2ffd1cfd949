"""A presence server to embed: what `hereabouts serve` runs, and what a test starts."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import msgspec

from hereabouts.base.journal import Grade, Journal
from hereabouts.client.names import machine_names, with_domain
from hereabouts.config import AuthMode, Listen, Settings
from hereabouts.net.clock import now
from hereabouts.net.driver import Bounds, Driver
from hereabouts.net.ids import RandomIds
from hereabouts.net.log import LogJournal
from hereabouts.roles.build import IN_MEMORY, Backend, begin_run, build_server, open_store
from hereabouts.roles.node import Node, Way
from hereabouts.storage.interface import StoreUnavailable

if TYPE_CHECKING:
    from hereabouts.net.dns import Resolver

_WILDCARDS = ("0.0.0.0", "::")  # noqa: S104 - compared, not bound
_YOUNG = 50_000
"Allocations between two young collections: SIP makes much that dies at once, and no cycles."


class CommandFailed(Exception):
    """A command that the server refused; the text says why."""


class Server:
    """A presence server in this process.

        async with Server(settings) as server:
            await server.command("user add", user="alice", password="secret")
            ...

    Raises, on entering:
        Unavailable: the store or an address cannot be used; says what to do.
    """

    def __init__(self, settings: Settings, journal: Journal | None = None) -> None:
        self.settings = with_domain(settings)
        self.listening: list[Listen] = []
        "Where it listens, the ports that the system chose filled in."
        self.tap: Callable[[Way, bytes], None] | None = None
        "Shown each packet that passes, and which way; to be set before the start."
        self._journal = journal or LogJournal()
        self._is_serving = False
        self._store: Backend
        self._node: Node
        self._driver: Driver
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
        self._store = open_store(settings.server, loop.call_soon_threadsafe)
        try:
            state = begin_run(self._store, ids)
            others = machine_names() if self._is_everywhere else frozenset[str]()
            self._node = build_server(
                settings, self._store, ids, self._journal, state, now(), aliases=others
            )
            await self._have_durable()  # not before the node is there: it waits for this turn too
            self._node.tap = self.tap
            self._resolver = self._way_to_names()
            locate = self._resolver.addresses if self._resolver is not None else None
            self._driver = Driver(self._node, self._bounds(), locate)
            try:
                await self._listen()
            except BaseException:
                self._driver.hang_up()
                raise
            self._driver.begin()
        except BaseException:
            self._store.close()
            raise
        self._is_serving = True
        self._spare_the_collector()
        self._announce()

    async def _listen(self) -> None:
        server = self.settings.server
        for listen in server.listen:
            port = await self._driver.listen(
                listen.transport, listen.host, listen.port, self._advertised(listen)
            )
            self.listening.append(msgspec.structs.replace(listen, port=port))
        if server.store != IN_MEMORY or server.control:
            await self._driver.serve_control(Path(server.control_path))

    def _way_to_names(self) -> Resolver | None:
        dns = self.settings.dns
        if not dns.enabled:
            return None
        # dnspython takes over half a second to load, and most servers need none of it.
        from hereabouts.net.dns import Resolver  # noqa: PLC0415

        servers = [(server.host, server.port or 53) for server in dns.servers]
        return Resolver(servers, timeout=dns.timeout, clock=lambda: now().instant)

    async def stop(self) -> None:
        """End without losing anything: what was acknowledged is on disk, dialogs live on.

        A server that has ended already, or never began, stays as it is.
        """
        if not self._is_serving:
            return
        self._is_serving = False
        if self._resolver is not None:
            await self._resolver.close()
        await self._driver.close()
        self._store.close()
        self._driver.hang_up()
        self._journal.say(Grade.INFO, "stopped")

    async def command(self, name: str, **arguments: object) -> Any:  # noqa: ANN401 - as the command
        """What the server answers to an operator's command, such as `user add`.

        Raises:
            CommandFailed: it refuses.
        """
        line = msgspec.json.encode({"command": name, **arguments})
        reply = msgspec.json.decode(await self._driver.ask(line), type=dict[str, Any])
        if "error" in reply:
            raise CommandFailed(reply["error"])
        return reply["ok"]

    async def _have_durable(self) -> None:
        """Wait until what was written is on disk: a run that was not counted repeats CSeqs."""
        is_durable = asyncio.get_running_loop().create_future()

        def settle(fault: StoreUnavailable | None = None) -> None:
            if is_durable.done():
                return
            if fault is None:
                is_durable.set_result(None)
            else:
                is_durable.set_exception(fault)

        self._store.listen(lambda _turn: settle(), lambda _turn, fault: settle(fault))
        self._store.seal()
        await is_durable

    @property
    def _is_everywhere(self) -> bool:
        return any(listen.host in _WILDCARDS for listen in self.settings.server.listen)

    def _advertised(self, listen: Listen) -> str | None:
        advertise = self.settings.server.advertise
        if advertise is None:
            return None
        return str(msgspec.structs.replace(advertise, port=advertise.port or listen.port))

    def _bounds(self) -> Bounds:
        sip = self.settings.sip
        return Bounds(
            max_head=sip.max_header,
            max_body=sip.max_body,
            max_connections=sip.max_connections,
            max_connections_per_peer=sip.max_connections_per_peer,
            idle=sip.idle_timeout,
        )

    def _spare_the_collector(self) -> None:
        """Keep the collector from walking what is resident: it is many, and has no cycles."""
        gc.collect()
        gc.freeze()
        gc.set_threshold(_YOUNG, 20, 100)

    def _announce(self) -> None:
        addresses = " ".join(map(str, self.listening))
        domains = " ".join(self.settings.server.domains)
        self._journal.say(
            Grade.INFO,
            "serving",
            domains=domains,
            listen=addresses,
            store=self.settings.server.store,
        )
        if self.settings.auth.mode is AuthMode.NONE:
            self._journal.say(
                Grade.WARNING,
                "authentication is off: everybody is believed",
                remedy="set auth.mode to digest outside a lab",
            )
