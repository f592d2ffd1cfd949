"""A script read into its tree, node by node; what is wrong goes to a report.

Children are read, and so numbered, before what they stand in, and subactions before what uses them.
"""

from __future__ import annotations

import unicodedata

from hereabouts.policy.actions import MODIFIERS, OPERATIONS
from hereabouts.policy.cpl.attributes import refuse_others, required
from hereabouts.policy.cpl.calls import CALL_NODES, read_call
from hereabouts.policy.cpl.element import CPL, PRESENCE, Element, Name
from hereabouts.policy.cpl.finding import Code, Report
from hereabouts.policy.cpl.outputs import outputs
from hereabouts.policy.cpl.tree import (
    CallNode,
    ModifierNode,
    Node,
    OperationNode,
    Output,
    Place,
    Script,
    Start,
    Subaction,
    SubNode,
    SwitchNode,
    When,
)
from hereabouts.policy.point import Action, Call, Point
from hereabouts.policy.switches import SWITCHES

MAXIMUM_SUBACTIONS = 64

ACTIONS: dict[Name, Action] = {
    **{(CPL, call.value): call for call in Call},
    **{(PRESENCE, point.value): point for point in Point},
}
"The top-level actions, by element."

NOT_YET: frozenset[Name] = frozenset(
    (PRESENCE, name)
    for name in (
        "presence-switch",
        "measure-switch",
        "provide",
        "withhold",
        "set",
        "obscure",
        "alert",
        "defer",
        "terminate",
    )
)
"What the language has and this version refuses, rather than to pass over it in silence."

_SHOWN = 200
"As much of an output is shown in a trace, in characters."


def read(root: Element, report: Report) -> Script:
    """The script that stands under `root`, as far as it can be read."""
    return _Reader(report).script(root)


