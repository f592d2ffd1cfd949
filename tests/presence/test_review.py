from __future__ import annotations

import pytest

from hereabouts.base.units import NEVER, Timestamp
from hereabouts.presence.agent import Rules
from hereabouts.presence.questions import Decision, Handling, Kind, NotifyAnswer, WatchAnswer
from hereabouts.presence.review import PATIENCE, SLICE, asked_again, terms_after
from hereabouts.presence.terms import Terms
from tests.presence.desk import ALICE, BOB, Desk, document


def subscribed(decision: Decision = Decision.ALLOW, rules: Rules | None = None) -> Desk:
    desk = Desk(rules, decision)
    desk.ruled = frozenset({"subscribing"})
    desk.subscribe()
    desk.answer(200, desk.notify())
    desk.take_asked()
    return desk


def say(decision: Decision, **fields: object) -> WatchAnswer:
    return WatchAnswer(decision, "the test says so", **fields)  # type: ignore[arg-type]


def test_a_decision_is_asked_about_for_that_watcher_alone() -> None:
    desk = subscribed(Decision.CONFIRM)
    desk.watching = say(Decision.ALLOW)
    desk.agent.review.decided(ALICE, "sip:carol@example.com")
    desk.work()
    assert desk.take_asked() == []
    desk.agent.review.decided(ALICE, BOB)
    desk.work()
    assert desk.notify().headers["subscription-state"][0].startswith("active")


@pytest.mark.parametrize("doubt", ["his own", "everybody's"])
def test_when_rules_change_all_who_watch_him_are_asked_about(doubt: str) -> None:
    desk = subscribed()
    desk.watching = say(Decision.POLITE_BLOCK)
    if doubt == "his own":
        desk.agent.review.doubt(ALICE)
    else:
        desk.agent.review.doubt_everybody()
    desk.work()
    assert desk.take_asked() == ["watch"]
    assert b"closed" in desk.notify().body


def test_when_a_watchers_rules_change_what_he_is_shown_is_asked_about() -> None:
    desk = Desk()
    desk.publish(document())
    desk.subscribe()
    desk.answer(200, desk.notify())
    desk.take_asked()
    desk.ruled = frozenset({"notifying"})
    desk.notifying = NotifyAnswer(Handling.POLITE_BLOCK, "the test says so")
    desk.agent.review.doubt(BOB)
    desk.work()
    assert "watch" not in desk.take_asked(), "the presentity has nothing to do with it"
    assert b"closed" in desk.notify().body


def test_those_who_watch_are_asked_about_in_slices() -> None:
    desk = Desk()
    for _ in range(SLICE + 1):
        desk.subscribe()
    desk.take_asked()
    desk.agent.review.doubt(ALICE)
    assert desk.work()
    assert desk.take_asked() == ["watch"] * SLICE
    assert not desk.work()
    assert desk.take_asked() == ["watch"]


def test_a_slow_source_holds_up_a_slice_and_what_was_turned_away_nothing_for_long() -> None:
    desk = Desk()
    for _ in range(SLICE + 1):
        desk.subscribe()
    desk.take_asked()
    review, started = desk.agent.review, list[str]()
    review._run = lambda key, _start: started.append(key)  # noqa: SLF001 - none ever begins
    review.doubt_everybody()
    assert not review.work(desk.now)
    assert started == [ALICE] * SLICE
    desk.wait(PATIENCE)
    review.work(desk.now)
    assert len(started) == SLICE + 1


def test_nobody_is_asked_about_who_is_gone() -> None:
    desk = subscribed()
    desk.subscribe(desk.delivery().id, Expires="0")
    desk.take_asked()
    desk.agent.review.doubt(ALICE)
    desk.work()
    assert desk.take_asked() == []


def test_an_answer_that_changes_the_terms_alone_is_kept_and_not_told() -> None:
    desk = subscribed()
    until = Timestamp(desk.now.timestamp + 99)
    desk.watching = say(Decision.ALLOW, min_interval=30.0, valid_until=until)
    desk.agent.review.doubt(ALICE)
    desk.work()
    terms = desk.delivery().subscription.terms
    assert terms is not None
    assert (terms.min_interval, terms.decided_until) == (30.0, until)
    assert desk.notifies() == []


def boundary(*, reevaluates: bool) -> Desk:
    desk = Desk(Rules(reevaluates=reevaluates))
    desk.ruled = frozenset({"subscribing"})
    until = Timestamp(desk.now.timestamp + 60)
    desk.watching = say(Decision.ALLOW, valid_until=until)
    desk.subscribe()
    desk.answer(200, desk.notify())
    desk.take_asked()
    desk.watching = say(Decision.REJECT)
    return desk


def test_a_boundary_is_asked_about_where_that_is_wished() -> None:
    desk = boundary(reevaluates=True)
    desk.wait(59)
    assert desk.take_asked() == []
    desk.wait(1)
    assert desk.notify().headers["subscription-state"] == ["terminated;reason=rejected"]


def test_a_boundary_is_no_matter_where_it_is_not_wished() -> None:
    desk = boundary(reevaluates=False)
    desk.wait(120)
    assert desk.take_asked() == []


def test_a_boundary_that_has_moved_is_no_matter() -> None:
    desk = boundary(reevaluates=True)
    desk.watching = say(Decision.ALLOW, valid_until=Timestamp(desk.now.timestamp + 300))
    desk.subscribe(desk.delivery().id)
    desk.answer(200, desk.notify())
    desk.take_asked()
    desk.wait(120)
    assert desk.take_asked() == []
    desk.wait(180)
    assert desk.take_asked() == ["watch"]


@pytest.mark.parametrize(
    "decision, kind", [(Decision.ALLOW, Kind.REFRESH), (Decision.CONFIRM, Kind.INITIAL)]
)
def test_who_was_let_in_is_asked_about_as_at_a_refresh(decision: Decision, kind: Kind) -> None:
    question = asked_again(subscribed(decision).delivery().subscription)
    assert question.asked is not None
    assert question.asked.kind is kind
    assert question.state == ("active" if decision is Decision.ALLOW else "pending")


def test_a_plain_answer_makes_no_terms() -> None:
    desk = Desk()
    desk.subscribe()
    record = desk.delivery().subscription
    assert terms_after(record, say(Decision.ALLOW)) is None
    assert terms_after(record, say(Decision.ALLOW, min_interval=5.0)) == Terms(min_interval=5.0)
    assert Terms().decided_until == NEVER
