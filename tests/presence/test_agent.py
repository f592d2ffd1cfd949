from __future__ import annotations

import msgspec
import pytest

from hereabouts.base.units import Timestamp
from hereabouts.presence import watchers
from hereabouts.presence.agent import OVERDUE, Rules
from hereabouts.presence.fanout import SLICE
from hereabouts.presence.publication import KIND as PUBLICATION
from hereabouts.presence.questions import (
    Decision,
    Handling,
    NotifyAnswer,
    NotifyQuestion,
    Trigger,
    WatchAnswer,
)
from hereabouts.presence.steps import Step
from hereabouts.presence.subscription import KIND as SUBSCRIPTION
from hereabouts.presence.subscription import Happening, Standing
from hereabouts.presence.watchers import Approval
from hereabouts.roles.build import finish
from hereabouts.sip.flow import Flow
from hereabouts.sip.registrar import KIND as BINDINGS
from hereabouts.sip.registrar import Binding, Bindings
from tests.presence.desk import ALICE, BOB, TCP, UDP, Desk, document, tag_of


def subscribed(desk: Desk) -> str:
    tag = tag_of(desk.subscribe(Expires="600"))
    desk.answer(200, desk.notify())
    desk.work()
    return tag


ASKS = {"Event": "presence", "Contact": "<sip:bob@192.0.2.2>", "Expires": "600"}


def test_a_fault_over_one_who_asks_costs_no_other() -> None:
    desk = Desk()
    for _ in range(5):
        desk.ask("SUBSCRIBE", ASKS)
    desk.spoil(2)
    with pytest.raises(ZeroDivisionError):
        desk.work()
    told = desk.notifies()
    desk.work()
    told += desk.notifies()
    assert len(told) == 4
    for each in told:
        desk.answer(200, each)
    lost = [each for each in desk.agent.notifier.deliveries.values() if each.owes]
    assert desk.agent.settlement.watermark == lost[0].owes - 1  # the one is still to be told


def test_who_asks_while_something_changes_is_told_of_both() -> None:
    desk = Desk()
    desk.ask("SUBSCRIBE", ASKS)
    desk.publish(document())
    desk.work()
    first = desk.notify()
    desk.answer(200, first)
    desk.work()
    second = desk.notify()
    assert b"open" in second.body
    desk.answer(200, second)
    desk.work()
    assert desk.notifies() == []
    assert desk.agent.settlement.watermark == 2


def test_who_asks_while_a_change_comes_and_goes_is_left_with_the_newest() -> None:
    desk = Desk(Rules(notify_interval=0.0))
    tag = subscribed(desk)
    etag = desk.publish(document("closed")).headers["sip-etag"][0]
    desk.work()
    desk.answer(200, desk.notify())
    etag = desk.publish(document("open"), SIP_If_Match=etag).headers["sip-etag"][0]
    desk.ask("SUBSCRIBE", ASKS | {"To": f"<{ALICE}>;tag={tag}"})
    desk.publish(document("closed"), SIP_If_Match=etag)
    desk.work()
    desk.answer(200, desk.notify())
    desk.work()
    assert b"closed" in desk.notify().body


@pytest.mark.parametrize("status", [200, 500])
def test_who_leaves_as_a_notify_is_answered_is_told_the_end(status: int) -> None:
    """6665-4.2.1.4-3: both come in one turn."""
    desk = Desk()
    tag = tag_of(desk.subscribe(Expires="600"))
    under_way = desk.notify()
    desk.ask("SUBSCRIBE", ASKS | {"To": f"<{ALICE}>;tag={tag}", "Expires": "0"})
    desk.answer(status, under_way)
    desk.work()
    last = desk.notify()
    assert last.headers["subscription-state"] == ["terminated;reason=timeout"]
    desk.answer(200, last)
    assert not desk.agent.notifier.deliveries


