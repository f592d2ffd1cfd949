"""Lengths of time as iCalendar writes them (:rfc:`5545#section-3.3.6`)."""

from __future__ import annotations

import re
from typing import Self

import msgspec

from hereabouts.policy.calendar.zone import MalformedTime

DAY = 86_400
"Seconds in a day without a change of the clocks."

# As RFC 5545 has it, and as XML Schema has it where that differs: PT1H30S. Nine digits are
# 30 years in seconds.
_DURATION = re.compile(
    r"\+?P(?:(?P<weeks>\d{1,9})W"
    r"|(?=[\dT])(?:(?P<days>\d{1,9})D)?"
    r"(?:T(?=\d)(?:(?P<hours>\d{1,9})H)?(?:(?P<minutes>\d{1,9})M)?(?:(?P<seconds>\d{1,9})S)?)?)",
    re.ASCII,
)


class Duration(msgspec.Struct, frozen=True):
    """Days as the calendar has them, and then a time that passes; never negative."""

    days: int = 0
    "Nominal: a day on which the clocks change is one as well. A week is seven of them."
    exact: int = 0
    "Seconds that really pass, besides the days."

    @property
    def seconds(self) -> int:
        """The whole length in seconds, each day with 24 hours."""
        return self.days * DAY + self.exact

    @classmethod
    def parse(cls, text: str) -> Self:
        """The length that a text such as `PT8H`, `P1D` or `P2W` means; zero is one too.

        Raises:
            MalformedTime: no duration, a negative one, or one in years or months.
        """
        found = _DURATION.fullmatch(text)
        if found is None:
            raise MalformedTime(
                f"{text[:64]!r} is no duration: write days, hours, minutes and seconds"
                " like 'P1D', 'PT8H' or 'P1DT30M'"
            )
        number = {name: int(digits or 0) for name, digits in found.groupdict().items()}
        return cls(
            7 * number["weeks"] + number["days"],
            3600 * number["hours"] + 60 * number["minutes"] + number["seconds"],
        )

    def __str__(self) -> str:
        hours, rest = divmod(self.exact, 3600)
        minutes, seconds = divmod(rest, 60)
        parts = ((hours, "H"), (minutes, "M"), (seconds, "S"))
        time = "".join(f"{number}{letter}" for number, letter in parts if number)
        days = f"{self.days}D" if self.days else ""
        return f"P{days}T{time}" if time else f"P{days or 'T0S'}"
