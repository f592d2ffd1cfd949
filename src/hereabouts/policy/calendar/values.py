"""The attributes of a `time` output, read one at a time: dates, numbers, lists of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta, tzinfo

from hereabouts.policy.calendar.wall import Second, Wall, instant, wall_at, wall_of
from hereabouts.policy.calendar.zone import MalformedTime

FIRST_YEAR = 1583
"The first whole year of the calendar that the rules count in."

LAST_YEAR = 9900
"The last year in which anything begins; Python's dates go to 9999."

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
"In the order in which Python counts them, from 0."

_DATE = r"(\d{4})(\d\d)(\d\d)"
_DATE_ONLY = re.compile(_DATE, re.ASCII)
_DATE_TIME = re.compile(rf"{_DATE}T(\d\d)(\d\d)(\d\d)(Z?)", re.ASCII)
_NUMBER = re.compile(r"\d{1,9}", re.ASCII)
_LISTED = re.compile(r"[+-]?\d{1,3}", re.ASCII)
_DAY_OF_WEEK = re.compile(rf"([+-]?\d{{1,2}})?({'|'.join(WEEKDAYS)})", re.ASCII | re.IGNORECASE)


class Attributes:
    """The attributes of one `time`, each read as what it should be.

    Every method raises `MalformedTime`, with the attribute, what is wrong and what to write
    instead, if that is not what it is.
    """

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts

    def __contains__(self, name: str) -> bool:
        return name in self._texts

    def text(self, name: str) -> str:
        """The attribute as it stands, without spaces around it; empty if it is absent."""
        return self._texts.get(name, "").strip()

    def wrong(self, name: str, remedy: str) -> MalformedTime:
        """The error to raise about an attribute."""
        return MalformedTime(f"{name}={self.text(name)[:64]!r} {remedy}")

    def date_time(self, name: str) -> tuple[Wall, bool]:
        """A DATE-TIME, and whether it is in UTC (:rfc:`5545#section-3.3.5`, forms 1 and 2)."""
        found = _DATE_TIME.fullmatch(self.text(name))
        if found is None:
            raise self.wrong(
                name, "is no date and time: write '20260105T090000', or with a Z if it is in UTC"
            )
        *numbers, utc = found.groups()
        return self._wall(name, [int(number) for number in numbers]), bool(utc)

    def instant(self, name: str, zone: tzinfo) -> Second:
        """The instant of a DATE-TIME; without a Z it is what clocks in the zone show."""
        wall, is_utc = self.date_time(name)
        return Second(wall) if is_utc else instant(wall, zone)

    def wall(self, name: str, zone: tzinfo) -> Wall:
        """What clocks in the zone show at a DATE-TIME."""
        wall, is_utc = self.date_time(name)
        return wall_at(Second(wall), zone) if is_utc else wall

    def end_of_day(self, name: str) -> Wall | None:
        """The last second of the day that a DATE is; `None` if it is no DATE."""
        found = _DATE_ONLY.fullmatch(self.text(name))
        if found is None:
            return None
        return Wall(self._wall(name, [*map(int, found.groups()), 23, 59, 59]))

    def number(self, name: str, default: int) -> int:
        """A whole number above zero; the default if it is absent."""
        if name not in self:
            return default
        number = int(self.text(name)) if _NUMBER.fullmatch(self.text(name)) else 0
        if not number:
            raise self.wrong(name, "is no whole number above zero, and at most nine digits long")
        return number

    def numbers(self, name: str, low: int, high: int) -> tuple[int, ...]:
        """A list of numbers from `low` to `high`, in order and each once; empty if absent."""
        return self._listed(name, low, high, signed=False)

    def signed_numbers(self, name: str, high: int) -> tuple[int, ...]:
        """The same from 1 to `high`, or as far below zero: counted from the end."""
        return self._listed(name, 1, high, signed=True)

    def days_of_week(self, name: str) -> tuple[tuple[int, int], ...]:
        """A list of days, each as the ordinal before it, 0 for none, and the weekday from 0."""
        days: set[tuple[int, int]] = set()
        for item in self._items(name):
            found = _DAY_OF_WEEK.fullmatch(item)
            ordinal = int(found[1] or 0) if found else 0
            if found is None or (found[1] and not 1 <= abs(ordinal) <= 53):
                raise self.wrong(
                    name, f"has {item[:16]!r} in it: write days like 'MO', '1FR', '-1SU'"
                )
            days.add((ordinal, WEEKDAYS.index(found[2].upper())))
        return tuple(sorted(days))

    def _listed(self, name: str, low: int, high: int, *, signed: bool) -> tuple[int, ...]:
        numbers: set[int] = set()
        for item in self._items(name):
            number = int(item) if _LISTED.fullmatch(item) else high + 1
            if not low <= (abs(number) if signed else number) <= high:
                also = f", or -{high} to -{low}" if signed else ""
                raise self.wrong(
                    name, f"has {item[:16]!r} in it: write numbers from {low} to {high}{also}"
                )
            numbers.add(number)
        return tuple(sorted(numbers))

    def _items(self, name: str) -> list[str]:
        return [item.strip() for item in self._texts[name].split(",")] if name in self else []

    def _wall(self, name: str, numbers: list[int]) -> Wall:
        year, month, day, hour, minute, second = numbers
        if year < FIRST_YEAR:
            raise self.wrong(name, f"is too early: the calendar begins with {FIRST_YEAR}")
        try:
            moment = datetime(year, month, day, hour, minute, tzinfo=None)  # noqa: DTZ001 - a wall
        except ValueError as fault:
            raise self.wrong(name, f"is not in the calendar: {fault}") from None
        if second > 60:
            raise self.wrong(name, "is not in the calendar: second must be in 0..59")
        # A leap second is taken for the second before it (RFC 5545 section 3.3.5).
        return wall_of(moment + timedelta(seconds=min(second, 59)))
