"""`p:throttle`: the least time between two notifications of one subscription."""

from __future__ import annotations

from hereabouts.base.units import Seconds
from hereabouts.policy.actions.action import ModifierKind
from hereabouts.policy.cpl.attributes import duration, refuse_others, required
from hereabouts.policy.cpl.element import PRESENCE, Element
from hereabouts.policy.cpl.finding import Report
from hereabouts.policy.decision import Modifiers
from hereabouts.policy.facts import Facts
from hereabouts.policy.point import POINTS, Flow


def remaining(modifiers: Modifiers, facts: Facts) -> Seconds | None:
    """How long a notification must still be held; `None` if it can go now.

    One that is mandatory, or the first, waits for nothing (:rfc:`6446#section-5.2`).
    """
    since = facts.since_last_notification
    if facts.point.flow is not Flow.NOTIFICATION or facts.is_mandatory:
        return None
    if modifiers.min_interval is None or since is None or since >= modifiers.min_interval:
        return None
    return modifiers.min_interval - since


def _read(element: Element, report: Report) -> Modifiers:
    refuse_others(element, report, "interval")
    required(element, "interval", report)
    return Modifiers(min_interval=duration(element, "interval", report))


def _show(modifiers: Modifiers) -> str:
    return f"{modifiers.min_interval:.0f} s"


THROTTLE = ModifierKind(
    name=(PRESENCE, "throttle"),
    actions=POINTS,
    read=_read,
    show=_show,
)
