from __future__ import annotations

import pytest

from hereabouts.policy.calendar.bounds import (
    counted,
    refuse_endless,
    refuse_never,
    refuse_overlap,
)
from hereabouts.policy.calendar.length import Length
from hereabouts.policy.calendar.series import Series
from hereabouts.policy.calendar.values import Attributes
from hereabouts.policy.calendar.zone import MalformedTime
from tests.policy.calendar.reading import TORONTO, rule, wall

# A Thursday.
DTSTART = "2026-01-01T09:00"
HOUR, DAY = 3600, 86_400


def series(dtstart: str = DTSTART, **parts: str) -> Series:
    return Series(TORONTO, wall(dtstart), rule(dtstart, **parts))


# The longest period that does not overlap; one second more does.
LONGEST = [
    ({"freq": "daily"}, DAY, "a day"),
    ({"freq": "daily", "interval": "3"}, 3 * DAY, "three days"),
    ({"freq": "daily", "byhour": "9,17"}, 8 * HOUR, "the shorter of two distances"),
    ({"freq": "daily", "byhour": "9,23"}, 10 * HOUR, "which lies over midnight here"),
    ({"freq": "weekly", "byday": "TH,FR,MO"}, DAY, "neighbouring days"),
    ({"freq": "weekly", "byday": "TH,SA"}, 2 * DAY, "days apart"),
    ({"freq": "weekly", "byday": "TH,SU", "interval": "2"}, 3 * DAY, "in a week of two"),
    ({"freq": "monthly"}, 28 * DAY, "February"),
    ({"freq": "monthly", "bymonthday": "1,-1"}, DAY, "the last and the first"),
    ({"freq": "monthly", "byday": "1TH"}, 28 * DAY, "four weeks, or five"),
    ({"freq": "yearly"}, 365 * DAY, "a year that is no leap year"),
    ({"freq": "yearly", "byyearday": "1,366"}, DAY, "only after a leap year"),
    ({"freq": "hourly"}, HOUR, "an hour"),
    ({"freq": "hourly", "interval": "30"}, 30 * HOUR, "more than a day"),
    ({"freq": "hourly", "byminute": "0,20"}, 20 * 60, "within an hour"),
    ({"freq": "minutely", "interval": "90"}, 90 * 60, "an hour and a half"),
    ({"freq": "secondly"}, 1, "a second"),
    ({"freq": "monthly", "byday": "MO,TU,WE,TH,FR", "bysetpos": "1,-1"}, DAY, "ends of months"),
]


@pytest.mark.parametrize(
    "parts, longest", [row[:2] for row in LONGEST], ids=[row[2] for row in LONGEST]
)
def test_periods_may_be_as_long_as_the_smallest_distance(
    parts: dict[str, str], longest: int
) -> None:
    """E-TIME: overlap. RFC 3880 section 4.4."""
    refuse_overlap(series(**parts), Length(passing=longest))
    with pytest.raises(MalformedTime, match=rf"^periods overlap: one is {longest + 1} s long"):
        refuse_overlap(series(**parts), Length(shown=longest + 1))


def test_the_first_period_may_not_overlap_either() -> None:
    """A dtstart that the rule does not name is the first start all the same."""
    afternoons = series(freq="daily", byhour="15")
    refuse_overlap(afternoons, Length(passing=6 * HOUR))
    with pytest.raises(MalformedTime, match=r"21600 s after 2026-01-01 09:00:00 the next"):
        refuse_overlap(afternoons, Length(passing=7 * HOUR))


def test_an_overlap_does_not_depend_on_the_clocks_of_a_zone() -> None:
    """From 7 to 8 March 2026 only 23 hours pass between two starts: no reason to refuse 24."""
    march = series("2026-03-01T00:00", freq="daily")
    refuse_overlap(march, Length(passing=DAY))


def test_a_single_period_is_as_long_as_it_likes() -> None:
    refuse_overlap(Series(TORONTO, wall(DTSTART)), Length(passing=10**9))


def test_the_last_period_is_as_long_as_it_likes() -> None:
    by = rule(DTSTART, freq="daily")
    refuse_overlap(Series(TORONTO, wall(DTSTART), by, wall(DTSTART)), Length(passing=10**9))


def test_periods_that_recur_have_a_longest_length() -> None:
    with pytest.raises(MalformedTime, match="at most 40 years long"):
        refuse_overlap(series(freq="yearly", interval="50"), Length(passing=41 * 366 * DAY))


def test_a_length_that_nobody_can_exclude_is_compared() -> None:
    """Seven minutes and 60 share no divisor: some starts at full hours are 7 hours apart."""
    sevens = {"freq": "minutely", "interval": "7", "byminute": "0", "bysecond": "0"}
    refuse_overlap(series(**sevens), Length(passing=7 * HOUR))
    with pytest.raises(MalformedTime, match=r"^periods overlap"):
        refuse_overlap(series(**sevens), Length(passing=8 * HOUR))


