"""`p:expires`: the longest lifetime of a subscription (:rfc:`6665#section-4.2.1.1`)."""

from __future__ import annotations

from hereabouts.policy.actions.action import ModifierKind
from hereabouts.policy.cpl.attributes import duration, refuse_others, required
from hereabouts.policy.cpl.element import PRESENCE, Element
from hereabouts.policy.cpl.finding import Code, Report
from hereabouts.policy.decision import Modifiers
from hereabouts.policy.point import SUBSCRIPTION_POINTS


def _read(element: Element, report: Report) -> Modifiers:
    if "at-least" in element.attributes:
        message = "this version does not lengthen subscriptions yet (at-least)"
        report.add(Code.ATTRIBUTE, element.line, message, "leave at-least out")
        return Modifiers()
    refuse_others(element, report, "at-most")
    required(element, "at-most", report)
    return Modifiers(expires_at_most=duration(element, "at-most", report))


def _show(modifiers: Modifiers) -> str:
    return f"at most {modifiers.expires_at_most:.0f} s"


EXPIRES = ModifierKind(
    name=(PRESENCE, "expires"),
    actions=SUBSCRIPTION_POINTS,
    read=_read,
    show=_show,
)
