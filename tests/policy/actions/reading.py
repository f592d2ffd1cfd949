"""One action read from its attributes."""

from __future__ import annotations

from hereabouts.policy.actions import ModifierKind, OperationKind
from hereabouts.policy.cpl.element import Element
from hereabouts.policy.cpl.finding import Code, Report
from hereabouts.policy.decision import Modifiers, Parameters


def read_operation(kind: OperationKind, **attributes: str) -> tuple[Parameters, list[Code]]:
    report = Report()
    found = kind.read(Element(1, kind.name, attributes, {}, ()), report)
    return found, [each.code for each in report.findings]


def read_modifier(kind: ModifierKind, attributes: dict[str, str]) -> tuple[Modifiers, list[Code]]:
    report = Report()
    found = kind.read(Element(1, kind.name, attributes, {}, ()), report)
    return found, [each.code for each in report.findings]
