from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.policy.calendar.duration import Duration
from hereabouts.policy.calendar.zone import MalformedTime

READ = [
    ("PT8H", Duration(0, 28_800), "hours"),
    ("PT10M", Duration(0, 600), "minutes"),
    ("PT30S", Duration(0, 30), "seconds"),
    ("PT1H0M20S", Duration(0, 3620), "each of them"),
    ("PT1H30S", Duration(0, 3630), "no minutes between: XML Schema has it, RFC 5545 has not"),
    ("PT90M", Duration(0, 5400), "more than an hour's worth"),
    ("P1D", Duration(1, 0), "a day of the calendar"),
    ("PT24H", Duration(0, 86_400), "a day by the clock is another thing"),
    ("P7W", Duration(49, 0), "RFC 5545 section 3.3.6: 7 weeks"),
    ("P15DT5H0M20S", Duration(15, 18_020), "RFC 5545 section 3.3.6: 15 days, 5 h, 20 s"),
    ("+P1D", Duration(1, 0), "a sign that changes nothing"),
    ("P0D", Duration(0, 0), "no time at all: whoever reads it decides"),
    ("P999999999D", Duration(999_999_999, 0), "nine digits"),
]


@pytest.mark.parametrize("text, length", [row[:2] for row in READ], ids=[row[2] for row in READ])
def test_a_duration_is_read(text: str, length: Duration) -> None:
    assert Duration.parse(text) == length


REFUSED = [
    ("", "nothing"),
    ("P", "no number"),
    ("PT", "no number after the T"),
    ("P1DT", "nor here"),
    ("10M", "the mistake in the example of RFC 3880 section 4.4"),
    ("P1M", "months have no length"),
    ("P1Y", "nor have years"),
    ("P1H", "hours stand behind the T"),
    ("PT1D", "days stand before it"),
    ("PT5M1H", "the wrong way round"),
    ("P1W2D", "weeks stand alone"),
    ("-P1D", "negative"),
    ("P-1D", "negative inside"),
    ("PT1.5H", "a fraction"),
    ("pt8h", "small letters"),
    (" PT8H", "a space"),
    ("PT8H\n", "a line that goes on"),
    ("P1234567890D", "ten digits: longer than the calendar"),
    ("PT\u0668H", "a digit of another script"),
]


@pytest.mark.parametrize("text", [row[0] for row in REFUSED], ids=[row[1] for row in REFUSED])
def test_what_is_no_duration_is_refused_with_a_remedy(text: str) -> None:
    with pytest.raises(MalformedTime, match="like 'P1D', 'PT8H' or 'P1DT30M'"):
        Duration.parse(text)


def test_the_whole_length_has_days_of_24_hours() -> None:
    assert Duration.parse("P1DT1H").seconds == 90_000


WRITTEN = [
    (Duration(1, 1800), "P1DT30M"),
    (Duration(0, 28_800), "PT8H"),
    (Duration(14, 0), "P14D"),
    (Duration(0, 0), "PT0S"),
]


@pytest.mark.parametrize("length, text", WRITTEN)
def test_a_duration_is_written(length: Duration, text: str) -> None:
    assert str(length) == text


@given(st.builds(Duration, st.integers(0, 10**8), st.integers(0, 10**8)))
def test_what_we_write_we_can_read(length: Duration) -> None:
    assert Duration.parse(str(length)) == length


@given(st.text(alphabet="PTWDHMS0123456789+-. ") | st.text())
def test_anything_else_is_refused_with_our_own_error(text: str) -> None:
    with suppress(MalformedTime):
        Duration.parse(text)
