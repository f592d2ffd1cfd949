"""Figures 3.1 to 3.6 of the thesis between whole nodes, one ladder each; 3.7: `test_thesis.py`.

What passes between the nodes, and what they tell their journals, is held against the tables of the
demos (`hereabouts.demo.figure_3_2` and on). What a person or a device does is in the ladder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hereabouts.config import NextHop as Server
from hereabouts.config import Peer, Role, RoutingSettings, Settings, WatcherMode, WatcherSettings
from hereabouts.demo import figure_3_2, figure_3_3, figure_3_4, figure_3_5, figure_3_6
from hereabouts.demo.figure import Figure
from hereabouts.demo.parties import P_PA, P_SIP, W_PA, W_SIP
from hereabouts.demo.stage import Event, Stage
from tests.ladders.conftest import Connect, Network, routed
from tests.ladders.edge_network import EDGE, SERVER, EdgeNetworkStage
from tests.ladders.network import NetworkStage, Site
from tests.ladders.player import START
from tests.ladders.policies import cpl
from tests.ladders.stores import STORES

HOSTS = {"wpa": "192.0.2.11", "w": "192.0.2.12", SERVER: "192.0.2.13", "ppa": "192.0.2.14"}
AT_EDGE = "192.0.2.15"
HOMES = {"alice": "a.example", "watcher": "b.example"}
PARTIES = {"wpa": W_PA, "w": W_SIP, SERVER: P_SIP, "ppa": P_PA, EDGE: P_PA}


class Kept(Stage):
    """What has happened, in its order."""

    def __init__(self, network: NetworkStage) -> None:
        super().__init__({})
        self.events: list[Event] = []
        network.wire = _Overheard(lambda row: self.passed(PARTIES[row[0]], PARTIES[row[1]], row[2]))
        for site in network.sites.values():
            journal = self.journal(PARTIES[site.name])
            site.diary.said = _Overheard(lambda row, to=journal: to.say(*row[:2], **row[2]))

    def say(self, event: Event) -> None:
        self.events.append(event)

    def numbers(self, figure: Figure) -> list[str]:
        """What has happened of a figure, by the numbers that the thesis gives.

        Who finds his store changed by another asks again; of that the figure knows the first time.
        """
        steps = [step for event in self.events for step in figure.steps(event)]
        labels = dict.fromkeys(step.label for step in steps)
        return [
            label.partition(" ")[0].partition("/")[2]
            for label in labels
            if label.startswith(f"{figure.number}/")
        ]


class _Overheard(list):  # type: ignore[type-arg]
    """A list that tells what is added to it."""

    def __init__(self, tell: Callable[..., None]) -> None:
        super().__init__()
        self._tell = tell

    def append(self, row: object) -> None:
        self._tell(row)
        super().append(row)


def _peer(domain: str, name: str) -> Peer:
    return Peer(domain, "TCP", HOSTS[name], 5060)


def _watchers() -> dict[str, tuple[str, Settings]]:
    """The nodes of the watcher's domain."""
    outbound = RoutingSettings(outbound=Server("TCP", HOSTS["w"], 5060))
    wpa = routed("b.example", HOSTS["wpa"], role=Role.WATCHER, routing=outbound)
    agents = Settings(
        server=wpa.server,
        auth=wpa.auth,
        routing=outbound,
        watcher=WatcherSettings(WatcherMode.AGENT),
    )
    between = RoutingSettings(peers=(_peer("a.example", SERVER), _peer("b.example", "wpa")))
    w = routed("b.example", HOSTS["w"], role=Role.SIP, routing=between)
    return {"wpa": (HOSTS["wpa"], agents), "w": (HOSTS["w"], w)}


@pytest.fixture(params=list(STORES))
def edge(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Network, Kept]]:
    """The whole system, the presentity's agent beside her device."""
    routing = RoutingSettings(peers=(_peer("b.example", "w"),))
    server = routed("a.example", HOSTS[SERVER], role=Role.SIP, routing=routing)
    nodes = {SERVER: (HOSTS[SERVER], server), **_watchers()}
    nodes[EDGE] = (AT_EDGE, routed("a.example", AT_EDGE, notify_interval=0))
    sites = []
    for name, (host, settings) in nodes.items():
        folder = tmp_path / name
        folder.mkdir()
        sites.append(Site(name, host, settings, STORES[request.param](folder)))
    EdgeNetworkStage.phone.said = None
    stage = EdgeNetworkStage(sites, START, HOMES, {})
    network = Network(stage)
    _rule(network, EDGE, "alice@a.example", "incoming-subscription", "<p:allow/>")
    _rule(network, EDGE, "alice@a.example", "outgoing-notification", BY_TRIGGER)
    yield _ruled(network), Kept(stage)
    for site in sites:
        site.backing.close()
        assert not site.diary.faults


@pytest.fixture
def beside(connect: Connect) -> tuple[Network, Kept]:
    """The whole system, the presentity's agent beside a registrar."""
    routing = RoutingSettings(
        peers=(_peer("b.example", "w"),), presence=Server("TCP", HOSTS["ppa"], 5060)
    )
    server = routed("a.example", HOSTS[SERVER], role=Role.SIP, routing=routing)
    before = RoutingSettings(peers=(_peer("a.example", SERVER),))
    ppa = routed("a.example", HOSTS["ppa"], role=Role.PRESENCE, routing=before, notify_interval=0)
    nodes = {SERVER: (HOSTS[SERVER], server), "ppa": (HOSTS["ppa"], ppa), **_watchers()}
    network = connect(nodes, HOMES)
    _rule(network, "ppa", "alice@a.example", "outgoing-notification", BY_TRIGGER)
    return _ruled(network), Kept(network.stage)


