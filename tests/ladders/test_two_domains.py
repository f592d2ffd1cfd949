"""A watcher in one domain, a presentity in another (figure 3.1): each domain's server between."""

from __future__ import annotations

import pytest

from hereabouts.config import Peer, RoutingSettings
from hereabouts.sip.flow import Flow
from hereabouts.sip.message import Request
from hereabouts.sip.reader import read
from tests.ladders.conftest import Connect, Network, routed

A, B = "192.0.2.11", "192.0.2.12"
HOMES = {"watcher": "a.example", "bob": "b.example", "mallory": "c.example"}
TO_B = RoutingSettings(peers=(Peer("b.example", "TCP", B, 5060),))
TO_A = RoutingSettings(peers=(Peer("a.example", "TCP", A, 5060),))


def open_domains(connect: Connect) -> Network:
    """Two domains whose users need not prove who they are."""
    nodes = {
        "a": (A, routed("a.example", A, routing=TO_B)),
        "b": (B, routed("b.example", B, routing=TO_A)),
    }
    return connect(nodes, HOMES)


def guarded_domains(connect: Connect) -> Network:
    """The same, and everybody must prove who he is."""
    nodes = {
        "a": (A, routed("a.example", A, routing=TO_B, is_open=False)),
        "b": (B, routed("b.example", B, routing=TO_A, is_open=False)),
    }
    network = connect(nodes, HOMES, {"watcher": "w", "bob": "b"})
    network.play("""
        operator -> a user_add user=watcher password=w
        operator <- a OK
        operator -> b user_add user=bob password=b
        operator <- b OK
    """)
    return network


@pytest.fixture
def network(connect: Connect) -> Network:
    return open_domains(connect)


@pytest.fixture
def guarded(connect: Connect) -> Network:
    return guarded_domains(connect)


def requests(network: Network, source: str, target: str) -> list[Request]:
    """What has been asked on the way between two nodes."""
    messages = map(read, network.stage.between(source, target))
    return [message for message in messages if isinstance(message, Request)]


SUBSCRIBED = """
    watcher -> a  SUBSCRIBE  to=bob@b.example Expires=600
    watcher <- a  200        Expires=600 Allow-Events=presence
    watcher <- a  NOTIFY     state=active expires=600 basic=closed cseq=1
    watcher -> a  200
"""


def test_a_watcher_sees_a_presentity_of_another_domain(network: Network) -> None:
    """Figure 3.1 and messages F1 to F6, by two servers; 6665-4.3-1: both dialogs' ends come by."""
    network.play(SUBSCRIBED)
    network.play("""
        bob     -> b  PUBLISH    to=bob basic=open
        bob     <- b  200        SIP-ETag=*
        watcher <- a  NOTIFY     state=active basic=open cseq=2
        watcher -> a  200
                599.99 s pass
                0.01 s pass
        watcher <- a  NOTIFY     state=terminated reason=timeout cseq=3
        watcher -> a  200
        watcher -> a  SUBSCRIBE  within=ended to=bob@b.example
        watcher <- a  481
    """)
    assert not network.stage.sites["a"].server.proxy.relays.all()


def test_a_subscription_is_refreshed_and_ended_by_its_route(network: Network) -> None:
    network.play(SUBSCRIBED)
    network.play("""
                500 s pass
        watcher -> a  SUBSCRIBE  to=bob@b.example Expires=600
        watcher <- a  200        Expires=600
        watcher <- a  NOTIFY     state=active expires=600 cseq=2
        watcher -> a  200
                500 s pass
        watcher -> a  SUBSCRIBE  to=bob@b.example Expires=0
        watcher <- a  200        Expires=0
        watcher <- a  NOTIFY     state=terminated reason=timeout
        watcher -> a  200
    """)
    assert not network.stage.sites["a"].server.proxy.relays.all()
    assert not network.stage.sites["b"].server.agent.notifier.deliveries


def test_a_fetch_leaves_nothing_anywhere(network: Network) -> None:
    network.play("""
        watcher -> a  SUBSCRIBE  to=bob@b.example Expires=0
        watcher <- a  200        Expires=0
        watcher <- a  NOTIFY     state=terminated reason=timeout basic=closed
        watcher -> a  200
    """)
    assert not network.stage.sites["a"].server.proxy.relays.all()


