"""How an operation is read that takes nothing."""

from __future__ import annotations

from hereabouts.policy.actions.action import OperationKind
from hereabouts.policy.cpl.attributes import refuse_others
from hereabouts.policy.cpl.element import PRESENCE, Element
from hereabouts.policy.cpl.finding import Report
from hereabouts.policy.decision import Operation, Parameters
from hereabouts.policy.point import Action


def plain(operation: Operation, actions: frozenset[Action]) -> OperationKind:
    """An operation of the extension without parameters, named as it is called."""
    return OperationKind(
        name=(PRESENCE, operation.value),
        operation=operation,
        actions=actions,
        read=_read,
        show=_show,
    )


def _read(element: Element, report: Report) -> Parameters:
    refuse_others(element, report)
    return Parameters()


def _show(_parameters: Parameters) -> str:
    return ""
