from __future__ import annotations

import pytest

from hereabouts.base.units import Timestamp
from hereabouts.presence.agent import Rules
from hereabouts.presence.notify import NOWHEN
from hereabouts.presence.questions import (
    Decision,
    Handling,
    NotifyAnswer,
    NotifyQuestion,
    ShowAnswer,
    ShowQuestion,
    Trigger,
)
from hereabouts.sip.flow import LOCAL, Flow
from tests.presence.desk import ALICE, BOB, Desk, document, tag_of


def ruled(decision: Decision = Decision.ALLOW, **fields: object) -> Desk:
    """A desk with one subscription, whose NOTIFYs are answered, and rules on them."""
    desk = Desk(Rules(notify_interval=0), decision)
    desk.ruled = frozenset({"notifying"})
    desk.notifying = NotifyAnswer(Handling.DELIVER, "the test says so", **fields)  # type: ignore[arg-type]
    desk.subscribe()
    desk.answer(200, desk.notify())
    desk.take_asked()
    return desk


def change(desk: Desk, basic: str) -> None:
    """Publish one thing more."""
    desk.publish(document(basic))
    desk.work()


def test_without_rules_a_change_asks_nobody() -> None:
    desk = Desk(Rules(notify_interval=0))
    desk.subscribe()
    desk.answer(200, desk.notify())
    desk.take_asked()
    change(desk, "open")
    assert b"open" in desk.notify().body
    assert desk.take_asked() == []
    assert desk.delivery().hold is None
    assert desk.delivery().subscription.terms is None


def test_the_presentity_is_asked_first_and_then_the_watcher() -> None:
    desk = Desk()
    desk.ruled = frozenset({"notifying"})
    desk.subscribe()
    assert desk.take_asked() == ["subscribe", "watch", "notify", "show"]


def test_the_question_says_what_the_notify_is_for() -> None:
    desk = ruled(looked_at=frozenset({"trigger"}))
    desk.wait(7)
    change(desk, "open")
    asked = [each for each in desk.asked if isinstance(each, NotifyQuestion)]
    assert [type(each) for each in asked] == [NotifyQuestion, ShowQuestion]
    question = asked[0]
    assert (question.presentity, question.watcher, question.package) == (ALICE, BOB, "presence")
    registered = (Trigger.REGISTRATION, "active", "")
    assert (question.trigger, question.state, question.reason) == registered
    assert question.since_last == 7.0
    assert question.asked is not None


def causes(desk: Desk) -> list[Trigger]:
    """What the presentity's rules were asked about since the last call."""
    asked = [each.trigger for each in desk.asked if type(each) is NotifyQuestion]
    desk.take_asked()
    return asked


def test_what_is_new_is_a_registration_and_what_follows_an_update() -> None:
    desk = ruled(looked_at=frozenset({"trigger"}))
    tag = desk.publish(document("open")).headers["sip-etag"][0]
    desk.work()
    desk.answer(200, desk.notify())
    desk.publish(document("closed"), SIP_If_Match=tag)
    desk.work()
    assert causes(desk) == [Trigger.REGISTRATION, Trigger.UPDATE]


def test_a_registration_that_is_held_stays_one_until_it_is_told() -> None:
    desk = ruled(looked_at=frozenset({"trigger"}))
    defer = NotifyAnswer(Handling.DEFER, "later", defer=10.0, looked_at=frozenset({"trigger"}))
    desk.notifying, free = defer, desk.notifying
    tag = desk.publish(document("open")).headers["sip-etag"][0]
    desk.wait(5)
    tag = desk.publish(document("closed"), SIP_If_Match=tag).headers["sip-etag"][0]
    desk.notifying = free
    desk.wait(5)
    told = desk.notify()
    assert b"closed" in told.body
    assert causes(desk) == [Trigger.REGISTRATION, Trigger.REGISTRATION]
    desk.answer(200, told)
    desk.publish(document("open"), SIP_If_Match=tag)
    desk.work()
    assert causes(desk) == [Trigger.UPDATE]