REFUSED = [
    ("Expires=5", "423 Min-Expires=60", "its own refusals are the other domain's"),
    ("Event=nonsense", "489 Allow-Events=*", "with their headers"),
    ("Accept=text/plain", "406", "a format that it has not"),
]


@pytest.mark.parametrize(
    "fields, answer", [row[:2] for row in REFUSED], ids=[row[2] for row in REFUSED]
)
def test_what_the_other_domain_refuses_comes_back_as_it_says(
    network: Network, fields: str, answer: str
) -> None:
    network.play(f"""
        watcher -> a SUBSCRIBE to=bob@b.example {fields}
        watcher <- a {answer}
    """)
    assert not network.stage.sites["a"].server.proxy.relays.all()


def test_on_the_way_only_what_is_a_proxys_own_is_changed(network: Network) -> None:
    """3261-16.3-2, 3261-16.6-1, 3261-16.6-2, 5393-5.3.3-1; RFC 3325 section 5."""
    network.play("""
        watcher -> a  SUBSCRIBE  to=bob@b.example X-New=y P-Asserted-Identity=<sip:root@a.example>
        watcher <- a  200
        watcher <- a  NOTIFY
        watcher -> a  200
    """)
    [subscribe] = requests(network, "a", "b")
    assert subscribe.headers["max-forwards"] == ["69"]
    assert subscribe.headers["x-new"] == ["y"]
    assert subscribe.headers["max-breadth"] == ["60"]
    assert subscribe.headers["p-asserted-identity"] == ["<sip:watcher@a.example>"]
    assert len(subscribe.values("record-route")) == 2  # the watcher speaks UDP
    assert len(subscribe.headers["via"]) == 2
    [notify] = requests(network, "b", "a")
    assert len(notify.values("route")) == 2
    shown = read(network.stage.peer("watcher").heard[-1])
    assert "route" not in shown.headers
    assert "p-asserted-identity" not in shown.headers
    assert len(shown.values("record-route")) == 2


def test_credentials_stay_at_home_and_the_identity_goes_on(guarded: Network) -> None:
    """One digest exchange authenticates both sides; 3261-22.3-1, 3261-22.2-1: a proxy says 407."""
    guarded.play("""
        watcher -> a SUBSCRIBE to=bob@b.example
        watcher <- a 407
        watcher -> a SUBSCRIBE to=bob@b.example
        watcher <- a 200
        watcher <- a NOTIFY    state=active
        watcher -> a 200
        operator -> b watchers_list user=bob
        operator <- b OK
    """)
    [subscribe] = requests(guarded, "a", "b")
    assert not {"authorization", "proxy-authorization"} & subscribe.headers.keys()
    [held] = guarded.stage.sites["b"].server.agent.notifier.deliveries.values()
    assert held.subscription.watcher == "sip:watcher@a.example"


def test_a_watcher_of_another_domain_is_no_stranger_after_a_restart(guarded: Network) -> None:
    """Who is a user there is not ours to know."""
    guarded.play("""
        watcher -> a SUBSCRIBE to=bob@b.example
        watcher <- a 407
        watcher -> a SUBSCRIBE to=bob@b.example
        watcher <- a 200
        watcher <- a NOTIFY    state=active basic=closed
        watcher -> a 200
                10 s pass
        power   -> b OFF
        power   -> b ON
        bob     -> b PUBLISH   to=bob basic=open
        bob     <- b 401
        bob     -> b PUBLISH   to=bob basic=open
        bob     <- b 200
        watcher <- a NOTIFY    state=active basic=open
        watcher -> a 200
    """)


def test_nobody_is_believed_who_is_no_peer(guarded: Network) -> None:
    """An identity that a stranger asserts is none."""
    guarded.play("""
        mallory -> b SUBSCRIBE to=bob@b.example P-Asserted-Identity=<sip:watcher@a.example>
        mallory <- b 401
        mallory -> a SUBSCRIBE to=bob@b.example P-Asserted-Identity=<sip:watcher@a.example>
        mallory <- a 407
    """)
    assert not guarded.stage.wire


