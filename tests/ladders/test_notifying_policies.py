"""Policies about notifications: thesis, section 3.4.1, Alice; and what the watcher's own do."""

from __future__ import annotations

import pytest

from tests.ladders.conftest import Begin, Play
from tests.ladders.policies import (
    ALICE,
    THROTTLE,
    because,
    cpl,
    delete,
    put,
    towards,
)

SUBSCRIBED = """
    tom -> node SUBSCRIBE Expires=7200
    tom <- node 200
    tom <- node NOTIFY    state=active
    tom -> node 200
"""


def publish(basic: str) -> str:
    return f"""
        alice -> node PUBLISH basic={basic} Expires=7200
        alice <- node 200
    """


def told(basic: str, watcher: str = "tom") -> str:
    return f"""
        {watcher} <- node NOTIFY state=active basic={basic}
        {watcher} -> node 200
    """


def test_tom_is_notified_at_most_every_ten_minutes(ladder: Play) -> None:
    """The first NOTIFY is sent at once; what changes within the interval is told at its end."""
    put(ladder, "alice", ALICE)
    ladder.play(SUBSCRIBED + "125 s pass")
    ladder.play(publish("open") + "474 s pass")
    assert because(ladder, "alice").startswith(
        "Held for 475 s because the watcher was sip:tom@example.com"
    )
    ladder.play("1 s pass" + told("open"))
    assert because(ladder, "alice").startswith("Delivered because")
    ladder.play(publish("closed") + "599 s pass")
    ladder.play("1 s pass" + told("closed"))
    ladder.play("600 s pass" + publish("open") + told("open"))


def test_the_newest_of_several_changes_is_told(ladder: Play) -> None:
    put(ladder, "alice", ALICE)
    ladder.play(SUBSCRIBED + "100 s pass")
    ladder.play(publish("open") + "100 s pass")
    ladder.play(publish("closed") + "100 s pass")
    ladder.play(publish("open") + "300 s pass" + told("open") + "1000 s pass")


def test_a_change_that_is_taken_back_is_not_told(ladder: Play) -> None:
    put(ladder, "alice", ALICE)
    ladder.play(publish("open") + SUBSCRIBED + "100 s pass")
    ladder.play(publish("closed") + "100 s pass")
    ladder.play(publish("open") + "1000 s pass")
    ladder.play(publish("closed") + told("closed"))


def test_everybody_else_is_notified_at_once(ladder: Play) -> None:
    put(ladder, "alice", ALICE)
    ladder.play(SUBSCRIBED + SUBSCRIBED.replace("tom", "bob") + "10 s pass")
    ladder.play(publish("open") + told("open", "bob") + "10 s pass")
    ladder.play(publish("closed") + told("closed", "bob") + "580 s pass" + told("closed"))


def test_what_must_be_sent_waits_for_nothing_and_shows_what_is(ladder: Play) -> None:
    """6446-5.2: a refresh is answered at once, and the interval begins anew."""
    put(ladder, "alice", ALICE)
    ladder.play(SUBSCRIBED + "100 s pass" + publish("open") + "100 s pass")
    ladder.play("""
        tom -> node SUBSCRIBE Expires=7200
        tom <- node 200
        tom <- node NOTIFY    state=active basic=open
        tom -> node 200
    """)
    ladder.play("10 s pass" + publish("closed") + "589 s pass")
    ladder.play("1 s pass" + told("closed"))
    ladder.play(publish("open"))
    ladder.play("""
        tom -> node SUBSCRIBE Expires=0
        tom <- node 200
        tom <- node NOTIFY    state=terminated reason=timeout basic=open
        tom -> node 200
            1000 s pass
    """)


ON_REGISTRATION = cpl(
    "outgoing-notification",
    """<p:subscription-switch field="trigger">
      <p:subscription is="registration"><p:deliver/></p:subscription>
      <otherwise><p:suppress/></otherwise>
    </p:subscription-switch>""",
)


