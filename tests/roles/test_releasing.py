"""What is held for a watcher: that it comes, when, with which CSeq, and only the newest."""

from __future__ import annotations

import msgspec
import pytest

from hereabouts.base.units import Timestamp
from hereabouts.presence.questions import Handling, ShowAnswer, Trigger
from hereabouts.roles.build import finish
from hereabouts.sip.reader import read
from tests.roles.realm import Realm
from tests.roles.rules import Rules
from tests.roles.test_showing import CLOSED, OPEN, REFRESHED, shown

DELIVER = ShowAnswer(Handling.DELIVER, "yes")
DEFER = ShowAnswer(Handling.DEFER, "later", defer=60)


def test_what_is_deferred_comes_later_with_its_own_cseq(realm: Realm, rules: Rules) -> None:
    realm.subscribe()
    rules.showing = DEFER
    realm.play(OPEN + "30 s pass" + CLOSED + OPEN + "59.9 s pass")
    rules.showing = DELIVER
    realm.play("0.1 s pass" + shown("open", 4))
    heard = read(realm.stage.peer("watcher").heard[-1])
    assert heard.first("subscription-state") == "active;expires=510"
    assert len(heard.headers["via"]) == 1
    assert heard.values("record-route")
    realm.play(CLOSED + shown("closed", 5))


def test_it_is_asked_again_when_it_is_due(realm: Realm, rules: Rules) -> None:
    realm.subscribe()
    rules.showing = DEFER
    realm.play(OPEN + "60 s pass")
    assert len(rules.asked) >= 2
    rules.showing = DELIVER
    realm.play("60 s pass" + shown("open", 2))


def test_what_was_suppressed_comes_when_time_alone_allows_it(realm: Realm, rules: Rules) -> None:
    realm.subscribe()
    until = Timestamp(realm.now.timestamp + 100)
    rules.showing = ShowAnswer(Handling.SUPPRESS, "not before ten", valid_until=until)
    realm.play(OPEN + "99.9 s pass")
    rules.showing = DELIVER
    realm.play("0.1 s pass" + shown("open", 2))


@pytest.mark.parametrize("watcher", ["sip:watcher@a.example", "sip:alice@a.example", None])
def test_a_change_of_rules_is_a_reason_to_ask(
    realm: Realm, rules: Rules, watcher: str | None
) -> None:
    realm.subscribe()
    rules.showing = ShowAnswer(Handling.SUPPRESS, "no")
    realm.play(OPEN)
    rules.showing = DELIVER
    watchers = None if watcher is None else frozenset({watcher})
    realm.proxy.releasing.doubt(watchers, realm.now)
    is_concerned = watcher != "sip:alice@a.example"
    realm.play(
        "watcher -> a OPTIONS to=watcher\n"
        + ("watcher <- a NOTIFY state=active basic=open cseq=2\n" if is_concerned else "")
        + "watcher <- a 200\n"
        + ("watcher -> a 200" if is_concerned else "")
    )


def test_what_follows_a_frozen_one_has_a_cseq_of_ours(realm: Realm, rules: Rules) -> None:
    """And all that come later count on from it; the notifier sees its own."""
    realm.subscribe()
    rules.showing = DEFER
    realm.play(OPEN + REFRESHED.format(basic="closed", cseq=3) + "59.9 s pass")
    rules.showing = DELIVER
    realm.play("0.1 s pass" + shown("open", 4) + CLOSED + shown("closed", 5))
    realm.play("""
        watcher -> a SUBSCRIBE to=bob@b.example Expires=0
        watcher <- a 200
        watcher <- a NOTIFY    state=terminated reason=timeout cseq=6
        watcher -> a 200
    """)
    assert not realm.proxy.relays.all()
    assert not realm.stage.sites["b"].server.agent.notifier.deliveries


