"""Every ladder is played on every store."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, Protocol

import msgspec
import pytest

from hereabouts.base.units import Moment
from hereabouts.config import (
    AuthMode,
    AuthSettings,
    LimitSettings,
    PolicySettings,
    PresenceSettings,
    Reevaluation,
    Role,
    RoutingSettings,
    ServerSettings,
    Settings,
)
from hereabouts.roles.locating import Names
from hereabouts.sip.flow import Flow
from tests.ladders.network import NetworkStage, Site
from tests.ladders.player import START, Ladder, Sent
from tests.ladders.script import Message, Note, Way, read
from tests.ladders.stage import ServerStage
from tests.ladders.stores import STORES, Backing

HELD = ("HOLD", "RELEASE")
UNCHANGED = LimitSettings()


class Begin(Protocol):
    """Makes a ladder on a server with these settings of its section `presence`."""

    def __call__(
        self,
        passwords: dict[str, str] | None = None,
        *,
        at: Moment = START,
        reevaluate: Reevaluation = Reevaluation.ON_REQUEST,
        limits: LimitSettings = ...,
        **presence: object,
    ) -> Play: ...


class Play(Ladder[bytes]):
    """A ladder, and the stage it is played on."""

    def __init__(self, stage: ServerStage, now: Moment = START) -> None:
        super().__init__(stage, now)
        self.stage = stage

    def do(self, start: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Have a handler of the test's own run on the node."""
        self._collect(self.stage.do(start, self.now))

    def tell(self, peer: str, packet: bytes) -> None:
        """Have a peer send these very bytes."""
        self._collect(self.stage.tell(peer, "node", packet, self.now))

    def begin_together(self, script: str) -> None:
        """Have all that is said here arrive in one turn; the answers are still under way."""
        hold, release = (Message("wire", Way.TO_NODE, "node", Note(what)) for what in HELD)
        for step in [hold, *read(script), release]:
            self._take(step)

    def oblige(self, seconds: int) -> None:
        """Let time go by, second by second, while peers answer 200 to whatever they are asked.

        For stretches of which only the outcome is promised, not each message.
        """
        for _ in range(seconds):
            self._pass(1)
            while any(self._under_way.values()):
                self._hear_all()

    def _hear_all(self) -> None:
        for (name, _), messages in list(self._under_way.items()):
            peer = self.stage.peer(name)
            while messages:
                self.stage.hear(name, messages.popleft())
            while peer.unanswered:
                ok = Message(name, Way.TO_NODE, "node", Note("200"))
                self._take(ok)


def settings(
    *,
    is_open: bool = True,
    reevaluate: Reevaluation = Reevaluation.ON_REQUEST,
    limits: LimitSettings = UNCHANGED,
    **presence: object,
) -> Settings:
    """The settings of a server for example.com."""
    return Settings(
        server=ServerSettings(domains=("example.com",)),
        auth=AuthSettings(mode=AuthMode.NONE if is_open else AuthMode.DIGEST),
        limits=limits,
        presence=msgspec.convert(presence, PresenceSettings),
        policy=PolicySettings(reevaluate=reevaluate),
    )


@pytest.fixture(params=list(STORES))
def backing(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Backing]:
    made = STORES[request.param](tmp_path)
    yield made
    made.close()


@pytest.fixture
def begin(backing: Backing) -> Iterator[Begin]:
    begun: list[Play] = []

    def begin(
        passwords: dict[str, str] | None = None,
        *,
        at: Moment = START,
        reevaluate: Reevaluation = Reevaluation.ON_REQUEST,
        limits: LimitSettings = UNCHANGED,
        **presence: object,
    ) -> Play:
        chosen = settings(is_open=not passwords, reevaluate=reevaluate, limits=limits, **presence)
        play = Play(ServerStage(backing, chosen, at, passwords or {}), at)
        for user, password in (passwords or {}).items():
            play.play(f"""
                operator -> node user_add user={user} password={password}
                operator <- node OK
            """)
        begun.append(play)
        return play

    yield begin
    for play in begun:
        assert not play.stage.diary.faults


class Network(Ladder[bytes]):
    """A ladder between several nodes and their peers."""

    def __init__(self, stage: NetworkStage) -> None:
        super().__init__(stage)
        self.stage = stage

    def say(self, peer: str, node: str, what: str, **fields: str) -> None:
        """Have a peer say what does not fit on a line of a ladder."""
        self._collect(self.stage.say(peer, node, Note(what, fields), self.now))

    def tell(self, node: str, packet: bytes, flow: Flow) -> list[Sent[bytes]]:
        """Have these very bytes come by this flow; what is sent because of it."""
        return self.stage.tell(node, packet, flow, self.now)

    def do(self, node: str, handler: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Have a node run this; what it sends because of it is under way."""
        self._collect(self.stage.do(node, handler, self.now))


class Connect(Protocol):
    """Makes a ladder on the nodes of these settings, by their names, with these hosts.

    `names` is the DNS as all of them know it.
    """

    def __call__(
        self,
        nodes: dict[str, tuple[str, Settings]],
        homes: dict[str, str],
        passwords: dict[str, str] | None = None,
        names: Names | None = None,
    ) -> Network: ...


@pytest.fixture(params=list(STORES))
def connect(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Connect]:
    made: list[Network] = []

    def connect(
        nodes: dict[str, tuple[str, Settings]],
        homes: dict[str, str],
        passwords: dict[str, str] | None = None,
        names: Names | None = None,
    ) -> Network:
        sites = []
        for name, (host, chosen) in nodes.items():
            folder = tmp_path / name
            folder.mkdir()
            sites.append(Site(name, host, chosen, STORES[request.param](folder), names))
        network = Network(NetworkStage(sites, START, homes, passwords or {}))
        made.append(network)
        return network

    yield connect
    for network in made:
        for site in network.stage.sites.values():
            site.backing.close()
            assert not site.diary.faults


def routed(
    domain: str,
    host: str,
    *,
    role: Role = Role.ALL,
    is_open: bool = True,
    routing: RoutingSettings | None = None,
    **presence: object,
) -> Settings:
    """The settings of a node for a domain, at this host."""
    return Settings(
        server=ServerSettings(domains=(domain,), aliases=(host,), role=role),
        auth=AuthSettings(mode=AuthMode.NONE if is_open else AuthMode.DIGEST),
        routing=routing or RoutingSettings(),
        presence=msgspec.convert(presence, PresenceSettings),
    )


@pytest.fixture
def ladder(begin: Begin) -> Play:
    return begin()
