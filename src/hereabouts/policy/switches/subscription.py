"""`p:subscription-switch`: what the subscription is for, and how it stands."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from enum import Enum

import msgspec

from hereabouts.base.units import Timestamp
from hereabouts.policy.cpl.attributes import one_of, refuse_others
from hereabouts.policy.cpl.element import PRESENCE, Element
from hereabouts.policy.cpl.finding import Code, Report
from hereabouts.policy.facts import Facts, Kind, Trigger
from hereabouts.policy.point import POINTS
from hereabouts.policy.switches.comparison import (
    Comparison,
    Operator,
    caseless,
    listed,
    read_comparison,
)
from hereabouts.policy.switches.switch import SwitchKind

_IS = frozenset({Operator.IS})
_TEXT = frozenset({Operator.IS, Operator.CONTAINS})


def _media_type(text: str) -> str:
    """A media type as it is compared: without case and parameters."""
    return caseless(text.partition(";")[0].strip())


class Field(msgspec.Struct, frozen=True):
    """Something of a subscription that a script may ask about."""

    words: str
    "What a person calls it."
    operators: Collection[Operator] = _IS
    choices: tuple[str, ...] = ()
    "What it can be, if that is known; nothing else is worth asking for."
    comparable: Callable[[str], str] = caseless


# The states of RFC 3857, section 4.7.1. An event package is compared byte by byte (RFC 6665,
# section 8.2.1); tokens and media types have no case.
FIELDS: dict[str, Field] = {
    "event": Field("the event package", _TEXT, comparable=str),
    "kind": Field("the kind of request", choices=tuple(each.value for each in Kind)),
    "state": Field(
        "the state of the subscription",
        choices=("init", "pending", "active", "waiting", "terminated"),
    ),
    "reason": Field("the reason for that state", _TEXT),
    "trigger": Field("the cause", choices=tuple(each.value for each in Trigger)),
    "accept": Field("what the watcher accepts", _TEXT, comparable=_media_type),
    "content-type": Field("the type of the document", _TEXT, comparable=_media_type),
    "authentication": Field("the authentication", _TEXT),
}
"By the name of the field."

Values = tuple[str, ...]
"What is there, in comparable form; more than one for a field with many values."


class SubscriptionTest(msgspec.Struct, frozen=True, gc=False):
    """A condition: what is compared with, as it stands and in comparable form."""

    operator: Operator
    written: str
    operand: str


def _read(element: Element, report: Report) -> str | None:
    refuse_others(element, report, "field")
    return one_of(element, "field", tuple(FIELDS), report)


def _read_test(field: str, element: Element, report: Report) -> SubscriptionTest | None:
    known = FIELDS[field]
    refuse_others(element, report, Operator.IS.value, Operator.CONTAINS.value)
    comparison = read_comparison(element, known.operators, report)
    return _test(known, comparison, element, report) if comparison else None


def _test(
    known: Field, comparison: Comparison, element: Element, report: Report
) -> SubscriptionTest | None:
    operand = known.comparable(comparison.operand)
    if operand and (operand in known.choices or not known.choices):
        return SubscriptionTest(comparison.operator, comparison.operand, operand)
    message = f"{known.words} is never {comparison.operand[:80]!r}"
    remedy = f"choose {listed(known.choices)}" if known.choices else "give it a value"
    report.add(Code.ATTRIBUTE, element.line, message, remedy)
    return None


def _value(field: str, facts: Facts, _now: Timestamp) -> Values | None:
    found = getattr(facts, _fact(field))
    if found is None:
        return None
    texts = found if isinstance(found, tuple) else (found,)
    plain = [str(each.value) if isinstance(each, Enum) else str(each) for each in texts]
    return tuple(map(FIELDS[field].comparable, plain))


def _fact(field: str) -> str:
    return field.replace("-", "_")


def _matches(test: SubscriptionTest, values: Values) -> bool:
    if test.operator is Operator.IS:
        return test.operand in values
    return any(test.operand in each for each in values)


def _covers(earlier: SubscriptionTest, later: SubscriptionTest) -> bool:
    if later.operator not in (Operator.IS, earlier.operator):
        return False
    return _matches(earlier, (later.operand,))


def _show(_field: str, values: Values) -> str:
    return ", ".join(values)


def _say(
    field: str,
    values: Values | None,
    unmet: Sequence[SubscriptionTest],
    met: SubscriptionTest | None,
) -> str:
    words = FIELDS[field].words
    if values is None:
        return f"{words} was absent"
    clause = f"{words} was {_show(field, values)}"
    if met or not unmet:
        return clause
    return f"{clause}, not {listed([each.written for each in unmet])}"


SUBSCRIPTION = SwitchKind(
    name=(PRESENCE, "subscription-switch"),
    output=(PRESENCE, "subscription"),
    read=_read,
    read_test=_read_test,
    field=str,
    facts=lambda field: frozenset({_fact(field)}),
    value=_value,
    matches=_matches,
    covers=_covers,
    show=_show,
    say=_say,
    actions=POINTS,
)
