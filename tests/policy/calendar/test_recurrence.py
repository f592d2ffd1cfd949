"""Promises about time, each on both sides of where it changes.

Toronto: clocks go ahead at 02:00 on 8 March 2026 and back at 02:00 on 1 November. Berlin: ahead at
02:00 on 29 March, back at 03:00 on 25 October. Lord Howe: back by half an hour at 02:00 on 5 April,
ahead by it at 02:00 on 4 October.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, tzinfo
from types import FrameType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.base.units import NEVER, Timestamp
from hereabouts.policy.calendar.period import Period
from hereabouts.policy.calendar.recurrence import Recurrence
from hereabouts.policy.calendar.zone import MalformedTime, zone_named
from tests.policy.calendar.reading import TORONTO, at, shown, time

BERLIN, LORD_HOWE = zone_named("Europe/Berlin"), zone_named("Australia/Lord_Howe")


def period(start: str, end: str) -> Period:
    return Period(at(start), at(end))


# Tom wishes to reject all watcher requests after working hours: the first example of the thesis.
WORKING_HOURS = time("20260105T090000", "duration=PT8H freq=weekly byday=MO,TU,WE,TH,FR")

TOM = [
    ("2026-11-24T10:00-05:00", True, "Tuesday 10:00"),
    ("2026-11-24T08:59:59-05:00", False, "Tuesday 08:59:59"),
    ("2026-11-24T09:00-05:00", True, "Tuesday 09:00:00"),
    ("2026-11-24T16:59:59-05:00", True, "Tuesday 16:59:59"),
    ("2026-11-24T17:00-05:00", False, "Tuesday 17:00:00"),
    ("2026-11-28T10:00-05:00", False, "Saturday 10:00"),
    ("2026-11-29T10:00-05:00", False, "Sunday 10:00"),
    ("2026-03-09T13:30Z", True, "Monday after clocks went ahead: 13:30 UTC is 09:30"),
    ("2026-03-06T13:30Z", False, "Friday before: 13:30 UTC is 08:30"),
    ("2026-10-30T13:30Z", True, "Friday before they went back: 13:30 UTC is 09:30"),
    ("2026-11-02T13:30Z", False, "Monday after: 13:30 UTC is 08:30"),
    ("2026-01-02T10:00-05:00", False, "a Friday before dtstart"),
    ("2026-01-05T08:59:59-05:00", False, "the second before dtstart"),
    ("2026-01-05T09:00-05:00", True, "dtstart"),
    ("2099-01-05T09:00-05:00", True, "for ever"),
]


@pytest.mark.parametrize("now, is_within", [row[:2] for row in TOM], ids=[row[2] for row in TOM])
def test_working_hours(now: str, *, is_within: bool) -> None:
    assert (WORKING_HOURS.period_at(at(now)) is not None) is is_within


QUIET_HOURS = time("20260101T220000", "duration=PT9H freq=daily", wall_end=True)

QUIET = [
    ("2026-11-24T23:30-05:00", "2026-11-25T07:00:00-05:00", "23:30"),
    ("2026-11-25T02:00-05:00", "2026-11-25T07:00:00-05:00", "02:00, past midnight"),
    ("2026-11-25T06:59:59-05:00", "2026-11-25T07:00:00-05:00", "06:59:59"),
    ("2026-11-25T07:00-05:00", None, "07:00"),
    ("2026-11-24T21:59:59-05:00", None, "21:59:59"),
    ("2026-11-24T22:00-05:00", "2026-11-25T07:00:00-05:00", "22:00"),
    ("2026-11-01T01:30-04:00", "2026-11-01T07:00:00-05:00", "clocks go back: 01:30, once"),
    ("2026-11-01T01:30-05:00", "2026-11-01T07:00:00-05:00", "01:30 for the second time"),
    ("2026-11-01T06:30-05:00", "2026-11-01T07:00:00-05:00", "06:30, ten hours and a half later"),
    ("2026-03-08T04:00-04:00", "2026-03-08T07:00:00-04:00", "clocks went ahead: 04:00"),
    ("2026-03-08T07:30-04:00", None, "07:30, eight hours and a half after 22:00"),
]


@pytest.mark.parametrize("now, end", [row[:2] for row in QUIET], ids=[row[2] for row in QUIET])
def test_quiet_hours_end_by_the_clock(now: str, end: str | None) -> None:
    """`p:end="wall"`: 07:00 is 07:00, however long the night was."""
    found = QUIET_HOURS.period_at(at(now))
    assert shown(None if found is None else found.end) == end


EXACT = [
    ("duration=PT9H", "2026-11-01T05:59:59-05:00", "2026-11-01T06:00:00-05:00", "back: to 06:00"),
    ("duration=PT9H", "2026-11-01T06:00:00-05:00", None, "which is nine hours"),
    ("duration=PT9H", "2026-03-08T07:59:59-04:00", "2026-03-08T08:00:00-04:00", "ahead: to 08:00"),
    ("duration=PT9H", "2026-03-08T08:00:00-04:00", None, "which is nine hours too"),
    ("dtend=20260102T070000", "2026-11-01T05:59:59-05:00", "2026-11-01T06:00:00-05:00", "dtend"),
    ("dtend=20260102T070000", "2026-11-01T06:00:00-05:00", None, "repeats its exact length"),
]


@pytest.mark.parametrize(
    "length, now, end", [row[:3] for row in EXACT], ids=[row[3] for row in EXACT]
)
def test_without_that_they_end_after_an_exact_time(length: str, now: str, end: str | None) -> None:
    found = time("20260101T220000", f"{length} freq=daily").period_at(at(now))
    assert shown(None if found is None else found.end) == end


CHANGES = [
    (TORONTO, "20260301T023000", "duration=PT10M", "2026-03-07T02:30-05:00", True,
     "Toronto, the night before"),
    (TORONTO, "20260301T023000", "duration=PT10M", "2026-03-08T03:30-04:00", False,
     "in the gap nothing starts, nor an hour later"),
    (TORONTO, "20260301T023000", "duration=PT10M", "2026-03-09T02:30-04:00", True,
     "the night after"),
    (TORONTO, "20261001T013000", "duration=PT10M", "2026-11-01T01:30-04:00", True,
     "01:30 comes twice: it starts at the first"),
    (TORONTO, "20261001T013000", "duration=PT10M", "2026-11-01T01:30-05:00", False,
     "and not at the second"),
    (TORONTO, "20261001T013000", "duration=PT1H", "2026-11-01T01:15-05:00", True,
     "an hour from there reaches into the second"),
    (TORONTO, "20261001T013000", "duration=PT1H", "2026-11-01T01:30-05:00", False,
     "and ends as 01:30 comes again"),
    (TORONTO, "20261001T015500", "duration=PT1H", "2026-11-01T01:30-05:00", True,
     "what starts at 01:55 has started before the second 01:30"),
    (TORONTO, "20261001T020000", "duration=PT1H", "2026-11-01T01:30-05:00", False,
     "what starts at 02:00 has not"),
    (BERLIN, "20260301T023000", "duration=PT10M", "2026-03-29T03:30+02:00", False,
     "Berlin: a gap"),
    (BERLIN, "20260301T033000", "duration=PT10M", "2026-03-29T03:30+02:00", True,
     "what starts after it"),
    (BERLIN, "20261001T023000", "duration=PT10M", "2026-10-25T02:30+02:00", True,
     "Berlin: the first 02:30"),
    (BERLIN, "20261001T023000", "duration=PT10M", "2026-10-25T02:30+01:00", False,
     "and the second"),
    (LORD_HOWE, "20261001T021500", "duration=PT10M", "2026-10-04T02:45+11:00", False,
     "Lord Howe: a gap of half an hour"),
    (LORD_HOWE, "20261001T023000", "duration=PT10M", "2026-10-04T02:30+11:00", True,
     "what starts where it ends"),
    (LORD_HOWE, "20260401T014500", "duration=PT10M", "2026-04-05T01:45+11:00", True,
     "Lord Howe: the first 01:45"),
    (LORD_HOWE, "20260401T014500", "duration=PT10M", "2026-04-05T01:45+10:30", False,
     "and the second, half an hour later"),
    (LORD_HOWE, "20260401T014500", "duration=PT31M", "2026-04-05T01:45:59+10:30", True,
     "which 31 minutes reach"),
]  # fmt: skip


@pytest.mark.parametrize(
    "zone, dtstart, length, now, is_within",
    [row[:5] for row in CHANGES],
    ids=[row[5] for row in CHANGES],
)
def test_starts_in_the_night_of_a_change(
    zone: tzinfo, dtstart: str, length: str, now: str, *, is_within: bool
) -> None:
    """RFC 5545 sections 3.3.5 and 3.3.10."""
    found = time(dtstart, f"{length} freq=daily", zone).period_at(at(now))
    assert (found is not None) is is_within


WHOLE_DAYS = [
    ("P1D", "2026-10-31T23:59:59-04:00", "2026-10-31T00:00-04:00", "2026-11-01T00:00-04:00",
     "a day"),
    ("P1D", "2026-11-01T00:00-04:00", "2026-11-01T00:00-04:00", "2026-11-02T00:00-05:00",
     "the next one, of 25 hours, starts as that ends"),
    ("P1D", "2026-03-08T12:00-04:00", "2026-03-08T00:00-05:00", "2026-03-09T00:00-04:00",
     "one of 23 hours"),
    ("PT24H", "2026-11-01T22:59:59-05:00", "2026-11-01T00:00-04:00", "2026-11-01T23:00-05:00",
     "24 hours leave one of 25"),
    ("PT24H", "2026-03-08T23:30-04:00", "2026-03-08T00:00-05:00", "2026-03-09T00:00-04:00",
     "and are cut to 23, where the next one starts"),
    ("PT24H", "2026-03-09T00:30-04:00", "2026-03-09T00:00-04:00", "2026-03-10T00:00-04:00",
     "which is the one that holds from there"),
]  # fmt: skip


@pytest.mark.parametrize(
    "length, now, start, end", [row[:4] for row in WHOLE_DAYS], ids=[row[4] for row in WHOLE_DAYS]
)
def test_days_are_nominal_and_hours_exact(length: str, now: str, start: str, end: str) -> None:
    """RFC 5545 section 3.8.5.3."""
    daily = time("20260101T000000", f"duration={length} freq=daily")
    assert daily.period_at(at(now)) == period(start, end)


def test_an_hour_of_24_leaves_a_gap_after_a_day_of_25() -> None:
    daily = time("20260101T000000", "duration=PT24H freq=daily")
    assert daily.period_at(at("2026-11-01T23:00-05:00")) is None


SINGLE = [
    ("20260308T023000", "duration=PT1H", "2026-03-08T03:30-04:00", "2026-03-08T04:30-04:00",
     "in a gap: by the offset before it"),
    ("20260308T013000", "dtend=20260308T023000", "2026-03-08T01:30-05:00",
     "2026-03-08T03:30-04:00", "an end in a gap likewise"),
    ("20261101T013000", "duration=PT1H", "2026-11-01T01:30-04:00", "2026-11-01T01:30-05:00",
     "at the first of two"),
    ("20261101T053000Z", "duration=PT1H", "2026-11-01T01:30-04:00", "2026-11-01T01:30-05:00",
     "in UTC"),
    ("20261101T063000Z", "duration=PT1H", "2026-11-01T01:30-05:00", "2026-11-01T02:30-05:00",
     "in UTC, at the second of two"),
    ("20261101T120000", "dtend=99991231T235959Z", "2026-11-01T12:00-05:00",
     "9999-12-30T00:00+00:00", "as good as for ever"),
    ("20261101T000000", "duration=P1D byday=XX count=0 until=x", "2026-11-01T00:00-04:00",
     "2026-11-02T00:00-05:00", "RFC 3880 section 4.4: without freq the rest is ignored"),
]  # fmt: skip


@pytest.mark.parametrize(
    "dtstart, rest, start, end", [row[:4] for row in SINGLE], ids=[row[4] for row in SINGLE]
)
def test_a_single_period(dtstart: str, rest: str, start: str, end: str) -> None:
    single = time(dtstart, rest)
    expected = period(start, end)
    assert single.next_start(at("2000-01-01T00:00Z")) == expected.start
    assert single.period_at(expected.start) == expected
    assert single.period_at(Timestamp(expected.start - 1)) is None
    assert single.period_at(Timestamp(expected.end - 1)) == expected
    assert single.period_at(expected.end) is None
    assert single.next_start(expected.start) is None


LIMITS = [
    ("until=20260110", "2026-01-10T09:00-05:00", True, "a date: that whole day"),
    ("until=20260110", "2026-01-11T09:00-05:00", False, "and not the next"),
    ("until=20260110T140000Z", "2026-01-10T09:00-05:00", True, "inclusive: 14:00 UTC is 09:00"),
    ("until=20260110T140000Z", "2026-01-10T16:59:59-05:00", True, "what has started goes on"),
    ("until=20260110T135959Z", "2026-01-10T09:00-05:00", False, "a second less"),
    ("until=20260110T135959Z", "2026-01-09T09:00-05:00", True, "the day before"),
    ("count=3", "2026-01-03T09:00-05:00", True, "dtstart, and two more"),
    ("count=3", "2026-01-04T09:00-05:00", False, "and no fourth"),
]


@pytest.mark.parametrize(
    "limit, now, is_within", [row[:3] for row in LIMITS], ids=[row[3] for row in LIMITS]
)
def test_a_recurrence_ends(limit: str, now: str, *, is_within: bool) -> None:
    daily = time("20260101T090000", f"duration=PT8H freq=daily {limit}")
    assert (daily.period_at(at(now)) is not None) is is_within


def test_an_until_may_be_in_the_hour_that_comes_twice() -> None:
    minutely = "duration=PT1M freq=minutely"
    first = time("20261101T000000", f"{minutely} until=20261101T053000Z")
    second = time("20261101T000000", f"{minutely} until=20261101T063000Z")
    assert first.next_start(at("2026-11-01T01:29:30-04:00")) == at("2026-11-01T01:30-04:00")
    assert first.next_start(at("2026-11-01T01:30-04:00")) is None
    assert second.next_start(at("2026-11-01T01:30-04:00")) == at("2026-11-01T01:31-04:00")
    assert second.next_start(at("2026-11-01T01:59-04:00")) is None


def test_a_rule_in_utc_does_not_change_with_the_clocks() -> None:
    daily = time("20260101T140000Z", "duration=PT1H freq=daily")
    assert daily.period_at(at("2026-01-05T09:00-05:00")) is not None
    assert daily.period_at(at("2026-07-05T09:00-04:00")) is None
    assert daily.period_at(at("2026-07-05T10:00-04:00")) is not None


def test_a_rule_in_utc_may_end_in_the_zone() -> None:
    """02:00 UTC is 21:00 in Toronto the day before: the last one that starts on 10 January."""
    daily = time("20260101T020000Z", "dtend=20251231T220000 freq=daily until=20260110")
    evening = period("2026-01-10T21:00-05:00", "2026-01-10T22:00-05:00")
    assert daily.period_at(at("2026-01-10T21:59:59-05:00")) == evening
    assert daily.next_start(at("2026-01-10T21:00-05:00")) is None


def test_the_hour_that_comes_twice_has_no_starts_of_its_own() -> None:
    """RFC 5545 section 3.3.5: each wall is the first of its kind."""
    minutely = time("20260101T000000", "duration=PT1M freq=minutely")
    assert minutely.period_at(at("2026-11-01T01:59:59-04:00")) is not None
    assert minutely.period_at(at("2026-11-01T01:00:00-05:00")) is None
    assert minutely.period_at(at("2026-11-01T01:59:59-05:00")) is None
    assert minutely.period_at(at("2026-11-01T02:00:00-05:00")) is not None


def test_neighbours_share_no_instant() -> None:
    daily = time("20260101T000000", "duration=P1D freq=daily")
    end = at("2026-01-02T00:00-05:00")
    before = period("2026-01-01T00:00-05:00", "2026-01-02T00:00-05:00")
    assert daily.period_at(Timestamp(end - 0.001)) == before
    assert daily.period_at(end) == period("2026-01-02T00:00-05:00", "2026-01-03T00:00-05:00")


NEXT = [
    ("2000-01-01T00:00-05:00", "2026-01-05T09:00:00-05:00", "2026-01-05T09:00:00-05:00", "dtstart"),
    ("2026-01-05T08:59:59-05:00", "2026-01-05T09:00:00-05:00", "2026-01-05T09:00:00-05:00",
     "a second before it"),
    ("2026-01-05T09:00:00-05:00", "2026-01-06T09:00:00-05:00", "2026-01-05T17:00:00-05:00",
     "a start is not after itself; the end is the change"),
    ("2026-01-05T16:59:59-05:00", "2026-01-06T09:00:00-05:00", "2026-01-05T17:00:00-05:00",
     "a second before the end"),
    ("2026-01-05T17:00:00-05:00", "2026-01-06T09:00:00-05:00", "2026-01-06T09:00:00-05:00",
     "at the end"),
    ("2026-03-06T17:00:00-05:00", "2026-03-09T09:00:00-04:00", "2026-03-09T09:00:00-04:00",
     "over a weekend on which clocks go ahead"),
]  # fmt: skip


@pytest.mark.parametrize(
    "now, start, change", [row[:3] for row in NEXT], ids=[row[3] for row in NEXT]
)
def test_what_comes_next(now: str, start: str, change: str) -> None:
    assert shown(WORKING_HOURS.next_start(at(now))) == start
    assert shown(WORKING_HOURS.next_change(at(now))) == change


def test_the_next_start_after_the_hour_that_comes_twice() -> None:
    hourly = time("20260101T001500", "duration=PT1M freq=hourly")
    assert shown(hourly.next_start(at("2026-11-01T01:15-04:00"))) == "2026-11-01T02:15:00-05:00"
    assert shown(hourly.next_start(at("2026-11-01T01:00-05:00"))) == "2026-11-01T02:15:00-05:00"


def test_it_changes_where_one_period_follows_another() -> None:
    daily = time("20260101T000000", "duration=P1D freq=daily")
    assert shown(daily.next_change(at("2026-01-05T12:00-05:00"))) == "2026-01-06T00:00:00-05:00"


def test_after_the_last_period_nothing_changes() -> None:
    daily = time("20260101T090000", "duration=PT8H freq=daily count=2")
    assert shown(daily.next_change(at("2026-01-02T09:00-05:00"))) == "2026-01-02T17:00:00-05:00"
    assert daily.next_start(at("2026-01-02T09:00-05:00")) is None
    assert daily.next_change(at("2026-01-02T17:00-05:00")) is None


def test_the_search_looks_40_years_ahead() -> None:
    rare = time("20260101T090000", "duration=PT8H freq=yearly interval=39")
    rarer = time("20260101T090000", "duration=PT8H freq=yearly interval=41")
    assert shown(rare.next_start(at("2026-01-02T00:00Z"))) == "2065-01-01T09:00:00-05:00"
    assert rarer.next_start(at("2026-01-02T00:00Z")) is None
    assert rarer.next_start(at("1700-01-01T00:00Z")) == at("2026-01-01T09:00-05:00")
    assert rarer.period_at(at("2067-01-01T09:00-05:00")) is not None


@pytest.mark.parametrize("now", [NEVER, Timestamp(-NEVER), Timestamp(float("nan"))])
def test_what_is_no_instant_of_the_calendar_lies_in_no_period(now: Timestamp) -> None:
    always = time("15830101T000000", "duration=P1D freq=daily")
    assert always.period_at(now) is None


def test_before_all_time_comes_the_first_start_and_after_it_none() -> None:
    assert WORKING_HOURS.next_start(Timestamp(-NEVER)) == at("2026-01-05T09:00-05:00")
    assert WORKING_HOURS.next_start(NEVER) is None
    assert WORKING_HOURS.next_start(Timestamp(float("nan"))) is None


REFUSED = [
    ("", "a time needs a dtstart", "nothing at all"),
    ("duration=PT1H", "a time needs a dtstart", "no dtstart"),
    ("dtstart=20260105 duration=PT1H", "^dtstart='20260105' is no date and time", "a date"),
    ("dtstart=20260105T090000", "exactly one of dtend and duration", "no end"),
    ("dtstart=20260105T090000 duration=PT1H rdate=20260106", "no attribute 'rdate'", "unknown"),
    ("dtstart=20260105T090000 duration=PT1H Freq=daily", "no attribute 'Freq'", "names have case"),
    ("dtstart=99010101T000000 duration=PT1H", "too late: nothing starts after 9900", "too late"),
    ("dtstart=99000101T000000 duration=P100Y", "no duration", "years"),
    ("dtstart=99000101T000000 duration=P99999D", "after the year 9999", "too long"),
    ("dtstart=20260105T090000 duration=P999999999W", "after the year 9999", "far too long"),
    ("dtstart=20260105T090000 duration=PT1H freq=daily until=20270101 count=3", "not both", "both"),
    ("dtstart=20260105T090000 duration=PT1H freq=daily until=20270101T000000", "with a Z", "local"),
    ("dtstart=20260105T090000 duration=PT1H freq=daily until=soon", "no date and time", "a word"),
    ("dtstart=20260105T090000 duration=PT1H freq=daily until=20260104", "before dtstart", "past"),
    ("dtstart=20260105T090000 duration=PT1H freq=daily count=10001", "above 10000", "a count"),
    ("dtstart=20260105T090000 duration=PT25H freq=daily", "periods overlap", "an overlap"),
    ("dtstart=20260105T090000 duration=PT1H freq=monthly bymonthday=31 bymonth=2", "never occurs",
     "31 February"),
    ("dtstart=20260105T090000 duration=PT1H freq=minutely interval=1441 byhour=9", "again only",
     "an absurd cost"),
    ("dtstart=20260105T090000 duration=PT1H freq=weekly bymonthday=1", "remove it", "a misfit"),
    ("dtstart=20260308T023000 duration=PT1H freq=daily until=20260308", "does not exist",
     "one start, which the clocks jump over"),
]  # fmt: skip


@pytest.mark.parametrize(
    "text, fault", [row[:2] for row in REFUSED], ids=[row[2] for row in REFUSED]
)
def test_what_cannot_be_kept_is_refused(text: str, fault: str) -> None:
    """E-TIME."""
    attributes = dict(part.split("=", 1) for part in text.split())
    with pytest.raises(MalformedTime, match=fault):
        Recurrence.parse(attributes, TORONTO)


def test_overlap_is_compared_among_those_that_count_leaves() -> None:
    assert time("20260105T090000", "duration=PT25H freq=daily count=1").next_start(
        at("2026-01-01T00:00Z")
    ) == at("2026-01-05T09:00-05:00")


def steps(work: Callable[[], object]) -> int:
    """How many calls, of Python or C, the work takes: what it costs, on any machine."""
    taken = 0

    def count(_: FrameType, event: str, __: object) -> None:
        nonlocal taken
        taken += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(before)
    return taken


AGES = [
    ("duration=PT8H freq=daily", "a day is found in the set of its year"),
    ("duration=PT10S freq=minutely", "a minute in the set of its day"),
    ("duration=PT1S freq=secondly interval=7", "seven seconds as well"),
    ("duration=PT1H freq=hourly interval=5 byday=MO", "hours that shift from day to day"),
    ("duration=PT1H freq=monthly byday=MO,TU,WE,TH,FR bysetpos=-1", "the last of a month"),
    ("duration=P1D freq=yearly byweekno=20 byday=MO,TU", "weeks of a year"),
]


@pytest.mark.parametrize("rest", [row[0] for row in AGES], ids=[row[1] for row in AGES])
def test_a_rule_of_centuries_costs_what_a_young_one_costs(rest: str) -> None:
    """RFC 3880 appendix A: nothing is enumerated from dtstart."""
    now = at("2026-11-24T10:00:05-05:00")
    old, young = time("16010105T090000", rest), time("20241104T090000", rest)
    for one in (old, young):
        one.next_change(now)  # the sets of the years in question are kept
    assert steps(lambda: old.period_at(now)) < 200
    assert steps(lambda: old.next_start(now)) < 200
    assert abs(steps(lambda: old.period_at(now)) - steps(lambda: young.period_at(now))) < 100


RULES = st.builds(
    lambda freq, interval, hours, length, end: time(
        "20260101T023000",
        f"freq={freq} interval={interval} {length}" + (f" byhour={hours}" if hours else ""),
        wall_end=end,
    ),
    st.sampled_from(["daily", "weekly", "monthly", "hourly"]),
    st.sampled_from([1, 2, 3]),
    st.sampled_from(["", "1,2,3", "2", "0,2"]),
    st.sampled_from(["duration=PT20M", "duration=PT1H", "dtend=20260101T030000"]),
    st.booleans(),
)

INSTANTS = st.one_of(
    st.integers(1_767_225_600, 1_830_297_600),
    *(
        st.integers(change - 20_000, change + 20_000)
        for change in (1_772_953_200, 1_793_509_200, 1_804_402_800)
    ),
).map(lambda second: Timestamp(float(second)))


@given(RULES, INSTANTS)
def test_a_period_holds_from_its_start_up_to_its_end(rule: Recurrence, now: Timestamp) -> None:
    found = rule.period_at(now)
    if found is None:
        return
    assert found.start <= now < found.end
    assert rule.period_at(found.start) == found == rule.period_at(Timestamp(found.end - 1))
    assert rule.period_at(Timestamp(found.start - 1)) != found != rule.period_at(found.end)
    assert rule.next_start(Timestamp(found.start - 1)) == found.start


@given(RULES, INSTANTS, st.floats(0, 1))
def test_nothing_changes_before_the_next_change(
    rule: Recurrence, now: Timestamp, part: float
) -> None:
    change = rule.next_change(now)
    assert change is not None
    assert change > now
    between = Timestamp(min(now + part * (change - now), change - 1))
    assert rule.period_at(between) == rule.period_at(now)
    assert rule.period_at(change) != rule.period_at(now)


NAMES = (
    "dtstart dtend duration freq interval until count bysecond byminute byhour byday bymonthday"
    " byyearday byweekno bymonth wkst bysetpos"
)
VALUES = (
    "20260105T090000 20260308T023000Z 20261231 PT1H P1D P400D daily secondly yearly weekly 1 2 7"
    " 366 -1 MO 1MO,-1FR TU,WE 99991231T235959Z 15830101T000000 10000 999999999"
)


def words(text: str, size: int) -> st.SearchStrategy[str]:
    return st.sampled_from(text.split()) | st.text(max_size=size)


@given(
    attributes=st.dictionaries(words(NAMES, 8), words(VALUES, 20)),
    zone=st.sampled_from([UTC, TORONTO, LORD_HOWE, zone_named("Pacific/Apia")]),
    wall_end=st.booleans(),
)
def test_any_attributes_are_understood_or_refused_with_our_own_error(
    attributes: dict[str, str], zone: tzinfo, *, wall_end: bool
) -> None:
    with suppress(MalformedTime):
        usual = {"dtstart": "20260105T090000", "duration": "PT1S"}
        found = Recurrence.parse(usual | attributes, zone, wall_end=wall_end)
        for now in ("2026-03-08T07:30+00:00", "9990-01-01T00:00+00:00"):
            found.period_at(at(now))
            found.next_change(at(now))