def test_what_went_out_before_its_turn_is_owed_until_it_is_answered() -> None:
    desk = Desk()
    tag = subscribed(desk)
    desk.ask("SUBSCRIBE", ASKS | {"To": f"<{ALICE}>;tag={tag}"})
    desk.agent.notifier.catch_up(desk.delivery(), desk.now)
    desk.work()
    assert desk.delivery().in_flight
    assert desk.agent.settlement.watermark == 1
    desk.answer(200, desk.notify())
    desk.work()
    assert desk.agent.settlement.watermark == 2


@pytest.mark.parametrize("happening", [Happening.REJECTED, Happening.POLITELY_BLOCKED])
@pytest.mark.parametrize("is_answered", [False, True])
def test_who_may_see_no_more_is_left_out_of_a_change_that_is_under_way(
    happening: Happening, *, is_answered: bool
) -> None:
    desk = Desk()
    for _ in range(SLICE + 1):
        desk.subscribe(Expires="600")
        desk.answer(200, desk.notify())
    desk.publish(document())
    desk.work()
    assert len(desk.notifies()) == SLICE
    [left] = [each for each in desk.agent.notifier.deliveries.values() if not each.in_flight]
    finish(desk.agent.move(left, happening, desk.now))
    if is_answered:
        desk.agent._tell_asked(desk.now)  # noqa: SLF001 - as in a turn before the next slice
        desk.answer(200, desk.notify())
    desk.work()
    told = desk.notifies()
    assert len(told) == (0 if is_answered else 1)
    for each in told:
        assert b"open" not in each.body
        desk.answer(200, each)
    desk.work()
    assert desk.notifies() == []


def test_who_asks_and_is_rejected_in_one_turn_sees_nothing() -> None:
    desk = Desk()
    desk.publish(document())
    desk.work()
    desk.ask("SUBSCRIBE", ASKS)
    finish(desk.agent.move(desk.delivery(), Happening.REJECTED, desk.now))
    desk.work()
    told = desk.notify()
    assert told.headers["subscription-state"] == ["terminated;reason=rejected"]
    assert b"open" not in told.body
    desk.answer(200, told)
    desk.work()
    assert desk.notifies() == []


def test_a_subscription_ends_at_its_very_second() -> None:
    """6665-4.2.1.4-2."""
    desk = Desk()
    subscribed(desk)
    desk.wait(599.99)
    assert desk.notifies() == []
    desk.wait(0.01)
    last = desk.notify()
    assert last.headers["subscription-state"] == ["terminated;reason=timeout"]
    desk.answer(200, last)
    assert not desk.agent.notifier.deliveries


@pytest.mark.parametrize("refresh, ends", [("60", 60), ("1200", 1200)])
def test_a_refresh_moves_the_end_either_way(refresh: str, ends: int) -> None:
    """6665-4.2.1.4-1."""
    desk = Desk()
    tag = subscribed(desk)
    desk.subscribe(tag, Expires=refresh)
    desk.answer(200, desk.notify())
    desk.wait(ends - 0.01)
    assert desk.notifies() == []
    desk.wait(0.01)
    assert len(desk.notifies()) == 1


def test_a_last_notify_that_nobody_answers_is_given_up() -> None:
    desk = Desk()
    desk.subscribe(Expires="0")
    desk.wait(70)
    assert not desk.agent.notifier.deliveries


def test_an_expired_publication_is_deleted_and_told() -> None:
    """3903-6-18."""
    desk = Desk()
    subscribed(desk)
    desk.publish(document(), Expires="60")
    desk.work()
    desk.answer(200, desk.notify())
    desk.wait(60)
    assert b"closed" in desk.notify().body
    assert finish(desk.store.under(PUBLICATION, ALICE, Timestamp(0.0))) == {}


