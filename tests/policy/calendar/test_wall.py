"""What the zones are known to do, on both sides of each change of the clocks.

Toronto: ahead at 02:00 on 8 March 2026, back at 02:00 on 1 November. Berlin: at 02:00 on 29 March
and at 03:00 on 25 October. Lord Howe: back by half an hour at 02:00 on 5 April, ahead at 02:00 on
4 October. Samoa left out 30 December 2011.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.policy.calendar.wall import (
    Gap,
    Second,
    Wall,
    date_time,
    gap_around,
    instant,
    latest_wall,
    wall_at,
    wall_of,
)
from hereabouts.policy.calendar.zone import zone_named

TORONTO, BERLIN, LORD_HOWE = "America/Toronto", "Europe/Berlin", "Australia/Lord_Howe"
ZONES = [TORONTO, BERLIN, LORD_HOWE, "Pacific/Apia", "Asia/Kathmandu", "America/St_Johns", "UTC"]


def wall(text: str) -> Wall:
    return wall_of(datetime.fromisoformat(text))


def second(text: str) -> Second:
    return Second(int(datetime.fromisoformat(text).timestamp()))


INSTANTS = [
    (TORONTO, "2026-03-08T01:59:59", "2026-03-08T06:59:59Z", "the last second before the gap"),
    (TORONTO, "2026-03-08T02:00:00", "2026-03-08T07:00:00Z", "in the gap: by the offset before"),
    (TORONTO, "2026-03-08T02:59:59", "2026-03-08T07:59:59Z", "the end of the gap: 03:59:59"),
    (TORONTO, "2026-03-08T03:00:00", "2026-03-08T07:00:00Z", "the first second after the gap"),
    (TORONTO, "2026-11-01T00:59:59", "2026-11-01T04:59:59Z", "the last second shown once"),
    (TORONTO, "2026-11-01T01:00:00", "2026-11-01T05:00:00Z", "shown twice: the first time"),
    (TORONTO, "2026-11-01T01:59:59", "2026-11-01T05:59:59Z", "shown twice, the end: likewise"),
    (TORONTO, "2026-11-01T02:00:00", "2026-11-01T07:00:00Z", "shown once again"),
    (BERLIN, "2026-03-29T02:30:00", "2026-03-29T01:30:00Z", "the gap, east of Greenwich"),
    (BERLIN, "2026-10-25T02:30:00", "2026-10-25T00:30:00Z", "twice, east of Greenwich"),
    (LORD_HOWE, "2026-10-04T02:15:00", "2026-10-03T15:45:00Z", "a gap of half an hour"),
    (LORD_HOWE, "2026-04-05T01:45:00", "2026-04-04T14:45:00Z", "half an hour shown twice"),
    ("Pacific/Apia", "2011-12-30T12:00:00", "2011-12-30T22:00:00Z", "a gap of a whole day"),
    ("America/New_York", "2007-11-04T01:30:00", "2007-11-04T05:30:00Z", "RFC 5545 section 3.3.5"),
    ("America/New_York", "2007-03-11T02:30:00", "2007-03-11T07:30:00Z", "the same section, a gap"),
]


@pytest.mark.parametrize(
    "zone, shown, expected", [row[:3] for row in INSTANTS], ids=[row[3] for row in INSTANTS]
)
def test_the_instant_at_which_clocks_show_something(zone: str, shown: str, expected: str) -> None:
    assert instant(wall(shown), zone_named(zone)) == second(expected)


GAPS = [
    (TORONTO, "2026-03-08T01:59:59", None, "before it"),
    (TORONTO, "2026-03-08T02:00:00", ("2026-03-08T02:00", "2026-03-08T03:00"), "its start"),
    (TORONTO, "2026-03-08T02:59:59", ("2026-03-08T02:00", "2026-03-08T03:00"), "its end"),
    (TORONTO, "2026-03-08T03:00:00", None, "after it"),
    (TORONTO, "2026-11-01T01:30:00", None, "what is shown twice is shown"),
    (BERLIN, "2026-03-29T02:30:00", ("2026-03-29T02:00", "2026-03-29T03:00"), "in Berlin"),
    (LORD_HOWE, "2026-10-04T02:29:59", ("2026-10-04T02:00", "2026-10-04T02:30"), "half an hour"),
    (LORD_HOWE, "2026-10-04T02:30:00", None, "after half an hour"),
    ("Pacific/Apia", "2011-12-30T12:00:00", ("2011-12-30T00:00", "2011-12-31T00:00"), "a day"),
    ("UTC", "2026-03-08T02:30:00", None, "no clock changes in UTC"),
]


@pytest.mark.parametrize(
    "zone, shown, expected", [row[:3] for row in GAPS], ids=[row[3] for row in GAPS]
)
def test_a_gap_is_found_with_both_ends(
    zone: str, shown: str, expected: tuple[str, str] | None
) -> None:
    gap = None if expected is None else Gap(wall(expected[0]), wall(expected[1]))
    assert gap_around(wall(shown), zone_named(zone)) == gap


REACHED = [
    (TORONTO, "2026-11-01T05:59:59Z", "2026-11-01T01:59:59", "the end of the first time"),
    (TORONTO, "2026-11-01T06:00:00Z", "2026-11-01T01:59:59", "set back to 01:00: reached 01:59:59"),
    (TORONTO, "2026-11-01T06:30:00Z", "2026-11-01T01:59:59", "01:30 for the second time"),
    (TORONTO, "2026-11-01T07:00:00Z", "2026-11-01T02:00:00", "farther than before"),
    (TORONTO, "2026-03-08T06:59:59Z", "2026-03-08T01:59:59", "before the gap"),
    (TORONTO, "2026-03-08T07:00:00Z", "2026-03-08T03:00:00", "after the gap"),
    (LORD_HOWE, "2026-04-04T15:10:00Z", "2026-04-05T01:59:59", "half an hour for a second time"),
    (LORD_HOWE, "2026-04-04T15:30:00Z", "2026-04-05T02:00:00", "and after it"),
]


@pytest.mark.parametrize(
    "zone, now, expected", [row[:3] for row in REACHED], ids=[row[3] for row in REACHED]
)
def test_the_latest_wall_that_was_reached(zone: str, now: str, expected: str) -> None:
    assert date_time(latest_wall(second(now), zone_named(zone))) == datetime.fromisoformat(expected)


# From 2000 to 2040; with the changes of 2026 as likely as all the rest.
CHANGES = st.sampled_from([1_772_953_200, 1_793_509_200, 1_774_746_000, 1_775_314_800])
SECONDS = st.one_of(
    st.integers(946_684_800, 2_208_988_800),
    st.builds(lambda change, away: change + away, CHANGES, st.integers(-9000, 9000)),
).map(Second)


@given(SECONDS, st.sampled_from(ZONES))
def test_what_is_shown_leads_back_to_the_instant_or_to_the_first_such(
    now: Second, name: str
) -> None:
    zone = zone_named(name)
    shown = wall_at(now, zone)
    assert gap_around(shown, zone) is None
    assert instant(shown, zone) <= now
    assert wall_at(instant(shown, zone), zone) == shown


@given(SECONDS, SECONDS, st.sampled_from(ZONES))
def test_a_wall_was_reached_exactly_if_its_instant_is_past(
    now: Second, other: Second, name: str
) -> None:
    zone = zone_named(name)
    shown = wall_at(other, zone)
    assert (shown <= latest_wall(now, zone)) is (instant(shown, zone) <= now)


def test_a_fixed_offset_is_a_zone_too() -> None:
    zone = timezone(timedelta(hours=5, minutes=30))
    assert instant(wall("2026-01-05T05:30"), zone) == second("2026-01-05T00:00Z")


def test_the_last_days_of_the_calendar_do_not_overflow() -> None:
    last = wall("9999-12-31T23:59:59")
    for name in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
        assert wall_at(Second(last), zone_named(name)) >= last - 86_400
    assert date_time(last) == datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC).replace(tzinfo=None)
