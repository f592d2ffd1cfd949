"""A NOTIFY on its way to a watcher with rules: as each of them wants it."""

from __future__ import annotations

from hereabouts.presence.questions import Handling, NotifyQuestion, ShowAnswer, Trigger
from hereabouts.sip.reader import read
from tests.roles.realm import Realm
from tests.roles.rules import Rules

OPEN = """
    bob     -> b PUBLISH   to=bob basic=open
    bob     <- b 200
"""
CLOSED = OPEN.replace("open", "closed")
REFRESHED = """
    watcher -> a SUBSCRIBE to=bob@b.example Expires=600
    watcher <- a 200
    watcher <- a NOTIFY    state=active basic={basic} cseq={cseq}
    watcher -> a 200
"""


def shown(basic: str, cseq: int) -> str:
    return f"""
        watcher <- a NOTIFY    state=active basic={basic} cseq={cseq}
        watcher -> a 200
    """


def test_rules_are_asked_what_each_notify_is_for(realm: Realm, rules: Rules) -> None:
    realm.subscribe()
    realm.play("10 s pass" + OPEN + shown("open", 2) + REFRESHED.format(basic="open", cseq=3))
    realm.play("""
        watcher -> a SUBSCRIBE to=bob@b.example Expires=0
        watcher <- a 200
        watcher <- a NOTIFY    state=terminated reason=timeout
        watcher -> a 200
    """)
    asked = [each for each in rules.asked if isinstance(each, NotifyQuestion)]
    assert [(each.trigger, each.state, each.since_last) for each in asked] == [
        (Trigger.SUBSCRIBE, "active", None),
        (Trigger.UPDATE, "active", 10),
        (Trigger.SUBSCRIBE, "active", 0),
        (Trigger.TERMINATION, "terminated", 0),
    ]
    assert asked[-1].reason == "timeout"
    assert {each.content_type for each in asked} == {"application/pidf+xml"}
    assert all(each.asked is not None for each in asked)


def test_what_is_suppressed_is_answered_and_goes_no_further(realm: Realm, rules: Rules) -> None:
    realm.subscribe()
    rules.showing = ShowAnswer(Handling.SUPPRESS, "no")
    realm.play(OPEN + CLOSED + "100 s pass")
    [delivery] = realm.stage.sites["b"].server.agent.notifier.deliveries.values()
    assert not delivery.in_flight


def test_what_must_be_sent_shows_what_was_seen_before(realm: Realm, rules: Rules) -> None:
    realm.play(OPEN)
    realm.subscribe()
    rules.showing = ShowAnswer(Handling.SUPPRESS, "no")
    realm.play(CLOSED + REFRESHED.format(basic="open", cseq=3))
    realm.play("""
        watcher -> a SUBSCRIBE to=bob@b.example Expires=0
        watcher <- a 200
        watcher <- a NOTIFY    state=terminated reason=timeout basic=open cseq=4
        watcher -> a 200
    """)
    assert not realm.proxy.relays.all()


def test_the_neutral_document_may_stand_for_it(realm: Realm, rules: Rules) -> None:
    realm.play(OPEN)
    rules.showing = ShowAnswer(Handling.POLITE_BLOCK, "hush")
    realm.subscribe()
    heard = read(realm.stage.peer("watcher").heard[-1])
    assert b"No presence information" in heard.body
    assert heard.headers["content-type"] == ["application/pidf+xml"]
    assert heard.headers["content-length"] == [str(len(heard.body))]


def test_a_subscription_is_ended_on_both_sides(realm: Realm, rules: Rules) -> None:
    """The watcher is told that it is over, the notifier that there is none (481)."""
    realm.subscribe()
    rules.showing = ShowAnswer(Handling.TERMINATE, "enough")
    realm.play(
        OPEN
        + """
        watcher <- a NOTIFY    state=terminated reason=rejected basic=closed cseq=2
        watcher -> a 200
    """
    )
    assert not realm.proxy.relays.all()
    assert not realm.stage.sites["b"].server.agent.notifier.deliveries


def test_a_watcher_out_of_reach_is_kept_what_he_is_owed(realm: Realm) -> None:
    """The notifier hears 200: any other answer would end the subscription, or be repeated."""
    realm.play("watcher -> a CONNECT")
    realm.subscribe()
    realm.play("watcher -> a HANGUP" + OPEN)
    [held] = realm.proxy.relays.all()
    assert held.is_parked
    assert held.relay.hold is not None
    assert held.relay.body != held.relay.hold.notify
    [delivery] = realm.stage.sites["b"].server.agent.notifier.deliveries.values()
    assert not delivery.in_flight


def test_a_disk_that_fails_leaves_the_notify_to_the_notifier(realm: Realm, rules: Rules) -> None:
    realm.subscribe()
    rules.showing = ShowAnswer(Handling.DEFER, "later", defer=60)
    realm.play("disk -> a FAIL" + OPEN)
    [held] = realm.proxy.relays.all()
    assert held.relay.hold is None
    realm.play("5 s pass")
    assert held.relay.hold is not None