def test_the_steps_of_an_update_come_in_the_order_of_figure_3_6() -> None:
    desk = Desk()
    subscribed(desk)
    told: list[tuple[Step, str]] = []
    desk.agent.views.tell = lambda step, presentity, _part: told.append((step, presentity))
    desk.publish(document())
    desk.work()
    assert told == [
        (step, ALICE)
        for step in (Step.REGISTRAR_SAVED, Step.AGENT_INFORMED, Step.FETCHES, Step.FETCHED)
    ]
    desk.notify()


def test_a_binding_that_expires_leaves_the_others() -> None:
    desk = Desk()
    subscribed(desk)
    now = desk.now.timestamp
    contacts = tuple(
        Binding(f"sip:a@192.0.2.{n}", (), Timestamp(now + 60 * n), "call", 1, UDP) for n in (1, 2)
    )
    record = Bindings(Timestamp(now + 120), contacts)
    finish(desk.store.put((BINDINGS, ALICE, ""), record, None))
    desk.wait(61)
    entry = finish(desk.store.get((BINDINGS, ALICE, ""), desk.now.timestamp))
    assert entry.record.contacts == contacts[1:]
    desk.answer(200, desk.notify())
    desk.wait(60)
    assert finish(desk.store.get((BINDINGS, ALICE, ""), Timestamp(0.0))) is None
    assert b"closed" in desk.notify().body


def test_a_decision_is_asked_about_again_for_that_watcher_alone() -> None:
    desk = Desk(decision=Decision.CONFIRM)
    subscribed(desk)
    desk.watching = WatchAnswer(Decision.ALLOW, "the presentity has decided")
    finish(desk.store.put((watchers.KIND, ALICE, "sip:carol@example.com"), Approval(), None))
    desk.work()
    assert desk.notifies() == []
    finish(desk.store.put((watchers.KIND, ALICE, BOB), Approval(), None))
    desk.work()
    assert desk.notify().headers["subscription-state"] == ["active;expires=600"]


def test_what_changes_nothing_is_not_told() -> None:
    desk = Desk()
    subscribed(desk)
    finish(desk.agent.move(desk.delivery(), Happening.ALLOWED, desk.now))
    assert desk.notifies() == []


def test_a_timeout_that_comes_after_a_refresh_does_nothing() -> None:
    desk = Desk()
    subscribed(desk)
    finish(desk.agent.time_out(desk.delivery(), desk.now))
    assert desk.delivery().subscription.standing is Standing.ACTIVE


LEAVING = [
    (ALICE, "noresource", "closed", "the presentity"),
    (BOB, "rejected", "closed", "the watcher"),
]


@pytest.mark.parametrize(
    "who, reason, shown", [row[:3] for row in LEAVING], ids=[row[3] for row in LEAVING]
)
def test_who_leaves_takes_his_subscriptions_with_him(who: str, reason: str, shown: str) -> None:
    desk = Desk(Rules(notify_interval=0))
    subscribed(desk)
    desk.publish(document())
    desk.work()
    desk.answer(200, desk.notify())
    desk.agent.leave({who, "sip:nobody@example.com"}, desk.now)
    desk.work()
    last = desk.notify()
    assert last.headers["subscription-state"] == [f"terminated;reason={reason}"]
    assert shown.encode() in last.body
    desk.answer(200, last)
    assert not desk.agent.notifier.deliveries


def test_who_watches_himself_and_leaves_is_told_once() -> None:
    desk = Desk()
    subscribed(desk)
    desk.agent.leave({ALICE, BOB}, desk.now)
    desk.work()
    assert desk.notify().headers["subscription-state"] == ["terminated;reason=noresource"]


def test_others_stay_when_somebody_leaves() -> None:
    desk = Desk()
    subscribed(desk)
    desk.agent.leave({"sip:carol@example.com"}, desk.now)
    assert desk.notifies() == []
    assert not desk.delivery().subscription.is_over


def lose(desk: Desk) -> None:
    """Have the NOTIFY that is said now meet a closed connection."""
    (transaction,) = [
        each for _, _, each in desk.endpoint.outbox if each and each.method == "NOTIFY"
    ]
    desk.endpoint.outbox.clear()
    desk.endpoint.undeliverable(transaction, desk.now)


