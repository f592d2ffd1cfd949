"""The nodes that :rfc:`3880` has for calls, as far as they are checked: they are never executed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from enum import Enum, auto

import msgspec

from hereabouts.policy.cpl.attributes import refuse_others
from hereabouts.policy.cpl.element import CPL, Element, Name
from hereabouts.policy.cpl.finding import Code, Report
from hereabouts.policy.cpl.outputs import outputs
from hereabouts.policy.cpl.tree import Place, When
from hereabouts.policy.point import POINTS, SUBSCRIPTION_POINTS, Point

Attributes = dict[str, str]
"What the value of each attribute looks like, as a regular expression."


class Inside(Enum):
    """What may stand in an element."""

    NODE = auto()
    "One node, which comes next."
    OUTPUTS = auto()
    "Outputs, each at most once."
    CONDITIONS = auto()
    "The outputs of a switch."
    NOTHING = auto()


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a node."""

    inside: Inside
    attributes: Attributes = {}
    required: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    operators: Attributes = {}
    "Of a switch: what its conditions compare with; each has exactly one."
    points: frozenset[Point] = frozenset()
    "The points at which our language has it as well."


_ANY = ".*"
_NUMBER = "0*[1-9][0-9]{0,8}"
_YES_NO = "yes|no"
_PRIORITY = "(?i:emergency|urgent|normal|non-urgent)"
_URI = r"[A-Za-z][A-Za-z0-9+.\-]*:\S+"

_SHAPES: dict[str, Shape] = {
    "string-switch": Shape(
        inside=Inside.CONDITIONS,
        attributes={"field": "subject|organization|user-agent|display"},
        required=("field",),
        outputs=("string",),
        operators={"is": _ANY, "contains": _ANY},
        points=POINTS,
    ),
    "language-switch": Shape(
        inside=Inside.CONDITIONS,
        outputs=("language",),
        operators={"matches": "[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*"},
        points=POINTS,
    ),
    "priority-switch": Shape(
        inside=Inside.CONDITIONS,
        outputs=("priority",),
        operators={"less": _PRIORITY, "greater": _PRIORITY, "equal": _ANY},
        points=POINTS,
    ),
    "location": Shape(
        inside=Inside.NODE,
        attributes={"url": _URI, "priority": r"0(\.[0-9]+)?|1(\.0+)?", "clear": _YES_NO},
        required=("url",),
        points=SUBSCRIPTION_POINTS,
    ),
    "lookup": Shape(
        inside=Inside.OUTPUTS,
        attributes={"source": ".+", "timeout": _NUMBER, "clear": _YES_NO},
        required=("source",),
        outputs=("success", "notfound", "failure"),
    ),
    "remove-location": Shape(
        inside=Inside.NODE, attributes={"location": _ANY}, points=SUBSCRIPTION_POINTS
    ),
    "proxy": Shape(
        inside=Inside.OUTPUTS,
        attributes={
            "timeout": _NUMBER,
            "recurse": _YES_NO,
            "ordering": "parallel|sequential|first-only",
        },
        outputs=("busy", "noanswer", "redirection", "failure", "default"),
    ),
    "redirect": Shape(
        inside=Inside.NOTHING, attributes={"permanent": _YES_NO}, points=SUBSCRIPTION_POINTS
    ),
    "mail": Shape(
        inside=Inside.NODE, attributes={"url": r"mailto:\S+"}, required=("url",), points=POINTS
    ),
    "log": Shape(inside=Inside.NODE, attributes={"name": _ANY, "comment": _ANY}, points=POINTS),
}

CALL_NODES: dict[Name, Shape] = {(CPL, name): shape for name, shape in _SHAPES.items()}
"By the element."


def read_call(
    element: Element, report: Report, follow: Callable[[Element], Place | None]
) -> tuple[Place | None, ...]:
    """The ways out of a node for calls; `follow` reads what stands in an element."""
    shape = CALL_NODES[element.name]
    refuse_others(element, report, *shape.attributes)
    _check_values(element, shape.attributes, report)
    for name in shape.required:
        if name not in element.attributes:
            message = f"{element.tag} needs the attribute {name}"
            report.add(Code.ATTRIBUTE, element.line, message, f'write {name}="..."')
    match shape.inside:
        case Inside.NODE:
            return (follow(element),)
        case Inside.OUTPUTS:
            return tuple([follow(each) for each in _named(element, shape, report)])
        case Inside.CONDITIONS:
            return tuple([follow(each) for each in _conditions(element, shape, report)])
        case Inside.NOTHING:
            if element.children:
                message = f"nothing may follow {element.tag}"
                report.add(Code.ONE_NODE, element.children[0].line, message, "leave it out")
            return ()


def _check_values(element: Element, attributes: Attributes, report: Report) -> None:
    for name, value in element.attributes.items():
        if name in attributes and not re.fullmatch(attributes[name], value, re.ASCII):
            code = Code.URI if name == "url" else Code.ATTRIBUTE
            message = f"{element.tag} cannot have {name}={value[:80]!r}"
            report.add(code, element.line, message, "see RFC 3880 for what it can be")


def _named(element: Element, shape: Shape, report: Report) -> Iterator[Element]:
    seen: set[str] = set()
    for child in element.children:
        namespace, name = child.name
        if namespace != CPL or name not in shape.outputs or name in seen:
            message = f"{child.tag} is no output of {element.tag}, or there twice"
            remedy = f"use each of {', '.join(shape.outputs)} at most once"
            report.add(Code.OUTPUT, child.line, message, remedy)
            continue
        refuse_others(child, report)
        seen.add(name)
        yield child


def _conditions(element: Element, shape: Shape, report: Report) -> Iterator[Element]:
    for child, when in outputs(element, (CPL, shape.outputs[0]), 100, report):
        if when is When.MET:
            refuse_others(child, report, *shape.operators)
            _check_values(child, shape.operators, report)
            given = [name for name in shape.operators if name in child.attributes]
            if len(given) != 1:
                message = f"{child.tag} has {len(given) or 'no'} operators"
                remedy = f"give it one of {', '.join(shape.operators)}"
                report.add(Code.OPERATOR, child.line, message, remedy)
        yield child
