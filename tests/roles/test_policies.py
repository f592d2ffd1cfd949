from __future__ import annotations

from typing import Any

import msgspec
import pytest

from hereabouts.base.journal import Grade, Silence
from hereabouts.base.units import Instant, Moment, Timestamp
from hereabouts.policy.cpl.compiler import compile_script
from hereabouts.policy.decision import Operation
from hereabouts.policy.engine import Policy
from hereabouts.policy.point import Point
from hereabouts.presence.questions import (
    Asked,
    Decision,
    Handling,
    Kind,
    NotifyAnswer,
    NotifyQuestion,
    ShowQuestion,
    SubscribeQuestion,
    Trigger,
    WatchAnswer,
    WatchQuestion,
)
from hereabouts.presence.watchers import KIND, Approval, Approvals
from hereabouts.roles.build import finish
from hereabouts.roles.policies import DEFAULTS, MOST_WARNED, NOTIFYING, SUBSCRIBING, Policies
from hereabouts.roles.policy_source import Changed, PolicyUnavailable
from hereabouts.sip.domains import Domains
from hereabouts.storage.memory import MemoryStore
from tests.ladders.policies import THROTTLE, cpl

ALICE, BOB, STRANGER = "sip:alice@example.com", "sip:bob@example.com", "sip:bob@b.example"
NOW = Moment(Instant(100.0), Timestamp(1_700_000_000.0))
SILENCE = PolicyUnavailable("the policy server does not answer", "look whether it runs")


class Diary:
    """A journal that is kept."""

    def __init__(self) -> None:
        self.said: list[tuple[Grade, str, dict[str, object]]] = []

    def say(self, grade: Grade, event: str, **fields: object) -> None:
        self.said.append((grade, event, fields))


class Bench:
    """The adapter, and a source that is a table."""

    def __init__(self, *, is_private: bool = False) -> None:
        self.on_changed: Changed = lambda _owners, _now: None
        self.scripts: dict[tuple[str, Point], bytes | None] = {}
        self.has_any = True
        self.is_silent = False
        self.times = 1
        self.asked: list[tuple[str, Point]] = []
        self.diary = Diary()
        self.store = MemoryStore()
        approvals = Approvals(self.store, is_private=is_private)
        domains = Domains(("example.com",))
        self.policies = Policies(self, approvals, domains, self.diary, authentication="digest")

    async def applicable(self, owner: str, point: Point, now: Moment) -> tuple[Policy, ...]:
        self.asked.append((owner, point))
        if self.is_silent:
            raise SILENCE
        script = self.scripts[owner, point]
        compiled = compile_script(script) if script is not None else None
        return (Policy(owner=owner, id="one", name="the rule", script=compiled),) * self.times

    def may_apply(self, owner: str, point: Point) -> bool:
        return (owner, point) in self.scripts

    def rule(self, owner: str, point: Point, body: str) -> None:
        self.scripts[owner, point] = cpl(point.value, body)

    def watch(self, watcher: str = BOB) -> WatchAnswer:
        answer = finish(self.policies.may_watch(WatchQuestion(ALICE, watcher, "presence"), NOW))
        assert isinstance(answer, WatchAnswer)
        return answer

    def subscribe(self, kind: Kind = Kind.INITIAL, watcher: str = BOB) -> WatchAnswer:
        asked = Asked(
            kind=kind,
            expires=600,
            event="presence",
            accept=(),
            origin=f"<{watcher}>;tag=1",
            destination=ALICE,
            original_destination=f"<{ALICE}>",
        )
        question = SubscribeQuestion(ALICE, watcher, "presence", "init", asked)
        answer = finish(self.policies.may_subscribe(question, NOW))
        assert isinstance(answer, WatchAnswer)
        return answer

    def notify(self, trigger: Trigger = Trigger.UPDATE, since: float | None = None) -> NotifyAnswer:
        question = NotifyQuestion(ALICE, BOB, "presence", trigger, "active", since_last=since)
        answer = finish(self.policies.may_notify(question, NOW))
        assert isinstance(answer, NotifyAnswer)
        return answer

    def show(self, watcher: str = BOB) -> NotifyAnswer:
        question = ShowQuestion(ALICE, watcher, "presence", Trigger.UPDATE, "active")
        answer = finish(self.policies.may_show(question, NOW))
        assert isinstance(answer, NotifyAnswer)
        return answer


