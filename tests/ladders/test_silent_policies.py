"""The policy server is silent: what is decided protects the owner, and is put right afterwards."""

from __future__ import annotations

from hereabouts.base.journal import Grade
from hereabouts.policy.point import Point
from tests.ladders.conftest import Begin, Play
from tests.ladders.policies import GENTLE_TOM, SilentSource, because, cpl, put, toronto

PENDING = """
    bob -> node SUBSCRIBE to=tom Expires=7200
        2 s pass
    bob <- node 200
    bob <- node NOTIFY    state=pending basic=closed says=pending
    bob -> node 200
"""
PUBLISHED = """
    tom -> node PUBLISH to=tom basic=open Expires=7200
    tom <- node 200
"""


def test_a_watchers_request_does_not_leave(ladder: Play) -> None:
    SilentSource(ladder, "bob", Point.OUTGOING_SUBSCRIPTION)
    ladder.play("""
        bob   -> node SUBSCRIBE to=tom
        carol -> node SUBSCRIBE to=alice
        carol <- node 200
        carol <- node NOTIFY
        carol -> node 200
              2 s pass
        bob   <- node 500
    """)
    answer = ladder.stage.peer("bob").heard[-1]
    assert b"500 Server Internal Error (" in answer
    assert "does not answer within 2 s" in because(ladder, "bob")


def test_a_watcher_can_unsubscribe_all_the_same(ladder: Play) -> None:
    ladder.play("""
        bob -> node SUBSCRIBE to=tom
        bob <- node 200
        bob <- node NOTIFY
        bob -> node 200
    """)
    SilentSource(ladder, "bob", Point.OUTGOING_SUBSCRIPTION)
    ladder.play("""
        bob -> node SUBSCRIBE to=tom Expires=0
        bob <- node 200
        bob <- node NOTIFY    state=terminated reason=timeout
        bob -> node 200
    """)


def test_a_new_watcher_waits_until_the_policy_server_is_back(ladder: Play) -> None:
    source = SilentSource(ladder, "tom", Point.INCOMING_SUBSCRIPTION)
    put(ladder, "tom", cpl("incoming-subscription", "<p:allow/>"))
    ladder.play(PUBLISHED + PENDING + "10 s pass")
    source.come_back()
    ladder.play("bob <- node NOTIFY state=active basic=open\n bob -> node 200")


def test_a_new_watcher_is_asked_about_as_new_whatever_he_did_meanwhile(begin: Begin) -> None:
    """He who could not be decided about is no old friend because he refreshed."""
    ladder = begin(at=toronto(18))
    source = SilentSource(ladder, "tom", Point.INCOMING_SUBSCRIPTION)
    put(ladder, "tom", GENTLE_TOM)
    ladder.play(PENDING + PENDING.replace("2 s pass", "0 s pass"))
    source.come_back()
    ladder.play("bob <- node NOTIFY state=terminated reason=rejected\n bob -> node 200")


def test_a_refresh_turns_pending_until_the_policy_server_is_back(ladder: Play) -> None:
    ladder.play(PUBLISHED)
    ladder.play("""
        bob -> node SUBSCRIBE to=tom
        bob <- node 200
        bob <- node NOTIFY    state=active basic=open
        bob -> node 200
    """)
    source = SilentSource(ladder, "tom", Point.INCOMING_SUBSCRIPTION)
    ladder.play(PENDING + "10 s pass")
    source.come_back()
    ladder.play("bob <- node NOTIFY state=active basic=open\n bob -> node 200")


def test_what_a_presentity_decided_himself_needs_no_policy_server(ladder: Play) -> None:
    SilentSource(ladder, "tom", Point.INCOMING_SUBSCRIPTION)
    ladder.play("""
        operator -> node watchers_decide user=tom watcher=bob decision=allow
        operator <- node OK
        bob      -> node SUBSCRIBE to=tom
        bob      <- node 200
        bob      <- node NOTIFY    state=active
        bob      -> node 200
    """)


def test_nothing_is_notified_but_what_must_be_and_that_shows_nothing_new(ladder: Play) -> None:
    source = SilentSource(ladder, "tom", Point.OUTGOING_NOTIFICATION)
    ladder.play(PUBLISHED)
    ladder.play("""
        bob -> node SUBSCRIBE to=tom
            2 s pass
        bob <- node 200
        bob <- node NOTIFY    state=active basic=closed says=nothing
        bob -> node 200
            10 s pass
        tom -> node PUBLISH   to=tom basic=closed Expires=7200
        tom <- node 200
            10 s pass
        tom -> node PUBLISH   to=tom basic=open Expires=7200
        tom <- node 200
            10 s pass
    """)
    warnings = [
        fields
        for grade, event, fields in ladder.stage.diary.said
        if (grade, event) == (Grade.WARNING, "policies cannot be asked")
    ]
    assert [row["point"] for row in warnings] == ["outgoing-notification"]
    source.come_back()
    ladder.play("bob <- node NOTIFY state=active basic=open\n bob -> node 200")


def test_what_was_shown_before_the_silence_is_shown_again(ladder: Play) -> None:
    ladder.play(PUBLISHED)
    ladder.play("""
        bob -> node SUBSCRIBE to=tom
        bob <- node 200
        bob <- node NOTIFY    state=active basic=open
        bob -> node 200
    """)
    SilentSource(ladder, "tom", Point.OUTGOING_NOTIFICATION)
    ladder.play("""
        bob -> node SUBSCRIBE to=tom
            2 s pass
        bob <- node 200
        bob <- node NOTIFY    state=active basic=open
        bob -> node 200
            10 s pass
        tom -> node PUBLISH   to=tom basic=closed Expires=7200
        tom <- node 200
            10 s pass
        bob -> node SUBSCRIBE to=tom
        bob <- node 200
        bob <- node NOTIFY    state=active basic=open
        bob -> node 200
    """)


def test_a_watcher_sees_what_comes_although_his_own_policies_are_silent(ladder: Play) -> None:
    SilentSource(ladder, "bob", Point.INCOMING_NOTIFICATION)
    ladder.play(PUBLISHED)
    ladder.play("""
        bob -> node SUBSCRIBE to=tom
            2 s pass
        bob <- node 200
        bob <- node NOTIFY    state=active basic=open
        bob -> node 200
            10 s pass
        tom -> node PUBLISH   to=tom basic=closed Expires=7200
        tom <- node 200
        bob <- node NOTIFY    state=active basic=closed
        bob -> node 200
    """)
