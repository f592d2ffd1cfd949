"""A presentity whose agent stands beside its devices: reached by its registration, and replaced."""

from __future__ import annotations

import pytest

from hereabouts.config import NextHop, Peer, PresenceMode, Role, RoutingSettings
from hereabouts.sip.feature import PRESENCE_AGENT
from hereabouts.sip.flow import Flow
from hereabouts.sip.message import Request
from hereabouts.sip.rates import Rate
from hereabouts.sip.reader import read
from hereabouts.sip.sources import Allowance, Sources
from tests.ladders.conftest import Connect, Network, routed

S, E, B, P = "192.0.2.11", "192.0.2.12", "192.0.2.13", "192.0.2.14"
OTHER = "192.0.2.15"
HOMES = {
    "watcher": "a.example",
    "alice": "a.example",
    "edge": "a.example",
    "other": "a.example",
    "carol": "b.example",
}
TWO = (("edge", E), ("other", OTHER))
OUR_SERVER = RoutingSettings(peers=(Peer("a.example", "TCP", S, 5060),))
AGENT = f"<sip:alice@192.0.2.12;transport=tcp>;{PRESENCE_AGENT}"
# The edge registers as alice.
BOUND = f"""
    edge  -> s CONNECT
    edge  -> s REGISTER to=alice From=<sip:alice@a.example>;tag=e Contact={AGENT} Expires=3600
    edge  <- s 200
"""
SUBSCRIBED = """
    watcher -> s SUBSCRIBE Expires=600
    watcher <- s 200       Expires=600
    watcher <- s NOTIFY    state=active basic=open cseq=1
    watcher -> s 200
"""
DEACTIVATED = """
    watcher <- s NOTIFY    state=terminated reason=deactivated basic=open cseq=2
    watcher -> s 200
"""


@pytest.fixture
def network(connect: Connect) -> Network:
    nodes = {
        "s": (S, routed("a.example", S, registration_presence=False, notify_interval=0)),
        "edge": (E, routed("a.example", E, routing=OUR_SERVER)),
    }
    network = connect(nodes, HOMES)
    network.play("""
        operator -> edge presence_set user=alice basic=open
        operator <- edge OK
    """)
    return network


def asked(network: Network, source: str, target: str) -> list[Request]:
    messages = map(read, network.stage.between(source, target))
    return [message for message in messages if isinstance(message, Request)]


def test_a_subscription_goes_to_the_presentitys_own_agent(network: Network) -> None:
    network.play(BOUND)
    network.play(SUBSCRIBED)
    network.play("""
        operator -> edge presence_set user=alice basic=closed
        operator <- edge OK
        watcher  <- s NOTIFY    state=active basic=closed cseq=2
        watcher  -> s 200
        watcher  -> s SUBSCRIBE Expires=0
        watcher  <- s 200       Expires=0
        watcher  <- s NOTIFY    state=terminated reason=timeout cseq=3
        watcher  -> s 200
    """)
    [subscribe, _] = asked(network, "s", "edge")
    assert subscribe.uri == "sip:alice@a.example"
    assert subscribe.headers["p-asserted-identity"] == ["<sip:watcher@a.example>"]
    assert not network.stage.sites["s"].server.proxy.relays.all()


def test_a_publication_goes_to_the_presentitys_own_agent(network: Network) -> None:
    network.play(BOUND)
    network.play("""
        alice -> s PUBLISH  basic=closed
        alice <- s 200      SIP-ETag=*
        alice -> s PUBLISH  Expires=0
        alice <- s 200
        alice -> s PUBLISH  SIP-If-Match=unknown tag=none
        alice <- s 412
    """)
    assert [each.method for each in asked(network, "s", "edge")] == ["PUBLISH"] * 3


def test_when_the_agent_is_lost_its_watchers_are_served_here_until_it_is_back(
    network: Network,
) -> None:
    """Each change of servers ends the subscriptions with `deactivated`: watchers ask again."""
    network.play(BOUND)
    network.play(SUBSCRIBED)
    network.play("edge -> s HANGUP" + DEACTIVATED)
    network.play("""
        watcher -> s SUBSCRIBE Expires=600
        watcher <- s 200
        watcher <- s NOTIFY    state=active basic=closed says=nothing cseq=1
        watcher -> s 200
    """)
    handed_over = """
        watcher <- s NOTIFY    state=terminated reason=deactivated basic=closed cseq=2
        watcher -> s 200
    """
    network.play(BOUND + handed_over + SUBSCRIBED)
    proxy = network.stage.sites["s"].server.proxy
    assert [held.relay.is_at_edge for held in proxy.relays.all()] == [True]
    assert not network.stage.sites["s"].server.agent.notifier.deliveries


