"""The starts of a rule within one stretch of time that is looked at as a whole.

Mostly that is a day. Where `bysetpos` chooses among the days of a week, a month or a year, it is
that whole: only there can positions be counted.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from functools import lru_cache
from typing import Protocol

import msgspec

from hereabouts.policy.calendar.bits import first, highest, lowest
from hereabouts.policy.calendar.clock import chosen_indices, times_of_day
from hereabouts.policy.calendar.days import date_of, days_between, weekday, year_of
from hereabouts.policy.calendar.duration import DAY
from hereabouts.policy.calendar.rule import Frequency, Rule
from hereabouts.policy.calendar.wall import Wall


class Span(Protocol):
    """A stretch of time and the starts in it."""

    @property
    def begin(self) -> Wall:
        """Its first second."""
        ...

    @property
    def end(self) -> Wall:
        """The first second after it."""
        ...

    def first_from(self, wall: Wall) -> Wall | None:
        """The first start from `wall` on."""
        ...

    def last_until(self, wall: Wall) -> Wall | None:
        """The last start up to `wall`."""
        ...


def span_around(rule: Rule, day: int) -> Span:
    """The span that a day of the rule is looked at in."""
    if rule.positions and rule.frequency in _WHOLE:
        return _whole(rule, *_WHOLE[rule.frequency](rule, day))
    return Day(Wall(day * DAY), times_of_day(rule, day))


class Day(msgspec.Struct, frozen=True):
    """A day, with the seconds at which something starts as a set (`bits`)."""

    begin: Wall
    times: int

    @property
    def end(self) -> Wall:
        """The first second of the next day."""
        return Wall(self.begin + DAY)

    def first_from(self, wall: Wall) -> Wall | None:
        """The first start from `wall` on."""
        passed = max(wall - self.begin, 0)
        later = self.times >> passed
        return Wall(self.begin + passed + lowest(later)) if later else None

    def last_until(self, wall: Wall) -> Wall | None:
        """The last start up to `wall`."""
        earlier = self.times & first(min(wall - self.begin + 1, DAY))
        return Wall(self.begin + highest(earlier)) if earlier else None


class Whole(msgspec.Struct, frozen=True):
    """A week, a month or a year, with those starts that were chosen from it."""

    begin: Wall
    end: Wall
    starts: tuple[Wall, ...]

    def first_from(self, wall: Wall) -> Wall | None:
        """The first start from `wall` on."""
        index = bisect_left(self.starts, wall)
        return self.starts[index] if index < len(self.starts) else None

    def last_until(self, wall: Wall) -> Wall | None:
        """The last start up to `wall`."""
        index = bisect_right(self.starts, wall)
        return self.starts[index - 1] if index else None


@lru_cache(maxsize=256)  # 300 us at worst become 1; at most 732 starts, 30 KB, in each
def _whole(rule: Rule, start: int, end: int) -> Whole:
    """The span from day `start` on and before day `end`.

    All days of the rule in it are counted, those before `dtstart` as well: the set begins with
    the interval, not with the rule (:rfc:`5545#section-3.3.10`).
    """
    days = days_between(rule, start, end - 1)
    per_day = len(rule.hours) * len(rule.minutes) * len(rule.seconds)
    chosen = (
        divmod(index, per_day) for index in chosen_indices(rule.positions, len(days) * per_day)
    )
    starts = [Wall(days[day] * DAY + _time(rule, index)) for day, index in chosen]
    return Whole(Wall(start * DAY), Wall(end * DAY), tuple(starts))


def _time(rule: Rule, index: int) -> int:
    """The second of the day that comes at that index, of all that the rule names."""
    rest, second = divmod(index, len(rule.seconds))
    hour, minute = divmod(rest, len(rule.minutes))
    return 3600 * rule.hours[hour] + 60 * rule.minutes[minute] + rule.seconds[second]


def _week(rule: Rule, day: int) -> tuple[int, int]:
    start = day - (weekday(day) - rule.week_start) % 7
    return start, start + 7


def _month(_: Rule, day: int) -> tuple[int, int]:
    moment = date_of(day)
    year = year_of(moment.year)
    return year.start + year.months[moment.month - 1], year.start + year.months[moment.month]


def _year(_: Rule, day: int) -> tuple[int, int]:
    year = year_of(date_of(day).year)
    return year.start, year.start + year.length


_WHOLE = {Frequency.WEEKLY: _week, Frequency.MONTHLY: _month, Frequency.YEARLY: _year}
