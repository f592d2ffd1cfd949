"""What a switch is: a record of answers, from which the reader and the evaluator go on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

import msgspec

from hereabouts.base.units import NEVER, Timestamp
from hereabouts.policy.cpl.element import Element, Name
from hereabouts.policy.cpl.finding import Report
from hereabouts.policy.facts import Facts
from hereabouts.policy.point import CALLS, POINTS, Action

Subject = TypeVar("Subject")
"What a switch looks at, as its attributes say: read once, when the script is."

Test = TypeVar("Test")
"The condition of one output."

Value = TypeVar("Value")
"What is found when the script is run."


class SwitchKind(msgspec.Struct, Generic[Subject, Test, Value], frozen=True, kw_only=True):
    """One kind of switch."""

    name: Name
    output: Name
    "The element that holds a condition."
    read: Callable[[Element, Report], Subject | None]
    "What it looks at; `None` after a complaint."
    read_test: Callable[[Subject, Element, Report], Test | None]
    "The condition of an output; `None` after a complaint."
    field: Callable[[Subject], str]
    "What it looks at, for the trace."
    facts: Callable[[Subject], frozenset[str]]
    "The fields of `Facts` it looks at."
    value: Callable[[Subject, Facts, Timestamp], Value | None]
    "What is there now; `None`: it is absent."
    matches: Callable[[Test, Value], bool]
    covers: Callable[[Test, Test], bool]
    "Whether whatever the second would match is matched by the first already."
    show: Callable[[Subject, Value], str]
    "What is there, for the trace."
    say: Callable[[Subject, Value | None, Sequence[Test], Test | None], str]
    """What is there, as a clause of a sentence: `the watcher was sip:eve@example.com`. It is given
    the conditions that were tried and not met, in order, and the one that was, if any."""
    actions: frozenset[Action] = POINTS | CALLS
    "The top-level actions in which it makes sense."
    most_outputs: int = 100
    changes_at: Callable[[Test, Timestamp], Timestamp] = lambda *_: NEVER
    "The first date after now at which time alone changes whether the condition is met."
    warn: Callable[[Subject, int, Report], None] = lambda *_: None
    "Adds what is doubtful about the switch on this line."
    warn_test: Callable[[Test, int, Timestamp, Report], None] = lambda *_: None
    "Adds what is doubtful about an output on this line, now."


AnySwitch = SwitchKind[Any, Any, Any]
