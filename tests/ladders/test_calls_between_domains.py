"""Calls and messages between the users of two domains, and whoever is no user of either."""

from __future__ import annotations

import pytest

from hereabouts.config import Peer, RoutingSettings
from hereabouts.sip.flow import Flow
from hereabouts.sip.message import Request
from hereabouts.sip.reader import read
from tests.ladders.conftest import Connect, Network, routed
from tests.ladders.test_two_domains import HOMES, TO_A, TO_B, A, B, guarded_domains, open_domains

BOUND = """
    bob     -> b REGISTER
    bob     <- b 200
"""
CALLED = f"""{BOUND}
    watcher -> a INVITE to=bob@b.example
    watcher <- a 100
    bob     <- b INVITE
    bob     -> b 180
    watcher <- a 180
"""


@pytest.fixture
def network(connect: Connect) -> Network:
    return open_domains(connect)


@pytest.fixture
def guarded(connect: Connect) -> Network:
    """The same, and everybody must prove who he is; Bob has."""
    network = guarded_domains(connect)
    network.play("""
        bob      -> b REGISTER
        bob      <- b 401
        bob      -> b REGISTER
        bob      <- b 200
    """)
    return network


def requests(network: Network, source: str, target: str) -> list[Request]:
    """What has been asked on the way between two nodes."""
    messages = map(read, network.stage.between(source, target))
    return [message for message in messages if isinstance(message, Request)]


def is_quiet(network: Network) -> bool:
    """Whether no node keeps anything of any call."""
    return not any(len(site.server.calls.forking) for site in network.stage.sites.values())


def test_a_call_goes_by_both_servers_to_its_end(network: Network) -> None:
    """3261-16.6-2: each stays on the way, once for each transport."""
    network.play(CALLED)
    network.play("""
        bob     -> b 200
        watcher <- a 200
        watcher -> a ACK
        bob     <- b ACK
        watcher -> a INFO
        bob     <- b INFO
        bob     -> b 200
        watcher <- a 200
        bob     -> b BYE
        watcher <- a BYE
        watcher -> a 200
        bob     <- b 200
    """)
    first = requests(network, "a", "b")[0]
    assert (first.method, len(first.values("record-route"))) == ("INVITE", 2)
    assert first.headers["p-asserted-identity"] == ["<sip:watcher@a.example>"]
    assert is_quiet(network)


def test_a_cancel_goes_all_the_way(network: Network) -> None:
    """3261-16.10-1: from one hop to the next, with the branch of each (3261-16.6-4)."""
    network.play(CALLED)
    network.play("""
        watcher -> a CANCEL
        watcher <- a 200    of=CANCEL
        bob     <- b CANCEL
        bob     -> b 200    of=CANCEL
        bob     -> b 487    of=INVITE
        bob     <- b ACK
        watcher <- a 487
        watcher -> a ACK
    """)
    invite, cancel, ack = requests(network, "a", "b")
    assert invite.values("via")[0] == cancel.values("via")[0] == ack.values("via")[0]
    assert (cancel.method, ack.method) == ("CANCEL", "ACK")
    assert is_quiet(network)


def test_a_call_goes_on_over_a_restart_of_either_server(network: Network) -> None:
    network.play(CALLED)
    network.play("bob -> b 200\n watcher <- a 200\n watcher -> a ACK\n bob <- b ACK")
    for name in ("a", "b"):
        network.play(f"power -> {name} OFF\n power -> {name} ON")
    network.play("""
        bob     -> b BYE
        watcher <- a BYE
        watcher -> a 200
        bob     <- b 200
    """)


def test_one_proof_is_enough_and_stays_at_home(guarded: Network) -> None:
    """3261-22.2-1, 3261-22.3-1: 407 for what is for another domain."""
    guarded.play("""
        watcher -> a INVITE  to=bob@b.example
        watcher <- a 407
        watcher -> a ACK
        watcher -> a INVITE  to=bob@b.example
        watcher <- a 100
        bob     <- b INVITE
        bob     -> b 486
        bob     <- b ACK
        watcher <- a 486
        watcher -> a ACK
        watcher -> a MESSAGE to=bob@b.example
        bob     <- b MESSAGE
        bob     -> b 200
        watcher <- a 200
    """)
    [invite, *_] = requests(guarded, "a", "b")
    assert "proxy-authorization" not in invite.headers