def parked(patience: float = 120.0) -> Desk:
    desk = Desk(Rules(notify_interval=0, patience=patience))
    desk.flow = TCP
    desk.subscribe(Expires="3600", Contact="<sip:bob@gone.invalid>")
    desk.answer(200, desk.notify())
    desk.publish(document(), Expires="86400")
    desk.endpoint.outbox.clear()
    desk.work()
    lose(desk)
    assert desk.delivery().is_parked
    return desk


def test_a_registration_by_a_new_connection_brings_what_is_parked() -> None:
    desk = parked()
    new = msgspec.structs.replace(TCP, connection=8)
    desk.agent.flow_found("sip:carol@example.com", new, desk.now)
    desk.agent.flow_found(BOB, UDP, desk.now)
    assert desk.notifies() == []
    desk.agent.flow_found(BOB, new, desk.now)
    assert b"open" in desk.notify().body


def test_what_is_parked_ends_after_the_grace() -> None:
    desk = parked(patience=120)
    desk.wait(119.99)
    assert desk.delivery().is_parked
    desk.wait(0.01)
    assert not desk.agent.notifier.deliveries


def test_an_earlier_grace_does_not_end_a_later_wait() -> None:
    desk = parked(patience=120)
    desk.wait(100)
    desk.agent.flow_found(BOB, TCP, desk.now)
    lose(desk)
    desk.wait(119.99)
    assert desk.delivery().is_parked
    desk.wait(0.01)
    assert not desk.agent.notifier.deliveries


def test_without_its_connection_a_watcher_is_sought_at_his_contact() -> None:
    desk = Desk(Rules(notify_interval=0))
    desk.flow = TCP
    desk.subscribe(Contact="<sip:bob@192.0.2.3:5070;transport=tcp>")
    lose_all = [each for _, _, each in desk.endpoint.outbox if each and each.method == "NOTIFY"]
    desk.endpoint.outbox.clear()
    desk.endpoint.undeliverable(lose_all[0], desk.now)
    (packet,) = desk.endpoint.outbox
    assert packet[0] == Flow("TCP", "192.0.2.3", 5070, TCP.local, TCP.listener)


# -- what a former run has left


def restarted(desk: Desk, watermark: int) -> Desk:
    """A desk that finds what another one has stored."""
    again = Desk(desk.agent.rules, store=desk.store)
    again.ruled, again.notifying = desk.ruled, desk.notifying
    again.now = desk.now
    for key, entry, version in list(desk.store.changes(0, lambda *_: None)):
        again.agent.restore(key, entry, version, watermark, again.now)
    return again


def test_what_everybody_was_told_is_not_told_again() -> None:
    desk = Desk()
    subscribed(desk)
    again = restarted(desk, watermark=10**6)
    again.work()
    assert again.notifies() == []
    assert again.deadlines.next() == desk.now.instant + 600


def test_a_subscription_that_was_not_told_of_is_notified() -> None:
    desk = Desk()
    subscribed(desk)
    again = restarted(desk, watermark=0)
    assert len(again.notifies()) == 1


def test_a_publication_that_was_not_told_of_is_notified() -> None:
    desk = Desk()
    subscribed(desk)
    watermark = desk.agent.settlement.watermark
    desk.publish(document())
    again = restarted(desk, watermark)
    again.work()
    assert b"open" in again.notify().body


def test_what_is_over_is_told_again_whatever_the_watermark_says() -> None:
    desk = Desk()
    desk.subscribe(Expires="0")
    again = restarted(desk, watermark=10**6)
    assert len(again.notifies()) == 1


