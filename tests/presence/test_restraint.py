"""What becomes of a NOTIFY on its way to a watcher with rules, as a table."""

from __future__ import annotations

import msgspec
import pytest

from hereabouts.base.units import NEVER, Timestamp
from hereabouts.presence.questions import Handling, NotifyAnswer, Trigger
from hereabouts.presence.relay import shown
from hereabouts.presence.restraint import Verdict, question_about, verdict
from hereabouts.sip.headers.event import SubscriptionState
from tests.presence.test_relay import BOB, NOTIFY, NOW, WATCHER, active, asked

UPDATE, REFRESH, END = Trigger.UPDATE, Trigger.SUBSCRIBE, Trigger.TERMINATION
NEW, OLD = b"shown", b"seen"
LATER = Timestamp(NOW + 60)

VERDICTS = [
    ({"handling": Handling.DELIVER}, UPDATE, NEW, None, "it goes on"),
    ({"handling": Handling.SUPPRESS}, UPDATE, None, NEVER, "it stays here"),
    ({"handling": Handling.SUPPRESS, "valid_until": LATER}, UPDATE, None, LATER, "for a time"),
    ({"handling": Handling.SUPPRESS}, REFRESH, OLD, NEVER, "what must go shows the last"),
    ({"handling": Handling.SUPPRESS}, END, OLD, None, "and a last one leaves nothing behind"),
    ({"handling": Handling.DEFER, "defer": 60}, UPDATE, None, LATER, "later"),
    ({"handling": Handling.DEFER, "defer": 60}, REFRESH, OLD, LATER, "the last now, it later"),
    ({"handling": Handling.DEFER, "defer": 60}, END, OLD, None, "there is no later"),
    ({"handling": Handling.DELIVER, "min_interval": 70}, UPDATE, None, LATER, "at his pace"),
    ({"handling": Handling.DELIVER, "min_interval": 70}, REFRESH, NEW, None, "which binds no one"),
    ({"handling": Handling.DELIVER, "min_interval": 10}, UPDATE, NEW, None, "who is slow already"),
]


@pytest.mark.parametrize(
    "answer, trigger, body, until", [row[:4] for row in VERDICTS], ids=[row[4] for row in VERDICTS]
)
def test_a_notify_is_shown_now_later_or_not(
    answer: dict[str, object], trigger: Trigger, body: bytes | None, until: Timestamp | None
) -> None:
    relay = shown(active(), OLD, "text/x-old", Timestamp(NOW - 10))
    given = NotifyAnswer(**{"because": "", **answer})  # type: ignore[arg-type]
    found = verdict(given, relay, asked("NOTIFY", NOTIFY), trigger, NOW)
    assert (found.body, found.until, found.is_end) == (body, until, False)
    assert found.content_type == {NEW: "text/plain", OLD: "text/x-old"}.get(body or b"", "")


def test_the_pace_of_the_subscription_holds_too() -> None:
    relay = shown(active(min_interval=70.0), OLD, "", Timestamp(NOW - 10))
    given = NotifyAnswer(Handling.DELIVER, "")
    assert verdict(given, relay, asked("NOTIFY", NOTIFY), UPDATE, NOW).until == LATER


BLANKS = [
    ("presence", b"No presence information", "application/pidf+xml", "the neutral document"),
    ("presence;id=1", b"No presence information", "application/pidf+xml", "of this package"),
    ("other", b"", "", "nothing, for a package that is none of ours"),
]


@pytest.mark.parametrize(
    "event, contained, content_type", [row[:3] for row in BLANKS], ids=[row[3] for row in BLANKS]
)
def test_before_anything_was_shown_there_is_a_neutral_document(
    event: str, contained: bytes, content_type: str
) -> None:
    given = NotifyAnswer(Handling.POLITE_BLOCK, "")
    found = verdict(given, active(event=event), asked("NOTIFY", NOTIFY), REFRESH, NOW)
    assert found.body is not None
    assert contained in found.body
    assert bool(found.body) is bool(contained)
    assert found.content_type == content_type


@pytest.mark.parametrize("trigger", [UPDATE, REFRESH, END])
def test_a_rule_can_end_the_subscription(trigger: Trigger) -> None:
    relay = shown(active(), OLD, "text/x-old", NOW)
    given = NotifyAnswer(Handling.TERMINATE, "")
    found = verdict(given, relay, asked("NOTIFY", NOTIFY), trigger, NOW)
    assert (found.body, found.until) == (OLD, None)
    assert found.is_end is (trigger is not END), "it ends already"


EDITS = [
    (Verdict(body=NEW, content_type="text/plain"), {}, "nothing"),
    (
        Verdict(body=OLD, content_type="text/x-old"),
        {"content-type": "text/x-old", "content-encoding": ""},
        "another body",
    ),
    (Verdict(body=b""), {"content-type": "", "content-encoding": ""}, "none"),
    (
        Verdict(body=NEW, content_type="text/plain", is_end=True),
        {"subscription-state": "terminated;reason=rejected"},
        "an end",
    ),
]


@pytest.mark.parametrize("found, edited", [row[:2] for row in EDITS], ids=[row[2] for row in EDITS])
def test_the_headers_say_what_is_in_it(found: Verdict, edited: dict[str, str]) -> None:
    assert dict(found.edits(asked("NOTIFY", NOTIFY))) == edited


def test_rules_are_told_what_there_is_to_know() -> None:
    relay = shown(active(), OLD, "", Timestamp(NOW - 12.5))
    state = SubscriptionState.parse("terminated;reason=timeout")
    question = question_about(relay, asked("NOTIFY", NOTIFY), state, END, NOW)
    assert (question.presentity, question.watcher, question.package) == (BOB, WATCHER, "presence")
    assert (question.trigger, question.state, question.reason) == (END, "terminated", "timeout")
    assert (question.content_type, question.since_last) == ("text/plain", 12.5)
    fresh = msgspec.structs.replace(relay, shown_at=0.0)
    bare = asked("NOTIFY", NOTIFY, Content_Type="")
    question = question_about(fresh, bare, SubscriptionState.parse("active"), UPDATE, NOW)
    assert (question.content_type, question.since_last, question.reason) == ("", None, "")
