"""The way back to a watcher whose connection is lost (RFC 3261 section 18, RFC 5626 in spirit)."""

from __future__ import annotations

import pytest

from tests.ladders.conftest import Begin, Play

SUBSCRIBED = """
    watcher -> node CONNECT
    watcher -> node SUBSCRIBE Expires=3600 Contact=<sip:watcher@gone.invalid;transport=tcp>
    watcher <- node 200       Contact=<sip:node.example.com:5060;transport=tcp>
    watcher <- node NOTIFY
    watcher -> node 200
"""
"The Contact cannot be reached: there is no way but the connection."


def test_notifys_go_by_the_connection_that_the_subscribe_came_by(ladder: Play) -> None:
    ladder.play(SUBSCRIBED)
    ladder.play("""
        alice   -> node PUBLISH basic=open
        alice   <- node 200
        watcher <- node NOTIFY  basic=open
        watcher -> node 200
    """)


def test_a_refresh_by_a_new_connection_brings_what_was_missed(ladder: Play) -> None:
    ladder.play(SUBSCRIBED)
    ladder.play("""
        watcher -> node HANGUP
        alice   -> node PUBLISH   basic=open
        alice   <- node 200
                60 s pass
        watcher -> node CONNECT
        watcher -> node SUBSCRIBE Contact=<sip:watcher@gone.invalid;transport=tcp> Expires=3600
        watcher <- node 200
        watcher <- node NOTIFY    state=active basic=open
        watcher -> node 200
                200 s pass
        alice   -> node PUBLISH   basic=closed
        alice   <- node 200
        watcher <- node NOTIFY    basic=closed
        watcher -> node 200
    """)


def test_a_connection_lost_under_a_notify_does_not_hold_up_the_next_one(ladder: Play) -> None:
    """RFC 3261 section 18.4: its transaction fails at once, not after 64 T1."""
    ladder.play(SUBSCRIBED)
    ladder.play("""
        alice   -> node PUBLISH   basic=open
        alice   <- node 200
        watcher <- node NOTIFY    basic=open
        watcher -> node HANGUP
        watcher -> node CONNECT
        watcher -> node SUBSCRIBE Contact=<sip:watcher@gone.invalid;transport=tcp> Expires=3600
        watcher <- node 200
        watcher <- node NOTIFY    state=active basic=open
        watcher -> node 200
    """)


def test_a_registration_by_a_new_connection_brings_what_was_missed(ladder: Play) -> None:
    """phones: one that comes back registers first."""
    ladder.play(SUBSCRIBED)
    ladder.play("""
        watcher -> node HANGUP
        alice   -> node PUBLISH   basic=open Expires=3600
        alice   <- node 200
                60 s pass
        watcher -> node CONNECT
        watcher -> node REGISTER
        watcher <- node 200
        watcher <- node NOTIFY    state=active basic=open
        watcher -> node 200
                200 s pass
        alice   -> node PUBLISH   basic=closed
        alice   <- node 200
        watcher <- node NOTIFY    basic=closed
        watcher -> node 200
    """)


def test_nobody_comes_back_and_the_subscription_ends_after_the_grace(ladder: Play) -> None:
    ladder.play(SUBSCRIBED)
    ladder.play("""
        watcher -> node HANGUP
        alice   -> node PUBLISH   basic=open
        alice   <- node 200
                120 s pass
        watcher -> node CONNECT
        watcher -> node REGISTER
        watcher <- node 200
        watcher -> node SUBSCRIBE Contact=<sip:watcher@gone.invalid;transport=tcp>
        watcher <- node 481
    """)


def test_a_lost_connection_is_no_matter_while_there_is_nothing_to_say(ladder: Play) -> None:
    ladder.play(SUBSCRIBED)
    ladder.play("""
        watcher -> node HANGUP
                1000 s pass
        watcher -> node CONNECT
        watcher -> node SUBSCRIBE Contact=<sip:watcher@gone.invalid;transport=tcp>
        watcher <- node 200
        watcher <- node NOTIFY    state=active
        watcher -> node 200
    """)


def test_without_the_connection_the_contact_is_tried(ladder: Play) -> None:
    """3261-18.1.1: the transport layer opens a connection to where the request goes."""
    ladder.play("""
        watcher -> node LISTEN
        watcher -> node CONNECT
        watcher -> node SUBSCRIBE Expires=3600
        watcher <- node 200
        watcher <- node NOTIFY
        watcher -> node 200
        watcher -> node HANGUP
        alice   -> node PUBLISH   basic=open
        alice   <- node 200
        watcher <- node NOTIFY    basic=open
        watcher -> node 200
    """)