BY_TRIGGER = (
    '<p:subscription-switch field="trigger"><p:subscription is="update"><p:deliver/>'
    "</p:subscription><otherwise><p:deliver/></otherwise></p:subscription-switch>"
)
"It is asked about every change: an answer that looked at nothing would be kept."


def _ruled(network: Network) -> Network:
    """The same with the watcher's own policies."""
    _rule(network, "wpa", "watcher@b.example", "outgoing-subscription", "<p:allow/>")
    _rule(network, "wpa", "watcher@b.example", "incoming-notification", "<p:deliver/>")
    return network


def _rule(network: Network, node: str, owner: str, point: str, body: str) -> None:
    script = cpl(point, body).decode()
    network.say("operator", node, "policy_put", owner=owner, id=point, script=script)
    network.play(f"operator <- {node} OK")


WATCHES = """
    operator -> wpa  presentities_add user=watcher presentity=alice@a.example
    operator <- wpa  OK
"""
SAYS = """
    device   -> edge SAYS basic=open note=here
             1 s pass
"""
PUBLISHES = """
    alice    -> ppa  PUBLISH to=alice basic=open
    alice    <- ppa  200     SIP-ETag=*
"""


def test_figure_3_1_two_domains_each_with_its_own_server(connect: Connect) -> None:
    """More of it: `test_two_domains.py`."""
    to_a = RoutingSettings(peers=(_peer("a.example", SERVER),))
    to_w = RoutingSettings(peers=(_peer("b.example", "w"),))
    watchers = routed("b.example", HOSTS["w"], role=Role.WATCHER, routing=to_a)
    presence = routed("a.example", HOSTS[SERVER], role=Role.PRESENCE, routing=to_w)
    network = connect({"w": (HOSTS["w"], watchers), SERVER: (HOSTS[SERVER], presence)}, HOMES)
    network.play("""
        alice   -> s PUBLISH   to=alice basic=open
        alice   <- s 200
        watcher -> w SUBSCRIBE to=alice@a.example Expires=600
        watcher <- w 200       Expires=600
        watcher <- w NOTIFY    state=active basic=open
        watcher -> w 200
    """)
    assert len(network.stage.between("w", SERVER)) == 2
    assert len(network.stage.between(SERVER, "w")) == 2


def test_figure_3_2_a_process_on_an_outgoing_subscribe(edge: tuple[Network, Kept]) -> None:
    """Step 1, what the watcher wants, is in the ladder."""
    network, kept = edge
    network.play(WATCHES)
    assert kept.numbers(figure_3_2.FIGURE) == ["1-1", "1-2", "1-3", "1-4", "2", "3"]


def test_figure_3_3_a_process_on_an_incoming_subscribe_and_an_outgoing_notify(
    edge: tuple[Network, Kept],
) -> None:
    network, kept = edge
    network.play(SAYS)
    network.play(WATCHES)
    assert kept.numbers(figure_3_3.FIGURE) == [
        "3", "4", "5-1", "5-2", "5-3", "5-4", "6-1", "6-2", "7-1", "7-2", "7-3", "7-4", "8", "9",
    ]  # fmt: skip


def test_figure_3_3_the_same_where_the_agent_is_beside_a_registrar(
    beside: tuple[Network, Kept],
) -> None:
    """Nobody has a say about requests: 5-1 to 5-4 are left out, and the watcher is approved."""
    network, kept = beside
    network.play(PUBLISHES)
    network.play(WATCHES)
    assert kept.numbers(figure_3_3.FIGURE) == [
        "3", "4", "6-1", "6-2", "7-1", "7-2", "7-3", "7-4", "8", "9",
    ]  # fmt: skip


def test_figure_3_4_a_process_on_an_incoming_notify(edge: tuple[Network, Kept]) -> None:
    network, kept = edge
    network.play(WATCHES)
    assert kept.numbers(figure_3_4.FIGURE) == ["9", "10", "11-1", "11-2", "11-3", "11-4", "11"]


def test_figure_3_5_a_process_on_registration_or_updating_at_an_edge(
    edge: tuple[Network, Kept],
) -> None:
    network, kept = edge
    network.play(WATCHES)
    kept.events.clear()
    network.play(SAYS)
    assert kept.numbers(figure_3_5.FIGURE) == [
        "1-1", "1-2", "1-3", "1-4", "2-1", "2-2", "3-1", "3-2", "3-3", "3-4", "4", "10",
    ]  # fmt: skip


def test_figure_3_6_a_process_on_registration_or_updating_at_a_presence_server(
    beside: tuple[Network, Kept],
) -> None:
    """Steps 1-1 to 1-4, between device, PUA and registrar, are in the ladder."""
    network, kept = beside
    network.play(WATCHES)
    kept.events.clear()
    network.play(PUBLISHES)
    assert kept.numbers(figure_3_6.FIGURE) == [
        "1-5", "1-6", "2-1", "2-2", "5", "6", "7", "8", "4", "5",
    ]  # fmt: skip