def test_what_expired_meanwhile_ends_soon() -> None:
    desk = Desk()
    subscribed(desk)
    desk.publish(document(), Expires="60")
    desk.now = msgspec.structs.replace(desk.now, timestamp=Timestamp(desk.now.timestamp + 700))
    again = restarted(desk, watermark=10**6)
    again.wait(OVERDUE)
    assert again.notify().headers["subscription-state"] == ["terminated;reason=timeout"]
    assert finish(desk.store.under(PUBLICATION, ALICE, Timestamp(0.0))) == {}


def test_an_end_that_is_undone_is_tried_again_later_and_not_at_once() -> None:
    """While the disk fails, the node must not spin."""
    desk = Desk()
    key = (PUBLICATION, ALICE, "slot")
    expired = msgspec.structs.replace(Approval(), expires_at=Timestamp(0.0))
    desk.agent._arm(key, expired, desk.now)  # noqa: SLF001 - as a turn that is undone does
    assert desk.deadlines.next() == desk.now.instant + OVERDUE


@pytest.mark.parametrize("kind", [SUBSCRIPTION, "unheard of"])
def test_what_is_gone_or_of_another_kind_is_no_matter(kind: str) -> None:
    desk = Desk()
    desk.agent.changed((kind, ALICE, "nobody"), None, 5)
    desk.work()
    assert desk.notifies() == []


def test_nobody_waits_for_the_end_of_what_was_undone_in_the_same_turn() -> None:
    desk = Desk()
    tag = subscribed(desk)
    entry = desk.agent.notifier.deliveries[tag].entry
    waiting = len(desk.deadlines)
    for name in ("a", "b"):
        desk.agent.changed((SUBSCRIPTION, ALICE, name), entry, 5)
        desk.agent.changed((SUBSCRIPTION, ALICE, name), None, 6)
    desk.work()
    assert len(desk.deadlines) == waiting


def told(desk: Desk) -> None:
    """Have one change told, under a rule that allows one a minute."""
    desk.ruled = frozenset({"notifying"})
    desk.notifying = NotifyAnswer(Handling.DELIVER, "the test says so", min_interval=60.0)
    subscribed(desk)
    desk.wait(60)
    desk.publish(document())
    desk.work()


def test_a_change_that_may_not_have_arrived_waits_for_its_time() -> None:
    desk = Desk()
    told(desk)
    again = restarted(desk, watermark=0)
    again.work()
    again.wait(59)
    assert again.notifies() == []
    again.wait(1)
    assert b"open" in again.notify().body


def test_a_change_that_was_held_back_goes_out_when_it_would_have() -> None:
    desk = Desk()
    told(desk)
    desk.answer(200, desk.notify())
    desk.publish(document("closed"))
    desk.wait(10)
    again = restarted(desk, watermark=10**6)
    again.wait(49)
    assert again.notifies() == []
    again.wait(1)
    assert b"closed" in again.notify().body


def test_a_rule_lets_what_was_answered_rest_over_a_restart() -> None:
    desk = Desk()
    told(desk)
    desk.answer(200, desk.notify())
    again = restarted(desk, watermark=10**6)
    again.wait(300)
    assert again.notifies() == []


def test_an_approval_is_told_as_one() -> None:
    """What must be sent is sent at once, whatever rules say of changes."""
    desk = Desk(decision=Decision.CONFIRM)
    desk.ruled = frozenset({"notifying"})
    subscribed(desk)
    desk.watching = WatchAnswer(Decision.ALLOW, "the presentity has decided")
    desk.agent.review.decided(ALICE, BOB)
    desk.work()
    triggers = [each.trigger for each in desk.asked if isinstance(each, NotifyQuestion)]
    assert set(triggers) == {Trigger.APPROVAL}


def test_an_end_is_told_as_one() -> None:
    desk = Desk()
    desk.ruled = frozenset({"notifying"})
    subscribed(desk)
    desk.asked.clear()
    desk.wait(600)
    question = next(each for each in desk.asked if isinstance(each, NotifyQuestion))
    assert question.trigger is Trigger.TERMINATION
    assert (question.state, question.reason) == ("terminated", "timeout")
