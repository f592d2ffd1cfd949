"""The five basic services of section 3.5 of the thesis, by its numbers and in its words.

They are the same for everybody: nobody here has a policy.
"""

from __future__ import annotations

from hereabouts.config import Peer, RoutingSettings
from tests.ladders.conftest import Begin, Connect, Network, Play, routed

A, B = "192.0.2.11", "192.0.2.12"


def test_1_store_and_manage_presence_information_for_a_presentity(begin: Begin) -> None:
    """Stored: a fetch finds it, after a restart too. Managed: refreshed, changed, removed."""
    ladder = begin(registration_presence=False)
    fetch = """
        bob   -> node SUBSCRIBE to=alice Expires=0
        bob   <- node 200
        bob   <- node NOTIFY    state=terminated {state}
        bob   -> node 200
    """
    ladder.play("""
        alice -> node PUBLISH   basic=open Expires=600
        alice <- node 200       SIP-ETag=*
    """ + fetch.format(state="basic=open"))  # fmt: skip
    ladder.play("""
        power -> node OFF
        power -> node ON
    """ + fetch.format(state="basic=open"))  # fmt: skip
    ladder.play("""
        alice -> node PUBLISH   basic=closed Expires=600
        alice <- node 200       SIP-ETag=*
    """ + fetch.format(state="basic=closed"))  # fmt: skip
    ladder.play("""
        alice -> node PUBLISH   Expires=0
        alice <- node 200
    """ + fetch.format(state="says=nothing"))  # fmt: skip


def test_2_send_a_watchers_subscription_request(connect: Connect) -> None:
    """By his own server to that of the presentity."""
    network = _two_domains(connect)
    network.play("""
        bob   -> a SUBSCRIBE to=alice@b.example Expires=600
        bob   <- a 200       Expires=600
        bob   <- a NOTIFY
        bob   -> a 200
    """)
    assert network.stage.between("a", "b")[0].startswith(b"SUBSCRIBE sip:alice@b.example ")


def test_3_receive_a_watchers_request_and_send_a_notification_back(ladder: Play) -> None:
    ladder.play("""
        bob   -> node SUBSCRIBE to=alice Expires=600
        bob   <- node 200       Expires=600
        bob   <- node NOTIFY    state=active expires=600 says=nothing
        bob   -> node 200
    """)


WATCHED_BY_TWO = """
    bob   -> node SUBSCRIBE to=alice Expires=600
    bob   <- node 200
    bob   <- node NOTIFY    says=nothing
    bob   -> node 200
    carol -> node SUBSCRIBE to=alice Expires=600
    carol <- node 200
    carol <- node NOTIFY    says=nothing
    carol -> node 200
"""

REGISTERED = """
    alice -> node PUBLISH   basic=open
    alice <- node 200
    bob   <- node NOTIFY    state=active basic=open
    bob   -> node 200
    carol <- node NOTIFY    state=active basic=open
    carol -> node 200
"""


def test_4_send_notifications_to_all_watchers_when_presence_information_is_registered(
    ladder: Play,
) -> None:
    ladder.play(WATCHED_BY_TWO)
    ladder.play(REGISTERED)


def test_5_send_notifications_to_all_watchers_when_presence_information_is_updated(
    begin: Begin,
) -> None:
    ladder = begin(notify_interval=0)
    ladder.play(WATCHED_BY_TWO)
    ladder.play(REGISTERED)
    ladder.play("""
        alice -> node PUBLISH   basic=closed
        alice <- node 200
        bob   <- node NOTIFY    state=active basic=closed
        bob   -> node 200
        carol <- node NOTIFY    state=active basic=closed
        carol -> node 200
    """)


def _two_domains(connect: Connect) -> Network:
    to_b = RoutingSettings(peers=(Peer("b.example", "TCP", B, 5060),))
    to_a = RoutingSettings(peers=(Peer("a.example", "TCP", A, 5060),))
    nodes = {
        "a": (A, routed("a.example", A, routing=to_b)),
        "b": (B, routed("b.example", B, routing=to_a)),
    }
    return connect(nodes, {"bob": "a.example", "alice": "b.example"})
