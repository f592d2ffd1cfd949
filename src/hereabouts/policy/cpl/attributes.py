"""Attributes of one element, read with a complaint for each that cannot be."""

from __future__ import annotations

from hereabouts.base.units import Seconds
from hereabouts.policy.calendar.duration import Duration
from hereabouts.policy.calendar.zone import MalformedTime
from hereabouts.policy.cpl.element import Element
from hereabouts.policy.cpl.finding import Code, Report

MAXIMUM_DURATION = 366 * 86_400.0
"The longest time that a modifier or an operation can ask for, in seconds."


def refuse_others(
    element: Element, report: Report, *names: str, extensions: tuple[str, ...] = ()
) -> None:
    """Complain of every attribute that is not one of these."""
    others = [name for name in element.attributes if name not in names]
    others += [f"p:{name}" for name in element.extensions if name not in extensions]
    known = [*names, *(f"p:{name}" for name in extensions)]
    for name in others:
        message = f"{element.tag} has no attribute {name}"
        remedy = f"it takes {', '.join(known)}" if known else "leave it out"
        report.add(Code.ATTRIBUTE, element.line, message, remedy)


def required(element: Element, name: str, report: Report) -> str | None:
    """The value of an attribute that must be there."""
    value = element.attributes.get(name)
    if not value:
        message = f"{element.tag} needs the attribute {name}"
        report.add(Code.ATTRIBUTE, element.line, message, f'write {name}="..."')
        return None
    return value


def one_of(element: Element, name: str, choices: tuple[str, ...], report: Report) -> str | None:
    """The value of an attribute that must be there and be one of `choices`."""
    value = required(element, name, report)
    if value is not None and value not in choices:
        message = f"{element.tag} cannot have {name}={value[:80]!r}"
        report.add(Code.ATTRIBUTE, element.line, message, f"choose one of {', '.join(choices)}")
        return None
    return value


def duration(element: Element, name: str, report: Report) -> Seconds | None:
    """The length of time that an attribute gives, if it is there; it is above zero."""
    text = element.attributes.get(name)
    if text is None:
        return None
    seconds = _seconds(text)
    if seconds is None or not 0 < seconds <= MAXIMUM_DURATION:
        message = f"{name}={text[:80]!r} is not a length of time from a second to 366 days"
        report.add(Code.ATTRIBUTE, element.line, message, "write it like PT10M, PT8H or P7D")
        return None
    return seconds


def _seconds(text: str) -> Seconds | None:
    # The schema has no weeks and no plus, RFC 5545 no fractions: what both know is read.
    if "W" in text or not text.startswith("P"):
        return None
    try:
        return Duration.parse(text).seconds
    except MalformedTime:
        return None
