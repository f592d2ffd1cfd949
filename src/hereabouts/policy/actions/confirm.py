"""`p:confirm`: the owner is asked (:rfc:`5025#section-3.2.1`)."""

from __future__ import annotations

from hereabouts.policy.actions.action import OperationKind
from hereabouts.policy.cpl.attributes import duration, refuse_others
from hereabouts.policy.cpl.element import PRESENCE, Element
from hereabouts.policy.cpl.finding import Report
from hereabouts.policy.decision import Operation, Parameters
from hereabouts.policy.point import SUBSCRIPTION_POINTS


def _read(element: Element, report: Report) -> Parameters:
    refuse_others(element, report, "giveup")
    return Parameters(giveup=duration(element, "giveup", report))


def _show(parameters: Parameters) -> str:
    return "" if parameters.giveup is None else f"giveup after {parameters.giveup:.0f} s"


CONFIRM = OperationKind(
    name=(PRESENCE, "confirm"),
    operation=Operation.CONFIRM,
    actions=SUBSCRIPTION_POINTS,
    read=_read,
    show=_show,
)
