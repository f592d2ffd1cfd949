"""Policies about subscriptions: thesis, section 3.4.1, Tom; and what the watcher's own do."""

from __future__ import annotations

import pytest

from hereabouts.config import Reevaluation
from tests.ladders.conftest import Begin, Play
from tests.ladders.policies import (
    GENTLE_TOM,
    TOM,
    because,
    cpl,
    delete,
    put,
    toronto,
    towards,
)

SUBSCRIBED = """
    bob -> node SUBSCRIBE to=tom Expires=7200
    bob <- node 200
    bob <- node NOTIFY    state=active
    bob -> node 200
"""
REJECTED = """
    bob -> node SUBSCRIBE to=tom
    bob <- node 200
    bob <- node NOTIFY    state=terminated reason=rejected basic=closed says=rejected
    bob -> node 200
"""


def test_tom_is_watched_until_five_and_not_from_five_on(begin: Begin) -> None:
    ladder = begin(at=toronto(16, 59, 59))
    put(ladder, "tom", TOM)
    ladder.play("tom -> node PUBLISH to=tom basic=open Expires=7200\n tom <- node 200")
    ladder.play("""
        bob -> node SUBSCRIBE to=tom dialog=early
        bob <- node 200
        bob <- node NOTIFY    state=active basic=open
        bob -> node 200
            1 s pass
    """)
    ladder.play(REJECTED)
    assert because(ladder, "tom").startswith("Rejected (403) because")
    assert "the rule of tom" in because(ladder, "tom")


def test_tom_is_watched_from_nine_on(begin: Begin) -> None:
    ladder = begin(at=toronto(8, 59, 59))
    put(ladder, "tom", TOM)
    ladder.play(REJECTED + "1 s pass")
    ladder.play(SUBSCRIBED)


def test_the_response_says_what_toms_policy_says(begin: Begin) -> None:
    ladder = begin(at=toronto(17), rejection="response")
    put(ladder, "tom", TOM)
    ladder.play("bob -> node SUBSCRIBE to=tom\n bob <- node 403\n 100 s pass")
    answer = ladder.stage.peer("bob").heard[-1]
    assert answer.startswith(b"SIP/2.0 403 Forbidden (Outside working hours)\r\n")


@pytest.mark.parametrize("rejection", ["notify", "response"])
def test_a_refresh_that_tom_rejects_ends_the_subscription(begin: Begin, rejection: str) -> None:
    """Inside a dialog it is always the NOTIFY that says so."""
    ladder = begin(at=toronto(16), rejection=rejection)
    put(ladder, "tom", TOM)
    ladder.play("tom -> node PUBLISH to=tom basic=open Expires=7200\n tom <- node 200")
    ladder.play(SUBSCRIBED)
    ladder.play("3600 s pass")
    ladder.play(REJECTED)
    ladder.play("bob -> node SUBSCRIBE to=tom within=ended\n bob <- node 481")


def test_a_refresh_passes_the_gentler_policy_and_a_new_request_does_not(begin: Begin) -> None:
    ladder = begin(at=toronto(16))
    put(ladder, "tom", GENTLE_TOM)
    ladder.play(SUBSCRIBED)
    ladder.play("3600 s pass")
    ladder.play(SUBSCRIBED)
    ladder.play("""
        bob -> node SUBSCRIBE to=tom dialog=another
        bob <- node 200
        bob <- node NOTIFY    state=terminated reason=rejected
        bob -> node 200
        bob -> node SUBSCRIBE to=tom Expires=0
        bob <- node 200
        bob <- node NOTIFY    state=terminated reason=timeout
        bob -> node 200
    """)


def test_a_fetch_is_rejected_like_any_request(begin: Begin) -> None:
    ladder = begin(at=toronto(17))
    put(ladder, "tom", GENTLE_TOM)
    ladder.play(REJECTED.replace("to=tom", "to=tom Expires=0"))


def test_five_oclock_ends_nothing_by_itself(begin: Begin) -> None:
    ladder = begin(at=toronto(16, 59))
    put(ladder, "tom", TOM)
    ladder.play(SUBSCRIBED)
    ladder.play("600 s pass")


def test_five_oclock_ends_a_subscription_where_boundaries_count(begin: Begin) -> None:
    ladder = begin(at=toronto(16, 59), reevaluate=Reevaluation.ON_BOUNDARY)
    put(ladder, "tom", TOM)
    ladder.play(SUBSCRIBED)
    ladder.play("""
            59 s pass
            1 s pass
        bob <- node NOTIFY state=terminated reason=rejected
        bob -> node 200
    """)


def test_a_boundary_counts_after_a_restart_too(begin: Begin) -> None:
    ladder = begin(at=toronto(16, 59), reevaluate=Reevaluation.ON_BOUNDARY)
    put(ladder, "tom", TOM)
    ladder.play(SUBSCRIBED)
    ladder.play("""
              10 s pass
        power -> node OFF
        power -> node ON
              49 s pass
              1 s pass
        bob   <- node NOTIFY state=terminated reason=rejected
        bob   -> node 200
    """)


def test_a_boundary_that_is_passed_unharmed_is_followed_by_the_next(begin: Begin) -> None:
    ladder = begin(at=toronto(8, 59), reevaluate=Reevaluation.ON_BOUNDARY)
    put(ladder, "tom", GENTLE_TOM)
    put(
        ladder,
        "tom",
        TOM.replace(b"reject", b"p:confirm")
        .replace(b' status="403"', b"")
        .replace(b' reason="Outside working hours"', b""),
    )
    ladder.play("""
        bob -> node SUBSCRIBE to=tom Expires=86400
        bob <- node 200
        bob <- node NOTIFY    state=pending
        bob -> node 200
            60 s pass
        bob <- node NOTIFY    state=active
        bob -> node 200
            28800 s pass
        bob <- node NOTIFY    state=pending
        bob -> node 200
    """)


