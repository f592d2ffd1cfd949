from __future__ import annotations

from datetime import datetime

import pytest

from hereabouts.policy.calendar.rule import Frequency, Rule, read_rule
from hereabouts.policy.calendar.values import Attributes
from hereabouts.policy.calendar.wall import wall_of
from hereabouts.policy.calendar.zone import MalformedTime

# A Wednesday.
ANCHOR = wall_of(datetime(2026, 4, 15, 9, 30, 20))  # noqa: DTZ001 - a wall has no zone


def read(**attributes: str) -> Rule:
    return read_rule(Attributes(attributes), ANCHOR)


def every(count: int) -> tuple[int, ...]:
    return tuple(range(count))


TIMES = [
    ("daily", {}, (9,), (30,), (20,), "the time of dtstart"),
    ("weekly", {"byhour": "8,17"}, (8, 17), (30,), (20,), "minute and second of dtstart"),
    ("yearly", {"bysecond": "0"}, (9,), (30,), (0,), "hour and minute of dtstart"),
    ("hourly", {}, every(24), (30,), (20,), "each hour, at the minute of dtstart"),
    ("hourly", {"byhour": "9"}, (9,), (30,), (20,), "only the hours named"),
    ("minutely", {}, every(24), every(60), (20,), "each minute, at the second of dtstart"),
    ("minutely", {"byminute": "0,30"}, every(24), (0, 30), (20,), "only the minutes named"),
    ("secondly", {}, every(24), every(60), every(60), "each second"),
]


@pytest.mark.parametrize(
    "freq, given, hours, minutes, seconds",
    [row[:5] for row in TIMES],
    ids=[row[5] for row in TIMES],
)
def test_times_that_are_missing_come_from_dtstart(
    freq: str,
    given: dict[str, str],
    hours: tuple[int, ...],
    minutes: tuple[int, ...],
    seconds: tuple[int, ...],
) -> None:
    rule = read(freq=freq, **given)
    assert (rule.hours, rule.minutes, rule.seconds) == (hours, minutes, seconds)


DAYS = [
    ("yearly", {}, {"months": (4,), "month_days": (15,)}, "that day of the year"),
    ("yearly", {"bymonth": "1,2"}, {"months": (1, 2), "month_days": (15,)}, "that day of months"),
    ("yearly", {"byweekno": "20"}, {"weeks": (20,), "week_days": ((0, 2),)}, "that day of weeks"),
    ("yearly", {"bymonthday": "3"}, {"month_days": (3,)}, "a day of each month: nothing missing"),
    ("yearly", {"byyearday": "-1"}, {"year_days": (-1,)}, "a day of the year: nothing missing"),
    ("yearly", {"byday": "MO"}, {"week_days": ((0, 0),)}, "each Monday: nothing missing"),
    ("monthly", {}, {"month_days": (15,)}, "that day of the month"),
    ("monthly", {"bymonth": "3"}, {"months": (3,), "month_days": (15,)}, "that day in March"),
    ("monthly", {"byday": "1FR"}, {"week_days": ((1, 4),)}, "a Friday: nothing missing"),
    ("weekly", {}, {"week_days": ((0, 2),)}, "that day of the week"),
    ("weekly", {"byday": "MO,FR"}, {"week_days": ((0, 0), (0, 4))}, "days named"),
    ("daily", {}, {}, "each day"),
    ("hourly", {}, {}, "each hour of each day"),
]


@pytest.mark.parametrize(
    "freq, given, expected", [row[:3] for row in DAYS], ids=[row[3] for row in DAYS]
)
def test_days_that_are_missing_come_from_dtstart(
    freq: str, given: dict[str, str], expected: dict[str, object]
) -> None:
    """RFC 5545 section 3.3.10: "derived from the Start Time"."""
    rule = read(freq=freq, **given)
    names = ("months", "weeks", "year_days", "month_days", "week_days")
    assert {name: value for name in names if (value := getattr(rule, name))} == expected