UNBOUND = BOUND.replace("Expires=3600", "Expires=0").partition("CONNECT")[2]
ENDINGS = [
    (UNBOUND, "it takes back its registration"),
    ("3600 s pass", "its registration expires"),
    ("power -> edge OFF", "its machine is off"),
]


def test_subscriptions_that_pass_by_are_counted_as_those_that_end_here(network: Network) -> None:
    """SEC-3856-9.5-1, SEC-6665-6.3-2: their NOTIFYs come by here, and may go anywhere."""
    site = network.stage.sites["s"]
    one = Rate(0.1, 1)
    sources = Sources(Allowance(subscriptions=Rate(0.1, 2), strange_targets=one))
    site.node.endpoint.sources = site.node.sources = sources
    network.play(BOUND)
    network.play(SUBSCRIBED)
    network.play("""
        watcher -> s SUBSCRIBE dialog=2 Contact=<sip:victim@victim.example.net>
        watcher <- s 200
        watcher <- s NOTIFY
        watcher -> s 200
        watcher -> s SUBSCRIBE dialog=3
        watcher <- s 503       Retry-After=10
        alice   -> s SUBSCRIBE dialog=4 Contact=<sip:victim@victim.example.net>
        alice   <- s 503       Retry-After=10
    """)


def test_an_agent_is_told_who_watches_unless_he_asks_that_nobody_be(network: Network) -> None:
    """RFC 3325 section 9.3: an agent at a user's own machine is not of ours."""
    network.play(BOUND)
    network.play(SUBSCRIBED)
    for fields in ("Privacy=id", "dialog=2 Privacy=header;id"):
        network.play(f"""
            watcher -> s SUBSCRIBE {fields}
            watcher <- s 200
            watcher <- s NOTIFY
            watcher -> s 200
        """)
    first, *hidden = asked(network, "s", "edge")
    assert first.headers["p-asserted-identity"] == ["<sip:watcher@a.example>"]
    assert not any("p-asserted-identity" in each.headers for each in hidden)
    assert len(hidden) == 2


@pytest.mark.parametrize(
    "end", [row[0] for row in ENDINGS[:3]], ids=[row[1] for row in ENDINGS[:3]]
)
def test_an_agent_ends_in_several_ways(network: Network, end: str) -> None:
    network.play(BOUND)
    network.play(SUBSCRIBED.replace("Expires=600", "Expires=7200"))
    network.play(end + DEACTIVATED)
    assert not network.stage.sites["s"].server.proxy.relays.all()


def test_of_two_agents_the_watchers_of_the_one_that_leaves_come_to_the_other(
    connect: Connect,
) -> None:
    """A refresh goes to the one that knows the subscription, whichever registered last."""
    site = routed("a.example", S, registration_presence=False, notify_interval=0)
    own = {name: (host, routed("a.example", host, routing=OUR_SERVER)) for name, host in TWO}
    network = connect({"s": (S, site)} | own, HOMES)
    for name, basic in (("edge", "open"), ("other", "closed")):
        network.play(f"""
            operator -> {name} presence_set user=alice basic={basic}
            operator <- {name} OK
        """)
    network.play(BOUND)
    network.play(SUBSCRIBED)
    network.play(BOUND.replace("edge", "other").replace(E, OTHER))
    network.play("""
        watcher -> s SUBSCRIBE Expires=600
        watcher <- s 200
        watcher <- s NOTIFY    state=active basic=open
        watcher -> s 200
        edge    -> s HANGUP
        watcher <- s NOTIFY    state=terminated reason=deactivated basic=open
        watcher -> s 200
        watcher -> s SUBSCRIBE Expires=600
        watcher <- s 200
        watcher <- s NOTIFY    state=active basic=closed
        watcher -> s 200
    """)


def test_a_phone_that_understands_subscribe_is_no_agent(network: Network) -> None:
    """An ordinary binding is a phone, whatever it can do."""
    network.play("""
        edge    -> s CONNECT
        edge    -> s REGISTER to=alice From=<sip:alice@a.example>;tag=e
        edge    <- s 200
        watcher -> s SUBSCRIBE
        watcher <- s 200
        watcher <- s NOTIFY basic=closed says=nothing
        watcher -> s 200
    """)
    assert not network.stage.wire


def test_an_agent_that_cannot_be_reached_is_not_waited_for(network: Network) -> None:
    """Whoever asks at that moment is served here."""
    network.play(BOUND)
    network.play("""
        power   -> s    OFF
        power   -> s    ON
        watcher -> s    SUBSCRIBE
        watcher <- s    200
        watcher <- s    NOTIFY state=active basic=closed says=nothing
        watcher -> s    200
        alice   -> s    PUBLISH basic=open
        alice   <- s    200
        watcher <- s    NOTIFY state=active basic=open
        watcher -> s    200
    """)
    assert "sip:alice@a.example" not in network.stage.sites["s"].server.proxy.edges


