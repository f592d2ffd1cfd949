"""A watcher in one domain, a presentity in another (figure 3.1): each domain's server between."""

from __future__ import annotations

import pytest

from hereabouts.config import Peer, RoutingSettings
from tests.ladders.conftest import Connect, Network, routed

A, B = "192.0.2.11", "192.0.2.12"
HOMES = {"watcher": "a.example", "bob": "b.example", "mallory": "b.example"}


@pytest.fixture
def network(connect: Connect) -> Network:
    return two_domains(connect, "TCP")


def two_domains(connect: Connect, transport: str, **changes: object) -> Network:
    to_b = RoutingSettings(peers=(Peer("b.example", transport, B, 5060),))
    to_a = RoutingSettings(peers=(Peer("a.example", transport, A, 5060),))
    nodes = {
        "a": (A, routed("a.example", A, routing=to_b, **changes)),
        "b": (B, routed("b.example", B, routing=to_a, **changes)),
    }
    return connect(nodes, HOMES)


SUBSCRIBED = """
    watcher -> a  SUBSCRIBE  to=bob@b.example Expires=600
    watcher <- a  200        Expires=600 Allow-Events=presence
    watcher <- a  NOTIFY     state=active expires=600 basic=closed cseq=1
    watcher -> a  200
"""


def test_a_watcher_sees_a_presentity_of_another_domain(network: Network) -> None:
    """Figure 3.1 and messages F1 to F6, by two servers."""
    network.play(SUBSCRIBED)
    network.play("""
        bob     -> b  PUBLISH    to=bob basic=open
        bob     <- b  200        SIP-ETag=*
        watcher <- a  NOTIFY     state=active basic=open cseq=2
        watcher -> a  200
    """)