NEVER = [
    ({"freq": "monthly", "bymonth": "2", "bymonthday": "30"}, "30 February"),
    ({"freq": "yearly", "bymonth": "4", "bymonthday": "31"}, "31 April"),
    ({"freq": "daily", "interval": "7", "byday": "MO"}, "always a Thursday"),
    ({"freq": "monthly", "byday": "6MO"}, "a sixth Monday"),
    ({"freq": "weekly", "byday": "MO,TU", "bysetpos": "3"}, "the third of two"),
    ({"freq": "daily", "byhour": "9", "bysetpos": "2"}, "the second of one"),
    ({"freq": "minutely", "interval": "60", "byminute": "30"}, "always at the full hour"),
    ({"freq": "yearly", "interval": "4", "byyearday": "366"}, "1 mod 4 is no leap year"),
]


@pytest.mark.parametrize("parts", [row[0] for row in NEVER], ids=[row[1] for row in NEVER])
def test_a_rule_that_never_occurs_is_refused(parts: dict[str, str]) -> None:
    """E-TIME: never occurs."""
    dtstart = "2025-01-02T09:00"
    with pytest.raises(MalformedTime, match="never occurs: no time within 40 years"):
        refuse_never(rule(dtstart, **parts), wall(dtstart))


SELDOM = [
    ({"freq": "yearly", "bymonth": "2", "bymonthday": "29"}, "a leap day"),
    ({"freq": "yearly", "bymonth": "2", "bymonthday": "29", "byday": "MO"}, "every 28 years"),
    ({"freq": "daily", "interval": "7", "byday": "TH"}, "the day it is anyway"),
    ({"freq": "yearly", "interval": "1000"}, "dtstart itself"),
]


@pytest.mark.parametrize("parts", [row[0] for row in SELDOM], ids=[row[1] for row in SELDOM])
def test_a_rule_that_occurs_seldom_is_none_that_never_does(parts: dict[str, str]) -> None:
    refuse_never(rule(DTSTART, **parts), wall(DTSTART))


ENDLESS = [
    ({"freq": "minutely", "interval": "1441", "byhour": "9"}, 1441, "a prime beyond a day"),
    ({"freq": "secondly", "interval": "86399", "byhour": "9"}, 86_399, "a second less than a day"),
    ({"freq": "hourly", "interval": "367", "byhour": "9"}, 367, "one day too many"),
    ({"freq": "secondly", "interval": "367", "bysecond": "0"}, 367, "seconds left out"),
]


@pytest.mark.parametrize(
    "parts, days", [row[:2] for row in ENDLESS], ids=[row[2] for row in ENDLESS]
)
def test_a_rule_that_meets_its_times_too_seldom_is_refused(
    parts: dict[str, str], days: int
) -> None:
    """E-TIME: absurd cost."""
    with pytest.raises(MalformedTime, match=f"again only after {days} days: write freq='daily'"):
        refuse_endless(rule(DTSTART, **parts))


CHEAP = [
    ({"freq": "minutely", "interval": "1441"}, "each interval counts: nothing to look for"),
    ({"freq": "hourly", "interval": "365", "byhour": "9"}, "within a year"),
    ({"freq": "minutely", "interval": "7", "byhour": "9"}, "seven days"),
    ({"freq": "hourly", "interval": "367", "byminute": "0,30"}, "minutes of each such hour"),
    ({"freq": "daily", "interval": "1000", "byhour": "9"}, "days have all times"),
]


@pytest.mark.parametrize("parts", [row[0] for row in CHEAP], ids=[row[1] for row in CHEAP])
def test_a_rule_that_is_cheap_is_let_through(parts: dict[str, str]) -> None:
    refuse_endless(rule(DTSTART, **parts))


COUNTS = [
    (series(freq="daily"), "1", "2026-01-01T09:00", "dtstart is the first"),
    (series(freq="daily"), "10", "2026-01-10T09:00", "the tenth"),
    (series(freq="weekly", byday="MO"), "2", "2026-01-05T09:00", "dtstart counts unnamed too"),
    (series("2026-03-06T02:30", freq="daily"), "3", "2026-03-09T02:30", "8 March has no 02:30"),
    (series("2026-03-08T02:30", freq="daily"), "1", "2026-03-09T02:30", "nor has such a dtstart"),
    (series(freq="daily"), "10000", "2053-05-18T09:00", "the most there may be"),
    (series(freq="secondly"), "3600", "2026-01-01T09:59:59", "seconds"),
]


@pytest.mark.parametrize(
    "counted_in, count, last", [row[:3] for row in COUNTS], ids=[row[3] for row in COUNTS]
)
def test_the_last_start_is_counted_to(counted_in: Series, count: str, last: str) -> None:
    """RFC 5545 section 3.3.10: what the clocks jump over "MUST NOT be counted"."""
    assert counted(counted_in, Attributes({"count": count})) == wall(last)


MISCOUNTS = [
    (series(freq="daily"), "10001", "^count='10001' is above 10000: use until", "too many"),
    (series(freq="daily"), "0", "^count='0' is no whole number", "none"),
    (series(freq="yearly"), "42", "not reached within 40 years, only 41: use", "too long"),
]


@pytest.mark.parametrize(
    "counted_in, count, fault", [row[:3] for row in MISCOUNTS], ids=[row[3] for row in MISCOUNTS]
)
def test_a_count_beyond_the_bounds_is_refused(counted_in: Series, count: str, fault: str) -> None:
    with pytest.raises(MalformedTime, match=fault):
        counted(counted_in, Attributes({"count": count}))