def test_what_is_not_for_us_is_passed_on_for_our_users_alone(network: Network) -> None:
    """Never an open relay."""
    network.play("""
        mallory -> a SUBSCRIBE to=bob@b.example
        mallory <- a 403
        watcher -> a SUBSCRIBE to=carol@c.example
        watcher <- a 404
        watcher -> a SUBSCRIBE to=bob@b.example Route=<sip:192.0.2.99;lr>
        watcher <- a 404
        mallory -> a MESSAGE   to=bob@b.example
        mallory <- a 403
        watcher -> a MESSAGE   to=carol@c.example
        watcher <- a 404
    """)
    assert not network.stage.wire


def test_a_route_through_us_to_a_peer_is_followed(network: Network) -> None:
    """3261-16.4-1."""
    route = "<sip:a.example;lr>,<sip:192.0.2.12;transport=tcp;lr>"
    network.play(f"""
        watcher -> a SUBSCRIBE to=bob@b.example Route={route}
        watcher <- a 200
        watcher <- a NOTIFY
        watcher -> a 200
    """)
    [subscribe] = requests(network, "a", "b")
    assert subscribe.values("route") == ["<sip:192.0.2.12;transport=tcp;lr>"]


def test_a_strict_router_that_is_a_peer_gets_it_as_it_likes(network: Network) -> None:
    """3261-16.6-3; and 16.4-1 at the other end, to whom the Request-URI is nobody of its own."""
    route = "<sip:a.example;lr>,<sip:192.0.2.12;transport=tcp>"
    network.play(f"""
        watcher -> a SUBSCRIBE to=bob@b.example Route={route}
        watcher <- a 404
    """)
    [subscribe] = requests(network, "a", "b")
    assert subscribe.uri == "sip:192.0.2.12;transport=tcp"
    assert subscribe.values("route") == ["<sip:bob@b.example>"]


LIMITS = [
    ("Max-Forwards=0", "483", "3261-16.3-2: no hop left"),
    ("Proxy-Require=foo", "420 Unsupported=foo", "3261-16.3-3: an extension asked of proxies"),
    ("Max-Forwards=none", "200", "3261-16.3-2: one that does not count"),
    ("Require=foo", "420 Unsupported=foo", "an extension asked of the other end: it says so"),
]


@pytest.mark.parametrize(
    "fields, answer", [row[:2] for row in LIMITS], ids=[row[2] for row in LIMITS]
)
def test_a_proxy_has_its_own_limits(network: Network, fields: str, answer: str) -> None:
    notified = "watcher <- a NOTIFY\nwatcher -> a 200" if answer == "200" else ""
    network.play(f"""
        watcher -> a SUBSCRIBE to=bob@b.example {fields}
        watcher <- a {answer}
        {notified}
    """)


def test_a_token_that_we_did_not_issue_leads_nowhere(network: Network) -> None:
    network.play("""
        watcher -> a NOTIFY to=bob@b.example Route=<sip:0123456789@192.0.2.11;lr>
        watcher <- a 481
    """)
    network.play(SUBSCRIBED)
    [held] = network.stage.sites["a"].server.proxy.relays.all()
    network.play(f"""
        watcher -> a NOTIFY    to=bob@b.example Route=<sip:{held.id}@192.0.2.11;lr>
        watcher <- a 481
        watcher -> a PUBLISH   to=bob@b.example Route=<sip:{held.id}@192.0.2.11;lr>
        watcher <- a 481
        mallory -> a SUBSCRIBE to=bob@b.example Route=<sip:{held.id}@192.0.2.11;lr>
        mallory <- a 481
    """)


def test_requests_that_go_in_circles_are_stopped(connect: Connect) -> None:
    """3261-16.3-5, 5393-4.1-1: two servers that each take the other for the domain's."""
    to_b = RoutingSettings(peers=(Peer("c.example", "UDP", B, 5060),))
    to_a = RoutingSettings(
        peers=(Peer("c.example", "UDP", A, 5060), Peer("b.example", "UDP", A, 5060))
    )
    nodes = {
        "a": (A, routed("b.example", A, routing=to_b)),
        "b": (B, routed("b.example", B, routing=to_a)),
    }
    network = connect(nodes, {"bob": "b.example"})
    network.play("""
        bob -> a SUBSCRIBE to=carol@c.example
        bob <- a 482
    """)
    assert len(network.stage.wire) < 10
    assert not network.stage.sites["a"].server.proxy.relays.all()


