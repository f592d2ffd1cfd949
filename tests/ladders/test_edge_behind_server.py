"""Figures 3.3 and 3.5 between whole nodes: a watcher, his server, hers, and her edge behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hereabouts.config import Peer, Role, RoutingSettings, Settings
from tests.ladders.conftest import Network, routed
from tests.ladders.edge_network import EDGE, SERVER, EdgeNetworkStage
from tests.ladders.network import Site
from tests.ladders.player import START
from tests.ladders.stores import STORES

S, E, B = "192.0.2.11", "192.0.2.12", "192.0.2.13"
HOMES = {"watcher": "a.example", "alice": "a.example", "carol": "b.example"}

Begin = Callable[..., Network]


@pytest.fixture(params=list(STORES))
def begin(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Begin]:
    made: list[EdgeNetworkStage] = []

    def begin(nodes: dict[str, tuple[str, Settings]]) -> Network:
        edge = routed("a.example", E, notify_interval=0)
        sites = []
        for name, (host, settings) in (nodes | {EDGE: (E, edge)}).items():
            folder = tmp_path / name
            folder.mkdir()
            sites.append(Site(name, host, settings, STORES[request.param](folder)))
        EdgeNetworkStage.phone.said = None
        made.append(EdgeNetworkStage(sites, START, HOMES, {}))
        return Network(made[-1])

    yield begin
    for stage in made:
        for site in stage.sites.values():
            site.backing.close()
            assert not site.diary.faults


@pytest.fixture
def network(begin: Begin) -> Network:
    server = routed("a.example", S, registration_presence=False, notify_interval=0)
    network = begin({SERVER: (S, server)})
    network.play("device -> edge SAYS basic=open note=here\n 1 s pass")
    return network


WATCHED = """
    watcher -> s SUBSCRIBE Expires=600
    watcher <- s 200       Expires=600
    watcher <- s NOTIFY    state=active basic=open cseq=1
    watcher -> s 200
