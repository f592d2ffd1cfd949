"""Our starts and periods held against those that python-dateutil finds."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import islice

from hypothesis import given, reject, settings
from hypothesis import strategies as st

from hereabouts.base.units import Timestamp
from hereabouts.policy.calendar.recurrence import Recurrence
from hereabouts.policy.calendar.wall import Wall, date_time, wall_of
from hereabouts.policy.calendar.zone import MalformedTime, zone_named
from tests.policy.calendar import oracle
from tests.policy.calendar.reading import TORONTO

AT_MOST = 60


@settings(max_examples=300, deadline=None)
@given(oracle.attributes())
def test_the_starts_are_the_same(attributes: dict[str, str]) -> None:
    """But for rules that we refuse as never occurring: dateutil looks for those up to 9999."""
    try:
        recurrence = Recurrence.parse(attributes, TORONTO)
    except MalformedTime:
        reject()
    series, begin = recurrence.series, recurrence.series.start
    until = date_time(begin) + oracle.HORIZON[attributes["freq"]]
    found: list[datetime] = []
    start = series.first_named(begin, wall_of(until))
    while start is not None and len(found) < AT_MOST:
        found.append(date_time(start))
        start = series.first_named(Wall(start + 1), wall_of(until))
    assert found == list(islice(oracle.starts(attributes, until), AT_MOST))


NEAR_A_CHANGE = {
    "America/Toronto": ["20260307T013000", "20261031T003000"],
    "Europe/Berlin": ["20260328T013000", "20261024T013000"],
    "Australia/Lord_Howe": ["20261003T014500", "20260404T011500"],
}

# Each with the days in which it has a start at least.
RULES = [
    ({"freq": "daily", "byhour": "1,2,3", "byminute": "0,30"}, 2),
    ({"freq": "hourly", "byminute": "15,30,45"}, 1),
    ({"freq": "minutely", "interval": "10"}, 1),
    ({"freq": "secondly", "interval": "601"}, 1),
    ({"freq": "weekly", "byday": "SA,SU", "byhour": "1,2,3,4"}, 7),
    ({"freq": "monthly", "byday": "SA,SU", "byhour": "2", "byminute": "15", "bysetpos": "-1"}, 62),
]


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from([(name, start) for name, begins in NEAR_A_CHANGE.items() for start in begins]),
    st.sampled_from(RULES),
    st.sampled_from([1, 60, 540, 600]),
    st.floats(0, 172_800),
)
def test_the_periods_are_the_same_while_clocks_change(
    where: tuple[str, str], rule: tuple[dict[str, str], int], length: int, later: float
) -> None:
    zone, (parts, days) = zone_named(where[0]), rule
    attributes = {"dtstart": where[1], "duration": f"PT{length}S", **parts}
    recurrence = Recurrence.parse(attributes, zone)
    until = date_time(recurrence.series.start) + timedelta(days=3 + days)
    begins = oracle.instants(oracle.starts(attributes, until), zone)
    now = Timestamp(begins[0] + later)
    period = recurrence.period_at(now)
    containing = [begin for begin in begins if begin <= now < begin + length]
    assert (period and period.start) == (containing[-1] if containing else None)
    assert recurrence.next_start(now) == min(begin for begin in begins if begin > now)
