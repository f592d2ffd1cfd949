"""The last word of a subscription that a proxy ends: that it arrives, and by which way."""

from __future__ import annotations

import pytest

from tests.roles.realm import Realm

ENDED = "watcher <- a NOTIFY state=terminated reason=deactivated cseq=2 basic=closed"


def end(realm: Realm) -> None:
    """Have the proxy end what it holds; the node's turn is yet to come."""
    [held] = realm.proxy.relays.all()
    realm.proxy.telling.end(held, "deactivated", realm.now)
    realm.proxy.telling.end(held, "deactivated", realm.now)


def test_a_subscription_is_ended_once() -> None:
    realm = Realm()
    realm.subscribe()
    end(realm)
    realm.play(f"""
        watcher -> a OPTIONS to=watcher
        {ENDED}
        watcher <- a 200
        watcher -> a 200
    """)
    assert not realm.proxy.relays.all()


def test_what_nobody_has_heard_of_ends_without_a_word() -> None:
    realm = Realm()
    realm.play("""
        wire    -> b MUTE
        watcher -> a SUBSCRIBE to=bob@b.example
    """)
    end(realm)
    realm.play("""
        watcher -> a OPTIONS to=watcher
        watcher <- a 200
    """)
    assert not realm.proxy.relays.all()


def test_a_watcher_who_does_not_answer_is_told_for_a_while() -> None:
    realm = Realm()
    realm.subscribe()
    end(realm)
    again = "watcher x- a NOTIFY\n" * 10
    realm.play(f"""
        watcher -> a OPTIONS to=watcher
        watcher x- a NOTIFY
        watcher <- a 200
                31.9 s pass
        {again}
                0.1 s pass
    """)
    assert not realm.proxy.relays.all()


def test_the_disk_may_delay_the_last_word() -> None:
    realm = Realm()
    realm.subscribe()
    end(realm)
    realm.play(f"""
        disk    -> a FAIL
                1 s pass
        {ENDED}
        watcher -> a 200
    """)
    assert not realm.proxy.relays.all()


WAYS = [
    ("sip:watcher@watcher.example.net;transport=tcp", True, "this very device"),
    ("sip:watcher@elsewhere.example.net;transport=tcp", False, "another one of his"),
    ("tel:1", False, "no SIP device"),
]


@pytest.mark.parametrize(
    "contact, is_told", [row[:2] for row in WAYS], ids=[row[2] for row in WAYS]
)
def test_a_registration_of_the_device_is_a_way_to_it(contact: str, *, is_told: bool) -> None:
    realm = Realm()
    realm.play("watcher -> a CONNECT")
    realm.subscribe()
    realm.play("watcher -> a HANGUP")
    end(realm)
    realm.play(f"""
        watcher -> a CONNECT
        watcher -> a REGISTER  Contact=<{contact}>
        watcher <- a 200
        {ENDED if is_told else ""}
        {"watcher -> a 200" if is_told else ""}
    """)
    assert bool(realm.proxy.relays.all()) is not is_told
