"""`address-switch`: who asks, and about whom (:rfc:`3880#section-4.1`).

Beside the header fields of the RFC it knows two roles, which mean the same at all four points:
`watcher` is the authenticated identity, absent if there is none, and `presentity` the other side.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from hereabouts.base.units import Timestamp
from hereabouts.policy.cpl.attributes import one_of, refuse_others
from hereabouts.policy.cpl.element import CPL, Element
from hereabouts.policy.cpl.finding import Code, Report
from hereabouts.policy.facts import Facts
from hereabouts.policy.switches.address_parts import PARTS, WHOLE, Part
from hereabouts.policy.switches.comparison import Comparison, Operator, listed, read_comparison
from hereabouts.policy.switches.switch import SwitchKind
from hereabouts.sip.headers.address import Address

FIELDS: dict[str, str] = {
    "watcher": "the watcher",
    "presentity": "the presentity",
    "origin": "the From address",
    "destination": "the Request-URI",
    "original-destination": "the To address",
}
"By the name of the field: what a person calls it."

MOST_NAMED = 3
"As many conditions that were not met are named in a sentence."


class AddressSubject(msgspec.Struct, frozen=True, gc=False):
    """Which part of which address a switch looks at."""

    field: str
    subfield: str | None

    @property
    def part(self) -> Part:
        """How that part is found and compared."""
        return PARTS[self.subfield] if self.subfield else WHOLE


class AddressTest(msgspec.Struct, frozen=True, gc=False):
    """A condition: what is compared with, as it stands and in comparable form."""

    subject: AddressSubject
    operator: Operator
    written: str
    operand: str


def _read(element: Element, report: Report) -> AddressSubject | None:
    refuse_others(element, report, "field", "subfield")
    field = one_of(element, "field", tuple(FIELDS), report)
    if field is None:
        return None
    if "subfield" not in element.attributes:
        return AddressSubject(field, None)
    subfield = one_of(element, "subfield", tuple(PARTS), report)
    return AddressSubject(field, subfield) if subfield else None


def _read_test(subject: AddressSubject, element: Element, report: Report) -> AddressTest | None:
    if "list" in element.extensions:
        message = "this version does not know lists of addresses yet"
        report.add(Code.ATTRIBUTE, element.line, message, "write one address for each member")
        return None
    refuse_others(element, report, *(each.value for each in Operator))
    comparison = read_comparison(element, subject.part.operators, report)
    return _test(subject, comparison, element, report) if comparison else None


def _test(
    subject: AddressSubject, comparison: Comparison, element: Element, report: Report
) -> AddressTest | None:
    written = comparison.operand
    operand = subject.part.comparable(written)
    if operand:
        return AddressTest(subject, comparison.operator, written, operand)
    if subject.subfield is None:
        remedy = "write a whole URI, such as sip:alice@example.com"
        report.add(Code.URI, element.line, f"{written[:80]!r} is not an address", remedy)
    else:
        message = f"{written[:80]!r} is not a {subject.subfield}"
        remedy = "leave the output out, or give it a value"
        report.add(Code.ATTRIBUTE, element.line, message, remedy)
    return None


def _value(subject: AddressSubject, facts: Facts, _now: Timestamp) -> str | None:
    address = _address(subject.field, facts)
    return subject.part.of(address) if address else None


def _address(field: str, facts: Facts) -> Address | None:
    match field:
        case "watcher":
            return Address(facts.watcher, {}) if facts.watcher else None
        case "presentity":
            return Address(facts.presentity, {})
        case "origin":
            return facts.origin
        case "destination":
            return facts.destination
        case _:
            return facts.original_destination


def _matches(test: AddressTest, value: str) -> bool:
    return test.subject.part.operators[test.operator](test.operand, value)


def _covers(earlier: AddressTest, later: AddressTest) -> bool:
    if later.operator not in (Operator.IS, earlier.operator):
        return False
    return _matches(earlier, later.operand)


def _show(subject: AddressSubject, value: str) -> str:
    return "(hidden)" if subject.part.is_secret else value


def _say(
    subject: AddressSubject,
    value: str | None,
    unmet: Sequence[AddressTest],
    met: AddressTest | None,
) -> str:
    whose = FIELDS[subject.field]
    if subject.field == "watcher" and value is None and not subject.subfield:
        return "the watcher was not authenticated"
    what = f"the {subject.subfield} of {whose}" if subject.subfield else whose
    if value is None:
        return f"{what} was absent"
    clause = f"{what} was {_show(subject, value)}"
    if met or not unmet or subject.part.is_secret:
        return clause
    if len(unmet) > MOST_NAMED:
        return f"{clause}, none of the {len(unmet)} that are named"
    return f"{clause}, not {listed([_written(each) for each in unmet])}"


def _written(test: AddressTest) -> str:
    match test.operator:
        case Operator.IS:
            return test.written
        case Operator.CONTAINS:
            return f"one with {test.written} in it"
        case Operator.SUBDOMAIN_OF if test.subject.subfield == "tel":
            return f"one that begins with {test.written}"
        case Operator.SUBDOMAIN_OF:
            return f"within {test.written}"


ADDRESS = SwitchKind(
    name=(CPL, "address-switch"),
    output=(CPL, "address"),
    read=_read,
    read_test=_read_test,
    field=lambda subject: f"{subject.field} {subject.subfield or ''}".strip(),
    facts=lambda subject: frozenset({subject.field.replace("-", "_")}),
    value=_value,
    matches=_matches,
    covers=_covers,
    show=_show,
    say=_say,
)