def test_an_agent_has_time_to_come_back_after_our_own_restart(network: Network) -> None:
    network.play(BOUND)
    network.play(SUBSCRIBED)
    network.play("""
        power    -> s    OFF
        power    -> s    ON
                 100 s pass
    """)
    network.play(BOUND)
    network.play("""
                 100 s pass
        operator -> edge presence_set user=alice basic=closed
        operator <- edge OK
        watcher  <- s NOTIFY    state=active basic=closed
        watcher  -> s 200
        watcher  -> s SUBSCRIBE Expires=600
        watcher  <- s 200       Expires=600
        watcher  <- s NOTIFY    state=active basic=closed
        watcher  -> s 200
    """)


def test_an_agent_that_does_not_come_back_after_our_restart_is_given_up(network: Network) -> None:
    network.play(BOUND)
    network.play(SUBSCRIBED)
    network.play(
        """
        power   -> s    OFF
        power   -> s    ON
                120 s pass
    """
        + DEACTIVATED
    )


def test_the_last_word_is_said_though_we_crash_before_it(network: Network) -> None:
    network.play(BOUND)
    network.play(SUBSCRIBED)
    network.play(
        """
        edge    -> s    HANGUP
        watcher x- s    NOTIFY state=terminated reason=deactivated cseq=2
        power   -> s    OFF
        power   -> s    ON
    """
        + DEACTIVATED
    )


def test_the_last_word_waits_for_a_way_to_the_watcher(network: Network) -> None:
    network.play(BOUND)
    network.play("watcher -> s CONNECT")
    network.play(SUBSCRIBED)
    network.play(
        """
        watcher -> s    HANGUP
        edge    -> s    HANGUP
        watcher -> s    CONNECT
        watcher -> s    REGISTER
        watcher <- s    200
    """
        + DEACTIVATED
    )


def test_a_watcher_of_another_domain_is_vouched_for_twice(connect: Connect) -> None:
    """His own server tells ours who he is, and ours tells the agent."""
    ours = RoutingSettings(peers=(Peer("b.example", "TCP", B, 5060),))
    theirs = RoutingSettings(peers=(Peer("a.example", "TCP", S, 5060),))
    nodes = {
        "b": (B, routed("b.example", B, routing=theirs)),
        "s": (S, routed("a.example", S, routing=ours)),
        "edge": (E, routed("a.example", E, routing=OUR_SERVER)),
    }
    network = connect(nodes, HOMES)
    network.play(BOUND)
    network.play("""
        carol    -> b    SUBSCRIBE to=alice@a.example Expires=600
        carol    <- b    200       Expires=600
        carol    <- b    NOTIFY    state=active cseq=1
        carol    -> b    200
        operator -> edge presence_set user=alice basic=open
        operator <- edge OK
        carol    <- b    NOTIFY    state=active basic=open cseq=2
        carol    -> b    200
        carol    -> b    SUBSCRIBE to=alice@a.example Expires=600
        carol    <- b    200       Expires=600
        carol    <- b    NOTIFY    state=active basic=open cseq=3
        carol    -> b    200
        edge     -> s    HANGUP
        carol    <- b    NOTIFY    state=terminated reason=deactivated basic=open cseq=4
        carol    -> b    200
    """)
    for name in ("b", "s"):
        assert not network.stage.sites[name].server.proxy.relays.all()
    [delivery] = network.stage.sites["edge"].server.agent.notifier.deliveries.values()
    assert delivery.subscription.watcher == "sip:carol@b.example"


def test_a_presence_server_stands_behind_the_sip_server(connect: Connect) -> None:
    """Role sip: to the presentity's own agent, else to the server that `routing.presence` names."""
    behind = RoutingSettings(presence=NextHop("TCP", P, 5060))
    nodes = {
        "s": (S, routed("a.example", S, role=Role.SIP, routing=behind)),
        "p": (P, routed("a.example", P, routing=OUR_SERVER)),
        "edge": (E, routed("a.example", E, routing=OUR_SERVER)),
    }
    network = connect(nodes, HOMES)
    network.play("""
        operator -> edge presence_set user=alice basic=open
        operator <- edge OK
        alice   -> s PUBLISH   basic=closed
        alice   <- s 200
        watcher -> s SUBSCRIBE Expires=600
        watcher <- s 200       Expires=600
        watcher <- s NOTIFY    state=active basic=closed cseq=1
        watcher -> s 200
        watcher -> s SUBSCRIBE Expires=0
        watcher <- s 200
        watcher <- s NOTIFY    state=terminated
        watcher -> s 200
    """)
    network.play(BOUND)
    network.play(SUBSCRIBED)
    network.play("edge -> s HANGUP" + DEACTIVATED)
    assert {each.method for each in asked(network, "s", "p")} == {"PUBLISH", "SUBSCRIBE"}


