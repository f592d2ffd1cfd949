"""The starts of a rule, one after the other, found from any point without those before it.

Nothing is enumerated from `dtstart`: the day is found in the set of a year's days, the time in
the set of a day's seconds, and what is certain to be empty is leapt over. So a rule that began in
1601 is asked about today as quickly as one that began yesterday (:rfc:`3880#appendix-A`).
"""

from __future__ import annotations

from datetime import datetime, tzinfo

import msgspec

from hereabouts.policy.calendar.clock import first_aligned, last_aligned
from hereabouts.policy.calendar.days import first_day, last_day
from hereabouts.policy.calendar.duration import DAY
from hereabouts.policy.calendar.rule import Rule
from hereabouts.policy.calendar.spans import span_around
from hereabouts.policy.calendar.values import LAST_YEAR
from hereabouts.policy.calendar.wall import Wall, gap_around, wall_of

FOREVER = wall_of(datetime(LAST_YEAR, 12, 31, 23, 59, 59))  # noqa: DTZ001 - a wall has no zone
"Nothing starts later than this."


class Series(msgspec.Struct, frozen=True):
    """The starts of a `time` output, as walls of its zone.

    The first is `start`, whether the rule names it or not: `dtstart` "specifies the beginning of
    the first period" (:rfc:`3880#section-4.4`).
    """

    zone: tzinfo
    start: Wall
    rule: Rule | None = None
    "Absent: there is one start."
    last: Wall = FOREVER
    "No start comes after this."

    def first_from(self, wall: Wall, limit: Wall) -> Wall | None:
        """The first start from `wall` on and up to `limit`.

        What the clocks jump over is none (:rfc:`5545#section-3.3.10`).
        """
        while (found := self.first_named(wall, limit)) is not None:
            gap = gap_around(found, self.zone)
            if gap is None:
                return found
            wall = gap.end
        return None

    def last_until(self, wall: Wall, floor: Wall) -> Wall | None:
        """The last start up to `wall`, and from `floor` on."""
        while (found := self._last_named(wall, floor)) is not None:
            gap = gap_around(found, self.zone)
            if gap is None:
                return found
            wall = Wall(gap.start - 1)
        return None

    def first_named(self, wall: Wall, limit: Wall) -> Wall | None:
        """The same, with what the clocks jump over: as the rule names it, in no zone."""
        limit = min(limit, self.last)
        if wall <= self.start:
            return self.start if self.start <= limit else None
        return None if self.rule is None else first_by(self.rule, wall, limit)

    def _last_named(self, wall: Wall, floor: Wall) -> Wall | None:
        wall = min(wall, self.last)
        if self.rule is not None and wall > self.start:
            found = last_by(self.rule, wall, max(floor, Wall(self.start + 1)))
            if found is not None:
                return found
        return self.start if floor <= self.start <= wall else None


def first_by(rule: Rule, wall: Wall, limit: Wall) -> Wall | None:
    """The first start that the rule names from `wall` on and up to `limit`."""
    while wall <= limit:
        day = first_day(rule, wall // DAY, limit // DAY)
        if day is None:
            return None
        span = span_around(rule, day)
        found = span.first_from(wall)
        if found is not None:
            return found if found <= limit else None
        wall = first_aligned(rule, span.end) if rule.unit else span.end
    return None


def last_by(rule: Rule, wall: Wall, floor: Wall) -> Wall | None:
    """The last start that the rule names up to `wall` and from `floor` on."""
    while wall >= floor:
        day = last_day(rule, wall // DAY, floor // DAY)
        if day is None:
            return None
        span = span_around(rule, day)
        found = span.last_until(wall)
        if found is not None:
            return found if found >= floor else None
        before = Wall(span.begin - 1)
        wall = last_aligned(rule, before) if rule.unit else before
    return None
