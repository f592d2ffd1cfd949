"""What a script may say and its writer may not mean."""

from __future__ import annotations

from collections.abc import Iterator

from hereabouts.base.units import Timestamp
from hereabouts.policy.cpl.checker import reached, spread
from hereabouts.policy.cpl.finding import Code, Report
from hereabouts.policy.cpl.tree import (
    CallNode,
    ModifierNode,
    Node,
    OperationNode,
    Output,
    Place,
    Script,
    SubNode,
    SwitchNode,
    When,
    ways,
)
from hereabouts.policy.decision import Operation
from hereabouts.policy.facts import Kind
from hereabouts.policy.point import Point
from hereabouts.policy.switches.subscription import SUBSCRIPTION
from hereabouts.policy.switches.time import TIME


def warn(script: Script, now: Timestamp, report: Report) -> None:
    """Add what is doubtful about a script without errors, now."""
    actions = reached(script)
    for node, at in zip(script.nodes, actions, strict=True):
        if isinstance(node, SwitchNode) and any(isinstance(each, Point) for each in at):
            _warn_switch(node, now, report)
    _warn_unused(script, report)
    _warn_all_reject(script, report)
    _warn_refresh(script, report)


# -- one switch


def _warn_switch(switch: SwitchNode, now: Timestamp, report: Report) -> None:
    switch.kind.warn(switch.subject, switch.line, report)
    if all(output.when is not When.OTHERWISE for output in switch.outputs):
        message = "where no output fits, the script ends and the default holds"
        report.add(Code.NO_OTHERWISE, switch.line, message, "say so with <otherwise/>")
    conditions = [output for output in switch.outputs if output.when is When.MET]
    for place, output in enumerate(conditions):
        switch.kind.warn_test(output.test, output.line, now, report)
        earlier = _covering(switch, conditions[:place], output)
        if earlier is not None:
            message = f"{output.text} is never taken: line {earlier.line} takes all of it"
            report.add(Code.UNREACHABLE, output.line, message, "move it up, or leave it out")


def _covering(switch: SwitchNode, earlier: list[Output], output: Output) -> Output | None:
    return next((each for each in earlier if switch.kind.covers(each.test, output.test)), None)


# -- the whole script


def _warn_unused(script: Script, report: Report) -> None:
    pairs = zip(script.nodes, reached(script), strict=True)
    used = {node.ref for node, actions in pairs if isinstance(node, SubNode) and actions}
    for subaction in script.subactions:
        if subaction.id not in used:
            message = f"nothing leads to the subaction {subaction.id!r}"
            report.add(Code.SUB_UNUSED, subaction.line, message, "leave it out, or use it")


def _warn_all_reject(script: Script, report: Report) -> None:
    start = script.start(Point.INCOMING_SUBSCRIPTION)
    if start is None or start.next is None:
        return
    if _outcomes(script)[start.next] == {Operation.REJECT}:
        message = "every way leads to reject: nobody can watch you"
        report.add(Code.ALL_REJECT, start.line, message, "add an output with p:allow")


def _outcomes(script: Script) -> list[set[Operation | None]]:
    """For each node, the operations that may come of it; `None` stands for the default."""
    found: list[set[Operation | None]] = []
    for node in script.nodes:  # what comes next has been found already
        outcomes = {each for way in ways(node) for each in found[way]}
        found.append(outcomes | set(_own_outcomes(node)))
    return found


def _own_outcomes(node: Node) -> Iterator[Operation | None]:
    match node:
        case OperationNode():
            yield node.kind.operation
        case SwitchNode():
            ends = [output for output in node.outputs if output.when is When.OTHERWISE]
            if not ends or any(output.next is None for output in node.outputs):
                yield None
        case ModifierNode() | SubNode() if node.next is None:
            yield None
        case ModifierNode() | SubNode() | CallNode():
            pass


def _warn_refresh(script: Script, report: Report) -> None:
    """A subscription that was granted ends at its refresh, when the time has passed."""
    start = script.start(Point.INCOMING_SUBSCRIPTION)
    if start is None:
        return
    found = spread(script, [(start.next, False)], _for_refreshes)
    for node, is_under_time in zip(script.nodes, found, strict=True):
        is_reject = isinstance(node, OperationNode) and node.kind.operation is Operation.REJECT
        if is_reject and True in is_under_time:
            message = "at such a time a refresh is rejected too, and ends a subscription granted"
            remedy = 'allow kind="refresh" before you ask for the time'
            report.add(Code.REFRESH, node.line, message, remedy)


def _for_refreshes(node: Node, is_under_time: set[bool]) -> Iterator[tuple[Place, set[bool]]]:
    """Where a refresh may go, and whether a time has been asked for on the way."""
    places = ways(node)
    if isinstance(node, SwitchNode) and node.kind is TIME:
        is_under_time = {True for _ in is_under_time}
    elif isinstance(node, SwitchNode) and node.kind is SUBSCRIPTION and node.subject == "kind":
        places = tuple(_taken_by_refresh(node))
    for place in places:
        yield place, is_under_time


def _taken_by_refresh(switch: SwitchNode) -> Iterator[Place]:
    for output in switch.outputs:
        is_refresh = output.when is When.MET and output.test.operand == Kind.REFRESH.value
        if (is_refresh or output.when is When.OTHERWISE) and output.next is not None:
            yield output.next
        if is_refresh:
            return
