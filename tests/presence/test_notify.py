from __future__ import annotations

import pytest

from hereabouts.base.units import Moment
from hereabouts.presence.agent import Rules
from hereabouts.presence.notify import ENDING, Delivery
from hereabouts.presence.questions import Trigger
from hereabouts.presence.view import View
from hereabouts.sip.leaving import Failure
from hereabouts.sip.transactions.machine import State, Transaction
from tests.presence.desk import BOB, TCP, Desk, document, tag_of

AT_ONCE = Rules(notify_interval=0)


def subscribed(rules: Rules = AT_ONCE) -> Desk:
    desk = Desk(rules)
    desk.subscribe(Expires="3600")
    desk.answer(200, desk.notify())
    desk.work()
    return desk


def publish(desk: Desk, basic: str) -> None:
    desk.publish(document(basic))
    desk.work()


def transaction_of(desk: Desk) -> Transaction:
    """That of the one NOTIFY which is said and has not left."""
    (found,) = [each for _, _, each in desk.endpoint.outbox if each and each.method == "NOTIFY"]
    return found


def test_each_notify_has_a_higher_cseq() -> None:
    desk = subscribed()
    publish(desk, "open")
    assert desk.notify().cseq == (2, "NOTIFY")


def test_one_is_in_flight_and_the_newest_follows() -> None:
    desk = subscribed()
    publish(desk, "open")
    first = desk.notify()
    publish(desk, "closed")
    publish(desk, "closed")
    assert desk.notifies() == []
    desk.answer(200, first)
    assert desk.notify().body.count(b"<tuple") == 3
    assert not desk.delivery().is_dirty


def test_an_equal_view_is_not_sent_again() -> None:
    desk = subscribed()
    publish(desk, "open")
    desk.answer(200, desk.notify())
    delivery = desk.delivery()
    view = View(b"other bytes", delivery.shown)
    desk.agent.notifier.owe(delivery, 10**6)
    desk.agent.notifier.notify_change(delivery, view, desk.now)
    assert desk.notifies() == []
    assert desk.agent.settlement.watermark == 10**6


@pytest.mark.parametrize("status", sorted(ENDING))
def test_an_answer_that_ends_the_subscription(status: int) -> None:
    """6665-4.2.2-5."""
    desk = subscribed()
    publish(desk, "open")
    desk.answer(status, desk.notify())
    assert not desk.agent.notifier.deliveries
    assert BOB not in desk.agent.notifier.watching


@pytest.mark.parametrize("status", [300, 400, 401, 403, 408, 500, 503, 603])
def test_an_answer_that_leaves_it_says_that_nothing_is_known_of_what_is_shown(status: int) -> None:
    """6665-4.2.2-6."""
    desk = subscribed()
    publish(desk, "open")
    desk.answer(status, desk.notify())
    assert desk.delivery().shown == b""
    assert not desk.delivery().in_flight
    assert desk.notifies() == []


RETRY = [
    ("7", 7, "seconds"),
    ("7 (I'm in a meeting; call later)", 7, "with a comment"),
    ("7;duration=60", 7, "with parameters"),
    ("soon", None, "no number"),
]


@pytest.mark.parametrize(
    "value, seconds", [row[:2] for row in RETRY], ids=[row[2] for row in RETRY]
)
def test_retry_after_says_when_to_send_again(value: str, seconds: int | None) -> None:
    """6665-4.2.2-6, 3261-20.33."""
    desk = subscribed()
    publish(desk, "open")
    desk.answer(503, desk.notify(), Retry_After=value)
    desk.wait((seconds or 60) - 0.01)
    assert desk.notifies() == []
    desk.wait(0.01)
    assert len(desk.notifies()) == (0 if seconds is None else 1)


def test_without_an_answer_it_ends() -> None:
    """6665-4.2.2-4."""
    desk = subscribed()
    publish(desk, "open")
    desk.notify()
    desk.wait(32)
    assert not desk.agent.notifier.deliveries


def lose_the_way(desk: Desk) -> None:
    """A NOTIFY can be delivered neither as a datagram nor by TCP."""
    for transport in ("UDP", "TCP"):
        assert desk.delivery().flow.transport == transport
        lost = transaction_of(desk)
        desk.notifies()
        desk.endpoint.undeliverable(lost, desk.now)


def test_what_is_too_long_for_a_datagram_goes_by_tcp() -> None:
    """3261-18.1.1-2: also where the system alone says that it is too long."""
    desk = subscribed()
    publish(desk, "open")
    lost = transaction_of(desk)
    desk.notifies()
    desk.endpoint.undeliverable(lost, desk.now)
    again = desk.notify()
    assert again.headers["via"][0].startswith("SIP/2.0/TCP ")
    assert not desk.delivery().is_parked


def test_what_could_not_be_delivered_is_parked_until_there_is_a_way() -> None:
    desk = subscribed()
    publish(desk, "open")
    lose_the_way(desk)
    delivery = desk.delivery()
    assert delivery.is_parked
    assert desk.agent.notifier.parked == {delivery.id: delivery}
    publish(desk, "closed")
    assert desk.notifies() == []
    desk.agent.notifier.resume(delivery, TCP, desk.now)
    assert desk.notify().headers["contact"] == ["<sip:192.0.2.1:5060;transport=tcp>"]
    assert not desk.agent.notifier.parked


