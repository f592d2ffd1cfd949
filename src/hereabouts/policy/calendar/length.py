"""How long a period is: partly by the clocks on the wall, partly in time that passes."""

from __future__ import annotations

from datetime import tzinfo

import msgspec

from hereabouts.policy.calendar.duration import DAY, Duration
from hereabouts.policy.calendar.values import Attributes
from hereabouts.policy.calendar.wall import Second, Wall, instant
from hereabouts.policy.calendar.zone import MalformedTime


class Length(msgspec.Struct, frozen=True):
    """First so far on the wall, and from there so many seconds."""

    shown: int = 0
    "Nominal, in seconds that the clocks show; what a change of the clocks takes or adds is in it."
    passing: int = 0
    "Exact, in seconds."

    @property
    def total(self) -> int:
        """Seconds, if no clock changes."""
        return self.shown + self.passing

    def end(self, start: Wall, zone: tzinfo) -> Second:
        """When a period ends that starts at this wall."""
        return Second(instant(Wall(start + self.shown), zone) + self.passing)


def read_length(
    attributes: Attributes, start: Wall, clock: tzinfo, zone: tzinfo, *, wall_end: bool
) -> Length:
    """The length that `dtend` or `duration` states.

    `start` is what `clock` shows, which is that of UTC if `dtstart` is in it; a `dtend` without a
    Z is what clocks in `zone` show all the same. With `dtend` the exact length is repeated, with
    `duration` days by the calendar and then an exact time (:rfc:`5545#section-3.8.5.3`). With
    `wall_end` all of it is as the clock shows it.

    Raises:
        MalformedTime: both are given, or neither; it is not above zero.
    """
    if ("dtend" in attributes) == ("duration" in attributes):
        raise MalformedTime("a time takes exactly one of dtend and duration")
    if "duration" in attributes:
        length = _by_duration(attributes, wall_end=wall_end)
    elif wall_end and clock is zone:
        length = Length(shown=attributes.wall("dtend", zone) - start)
    else:
        length = Length(passing=attributes.instant("dtend", zone) - instant(start, clock))
    if length.total <= 0:
        name = "dtend" if "dtend" in attributes else "duration"
        raise attributes.wrong(name, "ends the period where it starts, or earlier: end it later")
    return length


def _by_duration(attributes: Attributes, *, wall_end: bool) -> Length:
    try:
        duration = Duration.parse(attributes.text("duration"))
    except MalformedTime as fault:
        raise MalformedTime(f"duration={fault}") from None
    if wall_end:
        return Length(shown=duration.seconds)
    return Length(shown=duration.days * DAY, passing=duration.exact)
