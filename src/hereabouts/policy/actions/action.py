"""What an action is: a record of where it goes and how it is read."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from hereabouts.policy.cpl.element import Element, Name
from hereabouts.policy.cpl.finding import Report
from hereabouts.policy.decision import Modifiers, Operation, Parameters
from hereabouts.policy.point import Action


class OperationKind(msgspec.Struct, frozen=True, kw_only=True):
    """An operation: it ends the script."""

    name: Name
    operation: Operation
    actions: frozenset[Action]
    "The top-level actions in which it makes sense."
    read: Callable[[Element, Report], Parameters]
    show: Callable[[Parameters], str]
    "The parameters, for the trace."


class ModifierKind(msgspec.Struct, frozen=True, kw_only=True):
    """A modifier: one node follows it, and what it says goes with whatever comes of that."""

    name: Name
    actions: frozenset[Action]
    "The top-level actions in which it makes sense."
    read: Callable[[Element, Report], Modifiers]
    show: Callable[[Modifiers], str]
    "What it says, for the trace."
