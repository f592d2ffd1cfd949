from __future__ import annotations

import pytest

from hereabouts.policy.calendar.recurrence import Recurrence
from hereabouts.policy.calendar.series import FOREVER, Series, first_by, last_by
from hereabouts.policy.calendar.wall import Wall, date_time
from hereabouts.policy.calendar.zone import zone_named
from tests.policy.calendar.examples import (
    EVERY_20_MINUTES,
    EXAMPLES,
    NEW_YORK,
    SEPTEMBER_2,
    TIMED,
    Example,
    attributes,
    listed,
)
from tests.policy.calendar.reading import TORONTO, rule, starts, wall


def series_of(example: Example) -> Series:
    return Recurrence.parse(attributes(example), zone_named(NEW_YORK)).series


@pytest.mark.parametrize("example", EXAMPLES, ids=[example.title for example in EXAMPLES])
def test_the_rfc_s_examples_of_days(example: Example) -> None:
    """RFC 5545 section 3.8.5.3."""
    goes_on, expected = example.days.endswith("..."), listed(example)
    until = f"{expected[-1]}T23:59:59" if goes_on else "2036-01-01"
    found = starts(series_of(example), until)
    assert found == [f"{date}T09:00:00" for date in expected]


@pytest.mark.parametrize("example", TIMED, ids=[example.title for example in TIMED])
def test_the_rfc_s_examples_of_times(example: Example) -> None:
    """RFC 5545 section 3.8.5.3."""
    found = starts(series_of(example), "1998-01-01")
    assert found == [f"1997-09-02T{time}:00" for time in example.days.split()]


@pytest.mark.parametrize("text", EVERY_20_MINUTES)
def test_the_rfc_s_example_of_every_20_minutes(text: str) -> None:
    """RFC 5545 section 3.8.5.3: the same starts by both rules."""
    found = starts(series_of(Example("", SEPTEMBER_2, text, "")), "1997-09-03T23:59")
    expected = [
        f"1997-09-{day:02}T{hour:02}:{minute:02}:00"
        for day in (2, 3)
        for hour in range(9, 17)
        for minute in (0, 20, 40)
    ]
    assert found == expected


def test_the_rfc_s_example_of_several_parts() -> None:
    """RFC 3880 section 4.4, RFC 5545 section 3.3.10: every Sunday in January, other years."""
    text = "FREQ=YEARLY;INTERVAL=2;BYMONTH=1;BYDAY=SU;BYHOUR=8,9;BYMINUTE=30"
    found = starts(series_of(Example("", "19970105T083000", text, "")), "1999-12-31")
    sundays = ["1997-01-05", "1997-01-12", "1997-01-19", "1997-01-26"]
    sundays += ["1999-01-03", "1999-01-10", "1999-01-17", "1999-01-24", "1999-01-31"]
    assert found == [f"{day}T0{hour}:30:00" for day in sundays for hour in (8, 9)]


@pytest.mark.parametrize("example", EXAMPLES, ids=[example.title for example in EXAMPLES])
def test_the_way_back_is_the_way_forth(example: Example) -> None:
    series = series_of(example)
    found, floor = [], series.start
    start = series.last_until(wall(f"{listed(example)[-1]}T23:59"), floor)
    while start is not None:
        found.append(f"{date_time(start):%Y-%m-%d}")
        start = series.last_until(Wall(start - 1), floor)
    assert found[::-1] == listed(example)


DAILY = Series(TORONTO, wall("2026-03-01T02:30"), rule("2026-03-01T02:30", freq="daily"))

FORTH = [
    ("2026-02-01", "2026-12-31", "2026-03-01T02:30", "before dtstart: dtstart"),
    ("2026-03-01T02:30", "2026-12-31", "2026-03-01T02:30", "at dtstart"),
    ("2026-03-01T02:30:01", "2026-12-31", "2026-03-02T02:30", "after it: the next"),
    ("2026-03-07T02:30:01", "2026-12-31", "2026-03-09T02:30", "8 March has no 02:30"),
    ("2026-03-07T02:30:01", "2026-03-09T02:30", "2026-03-09T02:30", "up to the limit"),
    ("2026-03-07T02:30:01", "2026-03-09T02:29", None, "and not beyond it"),
    ("2026-02-01", "2026-02-28", None, "nor is dtstart"),
]


@pytest.mark.parametrize(
    "begin, limit, expected", [row[:3] for row in FORTH], ids=[row[3] for row in FORTH]
)
def test_the_next_start(begin: str, limit: str, expected: str | None) -> None:
    assert DAILY.first_from(wall(begin), wall(limit)) == (expected and wall(expected))


