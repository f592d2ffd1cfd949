"""`time-switch`: when it is, in a zone and against a calendar (:rfc:`3880#section-4.4`)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, tzinfo

import msgspec

from hereabouts.base.units import NEVER, Timestamp
from hereabouts.policy.calendar.recurrence import Recurrence
from hereabouts.policy.calendar.zone import MalformedTime, zone_named
from hereabouts.policy.cpl.attributes import refuse_others
from hereabouts.policy.cpl.element import CPL, Element
from hereabouts.policy.cpl.finding import Code, Report
from hereabouts.policy.facts import Facts
from hereabouts.policy.switches.comparison import listed
from hereabouts.policy.switches.switch import SwitchKind
from hereabouts.policy.switches.time_words import clock, span

ATTRIBUTES = (
    "dtstart", "dtend", "duration", "freq", "interval", "until", "count", "bysecond", "byminute",
    "byhour", "byday", "bymonthday", "byyearday", "byweekno", "bymonth", "wkst", "bysetpos",
)  # fmt: skip
"What a `time` can say."

MOST_NAMED = 3
"As many times that it was not are named in a sentence."

_BEGINNING = Timestamp(-62_000_000_000.0)  # in the year 5, before every script


class TimeSubject(msgspec.Struct, frozen=True):
    """The zone in which a switch reads its times."""

    zone: tzinfo
    name: str
    is_floating: bool
    "Whether the script names no zone: then it is UTC, which the server's place does not change."


class TimeTest(msgspec.Struct, frozen=True):
    """A condition: a recurring period."""

    recurrence: Recurrence
    words: str
    "What a person calls it."
    attributes: tuple[tuple[str, str], ...]
    "As the script has them, in order of their names."


def _read(element: Element, report: Report) -> TimeSubject | None:
    refuse_others(element, report, "tzid", "tzurl")
    tzid = element.attributes.get("tzid")
    if tzid is None and "tzurl" in element.attributes:
        message = "tzurl alone names no zone: nothing is fetched from elsewhere"
        report.add(Code.TZID, element.line, message, 'say tzid="Europe/Helsinki" or another')
        return None
    if tzid is None:
        return TimeSubject(UTC, "UTC", is_floating=True)
    try:
        return TimeSubject(zone_named(tzid), tzid, is_floating=False)
    except MalformedTime as fault:
        remedy = "use a name of the IANA list, such as Europe/Helsinki"
        report.add(Code.TZID, element.line, str(fault), remedy)
        return None


def _read_test(subject: TimeSubject, element: Element, report: Report) -> TimeTest | None:
    refuse_others(element, report, *ATTRIBUTES, extensions=("end",))
    end = element.extensions.get("end", "exact")
    if end not in ("exact", "wall"):
        message = f"p:end cannot be {end[:80]!r}"
        report.add(Code.ATTRIBUTE, element.line, message, "choose exact or wall")
        return None
    given = {name: value for name, value in element.attributes.items() if name in ATTRIBUTES}
    try:
        recurrence = Recurrence.parse(given, subject.zone, wall_end=end == "wall")
    except MalformedTime as fault:
        report.add(Code.TIME, element.line, str(fault), "see RFC 3880, section 4.4")
        return None
    attributes = tuple(sorted({**given, "p:end": end}.items()))
    return TimeTest(recurrence, span(given), attributes)


def _value(_subject: TimeSubject, _facts: Facts, now: Timestamp) -> Timestamp:
    return now


def _matches(test: TimeTest, now: Timestamp) -> bool:
    return test.recurrence.period_at(now) is not None


def _covers(earlier: TimeTest, later: TimeTest) -> bool:
    return earlier.attributes == later.attributes


def _changes_at(test: TimeTest, now: Timestamp) -> Timestamp:
    change = test.recurrence.next_change(now)
    return NEVER if change is None else change


def _show(subject: TimeSubject, now: Timestamp) -> str:
    return f"{clock(now, subject.zone)} in {subject.name}"


def _say(
    subject: TimeSubject,
    now: Timestamp | None,
    unmet: Sequence[TimeTest],
    met: TimeTest | None,
) -> str:
    assert now is not None, "there is always a time"
    clause = f"it was {_show(subject, now)}"
    if met:
        return f"{clause}, within {met.words}"
    if not unmet:
        return clause
    if len(unmet) > MOST_NAMED:
        return f"{clause}, outside all {len(unmet)} times"
    return f"{clause}, outside {listed([each.words for each in unmet])}"


def _warn(subject: TimeSubject, line: int, report: Report) -> None:
    if subject.is_floating:
        message = "the times are in no zone and read as UTC"
        report.add(Code.FLOATING, line, message, 'name one: tzid="Europe/Helsinki"')


def _warn_test(test: TimeTest, line: int, now: Timestamp, report: Report) -> None:
    first = test.recurrence.next_start(_BEGINNING)
    if first is not None and first > now:
        message = f"{test.words} has not begun yet"
        report.add(Code.NOT_YET, line, message, "nothing, if that is meant; else change dtstart")
    elif test.recurrence.next_change(now) is None:
        message = f"{test.words} is over and does not come again"
        report.add(Code.EXPIRED, line, message, "change until or count, or leave the output out")


TIME = SwitchKind(
    name=(CPL, "time-switch"),
    output=(CPL, "time"),
    read=_read,
    read_test=_read_test,
    field=lambda _subject: "time",
    facts=lambda _subject: frozenset(),
    value=_value,
    matches=_matches,
    covers=_covers,
    show=_show,
    say=_say,
    most_outputs=64,
    changes_at=_changes_at,
    warn=_warn,
    warn_test=_warn_test,
)
