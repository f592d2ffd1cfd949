"""A script that was read: frozen nodes without any XML, numbered from below.

Every way out of a node leads to one with a lower number, through subactions too, since those may
only be used after they are defined. So a run ends after at most as many steps as there are nodes,
and one pass over the numbers tells what is reached from where: no check follows each path, of which
there may be 2^n.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Any

import msgspec

from hereabouts.policy.actions.action import ModifierKind, OperationKind
from hereabouts.policy.cpl.element import Name
from hereabouts.policy.decision import Modifiers, Parameters
from hereabouts.policy.point import Action, Point
from hereabouts.policy.switches.switch import AnySwitch

Place = int
"The number of a node."


class When(Enum):
    """When an output of a switch is taken."""

    MET = auto()
    "Its condition is met."
    NOT_PRESENT = auto()
    "There is nothing to look at."
    OTHERWISE = auto()
    "No other was."


class Output(msgspec.Struct, frozen=True):
    """One way out of a switch."""

    line: int
    when: When
    test: Any
    "The condition, of the switch's own type; `None` where there is none."
    text: str
    "As it stands in the script, for the trace."
    next: Place | None
    "`None`: the script ends here, and the default holds."


class SwitchNode(msgspec.Struct, frozen=True):
    """A choice: the first output that fits is taken."""

    line: int
    kind: AnySwitch
    subject: Any
    "What it looks at, of the switch's own type."
    outputs: tuple[Output, ...]


class ModifierNode(msgspec.Struct, frozen=True):
    """Something that goes with whatever comes of the rest."""

    line: int
    kind: ModifierKind
    modifiers: Modifiers
    next: Place | None


class OperationNode(msgspec.Struct, frozen=True):
    """The end of a script, decided."""

    line: int
    kind: OperationKind
    parameters: Parameters


class SubNode(msgspec.Struct, frozen=True):
    """A subaction takes over."""

    line: int
    ref: str
    next: Place | None


class CallNode(msgspec.Struct, frozen=True):
    """A node of :rfc:`3880` for calls: read, stored and never executed."""

    line: int
    name: Name
    points: frozenset[Point]
    "The points at which the language has it as well, though this version does not."
    ways: tuple[Place | None, ...]


Node = SwitchNode | ModifierNode | OperationNode | SubNode | CallNode


class Start(msgspec.Struct, frozen=True):
    """A top-level action."""

    line: int
    action: Action
    next: Place | None


class Subaction(msgspec.Struct, frozen=True):
    """A part with a name."""

    line: int
    id: str
    next: Place | None


class Script(msgspec.Struct, frozen=True):
    """A script, whole."""

    nodes: tuple[Node, ...] = ()
    starts: tuple[Start, ...] = ()
    subactions: tuple[Subaction, ...] = ()

    def start(self, action: Action) -> Start | None:
        """Where the script begins for this action; `None`: it says nothing about it."""
        return next((each for each in self.starts if each.action is action), None)

    @property
    def points(self) -> tuple[Point, ...]:
        """The points it says something about."""
        return tuple([each.action for each in self.starts if isinstance(each.action, Point)])


def ways(node: Node) -> tuple[Place, ...]:
    """The nodes that may come next."""
    match node:
        case SwitchNode():
            following = tuple(output.next for output in node.outputs)
        case CallNode():
            following = node.ways
        case OperationNode():
            following = ()
        case ModifierNode() | SubNode():
            following = (node.next,)
    return tuple([place for place in following if place is not None])