def test_a_registration_and_an_update_are_two_causes(ladder: Play) -> None:
    """Thesis, section 3.2.3: what appears is told, and what becomes of it is not."""
    put(ladder, "alice", ON_REGISTRATION)
    ladder.play(SUBSCRIBED.replace("NOTIFY    state=active", "NOTIFY basic=closed"))
    ladder.play("alice -> node REGISTER Expires=7200\n alice <- node 200" + told("open"))
    ladder.play("alice -> node REGISTER Expires=0\n alice <- node 200 \n 10 s pass")
    ladder.play(publish("open") + told("open"))
    ladder.play(publish("closed") + "100 s pass")
    assert because(ladder, "alice").startswith("Suppressed because the cause was update")


def test_an_approval_is_told_at_once(begin: Begin) -> None:
    ladder = begin(profile="private")
    put(ladder, "alice", ALICE)
    ladder.play(publish("open") + SUBSCRIBED.replace("active", "pending") + "10 s pass")
    ladder.play("""
        operator -> node watchers_decide user=alice watcher=tom decision=allow
        operator <- node OK
        tom      <- node NOTIFY state=active basic=open
        tom      -> node 200
                 10 s pass
        operator -> node watchers_decide user=alice watcher=tom decision=reject
        operator <- node OK
        tom      <- node NOTIFY state=terminated reason=rejected basic=closed
        tom      -> node 200
    """)


RESTART = """
    power -> node OFF
    power -> node ON
"""


def test_the_pace_is_kept_over_a_restart(ladder: Play) -> None:
    """What was held back goes out when it would have: neither lost nor early."""
    put(ladder, "alice", ALICE)
    ladder.play(SUBSCRIBED + "100 s pass" + publish("open") + "100 s pass")
    ladder.play(RESTART + "399 s pass")
    ladder.play("1 s pass" + told("open"))
    ladder.play("100 s pass" + RESTART + "100 s pass")
    ladder.play(publish("closed") + "399 s pass")
    ladder.play("1 s pass" + told("closed") + "2 s pass" + RESTART + "1000 s pass")
    ladder.play(publish("open") + told("open"))


def test_a_change_that_may_not_have_arrived_is_not_told_again_too_soon(ladder: Play) -> None:
    put(ladder, "alice", ALICE)
    ladder.play(SUBSCRIBED + "600 s pass" + publish("open") + "tom x- node NOTIFY basic=open")
    ladder.play(RESTART + "599 s pass")
    ladder.play("1 s pass" + told("open"))


def test_what_must_be_sent_is_sent_again_at_once_after_a_crash(ladder: Play) -> None:
    put(ladder, "alice", ALICE)
    ladder.play("""
        tom -> node SUBSCRIBE Expires=7200
        tom <- node 200
        tom x- node NOTIFY
    """)
    ladder.play(RESTART + told("closed"))


def test_a_policy_put_while_somebody_watches_counts_from_the_last_notify(ladder: Play) -> None:
    ladder.play(SUBSCRIBED + "100 s pass")
    put(ladder, "alice", ALICE)
    ladder.play(publish("open") + "499 s pass")
    ladder.play("1 s pass" + told("open"))


def test_a_change_held_back_is_told_when_the_policy_is_deleted(ladder: Play) -> None:
    put(ladder, "alice", ALICE)
    ladder.play(SUBSCRIBED + "100 s pass" + publish("open") + "100 s pass")
    delete(ladder, "alice")
    ladder.play(told("open") + "10 s pass")
    ladder.play(publish("closed") + told("closed"))


def test_a_change_held_back_is_told_earlier_under_a_milder_policy(ladder: Play) -> None:
    put(ladder, "alice", ALICE)
    ladder.play(SUBSCRIBED + "100 s pass" + publish("open") + "100 s pass")
    put(ladder, "alice", ALICE.replace(b"PT10M", b"PT5M"))
    ladder.play("99 s pass")
    ladder.play("1 s pass" + told("open"))


