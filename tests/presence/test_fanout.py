from __future__ import annotations

import pytest

from hereabouts.presence.agent import Rules
from hereabouts.presence.fanout import SLICE
from hereabouts.presence.questions import Decision
from hereabouts.presence.steps import Step
from tests.presence.desk import ALICE, Desk, document


def crowd(size: int, rules: Rules | None = None) -> Desk:
    desk = Desk(rules)
    for _ in range(size):
        desk.subscribe(Expires="3600")
        desk.answer(200, desk.notify())
    desk.work()
    return desk


def test_a_change_goes_out_in_slices() -> None:
    """What arrives is looked at between them."""
    desk = crowd(2 * SLICE + 1)
    desk.publish(document())
    assert desk.work()
    assert len(desk.notifies()) == SLICE
    assert desk.work()
    assert len(desk.notifies()) == SLICE
    assert not desk.work()
    assert len(desk.notifies()) == 1


def test_a_fault_over_one_watcher_costs_no_other() -> None:
    desk = crowd(10)
    desk.spoil(2)
    desk.publish(document())
    with pytest.raises(ZeroDivisionError):
        desk.work()
    assert len(desk.notifies()) == 2
    assert not desk.work()
    assert len(desk.notifies()) == 7


def test_who_leaves_between_two_slices_is_not_notified() -> None:
    desk = crowd(SLICE + 1)
    desk.publish(document())
    desk.work()
    desk.notifies()
    left = [each for each in desk.agent.notifier.deliveries.values() if not each.in_flight]
    desk.agent.notifier.drop(left[0].id)
    desk.work()
    assert desk.notifies() == []


def test_a_change_inside_the_window_waits_for_its_end() -> None:
    """3856-6.10-1."""
    desk = crowd(1, Rules(notify_interval=5))
    tag = desk.publish(document()).headers["sip-etag"][0]
    desk.work()
    desk.answer(200, desk.notify())
    desk.publish(document("closed"), SIP_If_Match=tag)
    desk.wait(4.99)
    assert desk.notifies() == []
    desk.wait(0.01)
    assert b"closed" in desk.notify().body


def test_what_waits_for_the_end_of_a_window_is_owed() -> None:
    """A restart before it would lose it otherwise."""
    desk = crowd(1, Rules(notify_interval=5))
    desk.publish(document())
    desk.work()
    desk.answer(200, desk.notify())
    settled = desk.agent.settlement.watermark
    for _ in range(3):
        desk.publish(document("closed"))
    desk.work()
    assert desk.agent.settlement.watermark == settled
    desk.wait(5)
    desk.answer(200, desk.notify())
    assert desk.agent.settlement.watermark > settled


def test_a_change_that_nobody_watches_is_settled_at_once_and_opens_no_window() -> None:
    desk = Desk(Rules(notify_interval=5))
    desk.publish(document())
    desk.work()
    assert desk.agent.settlement.watermark == 1
    assert desk.deadlines.next() is not None
    desk.subscribe()
    desk.answer(200, desk.notify())
    desk.publish(document("closed"))
    desk.work()
    assert b"closed" in desk.notify().body


def test_what_nobody_watches_is_not_composed() -> None:
    desk = Desk()
    steps: list[Step] = []
    desk.agent.views.tell = lambda step, _presentity, _part: steps.append(step)
    desk.publish(document())
    desk.work()
    assert steps == [Step.REGISTRAR_SAVED, Step.AGENT_INFORMED]
    desk.subscribe()
    desk.answer(200, desk.notify())
    assert steps[2:] == [Step.FETCHES, Step.FETCHED]


def test_only_who_is_approved_is_told() -> None:
    """3856-6.6.2-2, 6665-6.2-1."""
    for decision in (Decision.CONFIRM, Decision.POLITE_BLOCK, Decision.REJECT):
        desk = Desk(decision=decision)
        desk.subscribe()
        desk.answer(200, desk.notify())
        desk.publish(document())
        desk.wait(10)
        assert desk.notifies() == []


def test_a_second_window_never_opens_over_the_first() -> None:
    """Two spreads of one presentity can queue behind a store that answers late."""
    desk = crowd(1, Rules(notify_interval=5))
    desk.publish(document())
    desk.work()
    desk.answer(200, desk.notify())
    desk.publish(document("closed"))
    late = desk.agent.fanout._spread(ALICE, 1, desk.now)  # noqa: SLF001 - as the conductor runs it
    desk.agent.settlement.owe(1)
    try:
        late.send(None)
    except StopIteration:
        assert desk.notifies() == []
    desk.wait(5)
    assert b"closed" in desk.notify().body