def test_a_policy_that_is_put_is_asked_about_those_who_watch_already(begin: Begin) -> None:
    ladder = begin(at=toronto(17))
    ladder.play(SUBSCRIBED)
    put(ladder, "tom", GENTLE_TOM)
    ladder.play("10 s pass")
    put(ladder, "tom", TOM)
    ladder.play("""
        bob <- node NOTIFY state=terminated reason=rejected basic=closed says=rejected
        bob -> node 200
    """)


def test_a_policy_that_is_deleted_rejects_nobody_any_more(begin: Begin) -> None:
    ladder = begin(at=toronto(17))
    put(ladder, "tom", TOM)
    ladder.play(REJECTED)
    delete(ladder, "tom")
    ladder.play(SUBSCRIBED)


def test_who_waited_because_of_a_policy_is_let_in_when_it_is_deleted(begin: Begin) -> None:
    ladder = begin()
    put(ladder, "tom", cpl("incoming-subscription", "<p:confirm/>"))
    ladder.play(SUBSCRIBED.replace("active", "pending"))
    delete(ladder, "tom")
    ladder.play("bob <- node NOTIFY state=active\n bob -> node 200")


def test_what_tom_decided_himself_comes_before_his_policy(begin: Begin) -> None:
    ladder = begin(at=toronto(17))
    put(ladder, "tom", TOM)
    ladder.play("""
        operator -> node watchers_decide user=tom watcher=bob decision=allow
        operator <- node OK
    """)
    ladder.play(SUBSCRIBED)


def test_the_profile_counts_where_no_policy_decides(begin: Begin) -> None:
    ladder = begin(profile="private")
    put(ladder, "tom", towards("incoming-subscription", "carol", "<p:allow/>"))
    ladder.play(SUBSCRIBED.replace("active", "pending"))
    ladder.play(SUBSCRIBED.replace("bob", "carol"))


def test_a_policy_looks_at_watchers_of_other_domains_too(ladder: Play) -> None:
    script = cpl(
        "incoming-subscription",
        '<address-switch field="watcher" subfield="host"><address subdomain-of="b.example">'
        '<reject status="403"/></address></address-switch>',
    )
    put(ladder, "tom", script)
    put(ladder, "bob", cpl("outgoing-subscription", '<reject status="403"/>'))
    ladder.play(REJECTED.replace("to=tom", "to=tom From=<sip:bob@b.example>;tag=bob1"))
    ladder.play(SUBSCRIBED.replace("to=tom", "to=tom From=<sip:bob@c.example>;tag=bob2"))


def test_a_politely_blocked_watcher_looks_approved(ladder: Play) -> None:
    put(ladder, "tom", cpl("incoming-subscription", "<p:polite-block/>"))
    ladder.play("tom -> node PUBLISH to=tom basic=open\n tom <- node 200")
    ladder.play(SUBSCRIBED.replace("active", "active basic=closed says=nothing"))


# -- outgoing-subscription


def test_the_watchers_own_policy_keeps_his_request_from_leaving(ladder: Play) -> None:
    script = towards(
        "outgoing-subscription", "tom", '<reject status="reject" reason="Too dear"/>', "presentity"
    )
    put(ladder, "bob", script)
    ladder.play("bob -> node SUBSCRIBE to=tom\n bob <- node 603\n 100 s pass")
    assert ladder.stage.peer("bob").heard[-1].startswith(b"SIP/2.0 603 Decline (Too dear)\r\n")
    ladder.play(SUBSCRIBED.replace("to=tom", "to=alice"))
    ladder.play(SUBSCRIBED.replace("bob", "carol"))


def test_a_refresh_that_does_not_leave_changes_nothing(begin: Begin) -> None:
    """What is there stays until it expires: nothing was said to the presentity."""
    ladder = begin(at=toronto(16))
    ladder.play(SUBSCRIBED.replace("7200", "600"))
    put(ladder, "bob", cpl("outgoing-subscription", '<reject status="403"/>'))
    ladder.play("""
        bob -> node SUBSCRIBE to=tom Expires=3600
        bob <- node 403
            600 s pass
        bob <- node NOTIFY    state=terminated reason=timeout
        bob -> node 200
    """)


def test_who_rejects_all_that_leaves_can_unsubscribe(ladder: Play) -> None:
    ladder.play(SUBSCRIBED)
    put(ladder, "bob", cpl("outgoing-subscription", '<reject status="403"/>'))
    ladder.play("""
        bob -> node SUBSCRIBE to=tom Expires=0
        bob <- node 200
        bob <- node NOTIFY    state=terminated reason=timeout
        bob -> node 200
    """)


@pytest.mark.parametrize(
    "granted", ["bob", "tom"], ids=["by the watcher's policy", "by the presentity's"]
)
def test_a_policy_shortens_the_lifetime(ladder: Play, granted: str) -> None:
    point = "outgoing-subscription" if granted == "bob" else "incoming-subscription"
    put(ladder, granted, cpl(point, '<p:expires at-most="PT30M"><p:allow/></p:expires>'))
    ladder.play("""
        bob -> node SUBSCRIBE to=tom Expires=7200
        bob <- node 200       Expires=1800
        bob <- node NOTIFY    state=active expires=1800
        bob -> node 200
        bob -> node SUBSCRIBE to=tom Expires=600
        bob <- node 200       Expires=600
        bob <- node NOTIFY    state=active expires=600
        bob -> node 200
    """)