def test_what_shows_nothing_new_is_not_sent_again(realm: Realm, rules: Rules) -> None:
    rules.showing = ShowAnswer(Handling.POLITE_BLOCK, "hush")
    realm.subscribe()
    realm.proxy.releasing.doubt(None, realm.now)
    realm.play("watcher -> a OPTIONS to=watcher\nwatcher <- a 200")


def test_what_comes_while_one_is_sent_waits_for_it(realm: Realm, rules: Rules) -> None:
    """Or it might overtake it."""
    realm.subscribe()
    rules.showing = DEFER
    realm.play(OPEN + "59.9 s pass")
    rules.showing = DELIVER
    realm.play(
        "0.1 s pass\nwatcher <- a NOTIFY basic=open cseq=2"
        + CLOSED
        + "watcher -> a 200\nwatcher <- a NOTIFY basic=closed cseq=3\nwatcher -> a 200"
    )


def test_a_newer_one_that_must_be_sent_does_not_wait(realm: Realm, rules: Rules) -> None:
    realm.subscribe()
    rules.showing = DEFER
    realm.play(OPEN + "59.9 s pass")
    rules.showing = DELIVER
    realm.play(
        """
                0.1 s pass
        watcher <- a NOTIFY    basic=open cseq=2
        watcher -> a SUBSCRIBE to=bob@b.example Expires=600
        watcher <- a 200
        watcher <- a NOTIFY    basic=open cseq=3
        watcher -> a 200
        watcher -> a 200
    """
        + CLOSED
        + shown("closed", 4)
    )
    assert [held.relay.hold for held in realm.proxy.relays.all()] == [None]


def test_what_was_held_for_want_of_a_way_is_judged_when_there_is_one(
    realm: Realm, rules: Rules
) -> None:
    """It must be sent, with what he had seen before; the rest follows as rules let it."""
    realm.play("watcher -> a CONNECT")
    realm.subscribe()
    realm.play("""
        watcher -> a HANGUP
        bob     -> b PUBLISH   to=bob basic=open
        bob     <- b 200
    """)
    [held] = realm.proxy.relays.all()
    assert held.relay.hold is not None
    must = msgspec.structs.replace(held.relay.hold, trigger=Trigger.SUBSCRIBE)
    kept = msgspec.structs.replace(held.relay, hold=must)
    finish(realm.proxy.relays.keep(held.owner, held.id, kept))
    rules.showing = DEFER
    realm.play("""
        watcher -> a CONNECT
        watcher -> a REGISTER
        watcher <- a 200
        watcher <- a NOTIFY    basic=closed cseq=2
        watcher -> a 200
                59.9 s pass
    """)
    rules.showing = DELIVER
    realm.play("0.1 s pass" + shown("open", 3))


ENDS = [("481", "a watcher who knows of nothing"), ("489", "one who wants nothing more")]


@pytest.mark.parametrize("status", [row[0] for row in ENDS], ids=[row[1] for row in ENDS])
def test_an_answer_that_ends_it_ends_it_everywhere(realm: Realm, rules: Rules, status: str) -> None:
    realm.subscribe()
    rules.showing = DEFER
    realm.play(OPEN + "59.9 s pass")
    rules.showing = DELIVER
    realm.play(f"0.1 s pass\nwatcher <- a NOTIFY basic=open\nwatcher -> a {status}" + CLOSED)
    assert not realm.proxy.relays.all()
    assert not realm.stage.sites["b"].server.agent.notifier.deliveries, "the notifier heard 481"


def test_a_watcher_who_is_silent_is_none_any_more(realm: Realm, rules: Rules) -> None:
    realm.subscribe()
    rules.showing = DEFER
    realm.play(OPEN + "59.9 s pass")
    rules.showing = DELIVER
    lost = "watcher x- a NOTIFY\n" * 10
    realm.play(f"0.1 s pass\nwatcher x- a NOTIFY\n31.9 s pass\n{lost}0.1 s pass")
    assert not realm.proxy.relays.all()