def test_a_notify_that_is_not_taken_does_not_open_the_gate(ladder: Play) -> None:
    put(ladder, "alice", ALICE)
    ladder.play(SUBSCRIBED + "600 s pass" + publish("open") + told("open").replace("200", "500"))
    ladder.play("10 s pass" + publish("closed") + "589 s pass")
    ladder.play("1 s pass" + told("closed"))


# -- suppressed, or neutral


SUPPRESS = towards("outgoing-notification", "tom", "<p:suppress/>")


def test_what_is_suppressed_is_not_told_and_a_refresh_shows_what_was_shown(ladder: Play) -> None:
    ladder.play(publish("open") + SUBSCRIBED.replace("active", "active basic=open"))
    put(ladder, "alice", SUPPRESS)
    ladder.play("10 s pass" + publish("closed") + "10 s pass")
    ladder.play(SUBSCRIBED.replace("active", "active basic=open"))
    ladder.play("10 s pass" + RESTART + "10 s pass")
    ladder.play(SUBSCRIBED.replace("active", "active basic=open"))
    delete(ladder, "alice")
    ladder.play(told("closed"))


def test_who_is_suppressed_from_the_first_sees_the_neutral_document(ladder: Play) -> None:
    put(ladder, "alice", SUPPRESS)
    ladder.play(publish("open"))
    ladder.play(SUBSCRIBED.replace("active", "active basic=closed says=nothing"))
    ladder.play("10 s pass" + publish("closed") + "10 s pass")
    ladder.play("""
        tom -> node SUBSCRIBE Expires=0
        tom <- node 200
        tom <- node NOTIFY    state=terminated reason=timeout basic=closed says=nothing
        tom -> node 200
    """)


def test_a_polite_block_shows_the_neutral_document_at_once(ladder: Play) -> None:
    ladder.play(publish("open") + SUBSCRIBED)
    put(ladder, "alice", towards("outgoing-notification", "tom", "<p:polite-block/>"))
    ladder.play(told("closed") + "10 s pass")
    ladder.play(publish("closed") + "10 s pass")
    delete(ladder, "alice")
    ladder.play("tom <- node NOTIFY basic=closed says=-\n tom -> node 200")


# -- incoming-notification


def test_the_watchers_own_policy_slows_what_he_is_shown(ladder: Play) -> None:
    put(ladder, "tom", cpl("incoming-notification", THROTTLE))
    ladder.play(SUBSCRIBED + "100 s pass" + publish("open") + "499 s pass")
    ladder.play("1 s pass" + told("open"))
    delete(ladder, "tom")
    ladder.play("10 s pass" + publish("closed") + told("closed"))


@pytest.mark.parametrize(
    "alices, toms", [("PT10M", "PT5M"), ("PT5M", "PT10M")], ids=["hers is slower", "his is"]
)
def test_of_two_intervals_the_longer_counts(ladder: Play, alices: str, toms: str) -> None:
    put(ladder, "alice", ALICE.replace(b"PT10M", alices.encode()))
    put(ladder, "tom", cpl("incoming-notification", THROTTLE.replace("PT10M", toms)))
    ladder.play(SUBSCRIBED + "100 s pass" + publish("open") + "499 s pass")
    ladder.play("1 s pass" + told("open"))


@pytest.mark.parametrize("point", ["incoming-subscription", "outgoing-subscription"])
def test_an_interval_set_at_the_subscription_holds_for_its_notifys(
    ladder: Play, point: str
) -> None:
    owner = "alice" if point.startswith("incoming") else "tom"
    put(ladder, owner, cpl(point, THROTTLE.replace("deliver", "allow")))
    ladder.play(SUBSCRIBED + "100 s pass" + publish("open") + "100 s pass" + RESTART)
    ladder.play("399 s pass")
    ladder.play("1 s pass" + told("open"))


def test_what_the_watcher_suppresses_he_is_not_told(ladder: Play) -> None:
    put(ladder, "tom", cpl("incoming-notification", "<p:suppress/>"))
    ladder.play(publish("open"))
    ladder.play(SUBSCRIBED.replace("active", "active basic=closed says=nothing"))
    ladder.play("10 s pass" + publish("closed") + "10 s pass")