class _Reader:
    """Reads one script."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._nodes: list[Node] = []
        self._starts: dict[Action, Start] = {}
        self._subactions: dict[str, Subaction] = {}
        self._ids: set[str] = set()  # all of them, defined already or further down

    def script(self, root: Element) -> Script:
        if root.name != (CPL, "cpl"):
            message = f"the document is a {root.tag}, not a cpl"
            self._add(Code.ROOT, root, message, f'begin with <cpl xmlns="{CPL}">')
            return Script()
        refuse_others(root, self._report)
        subactions = [each for each in root.children if each.name == (CPL, "subaction")]
        self._ids = {_id(each.attributes.get("id", "")) for each in subactions}
        if len(subactions) > MAXIMUM_SUBACTIONS:
            message = f"there are over {MAXIMUM_SUBACTIONS} subactions"
            self._add(Code.SIZE, subactions[MAXIMUM_SUBACTIONS], message, "make two policies of it")
        for place, child in enumerate(root.children):
            self._top(place, child)
        return Script(
            tuple(self._nodes), tuple(self._starts.values()), tuple(self._subactions.values())
        )

    # -- what stands at the top

    def _top(self, place: int, element: Element) -> None:
        if element.name == (CPL, "ancillary"):
            refuse_others(element, self._report)
            if place or element.children:
                message = "ancillary must come first and be empty"
                self._add(Code.TOP, element, message, "leave it out")
        elif element.name == (CPL, "subaction"):
            self._subaction(element)
        elif element.name in ACTIONS:
            self._action(ACTIONS[element.name], element)
        else:
            message = f"{element.tag} cannot stand at the top of a script"
            self._add(Code.TOP, element, message, "put it into one of the four points")

    def _subaction(self, element: Element) -> None:
        refuse_others(element, self._report, "id")
        name = _id(required(element, "id", self._report) or "")
        if self._starts:
            message = "a subaction comes after a top-level action"
            self._add(Code.TOP, element, message, "move it to the beginning")
        if name in self._subactions:
            message = f"there is another subaction {name!r}"
            self._add(Code.SUB_DUPLICATE, element, message, "give it another id")
        subaction = Subaction(element.line, name, self._inside(element))
        self._subactions.setdefault(name, subaction)

    def _action(self, action: Action, element: Element) -> None:
        refuse_others(element, self._report)
        if action in self._starts:
            message = f"there is another {element.tag}"
            self._add(Code.TOP_TWICE, element, message, "put all of it into one")
        start = Start(element.line, action, self._inside(element))
        self._starts.setdefault(action, start)

    # -- nodes

    def _inside(self, element: Element) -> Place | None:
        """The node that stands in an element; there is one at most."""
        if len(element.children) > 1:
            message = f"{element.tag} holds {len(element.children)} nodes; it can hold one"
            remedy = "put the second into the first, or leave it out"
            self._add(Code.ONE_NODE, element.children[1], message, remedy)
        return self._node(element.children[0]) if element.children else None

    def _node(self, element: Element) -> Place | None:
        node = self._read(element)
        if node is None:
            return None
        self._nodes.append(node)
        return len(self._nodes) - 1

    def _read(self, element: Element) -> Node | None:
        name = element.name
        if name in SWITCHES:
            return self._switch(element)
        if name in OPERATIONS:
            return self._operation(element)
        if name in MODIFIERS:
            kind = MODIFIERS[name]
            modifiers = kind.read(element, self._report)
            return ModifierNode(element.line, kind, modifiers, self._inside(element))
        if name == (CPL, "sub"):
            return self._sub(element)
        if name in CALL_NODES:
            ways = read_call(element, self._report, self._inside)
            return CallNode(element.line, name, CALL_NODES[name].points, ways)
        self._refuse(element)
        return None

    def _refuse(self, element: Element) -> None:
        if element.name in NOT_YET:
            message = f"this version does not execute {element.tag} yet"
            self._add(Code.NODE, element, message, "leave it out")
        elif element.name[0] in (CPL, PRESENCE):
            message = f"there is no node {element.tag}"
            self._add(Code.NODE, element, message, "see the reference of policies")

    def _switch(self, element: Element) -> SwitchNode:
        kind = SWITCHES[element.name]
        subject = kind.read(element, self._report)
        found: list[Output] = []
        for child, when in outputs(element, kind.output, kind.most_outputs, self._report):
            is_test = when is When.MET and subject is not None
            test = kind.read_test(subject, child, self._report) if is_test else None
            found.append(Output(child.line, when, test, _text(child), self._inside(child)))
        return SwitchNode(element.line, kind, subject, tuple(found))

    def _operation(self, element: Element) -> OperationNode:
        kind = OPERATIONS[element.name]
        self._refuse_children(element)
        return OperationNode(element.line, kind, kind.read(element, self._report))

    def _sub(self, element: Element) -> SubNode | None:
        refuse_others(element, self._report, "ref")
        self._refuse_children(element)
        ref = _id(required(element, "ref", self._report) or "")
        if ref in self._subactions:
            return SubNode(element.line, ref, self._subactions[ref].next)
        if ref in self._ids:
            message = f"the subaction {ref!r} is not defined before this place"
            self._add(Code.SUB_UNDEFINED, element, message, "move its definition up")
        elif ref:
            message = f"there is no subaction {ref!r}"
            self._add(Code.SUB_UNDEFINED, element, message, "define it, or correct the name")
        return None

    def _refuse_children(self, element: Element) -> None:
        if element.children:
            message = f"nothing may follow {element.tag}"
            self._add(Code.ONE_NODE, element.children[0], message, "leave it out")

    def _add(self, code: Code, element: Element, message: str, remedy: str) -> None:
        self._report.add(code, element.line, message, remedy)


def _id(text: str) -> str:
    """A name of a subaction: two that look alike are the same."""
    return unicodedata.normalize("NFC", text)


def _text(element: Element) -> str:
    """An output as it stands in the script."""
    prefixed = {f"p:{name}": value for name, value in element.extensions.items()}
    given = {**element.attributes, **prefixed}
    return " ".join([element.tag, *(f'{name}="{value}"' for name, value in given.items())])[:_SHOWN]
