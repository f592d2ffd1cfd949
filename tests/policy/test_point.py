from __future__ import annotations

import pytest

from hereabouts.policy.point import (
    NOTIFICATION_POINTS,
    PRESENTITY_POINTS,
    STEPS,
    SUBSCRIPTION_POINTS,
    Flow,
    Point,
    Side,
)


@pytest.mark.parametrize(
    "point, side, flow",
    [
        pytest.param(
            Point.OUTGOING_SUBSCRIPTION,
            Side.WATCHER,
            Flow.SUBSCRIPTION,
            id="a watcher decides what he asks for",
        ),
        pytest.param(
            Point.INCOMING_SUBSCRIPTION,
            Side.PRESENTITY,
            Flow.SUBSCRIPTION,
            id="a presentity decides who may ask",
        ),
        pytest.param(
            Point.OUTGOING_NOTIFICATION,
            Side.PRESENTITY,
            Flow.NOTIFICATION,
            id="a presentity decides what is told",
        ),
        pytest.param(
            Point.INCOMING_NOTIFICATION,
            Side.WATCHER,
            Flow.NOTIFICATION,
            id="a watcher decides what he is shown",
        ),
    ],
)
def test_every_point_has_its_place_on_both_axes(point: Point, side: Side, flow: Flow) -> None:
    assert (point.side, point.flow) == (side, flow)
    assert (point in SUBSCRIPTION_POINTS) == (flow is Flow.SUBSCRIPTION)
    assert (point in NOTIFICATION_POINTS) == (flow is Flow.NOTIFICATION)
    assert (point in PRESENTITY_POINTS) == (side is Side.PRESENTITY)


def test_every_point_is_in_some_figure() -> None:
    assert {point for _, point in STEPS} == set(Point)


def test_no_step_of_the_thesis_is_there_twice() -> None:
    labels = [label for steps in STEPS.values() for label in steps]
    assert len(set(labels)) == len(labels) == 24


def test_a_step_names_its_figure() -> None:
    for (figure, _), steps in STEPS.items():
        assert all(label.startswith(f"{figure}/") for label in steps)
