"""The periods in which a `time` output of a policy holds (:rfc:`3880#section-4.4`)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from math import floor
from typing import Self

import msgspec

from hereabouts.base.units import Timestamp
from hereabouts.policy.calendar import bounds
from hereabouts.policy.calendar.duration import DAY
from hereabouts.policy.calendar.length import Length, read_length
from hereabouts.policy.calendar.period import Period
from hereabouts.policy.calendar.rule import read_rule
from hereabouts.policy.calendar.series import FOREVER, Series
from hereabouts.policy.calendar.values import FIRST_YEAR, LAST_YEAR, Attributes
from hereabouts.policy.calendar.wall import Second, Wall, instant, latest_wall, wall_at, wall_of
from hereabouts.policy.calendar.zone import MalformedTime

_ALWAYS = frozenset({"dtstart", "dtend", "duration", "freq"})

_WITH_FREQ = frozenset(
    {
        "interval",
        "until",
        "count",
        "bysecond",
        "byminute",
        "byhour",
        "byday",
        "bymonthday",
        "byyearday",
        "byweekno",
        "bymonth",
        "wkst",
        "bysetpos",
    }
)

# What is asked about earlier or later than this has no answer, and no period ends later: Python's
# dates end with 9999.
_EARLIEST = Timestamp(float(wall_of(datetime(FIRST_YEAR - 1, 1, 1))))  # noqa: DTZ001 - in UTC
_LATEST = Timestamp(float(wall_of(datetime(9999, 12, 30))))  # noqa: DTZ001 - in UTC

# How far an end may be from where the wall has it: no zone was ever moved by more than a day.
_SLACK = 2 * DAY


class Recurrence(msgspec.Struct, frozen=True):
    """Periods that recur, or one that does not. They never overlap.

    A start that the clocks jump over is left out and not counted; one that they show twice is
    the first of the two (:rfc:`5545#section-3.3.10`). So for a rule of hours, minutes or seconds
    the hour that is shown again when clocks are set back has no starts of its own.
    """

    series: Series
    length: Length

    @classmethod
    def parse(cls, attributes: Mapping[str, str], zone: tzinfo, *, wall_end: bool = False) -> Self:
        """The recurrence that the attributes of a CPL `time` state, by their unqualified names.

        Times without a Z are what clocks in `zone` show. With a Z on its `dtstart`, a rule counts
        its days and hours in UTC. With `wall_end` (`p:end="wall"`), periods end when the clocks
        that it counts by show it, and not after an exact time. What goes with `freq` only is
        ignored without it.

        Raises:
            MalformedTime: the attributes are wrong, or ask for more than a server should do;
                the text says what, and what to write instead.
        """
        for name in attributes:
            if name not in _ALWAYS and name not in _WITH_FREQ:
                raise MalformedTime(f"time has no attribute {name[:64]!r}: remove it")
        read = Attributes(attributes)
        start, is_utc = _start(read)
        clock = UTC if is_utc else zone
        if "freq" in read:
            return cls(*_recurring(read, start, clock, zone, wall_end=wall_end))
        # A single start in a gap is what the clocks show at that instant.
        series = Series(clock, wall_at(instant(start, clock), clock))
        length = read_length(read, series.start, clock, zone, wall_end=wall_end)
        if series.start + length.total > _LATEST + _SLACK:
            raise MalformedTime("the period ends after the year 9999: end it earlier")
        return cls(series, length)

    def period_at(self, now: Timestamp) -> Period | None:
        """The period that `now` lies in."""
        if not _EARLIEST <= now < _LATEST:
            return None
        reached = latest_wall(Second(floor(now)), self.series.zone)
        start = self.series.last_until(reached, Wall(reached - self.length.total - _SLACK))
        if start is None:
            return None
        period = self._period(start)
        return period if now < period.end else None

    def next_start(self, after: Timestamp) -> Timestamp | None:
        """The first start after that instant; `None`: never again.

        It is looked for in the 40 years that follow `after` or, if that is later, `dtstart`: so
        a rule for every 50th year is never heard of again.
        """
        if not after < _LATEST:
            return None
        series = self.series
        reached = latest_wall(Second(floor(max(after, _EARLIEST))), series.zone)
        horizon = Wall(max(reached, series.start) + bounds.AHEAD)
        start = series.first_from(Wall(reached + 1), horizon)
        return None if start is None else Timestamp(float(instant(start, series.zone)))

    def next_change(self, now: Timestamp) -> Timestamp | None:
        """When to ask again: the end of the period that `now` lies in, else the next start.

        Where the next period starts as this one ends, that instant is a change too. `None`:
        nothing changes any more, within what `next_start` looks at.
        """
        period = self.period_at(now)
        return self.next_start(now) if period is None else period.end

    def _period(self, start: Wall) -> Period:
        series, length = self.series, self.length
        end = length.end(start, series.zone)
        following = series.first_from(Wall(start + 1), Wall(start + length.total + _SLACK))
        if following is not None:
            end = min(end, instant(following, series.zone))
        begin = Timestamp(float(instant(start, series.zone)))
        return Period(begin, Timestamp(min(float(end), _LATEST)))


def _start(attributes: Attributes) -> tuple[Wall, bool]:
    if "dtstart" not in attributes:
        raise MalformedTime("a time needs a dtstart: write when its first period starts")
    start, is_utc = attributes.date_time("dtstart")
    if start > FOREVER:
        raise attributes.wrong("dtstart", f"is too late: nothing starts after {LAST_YEAR}")
    return start, is_utc


def _recurring(
    attributes: Attributes, start: Wall, clock: tzinfo, zone: tzinfo, *, wall_end: bool
) -> tuple[Series, Length]:
    length = read_length(attributes, start, clock, zone, wall_end=wall_end)
    rule = read_rule(attributes, start)
    bounds.refuse_endless(rule)
    bounds.refuse_never(rule, start)
    series = Series(clock, start, rule, _last(attributes, start, clock, zone))
    if "count" in attributes:
        last = bounds.counted(series, attributes)
        series = msgspec.structs.replace(series, last=last)
    if series.first_from(start, Wall(start + bounds.AHEAD)) is None:
        raise attributes.wrong(
            "dtstart", "does not exist, as clocks are set ahead: start elsewhere"
        )
    bounds.refuse_overlap(series, length)
    return series, length


def _last(attributes: Attributes, start: Wall, clock: tzinfo, zone: tzinfo) -> Wall:
    """The wall after which `until` lets nothing start: that instant, or the end of that day."""
    if "until" not in attributes:
        return FOREVER
    if "count" in attributes:
        raise MalformedTime("a time takes one of until and count, not both: remove one")
    last = attributes.end_of_day("until")
    if last is None:
        last = latest_wall(_until_instant(attributes), clock)
    elif clock is not zone:
        last = latest_wall(instant(last, zone), clock)
    if last < start:
        raise attributes.wrong("until", "is before dtstart, so nothing ever starts: move one")
    return min(last, FOREVER)


def _until_instant(attributes: Attributes) -> Second:
    wall, is_utc = attributes.date_time("until")
    if not is_utc:
        raise attributes.wrong(
            "until", "is neither a date nor in UTC: write it with a Z, or no time"
        )
    return Second(wall)
