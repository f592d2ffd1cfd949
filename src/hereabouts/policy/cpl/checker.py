"""What no single node shows: whether each makes sense where it is reached from."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import TypeVar

from hereabouts.policy.cpl.element import Name, tag
from hereabouts.policy.cpl.finding import Code, Report
from hereabouts.policy.cpl.tree import (
    CallNode,
    ModifierNode,
    Node,
    OperationNode,
    Place,
    Script,
    SubNode,
    SwitchNode,
    ways,
)
from hereabouts.policy.point import CALLS, Action

Fact = TypeVar("Fact")


def check(script: Script, report: Report) -> None:
    """Add what is wrong with nodes at the actions that lead to them."""
    for node, actions in zip(script.nodes, reached(script), strict=True):
        for action in sorted(actions, key=lambda each: each.value):
            _check(node, action, report)


def reached(script: Script) -> list[set[Action]]:
    """For each node, the top-level actions from which it is reached."""
    starts = [(start.next, start.action) for start in script.starts]
    return spread(script, starts, lambda _node, facts: ((way, facts) for way in ways(_node)))


def spread(
    script: Script,
    starts: Iterable[tuple[Place | None, Fact]],
    onward: Callable[[Node, set[Fact]], Iterable[tuple[Place, set[Fact]]]],
) -> list[set[Fact]]:
    """For each node, what holds there on some way to it.

    `onward` tells what of that still holds at the nodes that come next. One pass is enough, since
    all of them have lower numbers.
    """
    found: list[set[Fact]] = [set() for _ in script.nodes]
    for place, fact in starts:
        if place is not None:
            found[place].add(fact)
    for place in reversed(range(len(found))):
        for way, facts in onward(script.nodes[place], found[place]):
            found[way] |= facts
    return found


def _check(node: Node, action: Action, report: Report) -> None:
    match node:
        case SubNode():
            return
        case CallNode() if action in node.points:
            message = f"this version does not execute {tag(node.name)} at {action.value} yet"
            report.add(Code.NODE, node.line, message, "leave it out")
        case CallNode():
            _check_place(node.line, node.name, CALLS, action, report)
        case SwitchNode() | ModifierNode() | OperationNode():
            _check_place(node.line, node.kind.name, node.kind.actions, action, report)


def _check_place(
    line: int, name: Name, allowed: Collection[Action], action: Action, report: Report
) -> None:
    if action not in allowed:
        fitting = ", ".join(sorted(each.value for each in allowed))
        message = f"{tag(name)} makes no sense at {action.value}"
        report.add(Code.POINT, line, message, f"it can be used at {fitting}")