def test_a_disk_that_fails_delays_it(realm: Realm, rules: Rules) -> None:
    realm.subscribe()
    rules.showing = DEFER
    realm.play(OPEN + REFRESHED.format(basic="closed", cseq=3) + "59.9 s pass")
    rules.showing = DELIVER
    realm.play("disk -> a FAIL\n0.1 s pass\n1 s pass" + shown("open", 4))


@pytest.mark.parametrize("failures", [1, 3])
def test_what_a_failing_disk_brings_back_is_put_away_again_and_not_sent(
    realm: Realm, rules: Rules, failures: int
) -> None:
    """The watcher has it, and its CSeq; the disk is asked again now and then."""
    realm.subscribe()
    rules.showing = DEFER
    realm.play(OPEN + "59.9 s pass")
    rules.showing = DELIVER
    [held] = realm.proxy.relays.all()
    realm.play(
        "0.1 s pass\nwatcher <- a NOTIFY basic=open cseq=2\ndisk -> a FAIL\nwatcher -> a 200"
    )
    for _ in range(failures - 1):
        realm.play("0.9 s pass\ndisk -> a FAIL\n0.1 s pass")
    assert held.relay.hold is not None
    realm.play("1 s pass")
    assert held.relay.hold is None
    realm.play(CLOSED + shown("closed", 3))


def test_what_a_failing_disk_brings_back_is_put_away_with_what_is_still_to_come(
    realm: Realm, rules: Rules
) -> None:
    """It waits for a change of rules; what he had seen before must go out, the rest later."""
    realm.subscribe()
    rules.showing = ShowAnswer(Handling.SUPPRESS, "no")
    realm.play(OPEN)
    [held] = realm.proxy.relays.all()
    assert held.relay.hold is not None
    must = msgspec.structs.replace(held.relay.hold, trigger=Trigger.SUBSCRIBE)
    kept = msgspec.structs.replace(held.relay, hold=must)
    finish(realm.proxy.relays.keep(held.owner, held.id, kept))
    rules.showing = DEFER
    realm.proxy.releasing.doubt(None, realm.now)
    realm.play("""
        watcher -> a OPTIONS   to=watcher
        watcher <- a NOTIFY    basic=closed cseq=2
        watcher <- a 200
        disk    -> a FAIL
        watcher -> a 200
                59.9 s pass
    """)
    rules.showing = DELIVER
    realm.play("0.1 s pass" + shown("open", 3))


def test_what_a_failing_disk_has_kept_from_being_deferred_is_looked_at_again(
    realm: Realm, rules: Rules
) -> None:
    realm.subscribe()
    rules.showing = DEFER
    realm.play(OPEN + "59.9 s pass\ndisk -> a FAIL\n0.1 s pass")
    rules.showing = DELIVER
    realm.play("1 s pass" + shown("open", 2))


def test_a_last_word_that_was_held_ends_it(realm: Realm) -> None:
    """The notifier is done; the watcher hears of it when he is back."""
    realm.play("watcher -> a CONNECT")
    realm.subscribe(600)
    realm.play("""
        watcher -> a HANGUP
                600 s pass
                60 s pass
        watcher -> a CONNECT
        watcher -> a REGISTER
        watcher <- a 200
        watcher <- a NOTIFY    state=terminated reason=timeout cseq=2
        watcher -> a 200
    """)
    assert not realm.proxy.relays.all()


def test_a_way_that_is_none_either_leaves_it_parked(realm: Realm) -> None:
    realm.play("watcher -> a CONNECT")
    realm.subscribe()
    realm.play("watcher -> a HANGUP" + OPEN)
    [held] = realm.proxy.relays.all()
    realm.proxy.releasing.release_soon(held, realm.now)
    realm.play("watcher -> a OPTIONS to=watcher\nwatcher <- a 200")
    assert held.is_parked
    assert not held.is_sending
