from __future__ import annotations

import pytest

from hereabouts.policy.actions.throttle import THROTTLE, remaining
from hereabouts.policy.cpl.finding import Code
from hereabouts.policy.decision import Modifiers
from hereabouts.policy.facts import Trigger
from hereabouts.policy.point import Point
from tests.policy.actions.reading import read_modifier
from tests.policy.samples import facts

OUT = Point.OUTGOING_NOTIFICATION
IN = Point.INCOMING_NOTIFICATION


@pytest.mark.parametrize(
    "point, interval, since, trigger, wait",
    [
        pytest.param(OUT, 600, 0, Trigger.UPDATE, 600, id="just notified"),
        pytest.param(OUT, 600, 125, Trigger.UPDATE, 475, id="notified before"),
        pytest.param(OUT, 600, 599.5, Trigger.UPDATE, 0.5, id="almost over"),
        pytest.param(OUT, 600, 600, Trigger.UPDATE, None, id="over"),
        pytest.param(OUT, 600, None, Trigger.UPDATE, None, id="never notified"),
        pytest.param(OUT, None, 1, Trigger.UPDATE, None, id="no interval"),
        pytest.param(OUT, 600, 1, Trigger.SUBSCRIBE, None, id="the answer to a SUBSCRIBE"),
        pytest.param(OUT, 600, 1, Trigger.APPROVAL, None, id="approved"),
        pytest.param(OUT, 600, 1, Trigger.POLICY, None, id="changed by a policy"),
        pytest.param(OUT, 600, 1, Trigger.TERMINATION, None, id="the last"),
        pytest.param(IN, 600, 1, Trigger.NOTIFY, 599, id="what is shown waits too"),
        pytest.param(
            Point.INCOMING_SUBSCRIPTION, 600, 1, None, None, id="a subscription is never held"
        ),
    ],
)
def test_a_notification_waits_for_the_rest_of_the_interval(
    point: Point,
    interval: float | None,
    since: float | None,
    trigger: Trigger | None,
    wait: float | None,
) -> None:
    known = facts(point, since_last_notification=since, trigger=trigger)
    assert remaining(Modifiers(min_interval=interval), known) == wait


def test_an_interval_must_be_given() -> None:
    assert read_modifier(THROTTLE, {"interval": "PT10M"}) == (Modifiers(min_interval=600), [])
    assert read_modifier(THROTTLE, {})[1] == [Code.ATTRIBUTE]
    assert read_modifier(THROTTLE, {"interval": "never"})[1] == [Code.ATTRIBUTE]
    assert THROTTLE.show(Modifiers(min_interval=600)) == "600 s"
