"""Requests in dialogs that pass by: whose they are, and what the ends' answers mean here."""

from __future__ import annotations

import msgspec
import pytest

from hereabouts.roles.build import finish
from hereabouts.sip.reader import read
from tests.ladders.script import Note
from tests.roles.realm import Realm


def forged(realm: Realm, method: str, sender: str, **changes: str) -> str:
    """A line of a ladder: a request in the relayed dialog, from somebody."""
    [held] = realm.proxy.relays.all()
    relay = held.relay
    ends = [f"{relay.presentity_address};tag={relay.notifier_tag}", relay.watcher_address]
    to, origin = ends if method == "SUBSCRIBE" else reversed(ends)
    fields = {
        "From": origin,
        "To": to,
        "Call-ID": relay.call_id,
        "Route": f"<sip:{held.id}@192.0.2.11;lr>",
    } | {name.replace("_", "-"): value for name, value in changes.items()}
    return f"{sender} -> a {method} to=bob@b.example " + " ".join(
        f"{name}={value}" for name, value in fields.items()
    )


def test_a_refresh_is_the_watchers_alone() -> None:
    realm = Realm()
    realm.subscribe()
    line = forged(realm, "SUBSCRIBE", "alice", From="<sip:alice@a.example>;tag=watcher1")
    realm.play(f"{line}\nalice <- a 403")


def test_a_refresh_that_was_overtaken_is_refused() -> None:
    realm = Realm()
    realm.subscribe()
    realm.play(forged(realm, "SUBSCRIBE", "watcher-two") + "\nwatcher-two <- a 500")


NOTIFIES = [
    ({}, "400", "without Subscription-State"),
    ({"Subscription-State": ";"}, "400", "with one that says nothing"),
    ({"Subscription_State": "active", "Call_ID": "other"}, "481", "of another call"),
]


@pytest.mark.parametrize(
    "changes, answer", [row[:2] for row in NOTIFIES], ids=[row[2] for row in NOTIFIES]
)
def test_a_notify_is_refused(changes: dict[str, str], answer: str) -> None:
    realm = Realm()
    realm.subscribe()
    realm.play(f"{forged(realm, 'NOTIFY', 'bob', **changes)}\nbob <- a {answer}")
    assert not [each for each in realm.stage.wire if each[0] == "a" and b"forged" in each[2]]


def test_a_refresh_that_ends_the_subscription_ends_the_relay() -> None:
    """RFC 6665 section 4.1.2.2: a 481 says that there is none."""
    realm = Realm()
    realm.subscribe()
    agent = realm.stage.sites["b"].server.agent
    for tag in list(agent.notifier.deliveries):
        agent.notifier.drop(tag)
    realm.play("""
        watcher -> a SUBSCRIBE to=bob@b.example
        watcher <- a 481
    """)
    assert not realm.proxy.relays.all()


def test_a_refresh_that_is_refused_otherwise_leaves_it_as_it_is() -> None:
    realm = Realm()
    realm.subscribe()
    realm.play("""
        watcher -> a SUBSCRIBE to=bob@b.example Expires=5
        watcher <- a 423       Min-Expires=60
    """)
    assert len(realm.proxy.relays) == 1


def test_a_notifier_out_of_reach_is_not_the_end() -> None:
    realm = Realm()
    realm.subscribe()
    realm.play("""
        power   -> b OFF
        watcher -> a SUBSCRIBE to=bob@b.example
        watcher <- a 500
        power   -> b ON
        watcher <- a NOTIFY
        watcher -> a 200
        watcher -> a SUBSCRIBE to=bob@b.example
        watcher <- a 200
        watcher <- a NOTIFY
        watcher -> a 200
    """)


def test_a_silent_notifier_leaves_a_refresh_without_an_answer() -> None:
    """4320-4.2-1."""
    realm = Realm()
    realm.subscribe()
    realm.play("""
        wire    -> b MUTE
        watcher -> a SUBSCRIBE to=bob@b.example
                3.5 s pass
        watcher <- a 100
                60 s pass
    """)
    assert len(realm.proxy.relays) == 1


@pytest.mark.parametrize("method", ["SUBSCRIBE", "NOTIFY"])
def test_what_the_disk_withdraws_can_be_asked_again(method: str) -> None:
    realm = Realm()
    realm.subscribe()
    if method == "SUBSCRIBE":
        realm.play("""
            disk    -> a FAIL
            watcher -> a SUBSCRIBE to=bob@b.example
            watcher <- a 503       Retry-After=5
        """)
    else:
        realm.play("""
            disk    -> a FAIL
            bob     -> b PUBLISH   to=bob basic=open
            bob     <- b 200
                    5 s pass
            watcher <- a NOTIFY    basic=open
            watcher -> a 200
        """)
    assert len(realm.proxy.relays) == 1


def test_a_stranger_is_not_told_who_somebody_is() -> None:
    """RFC 3325 section 5: the notifier may say that it is anywhere, and is asked there."""
    realm = Realm()
    realm.subscribe()
    [held] = realm.proxy.relays.all()
    moved = msgspec.structs.replace(held.relay, notifier_contact="sip:bob@bob.example.net")
    finish(realm.proxy.relays.keep(held.owner, held.id, moved))
    note = Note("SUBSCRIBE", {"to": "bob@b.example"})
    [(_, peer, packet)] = realm.stage.say("watcher", "a", note, realm.now)
    assert peer == "bob"
    assert "p-asserted-identity" not in read(packet).headers


def test_a_notifier_who_is_nowhere_has_no_subscription() -> None:
    realm = Realm()
    realm.subscribe()
    [held] = realm.proxy.relays.all()
    lost = msgspec.structs.replace(held.relay, notifier_contact="")
    finish(realm.proxy.relays.keep(held.owner, held.id, lost))
    realm.play("""
        watcher -> a SUBSCRIBE to=bob@b.example
        watcher <- a 481
    """)
