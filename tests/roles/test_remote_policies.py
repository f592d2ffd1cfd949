"""Policies of a server elsewhere: what is kept, what is asked, and what silence costs."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.base.deadlines import Deadlines
from hereabouts.base.journal import Grade
from hereabouts.base.units import NEVER, Instant, Moment, Timestamp
from hereabouts.policy.engine import Policy
from hereabouts.policy.point import Point
from hereabouts.roles import remote_policies as module
from hereabouts.roles.conductor import Conductor
from hereabouts.roles.policy_link import Answer, Answers, Dated, News, Poll, Question
from hereabouts.roles.policy_source import PolicyUnavailable
from hereabouts.roles.remote_policies import (
    BETWEEN_POLLS,
    LONGEST_RETRY,
    MOST_ASKED,
    POLL,
    RETRY,
    RemotePolicies,
)

TOM, ALICE = "sip:tom@example.com", "sip:alice@example.com"
POINT = Point.INCOMING_SUBSCRIPTION
TIMEOUT = 2.0
EPOCH = 1_000_000.0


def policy(policy_id: str, begins: float = 0.0, ends: float = NEVER) -> Dated:
    ready = Policy(
        owner=TOM, id=policy_id, name=policy_id, script=None, valid_until=Timestamp(ends)
    )
    return Dated(ready, Timestamp(begins))


HOURS = (policy("hours"),)


class Wire:
    """A link that keeps what is asked."""

    def __init__(self) -> None:
        self.answers: Answers
        self.questions: list[Question] = []
        self.polls: list[Poll] = []
        self.dropped: list[Question | Poll] = []

    def ask(self, question: Question) -> None:
        self.questions.append(question)

    def follow(self, poll: Poll) -> None:
        self.polls.append(poll)

    def drop(self, asked: Question | Poll) -> None:
        self.dropped.append(asked)


class Diary:
    def __init__(self) -> None:
        self.events: list[tuple[Grade, str]] = []

    def say(self, grade: Grade, event: str, **fields: object) -> None:
        self.events.append((grade, event))


class Bench:
    """Remote policies with a clock and handlers that ask."""

    def __init__(self) -> None:
        self.instant = 100.0
        self.wire = Wire()
        self.diary = Diary()
        self.deadlines = Deadlines()
        self.conductor = Conductor()
        self.policies = RemotePolicies(self.wire, self.deadlines, self.diary, timeout=TIMEOUT)
        self.policies.on_changed = lambda owners, _now: self.changes.append(owners)
        self.changes: list[frozenset[str] | None] = []
        self.said: list[object] = []
        "What each question came to: ids of policies, or the fault."

    @property
    def now(self) -> Moment:
        return Moment(Instant(self.instant), Timestamp(EPOCH + self.instant))

    def ask(self, owner: str = TOM, now: Moment | None = None) -> None:
        async def handler() -> None:
            try:
                found = await self.policies.applicable(owner, POINT, now or self.now)
            except PolicyUnavailable as fault:
                self.said.append(fault.fault)
            else:
                self.said.append([each.id for each in found])

        self.run(handler())

    def run(self, handler: Coroutine[Any, Any, None]) -> None:
        def fail(error: Exception) -> None:
            raise error

        self.conductor.run(str(id(handler)), lambda: handler, fail)

    def pass_time(self, seconds: float) -> None:
        """Let time pass, from one deadline to the next."""
        end = self.instant + seconds
        while (due := self.deadlines.next()) is not None and due <= end:
            self.instant = max(self.instant, due)
            self.deadlines.wake_due(self.now)
        self.instant = end

    def start(self) -> None:
        self.policies.start(self.now)
        self.tell("r.0", None)

    def tell(self, version: str, owners: frozenset[str] | None = frozenset()) -> None:
        """Tell who has changed his policies, and has some; `None`: that it may be anybody."""
        if owners is None:
            self.tell_all(version)
        else:
            points = {owner: frozenset({POINT}) for owner in owners}
            self.policies.told(self.wire.polls[-1], News(version, points), self.now)

    def tell_all(self, version: str, *owners: str, is_complete: bool = False) -> None:
        """Tell who has policies; unless it is complete others may have some too."""
        points = {owner: frozenset({POINT}) for owner in owners}
        news = News(version, points, is_all=True, is_complete=is_complete)
        self.policies.told(self.wire.polls[-1], news, self.now)

    def answer(
        self, policies: tuple[Dated, ...] | None = HOURS, tag: str = "t", index: int = -1
    ) -> None:
        self.policies.answered(self.wire.questions[index], Answer(tag, policies), self.now)

    def fail(self, fault: str = "it is broken") -> None:
        self.policies.failed(self.wire.questions[-1], fault, self.now)


@pytest.fixture
def bench() -> Bench:
    started = Bench()
    started.start()
    return started


# --- asking and keeping


def test_a_question_waits_for_its_answer(bench: Bench) -> None:
    bench.ask()
    assert bench.said == []
    assert not bench.conductor.is_idle
    bench.answer()
    assert bench.said == [["hours"]]
    assert bench.conductor.is_idle


def test_what_was_answered_is_not_asked_again(bench: Bench) -> None:
    bench.ask()
    bench.answer()
    bench.ask()
    assert bench.said == [["hours"], ["hours"]]
    assert len(bench.wire.questions) == 1


def test_those_who_ask_the_same_share_one_question(bench: Bench) -> None:
    for _ in range(3):
        bench.ask()
    bench.ask(ALICE)
    assert [question.key[0] for question in bench.wire.questions] == [TOM, ALICE]
    bench.answer(index=0)
    assert bench.said == 3 * [["hours"]]


def test_before_there_is_news_nothing_is_kept() -> None:
    bench = Bench()
    for _ in range(2):
        bench.ask()
        bench.answer()
    assert len(bench.wire.questions) == 2
    assert bench.said == [["hours"], ["hours"]]


def test_what_is_asked_again_names_the_entity_tag_and_may_be_unchanged(bench: Bench) -> None:
    bench.ask()
    bench.answer(tag="one")
    bench.pass_time(BETWEEN_POLLS)
    bench.tell("r.1", frozenset({TOM}))
    bench.ask()
    assert bench.wire.questions[-1].entity_tag == "one"
    bench.answer(None, tag="one")
    bench.ask()
    assert bench.said == 3 * [["hours"]]
    assert len(bench.wire.questions) == 2


def test_nothing_cannot_be_unchanged(bench: Bench) -> None:
    bench.ask()
    bench.answer(None)
    assert "still the same" in str(bench.said[0])


def test_only_what_applies_now_is_handed_out(bench: Bench) -> None:
    now = bench.now.timestamp
    bench.ask()
    bench.answer(
        (policy("over", ends=now), policy("now", now, now + 1), policy("later", now + 1), *HOURS)
    )
    assert bench.said == [["now", "hours"]]
    bench.pass_time(1)
    bench.ask()
    assert bench.said[-1] == ["later", "hours"]


def test_it_is_told_when_a_policy_begins_or_ends(bench: Bench) -> None:
    now = bench.now.timestamp
    for version in ("r.1", "r.2"):  # asked for again, and not told twice
        bench.ask()
        bench.answer((policy("a", now + 10, now + 20), policy("b", now - 5)))
        bench.pass_time(BETWEEN_POLLS)
        bench.tell(version, frozenset({TOM}))
    bench.changes.clear()
    bench.pass_time(9.7)
    assert bench.changes == []
    bench.pass_time(0.2)
    assert bench.changes == [frozenset({TOM})]
    bench.pass_time(10)
    assert bench.changes == 2 * [frozenset({TOM})]


KNOWN = [
    ((), False, "nothing applies"),
    (HOURS, True, "something does"),
    ((policy("later", EPOCH * 2),), True, "something will"),
]


@pytest.mark.parametrize(
    "policies, may_apply", [row[:2] for row in KNOWN], ids=[row[2] for row in KNOWN]
)
def test_whether_anything_may_apply(
    bench: Bench,
    policies: tuple[Dated, ...],
    may_apply: bool,  # noqa: FBT001 - a table
) -> None:
    assert bench.policies.may_apply(TOM, POINT), "what is not known may"
    bench.ask()
    bench.answer(policies)
    assert bench.policies.may_apply(TOM, POINT) is may_apply


def test_who_has_no_policies_is_not_asked_about() -> None:
    bench = Bench()
    bench.policies.start(bench.now)
    bench.tell_all("r.0", TOM, is_complete=True)
    assert bench.policies.may_apply(TOM, POINT)
    assert not bench.policies.may_apply(ALICE, POINT)
    assert not bench.policies.may_apply(TOM, Point.OUTGOING_NOTIFICATION)
    bench.ask(ALICE)
    assert bench.said == [[]]
    assert bench.wire.questions == []
    bench.pass_time(BETWEEN_POLLS)
    bench.tell("r.1", frozenset({ALICE}))
    bench.ask(ALICE)
    assert len(bench.wire.questions) == 1


# --- news


def test_the_first_news_is_that_anything_may_have_changed(bench: Bench) -> None:
    """It was decided by an earlier run, or while the server could not be asked."""
    assert bench.changes == [None]
    assert not bench.wire.polls[0].is_patient


def test_news_is_waited_for_after_a_short_pause(bench: Bench) -> None:
    bench.pass_time(BETWEEN_POLLS - 0.01)
    assert len(bench.wire.polls) == 1
    bench.pass_time(0.02)
    poll = bench.wire.polls[-1]
    assert (poll.since, poll.is_patient) == ("r.0", True)


def test_whose_policies_have_changed_is_asked_again_and_others_are_not(bench: Bench) -> None:
    for owner in (TOM, ALICE):
        bench.ask(owner)
        bench.answer()
    bench.changes.clear()
    bench.pass_time(BETWEEN_POLLS)
    bench.tell("r.1", frozenset({TOM}))
    assert bench.changes == [frozenset({TOM})]
    bench.ask(TOM)
    bench.ask(ALICE)
    assert [question.key[0] for question in bench.wire.questions] == [TOM, ALICE, TOM]


def test_no_news_changes_nothing(bench: Bench) -> None:
    bench.pass_time(BETWEEN_POLLS)
    bench.tell("r.0")
    assert bench.changes == [None]


def test_if_anybodys_have_changed_all_is_asked_again(bench: Bench) -> None:
    bench.ask()
    bench.answer()
    bench.pass_time(BETWEEN_POLLS)
    bench.tell("q.0", None)
    bench.ask()
    assert len(bench.wire.questions) == 2
    assert bench.changes == [None, None]


@pytest.mark.parametrize("owners", [frozenset({TOM}), None], ids=["his", "anybody's"])
def test_an_answer_that_a_change_overtakes_is_not_kept(
    bench: Bench, owners: frozenset[str] | None
) -> None:
    bench.ask()
    bench.pass_time(BETWEEN_POLLS)
    bench.tell("r.1", owners)
    bench.ask()
    assert len(bench.wire.questions) == 2
    bench.answer((policy("new"),), tag="new", index=1)
    bench.answer(HOURS, tag="old", index=0)
    assert bench.said == [["new"], ["hours"]], "who asked before the change gets what held then"
    bench.ask()
    assert bench.said[-1] == ["new"]


# --- silence


def test_a_silent_server_costs_one_time_limit_and_not_a_moment_more(bench: Bench) -> None:
    bench.ask()
    bench.pass_time(TIMEOUT - 0.001)
    assert bench.said == []
    bench.pass_time(0.001)
    assert "2 s" in str(bench.said[0])
    assert bench.wire.questions[0] in bench.wire.dropped
    bench.ask()
    bench.ask(ALICE)
    assert len(bench.said) == 3
    assert len(bench.wire.questions) == 1


def test_the_time_limit_counts_from_the_asking_though_the_handler_is_older(bench: Bench) -> None:
    """Its `now` is that of its request: it may have waited for something else before."""
    begun = bench.now
    bench.ask(ALICE)
    bench.pass_time(1.5)
    bench.answer()
    bench.ask(TOM, begun)
    bench.pass_time(TIMEOUT - 0.01)
    assert len(bench.said) == 1
    bench.pass_time(0.02)
    assert len(bench.said) == 2


def test_all_who_wait_are_told_at_once(bench: Bench) -> None:
    bench.ask(TOM)
    bench.pass_time(1)
    bench.ask(ALICE)
    bench.pass_time(1)
    assert len(bench.said) == 2
    assert bench.conductor.is_idle


def test_it_is_said_once_in_the_log_and_so_is_its_end(bench: Bench) -> None:
    bench.ask()
    bench.pass_time(60)
    bench.tell("r.0")
    assert bench.diary.events == [
        (Grade.DEBUG, "the policy server answers"),
        (Grade.ERROR, "out of order"),
        (Grade.INFO, "the policy server answers again"),
    ]


def test_what_was_kept_is_no_answer_while_the_server_is_silent(bench: Bench) -> None:
    bench.ask(TOM)
    bench.answer()
    bench.ask(ALICE)
    bench.pass_time(TIMEOUT)
    bench.ask(TOM)
    assert "server" in str(bench.said[-1])
    assert bench.policies.may_apply(TOM, POINT)


def test_a_probe_notices_the_return_of_the_server(bench: Bench) -> None:
    bench.ask()
    bench.answer(tag="one")
    bench.pass_time(BETWEEN_POLLS)
    bench.policies.lost(bench.wire.polls[-1], "it hung up", bench.now)
    bench.changes.clear()
    bench.pass_time(RETRY)
    probe = bench.wire.polls[-1]
    assert (probe.since, probe.is_patient) == ("r.0", False)
    bench.pass_time(TIMEOUT + RETRY)
    assert bench.wire.polls[-1] is not probe, "one that is not answered is followed by the next"
    bench.tell("r.0")
    assert bench.changes == [None], "what was decided meanwhile is asked again"
    bench.ask()
    assert bench.said[-1] == ["hours"], "nothing has changed since, and so it is right again"


def test_what_changed_while_the_server_was_silent_is_asked_again(bench: Bench) -> None:
    bench.ask()
    bench.answer(tag="one")
    bench.pass_time(BETWEEN_POLLS)
    bench.policies.lost(bench.wire.polls[-1], "it hung up", bench.now)
    bench.pass_time(RETRY)
    bench.tell("r.5", frozenset({TOM}))
    bench.ask()
    assert bench.wire.questions[-1].entity_tag == "one"
    assert len(bench.wire.questions) == 2


def test_a_server_that_answers_probes_alone_is_tried_less_and_less(bench: Bench) -> None:
    pauses = []
    for _ in range(6):
        bench.ask()
        bench.fail()
        begun, polls = bench.instant, len(bench.wire.polls)
        while len(bench.wire.polls) == polls:
            bench.pass_time(0.5)
        pauses.append(bench.instant - begun)
        bench.tell("r.0")
    assert pauses == [2, 4, 8, 16, LONGEST_RETRY, LONGEST_RETRY]
    bench.ask()
    bench.answer()
    bench.ask(ALICE)
    bench.fail()
    polls = len(bench.wire.polls)
    bench.pass_time(RETRY)
    assert len(bench.wire.polls) == polls + 1, "an answer is a new beginning"


def test_news_that_does_not_come_is_silence_too(bench: Bench) -> None:
    bench.pass_time(BETWEEN_POLLS)
    bench.pass_time(POLL + TIMEOUT - 0.01)
    bench.ask()
    assert bench.said == []
    bench.pass_time(0.01)
    assert len(bench.said) == 1
    assert bench.wire.polls[1] in bench.wire.dropped


def test_what_comes_too_late_is_ignored(bench: Bench) -> None:
    bench.ask()
    late_question = bench.wire.questions[-1]
    bench.pass_time(BETWEEN_POLLS)
    late_poll = bench.wire.polls[-1]
    bench.pass_time(TIMEOUT)
    said, events = list(bench.said), list(bench.diary.events)
    bench.policies.answered(late_question, Answer("t", HOURS), bench.now)
    bench.policies.failed(late_question, "?", bench.now)
    bench.policies.told(late_poll, News("r.9", {}, is_all=True), bench.now)
    bench.policies.lost(late_poll, "?", bench.now)
    bench.ask()
    assert bench.said[:-1] == said
    assert "server" in str(bench.said[-1])
    assert bench.diary.events == events


# --- bounds


def test_questions_beyond_some_wait_for_their_turn(bench: Bench) -> None:
    owners = [f"sip:{number}@example.com" for number in range(MOST_ASKED + 2)]
    for owner in owners:
        bench.ask(owner)
    assert len(bench.wire.questions) == MOST_ASKED
    for count in range(len(owners)):
        bench.answer(index=count)
    assert [question.key[0] for question in bench.wire.questions] == owners
    assert bench.said == len(owners) * [["hours"]]


def test_the_time_limit_of_what_waits_for_its_turn_begins_with_it(bench: Bench) -> None:
    for number in range(MOST_ASKED + 1):
        bench.ask(f"sip:{number}@example.com")
    bench.pass_time(TIMEOUT - 0.1)
    for count in range(MOST_ASKED):
        bench.answer(index=count)
    bench.pass_time(TIMEOUT - 0.1)
    bench.answer(index=MOST_ASKED)
    assert bench.said == (MOST_ASKED + 1) * [["hours"]]


def test_what_waits_for_its_turn_is_told_of_silence_with_the_others(bench: Bench) -> None:
    for number in range(MOST_ASKED + 2):
        bench.ask(f"sip:{number}@example.com")
    bench.pass_time(TIMEOUT)
    assert len(bench.said) == MOST_ASKED + 2
    assert len(bench.wire.questions) == MOST_ASKED
    assert bench.conductor.is_idle


def test_a_change_does_not_overtake_what_is_not_asked_yet(bench: Bench) -> None:
    for number in range(MOST_ASKED):
        bench.ask(f"sip:{number}@example.com")
    bench.ask(TOM)
    bench.pass_time(BETWEEN_POLLS)
    bench.tell("r.1", frozenset({TOM}))
    bench.ask(TOM)
    for count in range(MOST_ASKED + 1):
        bench.answer(index=count)
    bench.ask(TOM)
    assert len(bench.wire.questions) == MOST_ASKED + 1
    assert bench.said[-3:] == 3 * [["hours"]]


def test_nobody_waits_too_long_for_his_turn(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LONGEST_QUEUED", TIMEOUT / 2)
    for number in range(MOST_ASKED + 1):
        bench.ask(f"sip:{number}@example.com")
    bench.pass_time(TIMEOUT / 2)
    assert len(bench.said) == 1
    assert "too many" in str(bench.said[0])
    for count in range(MOST_ASKED):
        bench.answer(index=count)
    assert len(bench.wire.questions) == MOST_ASKED, "what nobody waits for is not asked"
    bench.ask()
    bench.answer()
    assert bench.said[-1] == ["hours"], "and the server is not silent"


def test_too_many_who_would_wait_for_their_turn_are_not_let(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_QUEUED", 1)
    for number in range(MOST_ASKED + 2):
        bench.ask(f"sip:{number}@example.com")
    assert "too many" in str(bench.said[0])
    bench.answer()
    bench.answer()
    bench.ask()
    assert bench.said[1:] == [["hours"], ["hours"]]


def test_too_many_who_wait_are_not_let_wait(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_WAITING", 2)
    for _ in range(3):
        bench.ask()
    assert "too many" in str(bench.said[0])
    bench.answer()
    bench.ask()
    assert bench.said[1:] == 3 * [["hours"]]


# --- whatever happens


@st.composite
def happenings(draw: st.DrawFn) -> list[tuple[str, int]]:
    kinds = st.sampled_from(["ask", "answer", "same", "fail", "tell", "lose", "pass"])
    return draw(st.lists(st.tuples(kinds, st.integers(0, 5)), max_size=40))


@given(happenings())
def test_whatever_happens_every_question_comes_to_an_end(rows: list[tuple[str, int]]) -> None:
    bench = Bench()
    bench.policies.start(bench.now)
    asked = 0
    for kind, number in rows:
        questions, polls = bench.wire.questions, bench.wire.polls
        match kind:
            case "ask":
                asked += 1
                bench.ask(f"sip:{number}@example.com")
            case "pass":
                bench.pass_time(number)
            case "tell":
                owner = {f"sip:{number}@example.com": frozenset({POINT})}
                news = News(str(number), owner, is_all=number == 0, is_complete=True)
                bench.policies.told(polls[-1], news, bench.now)
            case "lose":
                bench.policies.lost(polls[number % len(polls)], "lost", bench.now)
            case _ if questions:
                question = questions[number % len(questions)]
                if kind == "fail":
                    bench.policies.failed(question, "failed", bench.now)
                else:
                    policies = None if kind == "same" else HOURS
                    bench.policies.answered(question, Answer("t", policies), bench.now)
    bench.pass_time(TIMEOUT)
    assert bench.conductor.is_idle
    assert len(bench.said) == asked
    bench.pass_time(LONGEST_RETRY + POLL + TIMEOUT)
    polls_before = len(bench.wire.polls)
    bench.pass_time(LONGEST_RETRY + POLL + 2 * TIMEOUT)
    assert len(bench.wire.polls) > polls_before, "it is followed for ever"
