from __future__ import annotations

import pytest

from hereabouts.policy.calendar.bits import members
from hereabouts.policy.calendar.clock import (
    chosen_bits,
    chosen_indices,
    first_aligned,
    has_times,
    last_aligned,
    times_of_day,
)
from tests.policy.calendar.reading import day, rule, wall

DTSTART = "2026-04-15T09:30:20"


def times(date: str, **parts: str) -> list[str]:
    found = members(times_of_day(rule(DTSTART, **parts), day(date)))
    return [f"{one // 3600:02}:{one // 60 % 60:02}:{one % 60:02}" for one in found]


FIXED = [
    ({"freq": "daily"}, "09:30:20", "the time of dtstart"),
    ({"freq": "weekly", "byhour": "8,17", "bysecond": "0"}, "08:30:00 17:30:00", "hours and a 0"),
    ({"freq": "daily", "byhour": "8", "byminute": "0,5"}, "08:00:20 08:05:20", "each with each"),
    ({"freq": "daily", "byminute": "0,20,40", "bysetpos": "2"}, "09:20:20", "the second of three"),
    ({"freq": "daily", "byhour": "1,2,3", "bysetpos": "1,-1"}, "01:30:20 03:30:20", "both ends"),
    ({"freq": "daily", "byhour": "1,2", "bysetpos": "3"}, "", "no third"),
    ({"freq": "monthly", "byhour": "1,2", "bysetpos": "1"}, "01:30:20 02:30:20", "days are chosen"),
    ({"freq": "hourly", "byhour": "9,10"}, "09:30:20 10:30:20", "hours"),
    (
        {"freq": "hourly", "byhour": "9,10", "byminute": "0,5", "bysetpos": "-1"},
        "09:05:20 10:05:20",
        "the last of each hour",
    ),
    (
        {"freq": "minutely", "byhour": "9", "byminute": "1,2", "bysecond": "0,5", "bysetpos": "1"},
        "09:01:00 09:02:00",
        "the first of each minute",
    ),
    (
        {"freq": "secondly", "byhour": "9", "byminute": "1", "bysecond": "3,4", "bysetpos": "1"},
        "09:01:03 09:01:04",
        "each second is the first, and the last, of itself",
    ),
    (
        {"freq": "secondly", "byhour": "9", "byminute": "1", "bysecond": "3,4", "bysetpos": "2"},
        "",
        "and none is the second",
    ),
]


@pytest.mark.parametrize(
    "parts, expected", [row[:2] for row in FIXED], ids=[row[2] for row in FIXED]
)
def test_a_day_has_these_times(parts: dict[str, str], expected: str) -> None:
    assert times("2026-06-01", **parts) == expected.split()


ALIGNED = [
    ("2026-04-15", {"freq": "hourly", "interval": "10"}, "09:30:20 19:30:20", "day of dtstart"),
    ("2026-04-16", {"freq": "hourly", "interval": "10"}, "05:30:20 15:30:20", "the next: goes on"),
    ("2026-04-14", {"freq": "hourly", "interval": "10"}, "03:30:20 13:30:20 23:30:20", "the grid"),
    ("2026-04-16", {"freq": "hourly", "interval": "30"}, "15:30:20", "more than a day"),
    ("2026-04-17", {"freq": "hourly", "interval": "30"}, "21:30:20", "at another time"),
    ("2026-04-18", {"freq": "hourly", "interval": "30"}, "", "a day between two of them"),
    ("2026-04-19", {"freq": "hourly", "interval": "30"}, "03:30:20", "and the day after it"),
    ("2026-04-16", {"freq": "hourly", "interval": "48"}, "", "a day that is left out"),
    ("2026-04-16", {"freq": "hourly", "interval": "999999999"}, "", "and most days"),
    ("2026-04-15", {"freq": "minutely", "interval": "720"}, "09:30:20 21:30:20", "minutes"),
    ("2026-04-15", {"freq": "secondly", "interval": "43200"}, "09:30:20 21:30:20", "seconds"),
    (
        "2026-04-15",
        {"freq": "hourly", "interval": "8", "byminute": "0,59", "bysecond": "0"},
        "01:00:00 01:59:00 09:00:00 09:59:00 17:00:00 17:59:00",
        "the hour counts whole, before the minute of dtstart as well",
    ),
    (
        "2026-04-15",
        {"freq": "minutely", "interval": "7", "byhour": "9", "bysecond": "0"},
        "09:02:00 09:09:00 09:16:00 09:23:00 09:30:00 09:37:00 09:44:00 09:51:00 09:58:00",
        "only those of its minutes that lie in this hour",
    ),
]