def test_where_no_policy_may_apply_nobody_is_asked() -> None:
    bench = Bench()
    assert bench.watch().decision is Decision.ALLOW
    assert bench.subscribe().decision is Decision.ALLOW
    assert bench.notify().handling is Handling.DELIVER
    assert bench.show().handling is Handling.DELIVER
    assert bench.asked == []
    assert bench.diary.said == []
    assert not bench.policies.has_subscribing_rules(ALICE, BOB)
    assert not bench.policies.has_notifying_rules(ALICE, BOB)


HINTS = [
    (ALICE, Point.INCOMING_SUBSCRIPTION, True, False),
    (BOB, Point.OUTGOING_SUBSCRIPTION, True, False),
    (ALICE, Point.OUTGOING_NOTIFICATION, False, True),
    (BOB, Point.INCOMING_NOTIFICATION, False, True),
    (BOB, Point.INCOMING_SUBSCRIPTION, False, False),
    (ALICE, Point.INCOMING_NOTIFICATION, False, False),
]


@pytest.mark.parametrize("owner, point, is_subscribing, is_notifying", HINTS)
def test_only_who_takes_part_at_a_point_has_rules_there(
    owner: str, point: Point, *, is_subscribing: bool, is_notifying: bool
) -> None:
    bench = Bench()
    bench.scripts[owner, point] = None
    assert bench.policies.has_subscribing_rules(ALICE, BOB) is is_subscribing
    assert bench.policies.has_notifying_rules(ALICE, BOB) is is_notifying


def test_the_policies_of_strangers_are_not_ours_to_ask() -> None:
    bench = Bench()
    for point in (Point.OUTGOING_SUBSCRIPTION, Point.INCOMING_NOTIFICATION):
        bench.scripts[STRANGER, point] = None
    assert bench.subscribe(watcher=STRANGER).decision is Decision.ALLOW
    assert bench.show(STRANGER).handling is Handling.DELIVER
    assert not bench.policies.has_subscribing_rules(ALICE, STRANGER)
    assert not bench.policies.has_notifying_rules(ALICE, STRANGER)


ORDER = [
    (BOB, Decision.REJECT, "<p:allow/>", Decision.REJECT, "his own word comes first"),
    (BOB, None, "<p:polite-block/>", Decision.POLITE_BLOCK, "then the policy"),
    (BOB, None, "", Decision.CONFIRM, "then the profile"),
    (ALICE, None, '<reject status="403"/>', Decision.ALLOW, "everybody may watch himself"),
]


@pytest.mark.parametrize(
    "watcher, own, body, expected", [row[:4] for row in ORDER], ids=[row[4] for row in ORDER]
)
def test_who_is_heard_first(
    watcher: str, own: Decision | None, body: str, expected: Decision
) -> None:
    bench = Bench(is_private=True)
    bench.rule(ALICE, Point.INCOMING_SUBSCRIPTION, body)
    if own is not None:
        finish(bench.store.put((KIND, ALICE, watcher), Approval(decision=own), None))
    assert bench.watch(watcher).decision is expected


def test_a_rejection_brings_its_status_and_its_reason() -> None:
    bench = Bench()
    bench.rule(ALICE, Point.INCOMING_SUBSCRIPTION, '<reject status="480" reason="Gone fishing"/>')
    answer = bench.watch()
    assert (answer.decision, answer.status, answer.reason) == (
        Decision.REJECT,
        480,
        "Gone fishing",
    )
    assert not answer.is_provisional


