"""The outputs of a switch: which they are, and in what order they may stand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from hereabouts.policy.cpl.attributes import refuse_others
from hereabouts.policy.cpl.element import CPL, Element, Name, tag
from hereabouts.policy.cpl.finding import Code, Report
from hereabouts.policy.cpl.tree import When

# CPL's own elements, in the switches of the extension too (RFC 3880, section 4).
_SPECIAL: dict[Name, When] = {
    (CPL, "not-present"): When.NOT_PRESENT,
    (CPL, "otherwise"): When.OTHERWISE,
}

_TWICE = {When.NOT_PRESENT: Code.NOT_PRESENT_TWICE, When.OTHERWISE: Code.OTHERWISE_TWICE}


def outputs(
    switch: Element, output: Name, most: int, report: Report
) -> Iterator[tuple[Element, When]]:
    """Each output of the switch, `output` being what its conditions are called."""
    if len(switch.children) > most:
        message = f"{switch.tag} has {len(switch.children)} outputs; {most} are allowed"
        report.add(Code.SIZE, switch.line, message, "make several switches of it")
    counted: Counter[When] = Counter()
    for child in switch.children:
        when = When.MET if child.name == output else _SPECIAL.get(child.name)
        if when is None:
            message = f"{child.tag} is no output of {switch.tag}"
            remedy = f"use {tag(output)}, not-present or otherwise"
            report.add(Code.OUTPUT, child.line, message, remedy)
            continue
        _check_place(child, when, counted, report)
        counted[when] += 1
        yield child, when


def _check_place(child: Element, when: When, before: Counter[When], report: Report) -> None:
    if when is not When.MET:
        refuse_others(child, report)
    if when in _TWICE and before[when]:
        report.add(_TWICE[when], child.line, f"{child.tag} is there twice", "leave one out")
    elif before[When.OTHERWISE]:
        message = f"{child.tag} comes after otherwise and is never taken"
        report.add(Code.OTHERWISE_LAST, child.line, message, "move otherwise to the end")
