"""Where policies act: four points, on two axes, and the steps of the thesis' figures there."""

from __future__ import annotations

from enum import Enum


class Side(Enum):
    """Whose policies act at a point."""

    WATCHER = "watcher"
    PRESENTITY = "presentity"


class Flow(Enum):
    """What passes a point."""

    SUBSCRIPTION = "subscription"
    NOTIFICATION = "notification"


class Point(Enum):
    """A place on the way from a watcher to a presentity and back where a policy decides."""

    OUTGOING_SUBSCRIPTION = "outgoing-subscription"
    "A watcher's request, before it leaves."
    INCOMING_SUBSCRIPTION = "incoming-subscription"
    "A watcher's request, authenticated, before the presentity's agent answers."
    OUTGOING_NOTIFICATION = "outgoing-notification"
    "A presentity's document, before it leaves for one watcher."
    INCOMING_NOTIFICATION = "incoming-notification"
    "A presentity's document, before the watcher sees it."

    @property
    def side(self) -> Side:
        """Whose policies act here: the owner is the watcher, or the presentity."""
        return _AXES[self][0]

    @property
    def flow(self) -> Flow:
        """What passes here."""
        return _AXES[self][1]


class Call(Enum):
    """A top-level action for calls (:rfc:`3880#section-3`): read and stored, never executed."""

    INCOMING = "incoming"
    OUTGOING = "outgoing"


Action = Point | Call
"What a top-level action of a script is for."

# fmt: off
_AXES: dict[Point, tuple[Side, Flow]] = {
    Point.OUTGOING_SUBSCRIPTION: (Side.WATCHER,    Flow.SUBSCRIPTION),
    Point.INCOMING_SUBSCRIPTION: (Side.PRESENTITY, Flow.SUBSCRIPTION),
    Point.OUTGOING_NOTIFICATION: (Side.PRESENTITY, Flow.NOTIFICATION),
    Point.INCOMING_NOTIFICATION: (Side.WATCHER,    Flow.NOTIFICATION),
}
# fmt: on

POINTS = frozenset(Point)
SUBSCRIPTION_POINTS = frozenset(point for point in Point if point.flow is Flow.SUBSCRIPTION)
NOTIFICATION_POINTS = frozenset(point for point in Point if point.flow is Flow.NOTIFICATION)
PRESENTITY_POINTS = frozenset(point for point in Point if point.side is Side.PRESENTITY)
CALLS = frozenset(Call)

Steps = tuple[str, str, str, str]
"The agent asks; the policy server searches; it returns what applies; the agent obeys."

# The thesis gives the same numbers to different steps, so a step is named by figure and number.
# fmt: off
STEPS: dict[tuple[str, Point], Steps] = {
    ("3.2", Point.OUTGOING_SUBSCRIPTION): ("3.2/1-1", "3.2/1-2", "3.2/1-3", "3.2/1-4"),
    ("3.3", Point.INCOMING_SUBSCRIPTION): ("3.3/5-1", "3.3/5-2", "3.3/5-3", "3.3/5-4"),
    ("3.3", Point.OUTGOING_NOTIFICATION): ("3.3/7-1", "3.3/7-2", "3.3/7-3", "3.3/7-4"),
    ("3.4", Point.INCOMING_NOTIFICATION): ("3.4/11-1", "3.4/11-2", "3.4/11-3", "3.4/11-4"),
    ("3.5", Point.OUTGOING_NOTIFICATION): ("3.5/3-1", "3.5/3-2", "3.5/3-3", "3.5/3-4"),
    ("3.6", Point.OUTGOING_NOTIFICATION): ("3.6/5", "3.6/6", "3.6/7", "3.6/8"),
}
# fmt: on
"The four steps of each point in each figure of the thesis that draws it."