def test_the_terms_of_a_subscription_come_with_the_answer() -> None:
    bench = Bench()
    body = THROTTLE.replace("<p:deliver/>", '<p:expires at-most="PT30M"><p:allow/></p:expires>')
    bench.rule(ALICE, Point.INCOMING_SUBSCRIPTION, body)
    bench.rule(BOB, Point.OUTGOING_SUBSCRIPTION, body)
    for answer in (bench.watch(), bench.subscribe()):
        assert (answer.min_interval, answer.expires_at_most) == (600.0, 1800)


NOTIFIED = [
    ("<p:deliver/>", Trigger.UPDATE, None, Handling.DELIVER, "delivered"),
    ("<p:suppress/>", Trigger.UPDATE, None, Handling.SUPPRESS, "suppressed"),
    ("<p:suppress/>", Trigger.SUBSCRIBE, None, Handling.SUPPRESS, "presence knows what must go"),
    ("<p:polite-block/>", Trigger.UPDATE, None, Handling.POLITE_BLOCK, "neutral"),
    (THROTTLE, Trigger.UPDATE, 125.0, Handling.DEFER, "too soon"),
    (THROTTLE, Trigger.UPDATE, 600.0, Handling.DELIVER, "soon enough"),
    (THROTTLE, Trigger.SUBSCRIBE, 1.0, Handling.DELIVER, "it must go"),
]


@pytest.mark.parametrize(
    "body, trigger, since, expected",
    [row[:4] for row in NOTIFIED],
    ids=[row[4] for row in NOTIFIED],
)
def test_what_becomes_of_a_notification(
    body: str, trigger: Trigger, since: float | None, expected: Handling
) -> None:
    bench = Bench()
    bench.rule(ALICE, Point.OUTGOING_NOTIFICATION, body)
    answer = bench.notify(trigger, since)
    assert answer.handling is expected
    if expected is Handling.DEFER:
        assert (answer.defer, answer.min_interval) == (475.0, 600.0)


def test_the_watcher_has_his_own_say() -> None:
    bench = Bench()
    bench.rule(BOB, Point.INCOMING_NOTIFICATION, "<p:suppress/>")
    assert bench.show().handling is Handling.SUPPRESS


# -- silence


def silent() -> Bench:
    bench = Bench()
    bench.is_silent = True
    bench.scripts = {
        (ALICE, Point.INCOMING_SUBSCRIPTION): None,
        (BOB, Point.OUTGOING_SUBSCRIPTION): None,
        (ALICE, Point.OUTGOING_NOTIFICATION): None,
        (BOB, Point.INCOMING_NOTIFICATION): None,
    }
    return bench


def test_silence_protects_the_owner_at_each_point() -> None:
    bench = silent()
    leaving = bench.subscribe()
    assert (leaving.decision, leaving.status) == (Decision.REJECT, 500)
    assert bench.watch().decision is Decision.CONFIRM
    assert bench.notify().handling is Handling.SUPPRESS
    assert bench.show().handling is Handling.DELIVER
    assert "the policy server does not answer" in leaving.because


def test_what_silence_decides_does_not_hold() -> None:
    bench = silent()
    assert bench.watch().is_provisional
    assert bench.subscribe().is_provisional
    assert bench.notify().valid_until == NOW.timestamp
    assert bench.show().valid_until == NOW.timestamp


def warnings(bench: Bench) -> list[dict[str, object]]:
    return [fields for grade, _, fields in bench.diary.said if grade is Grade.WARNING]


def test_the_operator_is_told_once_until_something_changes() -> None:
    bench = silent()
    for _ in range(3):
        bench.notify()
    (warning,) = warnings(bench)
    assert warning["owner"] == ALICE
    assert warning["point"] == "outgoing-notification"
    bench.policies.changed(frozenset({BOB}))
    bench.notify()
    assert len(warnings(bench)) == 1
    bench.policies.changed(frozenset({ALICE}))
    bench.notify()
    assert len(warnings(bench)) == 2
    bench.policies.changed(None)
    bench.notify()
    assert len(warnings(bench)) == 3


