"""A SUBSCRIBE that leaves its watcher: what his rules are asked, and what they set."""

from __future__ import annotations

import pytest

from hereabouts.presence.questions import Decision, Kind, SubscribeAnswer, WatchQuestion
from hereabouts.sip.flow import WITHIN
from tests.roles.realm import Realm
from tests.roles.rules import Rules

REFUSED = [
    (SubscribeAnswer(Decision.REJECT, "no"), "403", "no more is said"),
    (
        SubscribeAnswer(Decision.REJECT, "no", status=486, reason="Busy"),
        "486",
        "a status of theirs",
    ),
    (SubscribeAnswer(Decision.CONFIRM, "ask"), "403", "nobody can wait (Timer F)"),
    (SubscribeAnswer(Decision.POLITE_BLOCK, "hm"), "403", "there is nobody to be polite to"),
]


@pytest.mark.parametrize(
    "answer, status", [row[:2] for row in REFUSED], ids=[row[2] for row in REFUSED]
)
def test_what_rules_keep_here_does_not_leave(
    realm: Realm, rules: Rules, answer: SubscribeAnswer, status: str
) -> None:
    rules.subscribing = answer
    realm.play(f"""
        watcher -> a SUBSCRIBE to=bob@b.example
        watcher <- a {status}
    """)
    assert not realm.stage.wire
    assert not realm.proxy.relays.all()


def test_rules_are_asked_what_each_subscribe_is_for(realm: Realm, rules: Rules) -> None:
    realm.subscribe()
    realm.play("""
        watcher -> a SUBSCRIBE to=bob@b.example Expires=600
        watcher <- a 200
        watcher <- a NOTIFY
        watcher -> a 200
        watcher -> a SUBSCRIBE to=bob@b.example Expires=0
        watcher <- a 200
        watcher <- a NOTIFY    state=terminated
        watcher -> a 200
        watcher -> a SUBSCRIBE to=bob@b.example Expires=0
        watcher <- a 200
        watcher <- a NOTIFY    state=terminated
        watcher -> a 200
    """)
    asked = [each for each in rules.asked if isinstance(each, WatchQuestion)]
    kinds = [each.asked.kind for each in asked if each.asked is not None]
    assert kinds == [Kind.INITIAL, Kind.REFRESH, Kind.FETCH], "nobody is kept from unsubscribing"
    assert [each.state for each in asked] == ["init", "active", "init"]
    assert {(each.presentity, each.watcher, each.package) for each in asked} == {
        ("sip:bob@b.example", "sip:watcher@a.example", "presence")
    }


SHORTENED = [
    ("Expires=7200", "300", "a longer one"),
    ("Expires=none", "300", "the notifier's own choice"),
    ("Expires=120", "120", "a shorter one stays"),
]


@pytest.mark.parametrize(
    "asked, expires", [row[:2] for row in SHORTENED], ids=[row[2] for row in SHORTENED]
)
def test_a_lifetime_can_be_bounded(realm: Realm, rules: Rules, asked: str, expires: str) -> None:
    rules.subscribing = SubscribeAnswer(Decision.ALLOW, "yes", expires_at_most=300)
    realm.play(f"""
        watcher -> a SUBSCRIBE to=bob@b.example {asked}
        watcher <- a 200       Expires={expires}
        watcher <- a NOTIFY
        watcher -> a 200
    """)
    [subscribe] = realm.asked("a", "b")
    assert subscribe.headers["expires"] == [expires]


def test_a_pace_is_kept_with_the_subscription(realm: Realm, rules: Rules) -> None:
    rules.subscribing = SubscribeAnswer(Decision.ALLOW, "yes", min_interval=60)
    realm.subscribe()
    realm.play("""
                20 s pass
        bob     -> b PUBLISH   to=bob basic=open
        bob     <- b 200
                39.9 s pass
                0.1 s pass
        watcher <- a NOTIFY    state=active basic=open cseq=2
        watcher -> a 200
    """)


def test_an_accept_that_is_none_is_refused(realm: Realm, rules: Rules) -> None:
    realm.play("""
        watcher -> a SUBSCRIBE to=bob@b.example Accept=nonsense
        watcher <- a 400
    """)


def test_an_agent_within_the_node_has_asked_already(realm: Realm, rules: Rules) -> None:
    rules.subscribing = SubscribeAnswer(Decision.REJECT, "no")
    packet = (
        "SUBSCRIBE sip:bob@b.example SIP/2.0\r\n"
        "Via: SIP/2.0/LOCAL within.invalid:5060;branch=z9hG4bK1\r\n"
        "From: <sip:watcher@a.example>;tag=1\r\nTo: <sip:bob@b.example>\r\nCall-ID: c\r\n"
        f"CSeq: 1 SUBSCRIBE\r\nContact: {WITHIN.contact}\r\nEvent: presence\r\n\r\n"
    )
    realm.stage.tell("a", packet.encode(), WITHIN, realm.now)
    assert not rules.asked
    [subscribe] = realm.asked("a", "b")
    assert subscribe.headers["p-asserted-identity"] == ["<sip:watcher@a.example>"]
    assert len(subscribe.values("record-route")) == 2
    assert not realm.proxy.relays.all(), "the agent knows of no such dialog: it has said 481"