def test_a_refresh_by_the_way_that_could_not_be_gone_ends_the_waiting(ladder: Play) -> None:
    """Over UDP: the host could not be reached once, and asks again; the grace is over."""
    away = "Contact=<sip:watcher@gone.example.org>"
    ladder.play(f"""
        watcher -> node SUBSCRIBE Expires=3600 {away}
        watcher <- node 200
                60 s pass
        watcher -> node SUBSCRIBE Expires=3600 {away}
        watcher <- node 200
                119 s pass
        watcher -> node SUBSCRIBE Expires=3600
        watcher <- node 200
        watcher <- node NOTIFY    state=active
        watcher -> node 200
    """)


def test_a_subscription_that_was_refreshed_outlives_the_notify_that_was_lost(
    ladder: Play,
) -> None:
    """The connection breaks under a NOTIFY; the watcher is back before the node gives it up."""
    ladder.play(SUBSCRIBED)
    ladder.play("""
        alice   -> node PUBLISH   basic=open Expires=3600
        alice   <- node 200
        watcher x- node NOTIFY    basic=open
        watcher -> node HANGUP
                5 s pass
        watcher -> node CONNECT
        watcher -> node SUBSCRIBE Contact=<sip:watcher@gone.invalid;transport=tcp> Expires=3600
        watcher <- node 200
                27 s pass
        watcher <- node NOTIFY    state=active basic=open
        watcher -> node 200
    """)


def test_a_parked_subscription_still_times_out(begin: Begin) -> None:
    begin(flow_grace=86400).play(
        SUBSCRIBED
        + """
        watcher -> node HANGUP
        alice   -> node PUBLISH   basic=open
        alice   <- node 200
                3599 s pass
                1 s pass
        watcher -> node CONNECT
        watcher -> node REGISTER
        watcher <- node 200
        watcher <- node NOTIFY    state=terminated reason=timeout
        watcher -> node 200
    """
    )


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_the_contact_of_the_node_names_the_transport(begin: Begin, transport: str) -> None:
    """6665-4.4.1-1: the watcher can come back by the way it came."""
    ladder = begin()
    suffix = ";transport=tcp" if transport == "tcp" else ""
    if suffix:
        ladder.play("watcher -> node CONNECT")
    ladder.play(f"""
        watcher -> node SUBSCRIBE
        watcher <- node 200       Contact=<sip:node.example.com:5060{suffix}>
        watcher <- node NOTIFY    Contact=<sip:node.example.com:5060{suffix}>
        watcher -> node 200
    """)


LONG = f"Contact=<sip:watcher@watcher.example.net;x={'x' * 1300}>"
"What makes every NOTIFY to the watcher too long for a datagram."


@pytest.mark.parametrize(
    "listens, transport",
    [
        pytest.param("watcher -> node LISTEN", b"TCP", id="who listens"),
        pytest.param("", b"UDP", id="who does not"),
    ],
)
def test_a_long_notify_goes_by_tcp_to_who_listens(
    ladder: Play, listens: str, transport: bytes
) -> None:
    """3261-18.1.1-2: and as a datagram to who does not."""
    ladder.play(f"""
        {listens}
        watcher -> node SUBSCRIBE {LONG}
        watcher <- node 200
        watcher <- node NOTIFY
        watcher -> node 200
        alice   -> node PUBLISH   basic=open
        alice   <- node 200
        watcher <- node NOTIFY    basic=open
        watcher -> node 200
    """)
    notifys = [each for each in ladder.stage.peer("watcher").heard if each.startswith(b"NOTIFY")]
    assert all(b"\r\nVia: SIP/2.0/" + transport in each for each in notifys)


def test_a_contact_that_takes_no_connection_is_found_out_at_once(ladder: Play) -> None:
    """3261-17.1.4-1: nothing is sent again; the subscription ends after the grace."""
    ladder.play("""
        watcher -> node SUBSCRIBE Expires=3600 Contact=<sip:w@watcher.example.net;transport=tcp>
        watcher <- node 200
    """)
    (delivery,) = ladder.stage.agent.notifier.deliveries.values()
    assert delivery.is_parked
    ladder.play("""
                120 s pass
        watcher -> node SUBSCRIBE Expires=3600
        watcher <- node 481
    """)