def test_a_registration_that_a_refresh_has_shown_is_told() -> None:
    desk = ruled(looked_at=frozenset({"trigger"}))
    desk.notifying = NotifyAnswer(Handling.DEFER, "later", defer=99.0)
    tag = desk.publish(document("open")).headers["sip-etag"][0]
    desk.work()
    desk.subscribe(desk.delivery().id)
    desk.answer(200, desk.notify())
    causes(desk)
    desk.agent.gate.doubt(desk.delivery())
    desk.publish(document("closed"), SIP_If_Match=tag)
    desk.work()
    assert causes(desk) == [Trigger.UPDATE]


def test_an_answer_that_holds_is_not_asked_for_again() -> None:
    desk = ruled()
    for basic in ("open", "closed"):
        change(desk, basic)
        desk.answer(200, desk.notify())
    assert desk.take_asked() == []
    terms = desk.delivery().subscription.terms
    assert terms is not None
    assert terms.told is None


def test_an_answer_is_asked_for_again_when_its_date_has_come() -> None:
    desk = ruled(valid_until=Timestamp(Desk().now.timestamp + 10))
    change(desk, "open")
    desk.answer(200, desk.notify())
    assert desk.take_asked() == []
    desk.wait(10)
    change(desk, "closed")
    assert desk.take_asked() == ["notify", "show"]


@pytest.mark.parametrize("handling", [Handling.SUPPRESS, Handling.DEFER, Handling.TERMINATE])
def test_the_watcher_is_not_asked_about_what_does_not_reach_him(handling: Handling) -> None:
    desk = ruled(looked_at=frozenset({"trigger"}))
    desk.notifying = NotifyAnswer(handling, "the test says so", defer=30.0)
    change(desk, "open")
    assert desk.take_asked() == ["notify"]


def test_an_agent_of_the_watcher_on_the_node_asks_for_himself() -> None:
    desk = Desk()
    desk.ruled = frozenset({"notifying"})
    desk.flow = Flow(LOCAL, "", 0, "node.example.com:5060")
    desk.subscribe()
    assert desk.take_asked() == ["watch", "notify"]


def test_the_blank_documents_of_others_are_nobodys_business() -> None:
    desk = ruled(Decision.CONFIRM)
    assert desk.delivery().subscription.terms is not None
    desk.agent.review.decided(ALICE, BOB)
    desk.work()
    assert desk.take_asked() == ["watch"]


def test_a_deferred_change_goes_out_newest_when_its_time_has_come() -> None:
    desk = ruled()
    desk.notifying = NotifyAnswer(Handling.DEFER, "the test says so", defer=30.0)
    desk.agent.gate.doubt(desk.delivery())
    change(desk, "open")
    desk.wait(29)
    change(desk, "closed")
    assert desk.take_asked() == ["notify"], "what is held is held, whatever comes"
    desk.notifying = NotifyAnswer(Handling.DELIVER, "the test says so")
    assert desk.notifies() == []
    desk.wait(1)
    assert b"closed" in desk.notify().body
    assert desk.take_asked() == ["notify", "show"]


def test_what_is_held_back_holds_up_nobodys_watermark() -> None:
    desk = ruled()
    desk.notifying = NotifyAnswer(Handling.SUPPRESS, "the test says so")
    desk.agent.gate.doubt(desk.delivery())
    change(desk, "open")
    assert not desk.delivery().owes


def test_what_was_told_is_kept_with_the_subscription() -> None:
    desk = ruled(min_interval=60.0)
    told = desk.delivery().subscription.terms
    assert told is not None
    assert told.told is not None
    assert (told.told.at, told.told.is_change) == (desk.now.timestamp, False)
    desk.wait(60)
    change(desk, "open")
    terms = desk.delivery().subscription.terms
    assert terms is not None
    assert terms.told is not None
    assert (terms.told.at, terms.told.is_change) == (desk.now.timestamp, True)
    assert terms.told.body == desk.notify().body


def fail(desk: Desk) -> None:
    """Have the NOTIFY that is said now meet a closed connection."""
    [lost] = [each for _, _, each in desk.endpoint.outbox if each and each.method == "NOTIFY"]
    desk.endpoint.outbox.clear()
    desk.endpoint.undeliverable(lost, desk.now)