def test_a_peer_is_believed_without_an_identity_too(guarded: Network) -> None:
    """Many servers pass calls on and assert nothing; a peer by TCP is none on a datagram."""
    network = guarded
    network.play("""
        watcher -> a MESSAGE to=bob@b.example
        watcher <- a 407
        watcher -> a MESSAGE to=bob@b.example
        bob     <- b MESSAGE
        bob     -> b 200
        watcher <- a 200
    """)
    [message] = requests(network, "a", "b")
    rows = [row for row in message.rows if not row.startswith(("P-Asserted", "Via"))]
    head = [f"MESSAGE {message.uri} SIP/2.0", "Via: SIP/2.0/TCP x;branch=z9hG4bKx", *rows]
    packet = "\r\n".join([*head, "", ""]).encode()
    [number] = (at for at, end in network.stage.sites["b"].ends.items() if end.who == "a")
    by_connection = Flow("TCP", A, 5060, f"{B}:5060", 1, number)
    by_datagram = Flow("UDP", A, 5060, f"{B}:5060")
    assert [each.peer for each in network.tell("b", packet, by_connection)] == ["bob"]
    packet = packet.replace(b"z9hG4bKx", b"z9hG4bKy")
    network.tell("b", packet, by_datagram)
    assert network.stage.wire[-1][2].startswith(b"SIP/2.0 407")


NOBODYS = [
    ("a", "MESSAGE", "a stranger, for somebody else"),
    ("b", "MESSAGE", "a stranger, for a user"),
    ("b", "INVITE P-Asserted-Identity=<sip:watcher@a.example>", "who asserts what he likes"),
    ("b", "INVITE From=<sip:watcher@a.example>;tag=1", "or calls himself a peer's user"),
]


@pytest.mark.parametrize("node, said", [row[:2] for row in NOBODYS], ids=[r[2] for r in NOBODYS])
def test_nobody_is_served_who_is_no_user_and_no_peer(
    guarded: Network, node: str, said: str
) -> None:
    """Never an open relay."""
    guarded.play(f"""
        mallory -> {node} {said} to=bob@b.example
        mallory <- {node} 407
                60 s pass
    """)
    assert not guarded.stage.wire


def test_even_who_is_believed_goes_to_our_users_and_peers_alone(network: Network) -> None:
    """Never an open relay."""
    network.play("""
        mallory -> a INVITE to=bob@b.example
        mallory <- a 403
                0.5 s pass
        mallory <- a 403
        mallory -> a ACK
        watcher -> a INVITE to=carol@c.example
        watcher <- a 404
        watcher -> a ACK
        watcher -> a INVITE to=bob@b.example Route=<sip:192.0.2.99;lr>
        watcher <- a 404
        watcher -> a ACK
    """)
    assert not network.stage.wire


def test_a_route_to_a_peer_is_followed(network: Network) -> None:
    """3261-16.4-1: our own is taken out."""
    route = "<sip:a.example;lr>,<sip:192.0.2.12;transport=tcp;lr>"
    network.play(BOUND)
    network.play(f"""
        watcher -> a MESSAGE to=bob@b.example Route={route}
        bob     <- b MESSAGE
        bob     -> b 200
        watcher <- a 200
    """)
    [message] = requests(network, "a", "b")
    assert message.values("route") == ["<sip:192.0.2.12;transport=tcp;lr>"]
    assert "route" not in read(network.stage.peer("bob").heard[-1]).headers


def test_a_strict_router_gets_it_as_it_likes(network: Network) -> None:
    """3261-16.6-3."""
    network.play("""
        watcher -> a MESSAGE to=bob@b.example Route=<sip:x@192.0.2.12;transport=tcp>
        watcher <- a 480
    """)
    [message] = requests(network, "a", "b")
    assert message.uri == "sip:x@192.0.2.12;transport=tcp"
    assert message.values("route") == ["<sip:bob@b.example>"]