def test_what_never_left_is_sent_a_second_later() -> None:
    """The turn it belonged to was undone."""
    desk = subscribed()
    publish(desk, "open")
    desk.endpoint.discarded(transaction_of(desk), desk.now)
    desk.notifies()
    desk.wait(0.99)
    assert desk.notifies() == []
    desk.wait(0.01)
    assert b"open" in desk.notify().body


@pytest.mark.parametrize("failure", Failure)
def test_an_answer_for_a_subscription_that_is_gone_means_nothing(failure: Failure) -> None:
    desk = subscribed()
    publish(desk, "open")
    transaction = transaction_of(desk)
    desk.agent.notifier.drop(desk.delivery().id)
    match failure:
        case Failure.TIMED_OUT:
            desk.endpoint.released([(transaction.flow, b"", transaction)], desk.now)
            desk.wait(32)
        case Failure.UNDELIVERABLE:
            desk.endpoint.undeliverable(transaction, desk.now)
        case Failure.WITHDRAWN:
            desk.endpoint.discarded(transaction, desk.now)
    assert transaction.state is State.TERMINATED
    assert not desk.agent.notifier.deliveries


def test_dropping_what_is_not_there_does_nothing() -> None:
    desk = subscribed()
    desk.agent.notifier.drop("nobody")
    assert len(desk.agent.notifier.deliveries) == 1


def test_what_is_owed_is_owed_once_and_settled_by_its_answer() -> None:
    desk = subscribed()
    before = desk.agent.settlement.watermark
    publish(desk, "open")
    notify, delivery = desk.notify(), desk.delivery()
    assert delivery.owes
    owes = delivery.owes
    desk.agent.notifier.owe(delivery, owes + 1)
    assert delivery.owes == owes
    assert desk.agent.settlement.watermark == owes - 1
    desk.answer(200, notify)
    assert delivery.owes == 0
    assert desk.agent.settlement.watermark >= max(before, owes)


def test_subscriptions_are_counted_by_watcher() -> None:
    desk = Desk()
    desk.subscribe()
    desk.subscribe()
    assert desk.agent.notifier.watching == {BOB: 2}


def test_a_refresh_unparks_and_an_approval_does_not() -> None:
    desk = subscribed()
    publish(desk, "open")
    lose_the_way(desk)
    delivery = desk.delivery()
    desk.agent.notifier.keep(delivery.id, delivery.entry)
    assert delivery.is_parked
    desk.subscribe(delivery.id)
    assert not delivery.is_parked
    assert len(desk.notifies()) == 1


def test_a_subscription_shows_its_record() -> None:
    desk = subscribed()
    delivery = desk.delivery()
    assert isinstance(delivery, Delivery)
    assert delivery.subscription is delivery.entry.record
    assert tag_of(desk.subscribe(delivery.id)) == delivery.id


def test_a_change_that_rules_have_a_say_in_is_passed_on() -> None:
    desk = subscribed()
    delivery, notifier = desk.delivery(), desk.agent.notifier
    passed: list[tuple[Delivery, Trigger]] = []
    notifier.pass_on = lambda *given: passed.append(given)
    notifier.spread([delivery], View(b"free", b"1"), Trigger.UPDATE, desk.now)
    assert desk.notify().body == b"free"
    notifier.is_ruled = lambda record: record is delivery.subscription
    notifier.spread([delivery], View(b"ruled", b"2"), Trigger.REGISTRATION, desk.now)
    assert desk.notifies() == []
    assert passed == [(delivery, Trigger.REGISTRATION)]


def test_what_is_held_back_or_noted_is_owed_no_more() -> None:
    desk = subscribed()
    delivery, notifier = desk.delivery(), desk.agent.notifier
    notifier.owe(delivery, 10**6)
    notifier.note(10**6 + 1)
    assert desk.agent.settlement.watermark == 10**6 - 1
    notifier.hold_back(delivery)
    assert desk.agent.settlement.watermark == 10**6 + 1


def test_when_it_was_notified_is_known() -> None:
    desk = subscribed()
    desk.wait(7)
    publish(desk, "open")
    assert desk.delivery().notified_at == desk.now.timestamp


@pytest.mark.parametrize("outlasts", [False, True])
def test_silence_ends_a_subscription_unless_a_server_is_the_only_way(*, outlasts: bool) -> None:
    desk = Desk(AT_ONCE)
    desk.flow = TCP
    desk.subscribe(Expires="3600")
    desk.answer(200, desk.notify())
    desk.agent.notifier.outlasts_silence = outlasts
    publish(desk, "open")
    desk.notify()
    desk.wait(32.0)
    assert bool(desk.agent.notifier.deliveries) is outlasts
    assert len(desk.notifies()) == outlasts, "it is tried again at once"


@pytest.mark.parametrize("status, is_unknown", [(481, True), (489, False), (200, False)])
def test_whoever_asks_is_told_of_subscriptions_that_nobody_knows(
    status: int, *, is_unknown: bool
) -> None:
    desk = Desk(AT_ONCE)
    desk.subscribe()
    told: list[Moment] = []
    desk.agent.notifier.on_unknown = told.append
    desk.answer(status, desk.notify())
    assert bool(told) is is_unknown