def test_what_did_not_arrive_waits_for_no_interval_when_it_is_sent_again() -> None:
    desk = ruled(min_interval=600.0)
    desk.wait(600)
    desk.publish(document("open"))
    desk.work()
    fail(desk)  # as a datagram; it is tried by TCP
    assert b"open" in desk.notify().body


def test_who_asks_for_a_pause_waits_for_no_interval_after_it() -> None:
    desk = ruled(min_interval=600.0)
    desk.wait(600)
    change(desk, "open")
    desk.answer(503, desk.notify(), Retry_After="5")
    desk.wait(5)
    assert b"open" in desk.notify().body


def test_of_both_sides_the_longer_interval_counts() -> None:
    desk = ruled(min_interval=10.0)
    desk.showing = ShowAnswer(Handling.DELIVER, "the test says so", min_interval=60.0)
    desk.agent.gate.doubt(desk.delivery())
    change(desk, "open")
    desk.wait(59)
    assert desk.notifies() == []
    desk.wait(1)
    assert b"open" in desk.notify().body


def test_rules_may_end_a_subscription() -> None:
    desk = ruled()
    desk.notifying = NotifyAnswer(Handling.TERMINATE, "the test says so")
    desk.agent.gate.doubt(desk.delivery())
    change(desk, "open")
    assert desk.notify().headers["subscription-state"] == ["terminated;reason=rejected"]


def test_rules_may_end_a_subscription_as_it_begins() -> None:
    desk = Desk()
    desk.ruled = frozenset({"notifying"})
    desk.notifying = NotifyAnswer(Handling.TERMINATE, "the test says so")
    desk.subscribe()
    first = desk.notify()
    assert first.headers["subscription-state"][0].startswith("active")
    desk.answer(200, first)
    assert desk.notify().headers["subscription-state"] == ["terminated;reason=rejected"]


def test_a_change_follows_the_notify_in_flight_by_way_of_the_rules() -> None:
    desk = ruled(looked_at=frozenset({"trigger"}))
    change(desk, "open")
    first = desk.notify()
    change(desk, "closed")
    assert desk.notifies() == []
    desk.take_asked()
    desk.answer(200, first)
    assert desk.take_asked() == ["notify", "show"]
    assert b"closed" in desk.notify().body


def test_a_refresh_that_waits_for_the_notify_in_flight_is_told_as_one() -> None:
    desk = ruled(looked_at=frozenset({"trigger"}))
    change(desk, "open")
    first = desk.notify()
    desk.subscribe(desk.delivery().id)
    desk.take_asked()
    desk.answer(200, first)
    desk.notify()
    questions = [each for each in desk.asked if isinstance(each, NotifyQuestion)]
    assert {each.trigger for each in questions} == {Trigger.SUBSCRIBE}


def test_a_hold_that_was_lifted_wakes_nobody() -> None:
    desk = ruled(min_interval=60.0)
    change(desk, "open")
    hold = desk.delivery().hold
    assert hold is not None
    assert hold.until != NOWHEN
    desk.agent.gate.doubt(desk.delivery())
    assert hold.until == NOWHEN
    desk.wait(60)
    assert desk.notifies() == []


def test_a_hold_of_a_subscription_that_is_gone_wakes_nobody() -> None:
    desk = ruled(min_interval=60.0)
    change(desk, "open")
    desk.agent.notifier.drop(desk.delivery().id)
    desk.wait(60)
    assert desk.notifies() == []


def test_where_no_rule_is_left_nothing_is_remembered_any_more() -> None:
    desk = ruled(min_interval=60.0)
    desk.ruled = frozenset()
    desk.notifying = NotifyAnswer(Handling.DELIVER, "nothing is left")
    desk.agent.gate.doubt(desk.delivery())
    change(desk, "open")
    desk.answer(200, desk.notify())
    terms = desk.delivery().subscription.terms
    assert terms is not None
    assert terms.told is None
    assert tag_of(desk.subscribe(desk.delivery().id))
    assert desk.delivery().subscription.terms is None