ALONE = [
    ({"role": Role.SIP}, "a SIP server without a presence server behind it"),
    ({"role": Role.WATCHER}, "a watchers' server"),
    ({"mode": PresenceMode.PROXY}, "a presence server that is a proxy only"),
]


@pytest.mark.parametrize("settings", [row[0] for row in ALONE], ids=[row[1] for row in ALONE])
def test_without_any_agent_nobody_can_be_watched(
    connect: Connect, settings: dict[str, object]
) -> None:
    """3261-16.5-1: 480."""
    role = settings.get("role", Role.PRESENCE)
    assert isinstance(role, Role)
    mode = settings.get("mode", PresenceMode.AGENT)
    network = connect({"s": (S, routed("a.example", S, role=role, mode=mode))}, HOMES)
    network.play("""
        watcher -> s SUBSCRIBE
        watcher <- s 480
        alice   -> s PUBLISH   basic=open
        alice   <- s 480
        alice   -> s OPTIONS
        alice   <- s 480
    """)


def test_only_the_agent_that_is_registered_notifies(network: Network) -> None:
    """A token alone is not enough where we know who has it."""
    network.play(BOUND)
    network.play(SUBSCRIBED)
    [notify] = asked(network, "edge", "s")
    rows = [row for row in notify.rows if not row.startswith("Via")]
    via = "Via: SIP/2.0/UDP alice.example.net;branch=z9hG4bKforged"
    head = "\r\n".join([f"NOTIFY {notify.uri} SIP/2.0", via, *rows])
    stranger = Flow("UDP", "alice.example.net", 5060, f"{S}:5060")
    answers = network.tell("s", f"{head}\r\n\r\n".encode() + notify.body, stranger)
    assert [each.message.partition(b"\r\n")[0][:11] for each in answers] == [b"SIP/2.0 403"]


def test_a_refresh_finds_out_that_the_agent_is_gone(network: Network) -> None:
    """After our restart nobody has told us: the refresh has, and is sent to the others."""
    network.play(BOUND)
    network.play(SUBSCRIBED)
    network.play(
        """
        power   -> s OFF
        power   -> s ON
        watcher -> s SUBSCRIBE Expires=600
        watcher <- s 481
    """
        + DEACTIVATED
    )


def test_a_publication_finds_out_that_the_agent_is_gone(network: Network) -> None:
    network.play(BOUND)
    network.play("""
        power   -> s OFF
        power   -> s ON
        alice   -> s PUBLISH   basic=open
        alice   <- s 200       SIP-ETag=*
        watcher -> s SUBSCRIBE
        watcher <- s 200
        watcher <- s NOTIFY    basic=open
        watcher -> s 200
    """)


def test_only_the_presentity_publishes_by_way_of_us(connect: Connect) -> None:
    """Who he is, is proved here; nothing is passed on before."""
    behind = RoutingSettings(presence=NextHop("TCP", P, 5060))
    nodes = {
        "s": (S, routed("a.example", S, role=Role.SIP, routing=behind, is_open=False)),
        "p": (P, routed("a.example", P, routing=OUR_SERVER, is_open=False)),
    }
    network = connect(nodes, HOMES, {"alice": "a", "watcher": "w"})
    for node, user, password in (("s", "alice", "a"), ("s", "watcher", "w"), ("p", "alice", "a")):
        network.play(f"""
            operator -> {node} user_add user={user} password={password}
            operator <- {node} OK
        """)
    network.play("""
        watcher -> s PUBLISH   to=alice basic=open
        watcher <- s 401
        watcher -> s PUBLISH   to=alice basic=open
        watcher <- s 403
        alice   -> s PUBLISH   basic=open
        alice   <- s 401
    """)
    assert not network.stage.wire
    network.play("""
        alice   -> s PUBLISH   basic=open
        alice   <- s 200
        watcher -> s SUBSCRIBE to=nobody
        watcher <- s 404
        watcher -> s SUBSCRIBE
        watcher <- s 200
        watcher <- s NOTIFY    basic=open
        watcher -> s 200
    """)
    [publish, subscribe] = asked(network, "s", "p")
    assert "authorization" not in publish.headers
    assert publish.headers["p-asserted-identity"] == ["<sip:alice@a.example>"]
    assert subscribe.headers["p-asserted-identity"] == ["<sip:watcher@a.example>"]
