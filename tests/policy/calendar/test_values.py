from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.policy.calendar.values import Attributes
from hereabouts.policy.calendar.wall import Second, Wall, date_time
from hereabouts.policy.calendar.zone import MalformedTime, zone_named

TORONTO = zone_named("America/Toronto")


def attributes(value: str) -> Attributes:
    return Attributes({"x": value})


DATE_TIMES = [
    ("20260105T090000", "2026-01-05T09:00:00", False, "form 1: floating"),
    ("20260105T090000Z", "2026-01-05T09:00:00", True, "form 2: UTC"),
    (" 20260105T090000 ", "2026-01-05T09:00:00", False, "spaces around it"),
    ("20240229T000000", "2024-02-29T00:00:00", False, "a leap day"),
    ("19970630T235960Z", "1997-06-30T23:59:59", True, "a leap second is the one before it"),
    ("15830101T000000", "1583-01-01T00:00:00", False, "the first there is"),
    ("99991231T235959Z", "9999-12-31T23:59:59", True, "the last there is"),
]


@pytest.mark.parametrize(
    "text, shown, is_utc", [row[:3] for row in DATE_TIMES], ids=[row[3] for row in DATE_TIMES]
)
def test_a_date_time_is_read(text: str, shown: str, *, is_utc: bool) -> None:
    """RFC 5545 section 3.3.5."""
    wall, utc = attributes(text).date_time("x")
    assert (date_time(wall), utc) == (datetime.fromisoformat(shown), is_utc)


NO_DATE_TIMES = [
    ("", "no date and time", "nothing"),
    ("20260105", "no date and time", "a date"),
    ("2026-01-05T09:00:00", "no date and time", "the other format of ISO 8601"),
    ("19980119T230000-0800", "no date and time", "RFC 5545 section 3.3.5: no offsets"),
    ("20260105t090000", "no date and time", "a small letter"),
    ("20260230T090000", "not in the calendar", "30 February"),
    ("20230229T090000", "not in the calendar", "no leap year"),
    ("20260105T240000", "not in the calendar", "the 25th hour"),
    ("20260105T096000", "not in the calendar", "the 61st minute"),
    ("20260105T090061", "not in the calendar", "the 62nd second"),
    ("15821231T235959", "too early", "the calendar is not a year old"),
    ("00000101T000000", "too early", "a year that never was"),
    ("20260105T09000\u0660", "no date and time", "a digit of another script"),
]


@pytest.mark.parametrize(
    "text, fault", [row[:2] for row in NO_DATE_TIMES], ids=[row[2] for row in NO_DATE_TIMES]
)
def test_what_is_no_date_time_is_refused(text: str, fault: str) -> None:
    with pytest.raises(MalformedTime, match=f"^x='.*' is {fault}"):
        attributes(text).date_time("x")


def test_an_instant_is_in_utc_or_what_the_zone_shows() -> None:
    assert attributes("20260105T140000Z").instant("x", TORONTO) == 1_767_621_600
    assert attributes("20260105T090000").instant("x", TORONTO) == 1_767_621_600


def test_a_wall_is_that_of_the_zone() -> None:
    nine = Wall(Second(1_767_621_600) - 5 * 3600)
    assert attributes("20260105T140000Z").wall("x", TORONTO) == nine
    assert attributes("20260105T090000").wall("x", TORONTO) == nine


def test_a_day_ends_with_its_last_second() -> None:
    end = attributes("20260105").end_of_day("x")
    assert end is not None
    assert date_time(end).isoformat() == "2026-01-05T23:59:59"
    assert attributes("20260105T090000Z").end_of_day("x") is None


@pytest.mark.parametrize("text, number", [("1", 1), ("007", 7), ("999999999", 999_999_999)])
def test_a_number_is_read(text: str, number: int) -> None:
    assert attributes(text).number("x", 3) == number


def test_a_number_that_is_absent_is_the_default() -> None:
    assert attributes("5").number("y", 3) == 3


@pytest.mark.parametrize("text", ["", "0", "-1", "+1", "1.5", "one", "1000000000", "\u0661"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(MalformedTime, match="whole number above zero"):
        attributes(text).number("x", 3)


LISTS = [
    ("9", (9,), "one"),
    ("17,9,12", (9, 12, 17), "in order"),
    ("9,9,09", (9,), "each once"),
    (" 9 , 12", (9, 12), "with spaces"),
    ("0,23", (0, 23), "from the least to the greatest"),
]


@pytest.mark.parametrize("text, numbers", [row[:2] for row in LISTS], ids=[row[2] for row in LISTS])
def test_a_list_of_numbers_is_read(text: str, numbers: tuple[int, ...]) -> None:
    assert attributes(text).numbers("x", 0, 23) == numbers


@pytest.mark.parametrize("text", ["", "24", "-1", "9,,10", "9,", "9;10", "nine", "0009", "9-17"])
def test_a_list_with_anything_else_is_refused(text: str) -> None:
    with pytest.raises(MalformedTime, match=r"write numbers from 0 to 23$"):
        attributes(text).numbers("x", 0, 23)


def test_a_signed_list_counts_from_the_end_as_well() -> None:
    assert attributes("+1,-1,31,-31").signed_numbers("x", 31) == (-31, -1, 1, 31)


@pytest.mark.parametrize("text", ["0", "-0", "32", "-32", "--1", "+"])
def test_a_signed_list_has_no_zero_and_the_same_bounds_on_both_sides(text: str) -> None:
    with pytest.raises(MalformedTime, match=r"write numbers from 1 to 31, or -31 to -1$"):
        attributes(text).signed_numbers("x", 31)


DAYS = [
    ("MO", ((0, 0),), "every Monday"),
    ("mo,Tu", ((0, 0), (0, 1)), "RFC 3880 section 4.4: letters have no case"),
    ("1MO", ((1, 0),), "the first"),
    ("+1MO", ((1, 0),), "the same"),
    ("-1SU", ((-1, 6),), "the last"),
    ("MO,2WE", ((0, 0), (2, 2)), "both kinds in one list"),
    ("53SA,-53SA", ((-53, 5), (53, 5)), "the farthest"),
]


@pytest.mark.parametrize("text, days", [row[:2] for row in DAYS], ids=[row[2] for row in DAYS])
def test_days_of_the_week_are_read(text: str, days: tuple[tuple[int, int], ...]) -> None:
    assert attributes(text).days_of_week("x") == days


@pytest.mark.parametrize("text", ["", "XX", "MON", "0MO", "54MO", "-54MO", "1", "MO-FR", "1 MO"])
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(MalformedTime, match="write days like 'MO', '1FR', '-1SU'"):
        attributes(text).days_of_week("x")


def test_what_is_absent_is_an_empty_list() -> None:
    nothing = Attributes({})
    assert nothing.numbers("x", 0, 23) == nothing.signed_numbers("x", 31) == ()
    assert nothing.days_of_week("x") == ()


@given(st.text(alphabet="0123456789,+-TZMOSUA ") | st.text())
def test_any_text_is_read_or_refused_with_our_own_error(text: str) -> None:
    read = attributes(text)
    for reading in (
        lambda: read.date_time("x"),
        lambda: read.instant("x", UTC),
        lambda: read.end_of_day("x"),
        lambda: read.number("x", 1),
        lambda: read.numbers("x", 0, 59),
        lambda: read.signed_numbers("x", 366),
        lambda: read.days_of_week("x"),
    ):
        with suppress(MalformedTime):
            reading()
