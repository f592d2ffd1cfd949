"""Clocks in Toronto go back by an hour on 1 November 2026, and ahead on 8 March."""

from __future__ import annotations

from datetime import UTC

import pytest

from hereabouts.policy.calendar.length import Length, read_length
from hereabouts.policy.calendar.values import Attributes
from hereabouts.policy.calendar.wall import Second
from hereabouts.policy.calendar.zone import MalformedTime
from tests.policy.calendar.reading import TORONTO, at, wall

START = "2026-10-31T22:00"

READ = [
    ({"duration": "PT9H"}, False, Length(passing=32_400), "a time that passes"),
    ({"duration": "PT9H"}, True, Length(shown=32_400), "the same, as clocks show it"),
    ({"duration": "P1D"}, False, Length(shown=86_400), "a day is nominal anyway"),
    ({"duration": "P1DT1H"}, False, Length(86_400, 3600), "both"),
    ({"duration": "P1DT1H"}, True, Length(shown=90_000), "both, as clocks show it"),
    ({"dtend": "20261101T070000"}, False, Length(passing=36_000), "ten hours pass that night"),
    ({"dtend": "20261101T070000"}, True, Length(shown=32_400), "the clocks show nine"),
    ({"dtend": "20261101T120000Z"}, False, Length(passing=36_000), "the same end in UTC"),
    ({"dtend": "20261101T120000Z"}, True, Length(shown=32_400), "and as the clocks show it"),
]


@pytest.mark.parametrize(
    "attributes, wall_end, length", [row[:3] for row in READ], ids=[row[3] for row in READ]
)
def test_a_length_is_read(attributes: dict[str, str], length: Length, *, wall_end: bool) -> None:
    """RFC 5545 section 3.8.5.3: `dtend` is exact, `duration` nominal."""
    found = read_length(Attributes(attributes), wall(START), TORONTO, TORONTO, wall_end=wall_end)
    assert found == length


@pytest.mark.parametrize("wall_end", [False, True], ids=["exact", "wall"])
def test_a_start_in_utc_may_have_an_end_in_the_zone(*, wall_end: bool) -> None:
    """From 02:00 UTC, 22:00 in Toronto, to 07:00 there; in UTC no wall ever changes."""
    start, end = wall("2026-11-01T02:00"), Attributes({"dtend": "20261101T070000"})
    length = read_length(end, start, UTC, TORONTO, wall_end=wall_end)
    assert length == Length(passing=36_000)


REFUSED = [
    ({}, "exactly one of dtend and duration", "neither"),
    ({"dtend": "20261101T070000", "duration": "PT9H"}, "exactly one of", "both"),
    ({"duration": "PT0S"}, "^duration='PT0S' ends the period where it starts", "no time"),
    ({"dtend": "20261031T220000"}, "^dtend='20261031T220000' ends the period", "at the start"),
    ({"dtend": "20261031T215959"}, "^dtend=.* or earlier", "before the start"),
    ({"dtend": "20261101"}, "^dtend='20261101' is no date and time", "a date"),
    ({"duration": "-PT1H"}, "^duration='-PT1H' is no duration", "negative"),
]


@pytest.mark.parametrize("wall_end", [False, True], ids=["exact", "wall"])
@pytest.mark.parametrize(
    "attributes, fault", [row[:2] for row in REFUSED], ids=[row[2] for row in REFUSED]
)
def test_a_wrong_length_is_refused(
    attributes: dict[str, str], fault: str, *, wall_end: bool
) -> None:
    """E-TIME: `dtend` xor `duration`, not above zero."""
    with pytest.raises(MalformedTime, match=fault):
        read_length(Attributes(attributes), wall(START), TORONTO, TORONTO, wall_end=wall_end)


def test_an_end_that_the_clocks_show_for_the_first_time_may_be_past() -> None:
    """01:15 on that night comes before 01:45 both times; written, each means the first."""
    with pytest.raises(MalformedTime, match="or earlier"):
        read_length(
            Attributes({"dtend": "20261101T011500"}),
            wall("2026-11-01T01:45"),
            TORONTO,
            TORONTO,
            wall_end=False,
        )


ENDS = [
    (
        Length(passing=32_400),
        "2026-10-31T22:00",
        "2026-11-01T06:00-05:00",
        "an hour early: set back",
    ),
    (Length(shown=32_400), "2026-10-31T22:00", "2026-11-01T07:00-05:00", "by the clocks"),
    (Length(passing=32_400), "2026-03-07T22:00", "2026-03-08T08:00-04:00", "an hour late: ahead"),
    (Length(shown=32_400), "2026-03-07T22:00", "2026-03-08T07:00-04:00", "by the clocks again"),
    (Length(86_400, 3600), "2026-03-07T22:00", "2026-03-08T23:00-04:00", "first days, then hours"),
    (Length(86_400, 3600), "2026-03-07T02:30", "2026-03-08T04:30-04:00", "02:30 is 03:30 there"),
    (Length(shown=86_400), "2026-10-31T01:30", "2026-11-01T01:30-04:00", "shown twice: the first"),
]


@pytest.mark.parametrize(
    "length, start, end", [row[:3] for row in ENDS], ids=[row[3] for row in ENDS]
)
def test_a_period_ends(length: Length, start: str, end: str) -> None:
    assert length.end(wall(start), TORONTO) == Second(int(at(end)))


def test_the_whole_is_both_parts() -> None:
    assert Length(86_400, 3600).total == 90_000