"""


def test_a_watcher_sees_what_the_device_beside_the_edge_says(network: Network) -> None:
    network.play(f"""
        {WATCHED}
        device  -> edge SAYS basic=closed note=away
                1 s pass
        watcher <- s NOTIFY    state=active basic=closed
        watcher -> s 200
        operator -> edge edge_set basic=open note=chosen
        operator <- edge OK
        watcher <- s NOTIFY    state=active basic=open,closed
        watcher -> s 200
        watcher -> s SUBSCRIBE Expires=0
        watcher <- s 200
        watcher <- s NOTIFY    state=terminated reason=timeout
        watcher -> s 200
    """)


def test_a_phone_of_hers_publishes_to_the_edge(network: Network) -> None:
    network.play(f"""
        {WATCHED}
        alice   -> s PUBLISH basic=closed
        alice   <- s 200     SIP-ETag=*
        watcher <- s NOTIFY  basic=open,closed
        watcher -> s 200
    """)


def test_an_edge_that_is_cut_off_is_replaced_and_takes_over_again(network: Network) -> None:
    network.play(f"""
        {WATCHED}
        power   -> edge OFF
        watcher <- s NOTIFY    state=terminated reason=deactivated
        watcher -> s 200
        watcher -> s SUBSCRIBE Expires=600
        watcher <- s 200
        watcher <- s NOTIFY    state=active says=nothing
        watcher -> s 200
        device  -> edge SAYS   basic=closed note=away
        power   -> edge ON
        watcher <- s NOTIFY    state=terminated reason=deactivated
        watcher -> s 200
        watcher -> s SUBSCRIBE Expires=600
        watcher <- s 200
        watcher <- s NOTIFY    state=active basic=closed
        watcher -> s 200
    """)


def test_an_edge_whose_connection_breaks_is_back_by_itself(network: Network) -> None:
    network.play(f"""
        {WATCHED}
        wire    -> edge BREAK
        watcher <- s NOTIFY    state=terminated reason=deactivated
        watcher -> s 200
                1 s pass
        watcher -> s SUBSCRIBE Expires=600
        watcher <- s 200
        watcher <- s NOTIFY    state=active basic=open
        watcher -> s 200
    """)
    stage = network.stage
    assert isinstance(stage, EdgeNetworkStage)
    assert len(stage.edge.agent.notifier.deliveries) == 2  # the old one ends with its next NOTIFY
    network.play("""
        device  -> edge SAYS basic=closed note=away
                1 s pass
        watcher <- s NOTIFY    state=active basic=closed
        watcher -> s 200
    """)
    assert len(stage.edge.agent.notifier.deliveries) == 1


def test_a_server_that_is_cut_off_comes_back_and_nothing_is_lost(network: Network) -> None:
    network.play(f"""
        {WATCHED}
        power   -> s OFF
        device  -> edge SAYS basic=closed note=away
                10 s pass
        power   -> s ON
                1 s pass
        watcher <- s NOTIFY    state=active basic=closed
        watcher -> s 200
    """)


@pytest.fixture
def domains(begin: Begin) -> Network:
    ours = RoutingSettings(peers=(Peer("b.example", "TCP", B, 5060),))
    theirs = RoutingSettings(peers=(Peer("a.example", "TCP", S, 5060),))
    return begin(
        {
            SERVER: (S, routed("a.example", S, role=Role.SIP, routing=ours)),
            "b": (B, routed("b.example", B, role=Role.WATCHER, routing=theirs)),
        }
    )


def test_a_watcher_of_another_domain_is_known_to_the_edge(domains: Network) -> None:
    domains.play("""
        device -> edge SAYS   basic=open note=here
        carol  -> b SUBSCRIBE to=alice@a.example Expires=600
        carol  <- b 200       Expires=600
        carol  <- b NOTIFY    state=active basic=open
        carol  -> b 200
    """)
    stage = domains.stage
    assert isinstance(stage, EdgeNetworkStage)
    [delivery] = stage.edge.agent.notifier.deliveries.values()
    assert delivery.subscription.watcher == "sip:carol@b.example"


def test_an_agent_of_a_watcher_follows_the_edge_wherever_it_goes(network: Network) -> None:
    """Figures 3.2 to 3.5: no phone at all, only agents."""
    network.play("""
        operator -> s presentities_add user=bob presentity=alice
        operator <- s OK
    """)
    assert seen(network) == [("active", "open", "here")]
    network.play("""
        device -> edge SAYS basic=closed note=away
               1 s pass
    """)
    assert seen(network) == [("active", "closed", "away")]
    network.play("power -> edge OFF\n 1 s pass")
    assert seen(network)[0][2] == "No presence information is available."
    network.play("""
        device -> edge SAYS basic=open note=back
        power  -> edge ON
               2 s pass
    """)
    assert seen(network) == [("active", "open", "back")]
    network.play("""
        power  -> s    OFF
        device -> edge SAYS basic=closed note=later
               20 s pass
        power  -> s    ON
               60 s pass
    """)
    assert seen(network) == [("active", "closed", "later")]


def seen(network: Network) -> list[tuple[object, ...]]:
    """State, status and note of each presentity in Bob's list."""
    watching = network.stage.sites[SERVER].server.watching
    assert watching is not None
    rows = watching.rows("sip:bob@a.example")
    return [(row["state"], row["basic"], row["note"]) for row in rows]


def test_a_watcher_whose_server_is_away_is_told_of_the_end_when_it_is_back(
    domains: Network,
) -> None:
    domains.play("""
        device -> edge SAYS   basic=open note=here
        carol  -> b SUBSCRIBE to=alice@a.example Expires=600
        carol  <- b 200       Expires=600
        carol  <- b NOTIFY    state=active basic=open
        carol  -> b 200
        power  -> b OFF
        power  -> edge OFF
               10 s pass
        power  -> b ON
               5 s pass
        carol  <- b NOTIFY    state=terminated reason=deactivated
        carol  -> b 200
    """)