@pytest.mark.parametrize(
    "date, parts, expected", [row[:3] for row in ALIGNED], ids=[row[3] for row in ALIGNED]
)
def test_intervals_go_on_over_midnight(date: str, parts: dict[str, str], expected: str) -> None:
    assert times(date, **parts) == expected.split()


def test_a_rule_of_seconds_may_have_all_of_them() -> None:
    assert len(times("2026-06-01", freq="secondly")) == 86_400
    assert len(times("2026-06-01", freq="secondly", interval="2")) == 43_200


NEXT = [
    ("2026-04-15T09:00:00", "2026-04-15T09:00:00", "the interval of dtstart begins"),
    ("2026-04-15T09:00:01", "2026-04-16T15:00:00", "it has begun: the next one"),
    ("2026-04-16T15:00:00", "2026-04-16T15:00:00", "exactly then"),
]


@pytest.mark.parametrize("begin, expected", [row[:2] for row in NEXT], ids=[row[2] for row in NEXT])
def test_the_next_interval_that_counts(begin: str, expected: str) -> None:
    every_30_hours = rule(DTSTART, freq="hourly", interval="30")
    assert first_aligned(every_30_hours, wall(begin)) == wall(expected)


BEFORE = [
    ("2026-04-16T15:59:59", "2026-04-16T15:59:59", "it ends here"),
    ("2026-04-16T15:59:58", "2026-04-15T09:59:59", "it has not ended: the one before"),
    ("2026-04-15T09:59:59", "2026-04-15T09:59:59", "that of dtstart"),
]


@pytest.mark.parametrize(
    "begin, expected", [row[:2] for row in BEFORE], ids=[row[2] for row in BEFORE]
)
def test_the_interval_before_that_counts(begin: str, expected: str) -> None:
    every_30_hours = rule(DTSTART, freq="hourly", interval="30")
    assert last_aligned(every_30_hours, wall(begin)) == wall(expected)


POSSIBLE = [
    ({"freq": "daily"}, True, "one a day"),
    ({"freq": "daily", "byhour": "1,2", "bysetpos": "3"}, False, "the third of two"),
    ({"freq": "minutely", "interval": "60", "byminute": "30"}, True, "meets it each hour"),
    ({"freq": "minutely", "interval": "60", "byminute": "31"}, False, "always at half past"),
    ({"freq": "minutely", "interval": "61", "byminute": "31"}, True, "moves by one each time"),
    ({"freq": "hourly", "interval": "48", "byhour": "9"}, True, "every other day"),
    ({"freq": "hourly", "interval": "48", "byhour": "10"}, False, "never at that hour"),
    ({"freq": "hourly", "interval": "25", "byhour": "10"}, True, "on the second day"),
    ({"freq": "secondly", "interval": "999999999", "byhour": "10"}, True, "some day"),
]


@pytest.mark.parametrize(
    "parts, expected", [row[:2] for row in POSSIBLE], ids=[row[2] for row in POSSIBLE]
)
def test_whether_a_rule_has_times_at_all(parts: dict[str, str], *, expected: bool) -> None:
    assert has_times(rule(DTSTART, **parts)) is expected


POSITIONS = [
    ((1,), 3, [0], "the first"),
    ((-1,), 3, [2], "the last"),
    ((3, -3), 3, [0, 2], "the same two from the other end"),
    ((1, -3), 3, [0], "one that is named twice"),
    ((4, -4), 3, [], "beyond both ends"),
    ((1, -1), 0, [], "from nothing"),
]


@pytest.mark.parametrize(
    "positions, count, expected", [row[:3] for row in POSITIONS], ids=[row[3] for row in POSITIONS]
)
def test_positions_choose(positions: tuple[int, ...], count: int, expected: list[int]) -> None:
    assert chosen_indices(positions, count) == expected
    assert members(chosen_bits((1 << count) - 1, positions)) == expected
