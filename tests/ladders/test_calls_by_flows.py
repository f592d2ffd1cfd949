"""Calls to devices that are bound by their flows (RFC 5626 section 7)."""

from __future__ import annotations

from tests.ladders.conftest import Play

DEVICE = '+sip.instance="<urn:uuid:00000000-0000-1000-8000-000a95a0e128>"'


def bound(peer: str, number: int, place: str = "a.invalid") -> str:
    return f"""
        {peer} -> node CONNECT
        {peer} -> node REGISTER to=bob Contact=<sip:bob@{place}>;{DEVICE};reg-id={number}
        {peer} <- node 200
    """


TWO = bound("bob-desk", 1) + bound("bob-mobile", 2, "b.invalid")
"Two flows of one device, which are two peers of the ladder."


def test_a_device_with_two_flows_is_called_by_one(ladder: Play) -> None:
    """5626-7-2: what it answers is its answer."""
    ladder.play(TWO)
    ladder.play("""
        watcher  -> node INVITE to=bob
        watcher  <- node 100
        bob-desk <- node INVITE uri=sip:bob@a.invalid
        bob-desk -> node 486
        bob-desk <- node ACK
        watcher  <- node 486
        watcher  -> node ACK
    """)


def test_when_one_has_failed_it_is_called_by_the_other(ladder: Play) -> None:
    """5626-7-2: 430 says so."""
    ladder.play(TWO)
    ladder.play("""
        watcher    -> node INVITE to=bob
        watcher    <- node 100
        bob-desk   <- node INVITE
        bob-desk   -> node 430
        bob-desk   <- node ACK
        bob-mobile <- node INVITE uri=sip:bob@b.invalid
        bob-mobile -> node 486
        bob-mobile <- node ACK
        watcher    <- node 486
        watcher    -> node ACK
    """)


def test_when_all_have_failed_the_caller_hears_that_there_is_no_way(ladder: Play) -> None:
    """RFC 5626 section 11.5: a caller never hears 430."""
    ladder.play(bound("bob-desk", 1))
    ladder.play("""
        watcher  -> node INVITE to=bob
        watcher  <- node 100
        bob-desk <- node INVITE
        bob-desk -> node 430
        bob-desk <- node ACK
        watcher  <- node 480
        watcher  -> node ACK
    """)


def test_a_flow_that_is_lost_is_not_called_even_where_it_listens(ladder: Play) -> None:
    """5626-7-1: no new connection to the address of the contact."""
    ladder.play("bob -> node LISTEN")
    ladder.play(bound("bob", 1, "bob.example.net;transport=tcp"))
    ladder.play("""
        bob     -> node HANGUP
        watcher -> node INVITE to=bob
        watcher <- node 480
        watcher -> node ACK
    """)


def test_the_other_flow_of_a_device_that_has_lost_one_is_called(ladder: Play) -> None:
    """5626-7-1, 5626-7-2."""
    ladder.play(TWO)
    ladder.play("""
        bob-desk   -> node HANGUP
        watcher    -> node INVITE to=bob
        watcher    <- node 100
        bob-mobile <- node INVITE
        bob-mobile -> node 603
        bob-mobile <- node ACK
        watcher    <- node 603
        watcher    -> node ACK
    """)


def test_a_device_behind_a_proxy_is_called_along_its_path(ladder: Play) -> None:
    """RFC 3327 section 5.4: its Path is the Route."""
    path = "<sip:token@bob-proxy.example.net;lr;ob>"
    ladder.play(f"""
        bob-proxy -> node REGISTER to=bob Contact=<sip:bob@a.invalid>;{DEVICE};reg-id=1 Path={path}
        bob-proxy <- node 200
        watcher   -> node INVITE to=bob
        watcher   <- node 100
        bob-proxy <- node INVITE uri=sip:bob@a.invalid Route={path}
        bob-proxy -> node 486
        bob-proxy <- node ACK
        watcher   <- node 486
        watcher   -> node ACK
    """)