def test_a_server_out_of_reach_is_no_fault_of_ours(network: Network) -> None:
    """3261-16.7-1: what the next hop cannot is 500, never 503."""
    network.play("""
        power   -> b OFF
        watcher -> a SUBSCRIBE to=bob@b.example
        watcher <- a 500
        power   -> b ON
    """)
    assert not network.stage.sites["a"].server.proxy.relays.all()
    network.play(SUBSCRIBED)


def test_the_next_peer_of_a_domain_is_tried(connect: Connect) -> None:
    """3261-16.6: a choice that cannot be reached makes room for the next."""
    peers = (Peer("b.example", "TCP", "192.0.2.99", 5060), Peer("b.example", "TCP", B, 5060))
    nodes = {
        "a": (A, routed("a.example", A, routing=RoutingSettings(peers=peers))),
        "b": (B, routed("b.example", B, routing=TO_A)),
    }
    connect(nodes, HOMES).play(SUBSCRIBED)


MIXED = """\
SUBSCRIBE sip:bob@b.example SIP/2.0
Via: SIP/2.0/UDP watcher.example.net;branch=z9hG4bKmixed, SIP/2.0/TCP one.invalid;x=1
Record-Route: <sip:one.invalid;lr>;a=b,<sip:two.invalid;lr>
Max-Forwards: 70
v: SIP/2.0/TLS two.invalid
Route: <sip:192.0.2.11;lr>
Record-Route: <sip:three.invalid;lr>
Route: <sip:192.0.2.12;transport=tcp;lr> , <sip:bob.invalid;lr>
From: <sip:watcher@a.example>;tag=1
To: <sip:bob@b.example>
Call-ID: mixed
CSeq: 1 SUBSCRIBE
Event: presence
Contact: <sip:watcher@watcher.example.net>
Content-Length: 0

"""


def test_rows_of_one_name_are_passed_on_in_their_order(network: Network) -> None:
    """3261-7.3.1-6: behind what we put before them, in rows and in lists."""
    flow = Flow("UDP", "watcher.example.net", 5060, f"{A}:5060")
    network.tell("a", MIXED.replace("\n", "\r\n").encode(), flow)
    (passed, *_) = requests(network, "a", "b")
    ours, top, *vias = passed.values("via")
    assert ours.startswith(f"SIP/2.0/TCP {A}:5060;")
    assert top.startswith("SIP/2.0/UDP watcher.example.net;branch=z9hG4bKmixed")
    assert vias == ["SIP/2.0/TCP one.invalid;x=1", "SIP/2.0/TLS two.invalid"]
    assert passed.values("record-route")[-3:] == [
        "<sip:one.invalid;lr>;a=b",
        "<sip:two.invalid;lr>",
        "<sip:three.invalid;lr>",
    ]
    assert passed.values("route") == ["<sip:192.0.2.12;transport=tcp;lr>", "<sip:bob.invalid;lr>"]


def test_a_silent_server_leaves_the_watcher_without_an_answer(connect: Connect) -> None:
    """4320-4.1-2, 4320-4.1-3, 4320-4.2-1: a 100 when Timer E reaches T2, and never a 408.

    3261-8.2.6.1-1: it has the Timestamp of the request.
    """
    silent = RoutingSettings(peers=(Peer("b.example", "UDP", "192.0.2.99", 5060),))
    network = connect({"a": (A, routed("a.example", A, routing=silent))}, HOMES)
    network.play("""
        watcher -> a SUBSCRIBE to=bob@b.example Timestamp=54
                3.4 s pass
                0.1 s pass
        watcher <- a 100       Timestamp=54
                100 s pass
    """)
    assert not network.stage.sites["a"].server.proxy.relays.all()