def test_calls_that_go_in_circles_are_stopped(connect: Connect) -> None:
    """3261-16.3-5, 5393-4.1-1: two users of two domains who each stand for the other, twice."""
    by_udp = RoutingSettings(peers=(Peer("b.example", "UDP", B, 5060),))
    back = RoutingSettings(peers=(Peer("a.example", "UDP", A, 5060),))
    nodes = {
        "a": (A, routed("a.example", A, routing=by_udp)),
        "b": (B, routed("b.example", B, routing=back)),
    }
    network = connect(nodes, HOMES)
    network.play("""
        watcher -> a REGISTER Contact=<sip:bob@b.example>,<sip:bob@b.example;user=ip>
        watcher <- a 200
        bob     -> b REGISTER Contact=<sip:watcher@a.example>,<sip:watcher@a.example;user=ip>
        bob     <- b 200
        watcher -> a MESSAGE  to=watcher
        watcher <- a 482
    """)
    assert len(network.stage.wire) < 20
    assert is_quiet(network)


def test_a_spiral_is_no_loop(connect: Connect) -> None:
    """5393-4.2.1-1, 3261-16.3-5: it comes back for somebody else."""
    nodes = {
        "a": (A, routed("a.example", A, routing=TO_B)),
        "b": (B, routed("b.example", B, routing=TO_A)),
    }
    network = connect(nodes, {**HOMES, "alice": "a.example"})
    network.play("""
        alice   -> a REGISTER
        alice   <- a 200
        bob     -> b REGISTER Contact=<sip:alice@a.example>
        bob     <- b 200
        watcher -> a MESSAGE  to=bob@b.example
        alice   <- a MESSAGE
        alice   -> a 200
        watcher <- a 200
        watcher -> a INVITE   to=bob@b.example
        watcher <- a 100
        alice   <- a INVITE
        alice   -> a 200
        watcher <- a 200
        watcher -> a ACK
        alice   <- a ACK
        watcher -> a BYE
        alice   <- a BYE
        alice   -> a 200
        watcher <- a 200
    """)
    assert is_quiet(network)


def test_a_server_out_of_reach_is_no_fault_of_ours(network: Network) -> None:
    """3261-16.7-1: 500, never 503."""
    network.play("""
        power   -> b OFF
        watcher -> a INVITE to=bob@b.example
        watcher <- a 100
        watcher <- a 500
        watcher -> a ACK
    """)
    assert is_quiet(network)


def test_the_next_peer_of_a_domain_is_tried(connect: Connect) -> None:
    peers = (Peer("b.example", "TCP", "192.0.2.99", 5060), Peer("b.example", "TCP", B, 5060))
    nodes = {
        "a": (A, routed("a.example", A, routing=RoutingSettings(peers=peers))),
        "b": (B, routed("b.example", B, routing=TO_A)),
    }
    connect(nodes, HOMES).play(CALLED)


def test_a_server_that_says_nothing_makes_room_for_the_next(connect: Connect) -> None:
    """Timer B of the first."""
    peers = (Peer("b.example", "UDP", "192.0.2.99", 5060), Peer("b.example", "TCP", B, 5060))
    nodes = {
        "a": (A, routed("a.example", A, routing=RoutingSettings(peers=peers))),
        "b": (B, routed("b.example", B, routing=TO_A)),
    }
    network = connect(nodes, HOMES)
    network.play(BOUND)
    network.play("""
        watcher -> a INVITE to=bob@b.example
        watcher <- a 100
                31.9 s pass
                0.1 s pass
        bob     <- b INVITE
        bob     -> b 486
        bob     <- b ACK
        watcher <- a 486
        watcher -> a ACK
    """)


def test_a_turn_that_fails_leaves_no_call(network: Network) -> None:
    """What writes nothing needs no disk."""
    network.play("disk -> a FAIL")
    network.play(CALLED)
