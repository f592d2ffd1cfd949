"""Servers between a watcher and a presentity, of which one is away for a while."""

from __future__ import annotations

import pytest

from hereabouts.config import NextHop, Peer, Role, RoutingSettings
from tests.ladders.conftest import Connect, Network, routed

A, B, P = "192.0.2.11", "192.0.2.12", "192.0.2.13"
HOMES = {"watcher": "a.example", "bob": "b.example"}

SUBSCRIBED = """
    watcher -> a  SUBSCRIBE  to=bob@b.example Expires=600
    watcher <- a  200
    watcher <- a  NOTIFY     state=active basic=closed
    watcher -> a  200
"""


@pytest.fixture
def network(connect: Connect) -> Network:
    """Figure 3.1: the presence server `p` is behind its domain's SIP server `b`."""
    ours = RoutingSettings(peers=(Peer("b.example", "TCP", B, 5060),))
    between = RoutingSettings(
        peers=(Peer("a.example", "TCP", A, 5060),), presence=NextHop("TCP", P, 5060)
    )
    behind = RoutingSettings(peers=(Peer("b.example", "TCP", B, 5060),))
    nodes = {
        "a": (A, routed("a.example", A, routing=ours)),
        "b": (B, routed("b.example", B, role=Role.SIP, routing=between)),
        "p": (P, routed("b.example", P, role=Role.PRESENCE, routing=behind, notify_interval=0)),
    }
    return connect(nodes, HOMES)


def published(basic: str) -> str:
    return f"""
        bob     -> b PUBLISH  to=bob basic={basic}
        bob     <- b 200
    """


def seen(basic: str) -> str:
    return f"""
        watcher <- a NOTIFY   state=active basic={basic}
        watcher -> a 200
    """


def test_what_a_server_in_the_middle_holds_goes_on_when_the_next_is_back(network: Network) -> None:
    """The watcher's server does not tell that it is back, as a watcher does by registering."""
    network.play(SUBSCRIBED)
    network.play(
        "power -> a OFF" + published("open") + "10 s pass\npower -> a ON\n5 s pass" + seen("open")
    )


def test_a_server_that_was_away_once_is_not_given_up_later(network: Network) -> None:
    """The time that is granted for coming back is over then; it is back already."""
    network.play(SUBSCRIBED)
    network.play("power -> a OFF" + published("open") + "power -> a ON\n1 s pass")
    network.play(published("closed") + seen("closed") + "150 s pass")
    network.play(published("open") + seen("open"))


def test_a_server_that_stays_away_for_long_is_tried_more_seldom(network: Network) -> None:
    """The watcher takes it that he would be told; nobody else could tell him."""
    network.play(SUBSCRIBED)
    network.play(
        "power -> a OFF" + published("open") + "300 s pass\npower -> a ON\n30 s pass" + seen("open")
    )


def test_a_server_that_stays_away_is_given_up_with_the_subscription(network: Network) -> None:
    network.play(SUBSCRIBED)
    network.play("power -> a OFF" + published("open") + "800 s pass")
    assert not network.stage.sites["b"].server.proxy.relays.all()
    assert not network.stage.sites["p"].server.agent.notifier.deliveries


@pytest.fixture
def direct(connect: Connect) -> Network:
    """The presence server `b` speaks with the other domain's server itself."""
    ours = RoutingSettings(peers=(Peer("b.example", "TCP", B, 5060),))
    theirs = RoutingSettings(peers=(Peer("a.example", "TCP", A, 5060),))
    nodes = {
        "a": (A, routed("a.example", A, routing=ours)),
        "b": (B, routed("b.example", B, routing=theirs, notify_interval=0)),
    }
    return connect(nodes, HOMES)


def test_an_agent_tries_a_server_that_stays_away_more_seldom_too(direct: Network) -> None:
    direct.play(SUBSCRIBED)
    direct.play("power -> a OFF" + published("open") + "300 s pass")
    settlement = direct.stage.sites["b"].server.agent.settlement
    before = settlement.watermark
    direct.play(published("closed") + "150 s pass")
    assert settlement.watermark > before, "it holds up the watermark no more"
    direct.play("power -> a ON\n30 s pass" + seen("closed"))


def test_a_second_absence_is_waited_out_as_the_first(direct: Network) -> None:
    """Each begins with frequent tries."""
    direct.play(SUBSCRIBED)
    for basic, away, within in (("open", 150, 30), ("closed", 10, 5)):
        direct.play(
            "power -> a OFF"
            + published(basic)
            + f"{away} s pass\npower -> a ON\n{within} s pass"
            + seen(basic)
        )


def test_an_agent_gives_a_server_up_with_the_subscription(direct: Network) -> None:
    direct.play(SUBSCRIBED)
    direct.play("power -> a OFF" + published("open") + "800 s pass")
    assert not direct.stage.sites["b"].server.agent.notifier.deliveries
