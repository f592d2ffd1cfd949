from __future__ import annotations

import pytest

from hereabouts.policy.calendar.rule import Rule
from hereabouts.policy.calendar.spans import span_around
from hereabouts.policy.calendar.wall import Wall, date_time
from tests.policy.calendar.reading import day, rule, wall

DTSTART = "2026-04-15T09:00"

SPANS = [
    ({"freq": "weekly"}, "2026-04-15", "2026-04-15", "2026-04-16", "a day, mostly"),
    ({"freq": "daily", "byhour": "9", "bysetpos": "1"}, "2026-04-15", "2026-04-15", "2026-04-16",
     "a day is enough to count its times"),
    ({"freq": "weekly", "byday": "MO", "bysetpos": "1"}, "2026-04-15", "2026-04-13", "2026-04-20",
     "the week"),
    ({"freq": "weekly", "byday": "MO", "bysetpos": "1", "wkst": "TH"}, "2026-04-15", "2026-04-09",
     "2026-04-16", "the week from Thursday"),
    ({"freq": "monthly", "byday": "MO", "bysetpos": "1"}, "2026-02-28", "2026-02-01", "2026-03-01",
     "the month"),
    ({"freq": "yearly", "byday": "MO", "bysetpos": "1"}, "2026-12-31", "2026-01-01", "2027-01-01",
     "the year"),
]  # fmt: skip


@pytest.mark.parametrize(
    "parts, date, begin, end", [row[:4] for row in SPANS], ids=[row[4] for row in SPANS]
)
def test_what_is_looked_at_as_a_whole(
    parts: dict[str, str], date: str, begin: str, end: str
) -> None:
    span = span_around(rule(DTSTART, **parts), day(date))
    assert (span.begin, span.end) == (wall(begin), wall(end))


# The working days of April 2026 are 1 to 3, 6 to 10, ... 27 to 30; twice a day are two starts each.
CHOSEN = [
    ({"bysetpos": "1"}, "04-01T09:00", "the first, though it is before dtstart"),
    ({"bysetpos": "-1"}, "04-30T09:00", "the last"),
    ({"bysetpos": "2,-2"}, "04-02T09:00 04-29T09:00", "in from both ends"),
    ({"bysetpos": "1,2,3", "byhour": "8,17"}, "04-01T08:00 04-01T17:00 04-02T08:00", "times too"),
    ({"bysetpos": "-1", "byhour": "8", "byminute": "0,30", "bysecond": "5"}, "04-30T08:30", "all"),
    ({"bysetpos": "23"}, "", "there are 22"),
]


@pytest.mark.parametrize(
    "parts, expected", [row[:2] for row in CHOSEN], ids=[row[2] for row in CHOSEN]
)
def test_positions_are_counted_in_the_whole(parts: dict[str, str], expected: str) -> None:
    monthly = rule(DTSTART, freq="monthly", byday="MO,TU,WE,TH,FR", **parts)
    span = span_around(monthly, day("2026-04-15"))
    found, start = [], span.first_from(span.begin)
    while start is not None:
        found.append(f"{date_time(start):%m-%dT%H:%M}")
        start = span.first_from(Wall(start + 1))
    assert found == expected.split()


DAILY = rule(DTSTART, freq="daily", byhour="9,17")
WEEKLY = rule(DTSTART, freq="weekly", byday="WE", byhour="9,17,20", bysetpos="1,2")

FOUND = [
    ("2026-04-15T00:00", "2026-04-15T09:00", None, "before all of them"),
    ("2026-04-15T09:00", "2026-04-15T09:00", "2026-04-15T09:00", "at the first"),
    ("2026-04-15T12:00", "2026-04-15T17:00", "2026-04-15T09:00", "between two"),
    ("2026-04-15T17:00", "2026-04-15T17:00", "2026-04-15T17:00", "at the last"),
    ("2026-04-15T17:00:01", None, "2026-04-15T17:00", "after all of them"),
]


@pytest.mark.parametrize("by", [DAILY, WEEKLY], ids=["a day", "a week"])
@pytest.mark.parametrize(
    "begin, following, before", [row[:3] for row in FOUND], ids=[row[3] for row in FOUND]
)
def test_starts_are_found_both_ways(
    by: Rule, begin: str, following: str | None, before: str | None
) -> None:
    span = span_around(by, day("2026-04-15"))
    assert span.first_from(wall(begin)) == (following and wall(following))
    assert span.last_until(wall(begin)) == (before and wall(before))


def test_a_span_may_be_asked_from_outside() -> None:
    for by in (DAILY, WEEKLY):
        span = span_around(by, day("2026-04-15"))
        assert span.first_from(wall("2026-01-01")) == wall("2026-04-15T09:00")
        assert span.last_until(wall("2026-12-31")) == wall("2026-04-15T17:00")
