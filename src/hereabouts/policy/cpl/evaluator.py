"""A script run on the facts: what it reaches, on which way, and until when it would again."""

from __future__ import annotations

from typing import Any

import msgspec

from hereabouts.base.units import NEVER, Timestamp
from hereabouts.policy.cpl.element import tag
from hereabouts.policy.cpl.tree import (
    CallNode,
    ModifierNode,
    OperationNode,
    Output,
    Place,
    Script,
    SubNode,
    SwitchNode,
    When,
)
from hereabouts.policy.decision import Modifiers, Operation, Parameters, TraceStep
from hereabouts.policy.facts import Facts

SHOWN = 200
"As much of a value is kept in a trace, in characters."

TOLD = 400
"As much of a reason is told, in characters."


class Reason(msgspec.Struct, frozen=True, gc=False):
    """What a switch found, for a person."""

    line: int
    clause: str


class Evaluation(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one script."""

    operation: Operation | None
    "`None`: the script ended without one, and the default holds."
    line: int
    "Of the operation; of the last node passed, where there is none; 0: nothing was passed."
    parameters: Parameters
    modifiers: Modifiers
    reasons: tuple[Reason, ...]
    trace: tuple[TraceStep, ...]
    valid_until: Timestamp
    looked_at: frozenset[str]


def evaluate(script: Script, facts: Facts, now: Timestamp, policy: str) -> Evaluation:
    """What the script reaches at the point of these facts; `policy` is its id, for the trace.

    It takes at most as many steps as the script has nodes.
    """
    run = _Run(facts, now, policy)
    start = script.start(facts.point)
    place = start.next if start else None
    while place is not None:
        place = run.step(script, place)
    return run.ended()


class _Run:
    """One run of a script."""

    def __init__(self, facts: Facts, now: Timestamp, policy: str) -> None:
        self._facts = facts
        self._now = now
        self._policy = policy
        self._end: OperationNode | None = None
        self._modifiers = Modifiers()
        self._reasons: list[Reason] = []
        self._trace: list[TraceStep] = []
        self._valid_until = NEVER
        self._looked_at: frozenset[str] = frozenset()

    def step(self, script: Script, place: Place) -> Place | None:
        """Pass one node; the next one."""
        node = script.nodes[place]
        match node:
            case SwitchNode():
                following = self._choose(node)
            case ModifierNode():
                self._modifiers = self._modifiers.merged(node.modifiers)
                self._note(node.line, tag(node.kind.name), value=node.kind.show(node.modifiers))
                following = node.next
            case SubNode():
                self._note(node.line, "sub", value=node.ref)
                following = node.next
            case OperationNode():
                self._end = node
                self._note(node.line, tag(node.kind.name), value=node.kind.show(node.parameters))
                following = None
            case CallNode():
                raise AssertionError("the checker lets no node for calls through to a point")
        assert following is None or following < place, "every way leads downwards"
        return following

    def ended(self) -> Evaluation:
        """What came of it."""
        end = self._end
        return Evaluation(
            operation=end.kind.operation if end else None,
            line=self._trace[-1].line if self._trace else 0,
            parameters=end.parameters if end else Parameters(),
            modifiers=self._modifiers,
            reasons=tuple(self._reasons),
            trace=tuple(self._trace),
            valid_until=self._valid_until,
            looked_at=self._looked_at,
        )

    def _choose(self, switch: SwitchNode) -> Place | None:
        kind, subject = switch.kind, switch.subject
        value = kind.value(subject, self._facts, self._now)
        tried, taken = self._tried(switch, value)
        met = taken.test if taken and taken.when is When.MET else None
        unmet = [each for each in tried if each is not met]
        for test in tried:
            self._valid_until = min(self._valid_until, kind.changes_at(test, self._now))
        self._looked_at |= kind.facts(subject)
        clause = kind.say(subject, value, unmet, met)
        self._reasons.append(Reason(_line(switch, taken, len(unmet)), clause[:TOLD]))
        self._note(
            switch.line,
            tag(kind.name),
            field=kind.field(subject),
            value="" if value is None else kind.show(subject, value),
            output=taken.text if taken else "none",
        )
        return taken.next if taken else None

    def _tried(self, switch: SwitchNode, value: object) -> tuple[list[Any], Output | None]:
        """The conditions that were asked for, and the output that is taken."""
        tried: list[Any] = []
        for output in switch.outputs:
            match output.when:
                case When.MET if value is not None:
                    tried.append(output.test)
                    is_taken = switch.kind.matches(output.test, value)
                case When.MET:
                    is_taken = False
                case When.NOT_PRESENT:
                    is_taken = value is None
                case When.OTHERWISE:
                    is_taken = True
            if is_taken:
                return tried, output
        return tried, None

    def _note(
        self, line: int, node: str, *, field: str = "", value: str = "", output: str = ""
    ) -> None:
        step = TraceStep(self._policy, line, node, field, value[:SHOWN], output)
        self._trace.append(step)


def _line(switch: SwitchNode, taken: Output | None, unmet: int) -> int:
    """The line that a person should look at: that of the condition, if it was one alone."""
    if taken is not None and taken.when is not When.OTHERWISE:
        return taken.line
    if unmet == 1:
        return next(each.line for each in switch.outputs if each.when is When.MET)
    return switch.line