def test_the_lines_about_silence_are_bounded() -> None:
    bench = silent()
    for number in range(MOST_WARNED + 2):
        owner = f"sip:{number}@example.com"
        bench.scripts[owner, Point.INCOMING_NOTIFICATION] = None
        bench.show(owner)
    assert len(warnings(bench)) == MOST_WARNED


def test_a_policy_that_cannot_be_run_is_told_of_and_fails() -> None:
    bench = silent()
    bench.is_silent = False
    assert bench.watch().decision is Decision.CONFIRM
    (warning,) = warnings(bench)
    assert "cannot be run" in str(warning["fault"])


# -- what can be seen of it


def test_the_journal_hears_the_four_steps() -> None:
    bench = Bench()
    bench.rule(ALICE, Point.INCOMING_SUBSCRIPTION, "<p:allow/>")
    answer = bench.watch()
    rows: list[Any] = [fields for _, event, fields in bench.diary.said if event == "policy"]
    assert [row["step"] for row in rows] == [1, 2, 3, 4]
    assert {row["point"] for row in rows} == {"incoming-subscription"}
    assert {row["owner"] for row in rows} == {row["presentity"] for row in rows} == {ALICE}
    assert {row["watcher"] for row in rows} == {BOB}
    assert rows[2]["text"] == "this one applies: the rule"
    assert (rows[3]["text"], rows[3]["decision"]) == (answer.because, "allow")
    assert rows[3]["policy"] == "the rule"


@pytest.mark.parametrize(
    "number, said", [(0, "no policy applies"), (2, "these apply: the rule, the rule")]
)
def test_the_journal_hears_what_was_found(number: int, said: str) -> None:
    bench = Bench()
    bench.rule(ALICE, Point.INCOMING_SUBSCRIPTION, "<p:allow/>")
    bench.times = number
    bench.watch()
    assert bench.diary.said[2][2]["text"] == said


def test_of_a_silent_source_the_journal_hears_the_question_and_the_decision() -> None:
    bench = silent()
    bench.watch()
    steps = [fields["step"] for _, event, fields in bench.diary.said if event == "policy"]
    assert steps == [1, 4]


def test_a_journal_that_does_not_listen_is_told_nothing() -> None:
    bench = Bench()
    bench.rule(ALICE, Point.INCOMING_SUBSCRIPTION, "<p:allow/>")
    approvals = Approvals(bench.store, is_private=False)
    deaf = Deaf()
    policies = Policies(bench, approvals, Domains(("example.com",)), deaf, authentication="none")
    finish(policies.may_watch(WatchQuestion(ALICE, BOB, "presence"), NOW))
    assert policies.decisions.of(ALICE)


class Deaf(Silence):
    def say(self, grade: Grade, event: str, **fields: object) -> None:
        raise AssertionError("nobody listens")


def test_what_was_decided_is_remembered_for_its_owner() -> None:
    bench = Bench()
    bench.rule(ALICE, Point.OUTGOING_NOTIFICATION, THROTTLE)
    answer = bench.notify(since=125.0)
    (row,) = bench.policies.decisions.of(ALICE)
    assert msgspec.structs.asdict(row) == {
        "at": NOW.timestamp,
        "point": "outgoing-notification",
        "presentity": ALICE,
        "watcher": BOB,
        "decision": "defer",
        "because": answer.because,
        "policy": "the rule",
    }


def test_every_operation_means_something_to_presence() -> None:
    assert set(SUBSCRIBING) | set(NOTIFYING) == set(Operation)
    assert set(DEFAULTS) == {Decision.ALLOW, Decision.CONFIRM}
