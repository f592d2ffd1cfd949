"""Two nodes for two domains on memory stores: what the proxy's parts are tested on."""

from __future__ import annotations

from pathlib import Path

import msgspec

from hereabouts.config import (
    AuthMode,
    AuthSettings,
    Peer,
    PresenceSettings,
    RoutingSettings,
    ServerSettings,
    Settings,
)
from hereabouts.roles.proxy import Proxy
from hereabouts.sip.message import Request
from hereabouts.sip.reader import read
from tests.ladders.network import NetworkStage, Site
from tests.ladders.player import START, Ladder
from tests.ladders.stores import Memory

A, B = "192.0.2.11", "192.0.2.12"
HOMES = {"watcher": "a.example", "alice": "a.example", "edge": "a.example", "bob": "b.example"}


class Realm(Ladder[bytes]):
    """A ladder between `a`, the server of a.example, and `b`, that of b.example, by TCP."""

    def __init__(self, **presence: object) -> None:
        sites = [_site("a", A, ("b.example", B), presence), _site("b", B, ("a.example", A), {})]
        self.stage = NetworkStage(sites, START, HOMES, {})
        super().__init__(self.stage)

    @property
    def proxy(self) -> Proxy:
        """The proxy of `a`."""
        return self.stage.sites["a"].server.proxy

    def asked(self, source: str, target: str) -> list[Request]:
        """The requests that have passed from one node to the other."""
        messages = map(read, self.stage.between(source, target))
        return [message for message in messages if isinstance(message, Request)]

    def subscribe(self, expires: int = 600) -> None:
        """Have the watcher of a.example subscribe to bob of b.example."""
        self.play(f"""
            watcher -> a SUBSCRIBE to=bob@b.example Expires={expires}
            watcher <- a 200
            watcher <- a NOTIFY    state=active
            watcher -> a 200
        """)

    def check_clean(self) -> None:
        """No node has met a fault of its own."""
        for site in self.stage.sites.values():
            assert not site.diary.faults


def _site(name: str, host: str, peer: tuple[str, str], presence: dict[str, object]) -> Site:
    domain, at = peer
    settings = Settings(
        server=ServerSettings(domains=(f"{name}.example",), aliases=(host,)),
        auth=AuthSettings(mode=AuthMode.NONE),
        routing=RoutingSettings(peers=(Peer(domain, "TCP", at, 5060),)),
        presence=msgspec.convert({"notify_interval": 0, **presence}, PresenceSettings),
    )
    return Site(name, host, settings, Memory(Path()))
