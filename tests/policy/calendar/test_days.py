"""Days that fit a rule; of all that a rule may say, each part by itself and some together."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from hereabouts.policy.calendar.bits import members
from hereabouts.policy.calendar.days import (
    date_of,
    days_between,
    days_of_year,
    first_day,
    last_day,
    weekday,
    year_of,
)
from tests.policy.calendar.reading import day, rule

# 2026 begins on a Thursday. A dtstart at 09:00 on Wednesday 15 April.
DTSTART = "2026-04-15T09:00"


def found(year: int, **parts: str) -> list[str]:
    bits = days_of_year(rule(DTSTART, **parts), year)
    return [f"{date(year, 1, 1) + timedelta(days=index):%m-%d}" for index in members(bits)]


ONE_PART = [
    (2026, {"freq": "yearly"}, "04-15", "the day of dtstart"),
    (2026, {"freq": "yearly", "interval": "3"}, "04-15", "the year that is counted from"),
    (2027, {"freq": "yearly", "interval": "3"}, "", "a year that is left out"),
    (2029, {"freq": "yearly", "interval": "3"}, "04-15", "three years later"),
    (2023, {"freq": "yearly", "interval": "3"}, "04-15", "the grid goes on before dtstart"),
    (2026, {"freq": "yearly", "bymonth": "1,12"}, "01-15 12-15", "the same day of these months"),
    (2026, {"freq": "yearly", "byyearday": "1,60,-1"}, "01-01 03-01 12-31", "days of the year"),
    (2024, {"freq": "yearly", "byyearday": "60,-306"}, "02-29 03-01", "in a leap year"),
    (2026, {"freq": "yearly", "byyearday": "366"}, "", "beyond the year: ignored"),
    (2024, {"freq": "yearly", "byyearday": "366,-366"}, "01-01 12-31", "the 366th from both ends"),
    (2026, {"freq": "yearly", "byday": "1MO,-1MO"}, "01-05 12-28", "first and last of the year"),
    (2026, {"freq": "yearly", "byday": "53TH"}, "12-31", "the 53rd, where there is one"),
    (2027, {"freq": "yearly", "byday": "53TH"}, "", "and none where there is not"),
    (2026, {"freq": "yearly", "bymonth": "4", "byday": "1MO"}, "04-06", "of the month, if given"),
    (2026, {"freq": "yearly", "bymonthday": "-1", "bymonth": "2"}, "02-28", "the last of February"),
    (2024, {"freq": "yearly", "bymonthday": "-1", "bymonth": "2"}, "02-29", "in a leap year too"),
    (2026, {"freq": "monthly", "interval": "4"}, "04-15 08-15 12-15", "every fourth month"),
    (2027, {"freq": "monthly", "interval": "10"}, "02-15 12-15", "months are counted across years"),
    (2026, {"freq": "monthly", "bymonth": "2", "byday": "FR"}, "02-06 02-13 02-20 02-27", "limit"),
    (2026, {"freq": "monthly", "bymonth": "5", "byday": "5FR"}, "05-29", "the fifth Friday"),
    (2026, {"freq": "monthly", "bymonth": "6", "byday": "5FR"}, "", "a month without a fifth"),
    (2026, {"freq": "weekly", "interval": "13"}, "01-14 04-15 07-15 10-14", "every 13th week"),
    (2026, {"freq": "daily", "interval": "100"}, "01-05 04-15 07-24 11-01", "every 100th day"),
    (2026, {"freq": "daily", "bymonth": "2", "bymonthday": "1,29"}, "02-01", "the 29th: ignored"),
    (
        2026,
        {"freq": "daily", "bymonth": "11", "bymonthday": "13", "byday": "FR"},
        "11-13",
        "a 13th",
    ),
    (
        2026,
        {"freq": "hourly", "interval": "5", "byyearday": "7"},
        "01-07",
        "hours leave out no day",
    ),
]


@pytest.mark.parametrize(
    "year, parts, expected", [row[:3] for row in ONE_PART], ids=[row[3] for row in ONE_PART]
)
def test_days_fit_a_rule(year: int, parts: dict[str, str], expected: str) -> None:
    assert found(year, **parts) == expected.split()


def test_days_with_and_without_an_ordinal_are_one_union() -> None:
    """RFC 5545 section 3.3.10; python-dateutil finds nothing here."""
    days = found(2026, freq="monthly", bymonth="6", byday="MO,2WE")
    assert days == ["06-01", "06-08", "06-10", "06-15", "06-22", "06-29"]


# Week 1 has at least four days in the year. That of 2026 begins on Monday 29 December 2025.
WEEKS = [
    (2026, "1", "MO", "", "its Monday lies in the year before"),
    (2025, "1", "MO", "12-29", "where it is found, for that is its date"),
    (2026, "1", "TH", "01-01", "its Thursday"),
    (2026, "53", "TH", "12-31", "a year of 53 weeks"),
    (2025, "53", "TH", "", "a year of 52"),
    (2026, "-1", "TH", "12-31", "the last of 53"),
    (2027, "-1", "FR", "01-01 12-31", "the last of the year before ends in this one"),
    (2026, "-53", "TH", "01-01", "the first of 53, from the end"),
    (2026, "20", "MO,SU", "05-11 05-17", "the whole of it"),
]


@pytest.mark.parametrize(
    "year, weeks, days, expected", [row[:4] for row in WEEKS], ids=[row[4] for row in WEEKS]
)
def test_weeks_are_those_of_iso_8601(year: int, weeks: str, days: str, expected: str) -> None:
    assert found(year, freq="yearly", byweekno=weeks, byday=days) == expected.split()


def test_weeks_begin_on_the_day_that_wkst_says() -> None:
    """Beginning on Sundays, week 1 of 2026 is 4 to 10 January: only three days come before."""
    assert found(2026, freq="yearly", byweekno="1", byday="SU", wkst="SU") == ["01-04"]
    assert found(2026, freq="yearly", byweekno="1", byday="SU", wkst="MO") == ["01-04"]
    assert found(2026, freq="yearly", byweekno="2", byday="SA", wkst="SU") == ["01-17"]
    assert found(2026, freq="yearly", byweekno="2", byday="SA", wkst="MO") == ["01-10"]


@pytest.mark.parametrize("year", [1583, 1900, 2000, 2024, 2026, 2100, 9900])
def test_weeks_agree_with_the_calendar_of_python(year: int) -> None:
    every = ",".join(map(str, range(1, 54)))
    bits = days_of_year(rule(DTSTART, freq="yearly", byweekno=every, byday="MO"), year)
    mondays = [year_of(year).start + index for index in members(bits)]
    assert all(date_of(one).isocalendar().weekday == 1 for one in mondays)
    assert len(mondays) in {52, 53}
    for week in (1, 20, 52, 53):
        one_week = rule(DTSTART, freq="yearly", byweekno=str(week), byday="MO,TU,WE,TH,FR,SA,SU")
        for index in members(days_of_year(one_week, year)):
            assert date_of(year_of(year).start + index).isocalendar().week == week


SEARCHES = [
    ("2026-04-15", "2030-01-01", "2026-04-15", "the day itself"),
    ("2026-04-16", "2030-01-01", "2027-04-15", "in the next year"),
    ("2026-04-16", "2027-04-15", "2027-04-15", "on the last day that is looked at"),
    ("2026-04-16", "2027-04-14", None, "not up to the day before"),
    ("2026-04-16", "2026-04-15", None, "no days at all"),
]


@pytest.mark.parametrize(
    "begin, last, expected", [row[:3] for row in SEARCHES], ids=[row[3] for row in SEARCHES]
)
def test_the_next_day_is_found(begin: str, last: str, expected: str | None) -> None:
    yearly = rule(DTSTART, freq="yearly")
    assert first_day(yearly, day(begin), day(last)) == (expected and day(expected))


SEARCHES_BACK = [
    ("2026-04-15", "2020-01-01", "2026-04-15", "the day itself"),
    ("2026-04-14", "2020-01-01", "2025-04-15", "in the year before"),
    ("2026-04-14", "2025-04-15", "2025-04-15", "on the first day that is looked at"),
    ("2026-04-14", "2025-04-16", None, "not from the day after"),
    ("2026-04-14", "2026-04-15", None, "no days at all"),
]


@pytest.mark.parametrize(
    "begin, first, expected",
    [row[:3] for row in SEARCHES_BACK],
    ids=[row[3] for row in SEARCHES_BACK],
)
def test_the_day_before_is_found(begin: str, first: str, expected: str | None) -> None:
    yearly = rule(DTSTART, freq="yearly")
    assert last_day(yearly, day(begin), day(first)) == (expected and day(expected))


def test_all_days_between_two_are_found_across_a_year() -> None:
    weekly = rule(DTSTART, freq="weekly", byday="MO,TH")
    assert days_between(weekly, day("2026-12-28"), day("2027-01-04")) == [
        day("2026-12-28"),
        day("2026-12-31"),
        day("2027-01-04"),
    ]


def test_days_and_their_names_agree() -> None:
    assert date_of(day("2026-11-24")) == date(2026, 11, 24)
    assert weekday(day("2026-11-24")) == date(2026, 11, 24).weekday()
    assert (year_of(2024).length, year_of(2100).length) == (366, 365)
