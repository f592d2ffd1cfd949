"""A recurrence rule: how often, on which days, at which times (:rfc:`5545#section-3.3.10`)."""

from __future__ import annotations

from enum import Enum

import msgspec

from hereabouts.policy.calendar.duration import DAY
from hereabouts.policy.calendar.values import WEEKDAYS, Attributes
from hereabouts.policy.calendar.wall import Wall, date_time


class Frequency(Enum):
    """What one interval of the rule is."""

    SECONDLY = "secondly"
    MINUTELY = "minutely"
    HOURLY = "hourly"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    YEARLY = "yearly"

    # That of Enum is written in Python, and rules are looked up by their hash.
    __hash__ = object.__hash__


UNIT = {Frequency.SECONDLY: 1, Frequency.MINUTELY: 60, Frequency.HOURLY: 3600}
"The seconds in one interval of those that are shorter than a day."

# Table 1 of RFC 5545 section 3.3.10, where it says N/A.
_NOT_WITH = {
    Frequency.SECONDLY: ("byweekno",),
    Frequency.MINUTELY: ("byweekno",),
    Frequency.HOURLY: ("byweekno",),
    Frequency.DAILY: ("byweekno", "byyearday"),
    Frequency.WEEKLY: ("byweekno", "byyearday", "bymonthday"),
    Frequency.MONTHLY: ("byweekno", "byyearday"),
    Frequency.YEARLY: (),
}

_WITH_POSITIONS = (
    "bysecond",
    "byminute",
    "byhour",
    "byday",
    "bymonthday",
    "byyearday",
    "byweekno",
    "bymonth",
)


class Rule(msgspec.Struct, frozen=True):
    """A rule with nothing left open: what it does not say is filled in from its `dtstart`.

    An empty tuple sets no bound. Negative numbers count from the end; days of the week count
    from Monday, 0.
    """

    frequency: Frequency
    interval: int
    anchor: Wall
    "The wall of `dtstart`: intervals are counted from the one that it lies in."
    hours: tuple[int, ...]
    minutes: tuple[int, ...]
    seconds: tuple[int, ...]
    months: tuple[int, ...] = ()
    weeks: tuple[int, ...] = ()
    year_days: tuple[int, ...] = ()
    month_days: tuple[int, ...] = ()
    week_days: tuple[tuple[int, int], ...] = ()
    "An ordinal, 0 for each such day, and the day of the week."
    week_start: int = 0
    positions: tuple[int, ...] = ()

    @property
    def unit(self) -> int | None:
        """The seconds in one interval; `None` for a day and more."""
        return UNIT.get(self.frequency)


def read_rule(attributes: Attributes, anchor: Wall) -> Rule:
    """The rule that the attributes state, with a `dtstart` at this wall.

    Raises:
        MalformedTime: an attribute is wrong, or does not go with the others.
    """
    frequency = _frequency(attributes)
    _refuse_misfits(attributes, frequency)
    begin = date_time(anchor)
    unit = UNIT.get(frequency, DAY)
    rule = Rule(
        frequency,
        attributes.number("interval", 1),
        anchor,
        attributes.numbers("byhour", 0, 23) or _all_or(begin.hour, 24, is_finer=unit < DAY),
        attributes.numbers("byminute", 0, 59) or _all_or(begin.minute, 60, is_finer=unit < 3600),
        attributes.numbers("bysecond", 0, 59) or _all_or(begin.second, 60, is_finer=unit < 60),
        attributes.numbers("bymonth", 1, 12),
        attributes.signed_numbers("byweekno", 53),
        attributes.signed_numbers("byyearday", 366),
        attributes.signed_numbers("bymonthday", 31),
        attributes.days_of_week("byday"),
        _week_start(attributes),
        attributes.signed_numbers("bysetpos", 366),
    )
    return msgspec.structs.replace(rule, **_missing_days(rule))


def _all_or(begun: int, count: int, *, is_finer: bool) -> tuple[int, ...]:
    """What a rule means that names none: all, if its interval is finer, else that of `dtstart`."""
    return tuple(range(count)) if is_finer else (begun,)


def _missing_days(rule: Rule) -> dict[str, object]:
    """What `dtstart` adds to the days, where the rule says too little of them."""
    begin = date_time(rule.anchor)
    if rule.year_days or rule.month_days or rule.week_days:
        return {}
    match rule.frequency:
        case Frequency.YEARLY if not rule.weeks:
            return {"months": rule.months or (begin.month,), "month_days": (begin.day,)}
        case Frequency.MONTHLY:
            return {"month_days": (begin.day,)}
        case Frequency.WEEKLY | Frequency.YEARLY:
            return {"week_days": ((0, begin.weekday()),)}
        case _:
            return {}


def _frequency(attributes: Attributes) -> Frequency:
    try:
        return Frequency(attributes.text("freq").lower())
    except ValueError:
        names = ", ".join(frequency.value for frequency in Frequency)
        raise attributes.wrong("freq", f"is none: write one of {names}") from None


def _week_start(attributes: Attributes) -> int:
    if "wkst" not in attributes:
        return 0
    name = attributes.text("wkst").upper()
    if name not in WEEKDAYS:
        raise attributes.wrong("wkst", f"is no day: write one of {', '.join(WEEKDAYS)}")
    return WEEKDAYS.index(name)


def _refuse_misfits(attributes: Attributes, frequency: Frequency) -> None:
    for name in _NOT_WITH[frequency]:
        if name in attributes:
            raise attributes.wrong(name, f"does not go with freq={frequency.value!r}: remove it")
    if "bysetpos" in attributes and not any(name in attributes for name in _WITH_POSITIONS):
        raise attributes.wrong("bysetpos", "chooses among what another by attribute names: add one")
    if not any(ordinal for ordinal, _ in attributes.days_of_week("byday")):
        return
    if frequency not in {Frequency.MONTHLY, Frequency.YEARLY}:
        raise attributes.wrong(
            "byday", "has a number before a day, which goes with freq='monthly' and 'yearly' only"
        )
    if "byweekno" in attributes:
        raise attributes.wrong("byday", "has a number before a day: remove it, or the byweekno")
