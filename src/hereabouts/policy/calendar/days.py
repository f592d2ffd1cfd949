"""The days on which a rule has starts, a year at a time (:rfc:`5545#section-3.3.10`).

Days are counted from 1 January 1970, which is 0. The days of a year are one integer (`bits`), in
which bit 0 is 1 January. Whether a part of a rule expands or limits does not matter here: once
`dtstart` has filled in what is missing, a day fits a rule exactly if it fits every part of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from itertools import pairwise

import msgspec

from hereabouts.policy.calendar.bits import ALL, first, highest, lowest, members, set_of, shifted
from hereabouts.policy.calendar.duration import DAY
from hereabouts.policy.calendar.rule import Frequency, Rule
from hereabouts.policy.calendar.wall import date_time

_EPOCH = date(1970, 1, 1).toordinal()
_WEEK = first(7)
_EVERY_WEEK = set_of(range(0, 7 * 54, 7))


class Year(msgspec.Struct, frozen=True):
    """One year of the calendar."""

    number: int
    start: int
    "The day that 1 January is."
    months: tuple[int, ...]
    "How many days of the year are before each month, and last how many it has."

    @property
    def length(self) -> int:
        """Its days."""
        return self.months[-1]

    def month(self, number: int) -> int:
        """The days of a month, from 1."""
        return first(self.months[number]) & ~first(self.months[number - 1])

    def week(self, start: int) -> int:
        """Those days of the week beginning on day `start` that lie in this year."""
        return shifted(_WEEK, start - self.start) & first(self.length)


@lru_cache(maxsize=512)
def year_of(number: int) -> Year:
    """The year of that number."""
    start = date(number, 1, 1).toordinal()
    months = [date(number, month, 1).toordinal() - start for month in range(1, 13)]
    return Year(number, start - _EPOCH, (*months, date(number, 12, 31).toordinal() - start + 1))


def date_of(day: int) -> date:
    """The date that a day is."""
    return date.fromordinal(day + _EPOCH)


def weekday(day: int) -> int:
    """The day of the week, from Monday, 0: 1 January 1970 was a Thursday."""
    return (day + 3) % 7


def first_day(rule: Rule, day: int, last: int) -> int | None:
    """The first day of the rule from `day` on and up to `last`."""
    while day <= last:
        year = year_of(date_of(day).year)
        if later := days_of_year(rule, year.number) >> (day - year.start):
            found = day + lowest(later)
            return found if found <= last else None
        day = year.start + year.length
    return None


def last_day(rule: Rule, day: int, first_one: int) -> int | None:
    """The last day of the rule up to `day` and from `first_one` on."""
    while day >= first_one:
        year = year_of(date_of(day).year)
        if earlier := days_of_year(rule, year.number) & first(day - year.start + 1):
            found = year.start + highest(earlier)
            return found if found >= first_one else None
        day = year.start - 1
    return None


def days_between(rule: Rule, day: int, last: int) -> list[int]:
    """All days of the rule from `day` up to `last`."""
    found = []
    for number in range(date_of(day).year, date_of(last).year + 1):
        year = year_of(number)
        found += [year.start + index for index in members(days_of_year(rule, number))]
    return [one for one in found if day <= one <= last]


@lru_cache(maxsize=4096)  # 60 us become 1; an entry is some 200 bytes
def days_of_year(rule: Rule, number: int) -> int:
    """The days of that year which fit the rule."""
    year = year_of(number)
    days = first(year.length) & _aligned(rule, year)
    if days:
        days &= _months(rule, year) & _weeks(rule, year) & _year_days(rule, year)
        days &= _month_days(rule, year) & _week_days(rule, year)
    return days


def _aligned(rule: Rule, year: Year) -> int:
    """The days in those intervals that the rule does not leave out."""
    anchor, interval = rule.anchor // DAY, rule.interval
    begin = date_time(rule.anchor)
    match rule.frequency:
        case Frequency.YEARLY:
            return ALL if (year.number - begin.year) % interval == 0 else 0
        case Frequency.MONTHLY:
            passed = 12 * (year.number - begin.year) - begin.month
            return _all_of(year.month(n) for n in range(1, 13) if (passed + n) % interval == 0)
        case Frequency.WEEKLY:
            start = anchor - (weekday(anchor) - rule.week_start) % 7
            return _all_of(year.week(one) for one in _every(7 * interval, start, year, early=6))
        case Frequency.DAILY:
            return set_of(day - year.start for day in _every(interval, anchor, year))
        case _:
            return ALL


def _every(interval: int, anchor: int, year: Year, early: int = 0) -> range:
    """The days a multiple of `interval` away from `anchor`: in the year, or just before it."""
    earliest = year.start - early
    return range(earliest + (anchor - earliest) % interval, year.start + year.length, interval)


def _months(rule: Rule, year: Year) -> int:
    return _all_of(map(year.month, rule.months)) if rule.months else ALL


def _weeks(rule: Rule, year: Year) -> int:
    """The days in weeks of those numbers, be it the first or last of a neighbouring year's."""
    if not rule.weeks:
        return ALL
    return _all_of(
        year.week(start)
        for number in (year.number - 1, year.number, year.number + 1)
        for start in _weeks_of(rule, number)
    )


def _weeks_of(rule: Rule, number: int) -> Iterator[int]:
    """Where the weeks begin that the rule names in that year."""
    start, end = (_first_week(one, rule.week_start) for one in (number, number + 1))
    weeks = range(start, end, 7)
    return (weeks[index] for index in _indices(rule.weeks, len(weeks)))


def _first_week(number: int, week_start: int) -> int:
    """Where week 1 begins: the first that has at least four days in the year."""
    fourth = year_of(number).start + 3
    return fourth - (weekday(fourth) - week_start) % 7


def _year_days(rule: Rule, year: Year) -> int:
    return set_of(_indices(rule.year_days, year.length)) if rule.year_days else ALL


def _month_days(rule: Rule, year: Year) -> int:
    if not rule.month_days:
        return ALL
    return _all_of(
        set_of(_indices(rule.month_days, end - start)) << start
        for start, end in pairwise(year.months)
    )


def _week_days(rule: Rule, year: Year) -> int:
    """The days of the week, and those with an ordinal besides: the union of what is listed."""
    if not rule.week_days:
        return ALL
    spans = list(pairwise(year.months)) if _by_month(rule) else [(0, year.length)]
    return _all_of(
        _with_ordinal(ordinal, _EVERY_WEEK << ((day - weekday(year.start)) % 7), spans)
        for ordinal, day in rule.week_days
    )


def _by_month(rule: Rule) -> bool:
    """Whether `1MO` is the first Monday of a month, and not that of the year."""
    return rule.frequency is Frequency.MONTHLY or bool(rule.months)


def _with_ordinal(ordinal: int, days: int, spans: list[tuple[int, int]]) -> int:
    """Of these days, that one of each span; all of them for 0."""
    if not ordinal:
        return days
    chosen = []
    for start, end in spans:
        within = members(days & first(end) & ~first(start))
        chosen += [within[index] for index in _indices((ordinal,), len(within))]
    return set_of(chosen)


def _indices(numbers: tuple[int, ...], count: int) -> Iterator[int]:
    """Which of `count` things these numbers mean, from 0; what is beyond them is passed over."""
    for number in numbers:
        index = number - 1 if number > 0 else count + number
        if 0 <= index < count:
            yield index


def _all_of(sets: Iterator[int]) -> int:
    union = 0
    for one in sets:
        union |= one
    return union