def test_the_rest_is_read() -> None:
    rule = read(freq="WEEKLY", interval="2", wkst="su", byday="TU", bysetpos="-1,1")
    assert (rule.frequency, rule.interval) == (Frequency.WEEKLY, 2)
    assert (rule.week_start, rule.positions) == (6, (-1, 1))


def test_a_rule_repeats_each_interval_and_its_weeks_begin_on_monday() -> None:
    rule = read(freq="daily")
    assert (rule.interval, rule.week_start, rule.positions) == (1, 0, ())


@pytest.mark.parametrize("freq", ["daily", "Daily", "DAILY"])
def test_the_frequency_has_no_case(freq: str) -> None:
    assert read(freq=freq).frequency is Frequency.DAILY


REFUSED = [
    ({"freq": "fortnightly"}, "write one of secondly,", "no frequency"),
    ({"freq": ""}, "write one of secondly,", "an empty one"),
    ({"freq": "monthly", "byweekno": "20"}, "^byweekno='20' does not go with", "yearly only"),
    ({"freq": "hourly", "byweekno": "20"}, "^byweekno='20' does not go with", "nor of hours"),
    ({"freq": "daily", "byyearday": "1"}, "^byyearday='1' does not go with", "N/A in table 1"),
    ({"freq": "weekly", "byyearday": "1"}, "^byyearday='1' does not go with", "N/A as well"),
    ({"freq": "monthly", "byyearday": "1"}, "^byyearday='1' does not go with", "and here"),
    ({"freq": "weekly", "bymonthday": "1"}, "^bymonthday='1' does not go", "N/A for weeks"),
    ({"freq": "weekly", "byday": "1MO"}, "goes with freq='monthly' and 'yearly' only", "of what?"),
    ({"freq": "daily", "byday": "MO,-1SU"}, "goes with freq='monthly'", "even one in a list"),
    ({"freq": "yearly", "byweekno": "1", "byday": "1MO"}, "or the byweekno", "of what span?"),
    ({"freq": "monthly", "bysetpos": "1"}, "add one", "bysetpos alone chooses from nothing"),
    ({"freq": "monthly", "bysetpos": "367", "byday": "MO"}, "1 to 366", "no such position"),
    ({"freq": "weekly", "wkst": "Monday"}, "write one of MO, TU", "no day"),
    ({"freq": "daily", "interval": "0"}, "whole number above zero", "would never go on"),
    ({"freq": "daily", "bysecond": "60"}, "0 to 59", "RFC 3880 section 4.4 has no leap second"),
    ({"freq": "daily", "byminute": "60"}, "0 to 59", "beyond an hour"),
    ({"freq": "daily", "byhour": "24"}, "0 to 23", "beyond a day"),
    ({"freq": "daily", "bymonth": "13"}, "1 to 12", "a 13th month"),
    ({"freq": "daily", "bymonth": "-1"}, "1 to 12", "months are not counted from the end"),
    ({"freq": "daily", "bymonthday": "32"}, "1 to 31", "beyond a month"),
    ({"freq": "yearly", "byyearday": "-367"}, "1 to 366", "a 367th day"),
    ({"freq": "yearly", "byweekno": "54"}, "1 to 53", "a 54th week"),
]


@pytest.mark.parametrize(
    "given, fault", [row[:2] for row in REFUSED], ids=[row[2] for row in REFUSED]
)
def test_what_does_not_go_together_is_refused(given: dict[str, str], fault: str) -> None:
    """E-TIME: syntax, ranges, and the N/A of table 1 in RFC 5545 section 3.3.10."""
    with pytest.raises(MalformedTime, match=fault):
        read(**given)


UNITS = [("secondly", 1), ("minutely", 60), ("hourly", 3600), ("daily", None), ("yearly", None)]


@pytest.mark.parametrize("freq, unit", UNITS)
def test_intervals_below_a_day_have_a_length(freq: str, unit: int | None) -> None:
    assert read(freq=freq).unit == unit