BACK = [
    ("2026-03-09T02:30", "2026-01-01", "2026-03-09T02:30", "itself"),
    ("2026-03-09T02:29:59", "2026-01-01", "2026-03-07T02:30", "8 March has no 02:30"),
    ("2026-03-09T02:29:59", "2026-03-07T02:30", "2026-03-07T02:30", "from the floor on"),
    ("2026-03-09T02:29:59", "2026-03-07T02:31", None, "and not below it"),
    ("2026-03-02T02:29:59", "2026-01-01", "2026-03-01T02:30", "dtstart"),
    ("2026-03-01T02:29:59", "2026-01-01", None, "nothing before dtstart, though the rule fits"),
]


@pytest.mark.parametrize(
    "begin, floor, expected", [row[:3] for row in BACK], ids=[row[3] for row in BACK]
)
def test_the_start_before(begin: str, floor: str, expected: str | None) -> None:
    assert DAILY.last_until(wall(begin), wall(floor)) == (expected and wall(expected))


def test_a_dtstart_that_the_rule_does_not_name_is_the_first_start() -> None:
    """RFC 3880 section 4.4: it "specifies the beginning of the first period of the list"."""
    mondays = Series(
        TORONTO, wall("2026-01-07T09:00"), rule("2026-01-07T09:00", freq="weekly", byday="MO")
    )
    assert starts(mondays, "2026-01-20") == [
        "2026-01-07T09:00:00",
        "2026-01-12T09:00:00",
        "2026-01-19T09:00:00",
    ]


def test_a_single_start_is_all_there_is() -> None:
    single = Series(TORONTO, wall("2026-01-07T09:00"))
    assert starts(single, "2036-01-01") == ["2026-01-07T09:00:00"]
    assert single.last_until(FOREVER, wall("2026-01-01")) == wall("2026-01-07T09:00")


def test_nothing_starts_after_the_last() -> None:
    limited = Series(TORONTO, DAILY.start, DAILY.rule, wall("2026-03-03T02:30"))
    assert starts(limited, "2036-01-01") == [f"2026-03-0{day}T02:30:00" for day in (1, 2, 3)]
    assert limited.last_until(FOREVER, DAILY.start) == wall("2026-03-03T02:30")
    assert starts(DAILY, "2026-03-10T00:00")[-3:] == [
        "2026-03-06T02:30:00",
        "2026-03-07T02:30:00",
        "2026-03-09T02:30:00",
    ]


def test_all_that_a_gap_takes_is_passed_over_at_once() -> None:
    """One gap, 3,600 starts in it: both ways leap over them."""
    by = rule("2026-03-01T00:00", freq="secondly", byhour="2")
    series = Series(TORONTO, wall("2026-03-01T02:00"), by)
    assert series.first_from(wall("2026-03-08T00:00"), FOREVER) == wall("2026-03-09T02:00")
    assert series.last_until(wall("2026-03-08T12:00"), series.start) == wall("2026-03-07T02:59:59")


def test_in_no_zone_a_rule_names_what_a_zone_leaves_out() -> None:
    named = DAILY.first_named(wall("2026-03-07T02:30:01"), FOREVER)
    assert named == wall("2026-03-08T02:30")


SPARSE = [
    ({"freq": "hourly", "interval": "9000"}, "2027-01-11T00:00:00", "a year at a step"),
    ({"freq": "yearly", "interval": "4", "byday": "MO", "bysetpos": "1"}, "2030-01-07T00:00:00",
     "a week of a year of four"),
    ({"freq": "daily", "bymonth": "2", "bymonthday": "29", "byday": "TU"}, "2028-02-29T00:00:00",
     "a leap day on a Tuesday"),
    ({"freq": "secondly", "interval": "7", "byhour": "9", "byminute": "0", "bysecond": "0"},
     "2026-01-12T09:00:00", "seven seconds meet an hour every seventh day"),
]  # fmt: skip


@pytest.mark.parametrize(
    "parts, expected", [row[:2] for row in SPARSE], ids=[row[2] for row in SPARSE]
)
def test_starts_that_are_far_apart_are_found_both_ways(
    parts: dict[str, str], expected: str
) -> None:
    by = rule("2026-01-01T00:00", **parts)
    found = first_by(by, wall("2026-01-06T00:00"), FOREVER)
    assert found is not None
    assert date_time(found).isoformat() == expected
    following = first_by(by, Wall(found + 1), FOREVER)
    assert following is not None
    assert last_by(by, Wall(following - 1), wall("2020-01-01")) == found


def test_a_search_ends_where_it_is_told_to() -> None:
    never = rule("2026-01-01T00:00", freq="daily", bymonth="2", bymonthday="30")
    assert first_by(never, wall("2026-01-01"), wall("2066-01-01")) is None
    assert last_by(never, wall("2066-01-01"), wall("2026-01-01")) is None
    leap = rule("2026-01-01T00:00", freq="hourly", interval="9000")
    assert last_by(leap, wall("2026-12-31"), wall("2026-01-02")) is None