def test_a_server_restarted_in_the_middle_passes_on_as_before(network: Network) -> None:
    """What it had promised to pass on is on disk."""
    network.play(SUBSCRIBED)
    network.play("""
        power   -> a  OFF
        power   -> a  ON
        bob     -> b  PUBLISH    to=bob basic=open
        bob     <- b  200
        watcher <- a  NOTIFY     state=active basic=open
        watcher -> a  200
        watcher -> a  SUBSCRIBE  to=bob@b.example Expires=0
        watcher <- a  200
        watcher <- a  NOTIFY     state=terminated
        watcher -> a  200
    """)


def test_a_notify_to_a_server_that_is_off_finds_it_when_it_is_back(network: Network) -> None:
    network.play(SUBSCRIBED)
    network.play("""
        power   -> a  OFF
        bob     -> b  PUBLISH    to=bob basic=open
        bob     <- b  200
        power   -> a  ON
                5 s pass
        watcher <- a  NOTIFY     state=active basic=open
        watcher -> a  200
    """)


def test_a_turn_that_fails_is_answered_503_and_leaves_nothing(network: Network) -> None:
    network.play("""
        disk    -> a  FAIL
        watcher -> a  SUBSCRIBE  to=bob@b.example
        watcher <- a  503        Retry-After=*
    """)
    assert not network.stage.wire
    assert not network.stage.sites["a"].server.proxy.relays.all()
    network.play(SUBSCRIBED)


def test_a_watcher_on_a_connection_is_notified_by_it(network: Network) -> None:
    network.play("watcher -> a CONNECT")
    network.play(SUBSCRIBED)
    network.play("""
        watcher -> a  HANGUP
        watcher -> a  CONNECT
        watcher -> a  SUBSCRIBE  to=bob@b.example Expires=600
        watcher <- a  200
        watcher <- a  NOTIFY     state=active cseq=2
        watcher -> a  200
    """)
    shown = read(network.stage.peer("watcher").heard[-1])
    assert shown.values("record-route") == [shown.values("record-route")[0]]


def test_what_a_watcher_answers_reaches_the_notifier(network: Network) -> None:
    """A 481 to a NOTIFY ends the subscription everywhere."""
    network.play("""
        watcher -> a  SUBSCRIBE  to=bob@b.example
        watcher <- a  200
        watcher <- a  NOTIFY
        watcher -> a  481
    """)
    assert not network.stage.sites["a"].server.proxy.relays.all()
    assert not network.stage.sites["b"].server.agent.notifier.deliveries


def test_a_watcher_who_is_gone_ends_it_everywhere(network: Network) -> None:
    """4320-4.2-1 for NOTIFY: nobody makes up an answer."""
    network.play("""
        watcher -> a  SUBSCRIBE  to=bob@b.example
        watcher <- a  200
        watcher x- a  NOTIFY
                31.9 s pass
        watcher x- a  NOTIFY
        watcher x- a  NOTIFY
        watcher x- a  NOTIFY
        watcher x- a  NOTIFY
        watcher x- a  NOTIFY
        watcher x- a  NOTIFY
        watcher x- a  NOTIFY
        watcher x- a  NOTIFY
        watcher x- a  NOTIFY
        watcher x- a  NOTIFY
                0.1 s pass
    """)
    assert not network.stage.sites["a"].server.proxy.relays.all()
    assert not network.stage.sites["b"].server.agent.notifier.deliveries


def test_a_user_who_is_removed_takes_his_relays_with_him(guarded: Network) -> None:
    guarded.play("""
        watcher -> a SUBSCRIBE to=bob@b.example
        watcher <- a 407
        watcher -> a SUBSCRIBE to=bob@b.example
        watcher <- a 200
        watcher <- a NOTIFY    state=active
        watcher -> a 200
        operator -> a user_remove user=watcher
        operator <- a OK
        bob     -> b PUBLISH   to=bob basic=open
        bob     <- b 401
        bob     -> b PUBLISH   to=bob basic=open
        bob     <- b 200
    """)
    assert not guarded.stage.sites["a"].server.proxy.relays.all()
    assert not guarded.stage.sites["b"].server.agent.notifier.deliveries
