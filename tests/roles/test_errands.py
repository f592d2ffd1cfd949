"""Requests outside of any dialog: whose they may be, how many, and where they end up."""

from __future__ import annotations

import pytest

from hereabouts.sip.feature import PRESENCE_AGENT
from tests.roles.realm import Realm

BOUND = f"""
    edge -> a CONNECT
    edge -> a REGISTER to=alice From=<sip:alice@a.example>;tag=e Contact=<sip:e>;{PRESENCE_AGENT}
    edge <- a 200
"""
ROOM = [
    ({"max_subscriptions_per_watcher": 1}, "of one watcher"),
    ({"max_subscriptions_per_watcher": 1, "max_subscriptions": 1}, "of all together"),
]


@pytest.mark.parametrize("limits", [row[0] for row in ROOM], ids=[row[1] for row in ROOM])
def test_relays_are_bounded(limits: dict[str, object]) -> None:
    realm = Realm(**limits)
    realm.subscribe()
    realm.play("""
        watcher -> a SUBSCRIBE to=bob@b.example dialog=other
        watcher <- a 503       Retry-After=60
        watcher -> a SUBSCRIBE to=bob@b.example Expires=0
        watcher <- a 200
        watcher <- a NOTIFY    state=terminated
        watcher -> a 200
        watcher -> a SUBSCRIBE to=bob@b.example dialog=other
        watcher <- a 200
        watcher <- a NOTIFY
        watcher -> a 200
    """)


def test_all_watchers_together_are_bounded_too() -> None:
    realm = Realm(max_subscriptions_per_watcher=1, max_subscriptions=1)
    realm.subscribe()
    realm.play("""
        alice -> a SUBSCRIBE to=bob@b.example
        alice <- a 503       Retry-After=60
    """)


def test_nobody_is_asked_of_a_presentity_that_there_is_not() -> None:
    realm = Realm()
    realm.play("""
        watcher -> a SUBSCRIBE to=bob@192.0.2.12
        watcher <- a 404
    """)
    assert not realm.stage.wire


def test_a_silent_agent_is_given_up() -> None:
    """Timer F: who asked has heard nothing, and the next one is served here."""
    realm = Realm()
    realm.play(BOUND)
    realm.play("""
        watcher -> a SUBSCRIBE
        edge    x- a SUBSCRIBE
                3.5 s pass
        watcher <- a 100
                28.5 s pass
    """)
    assert "sip:alice@a.example" not in realm.proxy.edges
    assert not realm.proxy.relays.all()
    realm.play("""
        watcher -> a SUBSCRIBE dialog=next
        watcher <- a 200
        watcher <- a NOTIFY    state=active
        watcher -> a 200
    """)


def test_what_the_disk_withdraws_is_answered_and_forgotten() -> None:
    realm = Realm()
    realm.play("""
        disk    -> a FAIL
        watcher -> a SUBSCRIBE to=bob@b.example
        watcher <- a 503       Retry-After=5
    """)
    assert not realm.proxy.relays.all()
    assert not realm.stage.wire


def test_a_server_that_is_out_of_order_is_not_ours() -> None:
    """3261-16.7-1: a 503 of the next hop is a 500 to whoever asked."""
    realm = Realm()
    realm.play("""
        disk    -> b FAIL
        watcher -> a SUBSCRIBE to=bob@b.example
        watcher <- a 500
    """)
    assert not realm.proxy.relays.all()
