"""What a recurrence must keep to before a server takes it on: looked at once, when it is read.

A policy is asked at any moment, so all that takes long is done here, or refused here.
"""

from __future__ import annotations

from math import gcd

from hereabouts.policy.calendar.clock import has_times
from hereabouts.policy.calendar.duration import DAY
from hereabouts.policy.calendar.length import Length
from hereabouts.policy.calendar.rule import Frequency, Rule
from hereabouts.policy.calendar.series import FOREVER, Series, first_by
from hereabouts.policy.calendar.values import Attributes
from hereabouts.policy.calendar.wall import Wall, date_time
from hereabouts.policy.calendar.zone import MalformedTime

YEARS = 40
"How many years are looked at, from `dtstart` or from whatever instant is asked about."

AHEAD = YEARS * 366 * DAY
"The same in seconds."

MAXIMUM_COUNT = 10_000
"The highest `count`: it is counted to once."

MAXIMUM_COMPARED = 400
"How many starts are looked at for periods that overlap: more than a year of a daily rule."

MAXIMUM_CYCLE = 366
"Days after which the starts of a rule must come at the same times of the day again."


def refuse_endless(rule: Rule) -> None:
    """Refuse a rule whose starts may be so far apart that looking for one takes long.

    Raises:
        MalformedTime: intervals shorter than a day meet the times asked for too seldom.
    """
    if rule.unit is None:
        return
    cycle = rule.interval // gcd(rule.interval, DAY // rule.unit)
    if cycle > MAXIMUM_CYCLE and _names_times(rule):
        raise MalformedTime(
            f"with interval={str(rule.interval)!r} a {rule.frequency.value} rule meets its byhour,"
            f" byminute or bysecond again only after {cycle} days: write freq='daily' with them,"
            " or another interval"
        )


def refuse_never(rule: Rule, start: Wall) -> None:
    """Refuse a rule that names nothing.

    Raises:
        MalformedTime: there is no such time in the 40 years after `dtstart`.
    """
    horizon = min(Wall(start + AHEAD), FOREVER)
    if not has_times(rule) or first_by(rule, start, horizon) is None:
        raise MalformedTime(
            f"the rule never occurs: no time within {YEARS} years of dtstart fits all of its"
            " attributes, so check freq, interval and those that begin with by"
        )


def refuse_overlap(series: Series, length: Length) -> None:
    """Refuse periods of which one starts before the one before it has ended.

    They are compared as a wall without changes shows them: what is fine today stays so, whatever
    a government does to its clocks. In the night of a change, and beyond the starts that are
    looked at here, a period ends at the latest where the next one starts.

    Raises:
        MalformedTime: they overlap (:rfc:`3880#section-4.4`).
    """
    if series.rule is None:
        return
    if length.total > AHEAD:
        raise MalformedTime(f"periods that recur are at most {YEARS} years long: shorten them")
    horizon = Wall(series.start + AHEAD)
    start = series.start
    for _ in range(1 if length.total <= _least_distance(series.rule) else MAXIMUM_COMPARED):
        following = series.first_named(Wall(start + 1), horizon)
        if following is None:
            return
        if following - start < length.total:
            raise MalformedTime(
                f"periods overlap: one is {length.total} s long, but {following - start} s after"
                f" {date_time(start)} the next one starts; shorten them, or recur less often"
            )
        start = following


def counted(series: Series, attributes: Attributes) -> Wall:
    """The start at which `count` is reached: the last one there will be.

    Raises:
        MalformedTime: that is beyond 10,000 starts or 40 years.
    """
    count = attributes.number("count", 1)
    if count > MAXIMUM_COUNT:
        raise attributes.wrong("count", f"is above {MAXIMUM_COUNT}: use until instead")
    horizon = Wall(series.start + AHEAD)
    reached = Wall(series.start - 1)
    for number in range(count):
        following = series.first_from(Wall(reached + 1), horizon)
        if following is None:
            raise attributes.wrong(
                "count", f"is not reached within {YEARS} years, only {number}: use until instead"
            )
        reached = following
    return reached


def _names_times(rule: Rule) -> bool:
    """Whether some of its intervals are left out for their time of day."""
    named = {1: rule.seconds, 60: rule.minutes, 3600: rule.hours}
    full = {1: 60, 60: 60, 3600: 24}
    return any(len(named[unit]) < full[unit] for unit in named if unit >= (rule.unit or DAY))


def _least_distance(rule: Rule) -> int:
    """Seconds that are certainly between two starts that the rule names."""
    named = {1: rule.seconds, 60: rule.minutes, 3600: rule.hours}
    unit = rule.unit or DAY
    if any(len(numbers) > 1 for length, numbers in named.items() if length < unit):
        return 1
    return unit * rule.interval if unit < DAY or rule.frequency is Frequency.DAILY else DAY
