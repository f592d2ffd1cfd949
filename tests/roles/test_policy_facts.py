"""What each point knows: the table of facts in the description of the language."""

from __future__ import annotations

import msgspec

from hereabouts.policy.facts import Facts, Kind, Trigger
from hereabouts.policy.point import Point
from hereabouts.presence import questions
from hereabouts.presence.questions import (
    Asked,
    NotifyQuestion,
    ShowQuestion,
    SubscribeQuestion,
    WatchQuestion,
)
from hereabouts.roles.policy_facts import of_notifying, of_subscribing
from hereabouts.sip.headers.address import Address

ALICE, BOB = "sip:alice@example.com", "sip:bob@example.com"
ASKED = Asked(
    kind=questions.Kind.REFRESH,
    expires=600,
    event="presence",
    accept=("application/pidf+xml",),
    origin=f"Bob <{BOB}>;tag=1",
    destination=ALICE,
    original_destination=f"<{ALICE}>",
)
COMMON = Facts(
    owner=ALICE,
    point=Point.INCOMING_SUBSCRIPTION,
    presentity=ALICE,
    watcher=BOB,
    event="presence",
    state="active",
    authentication="digest",
)


def with_asked(facts: Facts) -> Facts:
    return msgspec.structs.replace(
        facts,
        kind=Kind.REFRESH,
        expires=600,
        accept=("application/pidf+xml",),
        origin=Address(BOB, {"tag": "1"}, "Bob"),
        destination=Address(ALICE, {}),
        original_destination=Address(ALICE, {}),
    )


def test_what_the_presentity_knows_of_a_subscribe() -> None:
    question = WatchQuestion(ALICE, BOB, "presence", "active", ASKED)
    assert of_subscribing(question, "digest") == with_asked(COMMON)


def test_what_the_watchers_side_knows_of_a_subscribe() -> None:
    question = SubscribeQuestion(ALICE, BOB, "presence", "active", ASKED)
    expected = msgspec.structs.replace(
        COMMON, owner=BOB, point=Point.OUTGOING_SUBSCRIPTION, trigger=Trigger.REFRESH_TIMER
    )
    assert of_subscribing(question, "digest") == with_asked(expected)


def test_a_request_that_is_no_refresh_is_the_watchers_own() -> None:
    asked = msgspec.structs.replace(ASKED, kind=questions.Kind.FETCH)
    question = SubscribeQuestion(ALICE, BOB, "presence", "init", asked)
    assert of_subscribing(question, "digest").trigger is Trigger.USER


def test_what_nobody_kept_is_absent() -> None:
    question = WatchQuestion(ALICE, BOB, "presence", "active")
    assert of_subscribing(question, "digest") == COMMON


NOTIFY = NotifyQuestion(
    ALICE,
    BOB,
    "presence",
    questions.Trigger.UPDATE,
    "active",
    content_type="application/pidf+xml",
    since_last=7.0,
    asked=ASKED,
)


def test_what_the_presentity_knows_of_a_notify() -> None:
    expected = msgspec.structs.replace(
        with_asked(COMMON),
        point=Point.OUTGOING_NOTIFICATION,
        trigger=Trigger.UPDATE,
        content_type="application/pidf+xml",
        since_last_notification=7.0,
    )
    assert of_notifying(NOTIFY, "digest") == expected


def test_what_the_watchers_side_knows_of_a_notify() -> None:
    expected = msgspec.structs.replace(
        COMMON,
        owner=BOB,
        point=Point.INCOMING_NOTIFICATION,
        trigger=Trigger.NOTIFY,
        accept=("application/pidf+xml",),
        content_type="application/pidf+xml",
        since_last_notification=7.0,
    )
    shown = ShowQuestion(*msgspec.structs.astuple(NOTIFY))
    assert of_notifying(shown, "digest") == expected


def test_a_notify_may_know_less_and_say_why_it_is_the_last() -> None:
    question = msgspec.structs.replace(
        NOTIFY, asked=None, content_type="", state="terminated", reason="timeout"
    )
    found = of_notifying(question, "digest")
    assert (found.kind, found.accept, found.content_type) == (None, None, None)
    assert (found.state, found.reason) == ("terminated", "timeout")


def test_what_is_no_address_is_absent() -> None:
    asked = msgspec.structs.replace(ASKED, destination="sip:a b")
    question = WatchQuestion(ALICE, BOB, "presence", "active", asked)
    assert of_subscribing(question, "digest").destination is None


def test_every_kind_and_every_cause_has_its_fact() -> None:
    assert {each.value for each in questions.Kind} == {each.value for each in Kind}
    assert {each.value for each in questions.Trigger} < {each.value for each in Trigger}
