"""Clocks on the wall of a time zone, and the instants at which they show something.

A wall that jumps ahead never shows what it jumps over (a gap); one that is set back shows some
things twice (:rfc:`5545#section-3.3.5`). Python compares and subtracts times of one zone as if
neither happened, so nothing here is a `datetime` for longer than a line: walls and instants are
whole seconds, and each is compared with its own kind only.
"""

from __future__ import annotations

from bisect import bisect_left
from datetime import UTC, datetime, timedelta, tzinfo
from typing import NamedTuple, NewType

Wall = NewType("Wall", int)
"What a clock on the wall shows, in seconds since it showed the beginning of 1970."

Second = NewType("Second", int)
"An instant in UTC, in whole seconds since 1970."

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - a wall has no zone
_EPOCH_UTC = _EPOCH.replace(tzinfo=UTC)
_SECOND = timedelta(seconds=1)

# Python's dates end with 9999. "For ever" is often written as its last day, which in another zone
# is the next year already: so zones are asked about nothing later than two days before.
_LAST = (datetime(9999, 12, 30, tzinfo=UTC) - _EPOCH_UTC) // _SECOND


class Gap(NamedTuple):
    """Walls that a zone jumps over: from `start` on and before `end`."""

    start: Wall
    end: Wall


def wall_of(moment: datetime) -> Wall:
    """The wall that shows this date and time, whatever zone it names."""
    return Wall((moment.replace(tzinfo=None) - _EPOCH) // _SECOND)


def date_time(wall: Wall) -> datetime:
    """The date and time that the wall shows."""
    return _EPOCH + timedelta(seconds=wall)


def instant(wall: Wall, zone: tzinfo) -> Second:
    """When the clocks of the zone show this: the first time, if they do so twice.

    What they jump over is taken by the offset before the jump (:rfc:`5545#section-3.3.5`), so
    02:30 in a gap of one hour is what they call 03:30.
    """
    return Second(wall - _offset(wall, zone, fold=0))


def wall_at(second: Second, zone: tzinfo) -> Wall:
    """What the clocks of the zone show at this instant."""
    return Wall(second + _offset_at(second, zone))


def gap_around(wall: Wall, zone: tzinfo) -> Gap | None:
    """The gap that this wall lies in; `None` if the clocks of the zone do show it."""
    before, after = (_offset(wall, zone, fold=fold) for fold in (0, 1))
    if before >= after:
        return None
    jump = _change(Second(wall - after), Second(wall - before), zone)
    return Gap(Wall(jump + before), Wall(jump + after))


def latest_wall(second: Second, zone: tzinfo) -> Wall:
    """The latest wall that the clocks of the zone have shown up to this instant.

    This is what they show, but for the time that is shown again after they are set back: all of
    it has been there. So what begins at a wall, the first time that it is shown, has begun
    exactly if this has reached it.
    """
    local = _local(second, zone)
    if not local.fold:
        return wall_of(local)
    wall = wall_of(local)
    before, after = (_offset(wall, zone, fold=fold) for fold in (0, 1))
    setting_back = _change(Second(second - (before - after)), second, zone)
    return Wall(setting_back + before - 1)


def _change(low: Second, high: Second, zone: tzinfo) -> Second:
    """The instant after `low`, and at the latest at `high`, at which the offset changes."""
    before = _offset_at(low, zone)
    later = range(low, high)
    passed = bisect_left(later, True, key=lambda second: _offset_at(second, zone) != before)  # noqa: FBT003 - what the key says
    return Second(low + passed)


def _offset(wall: Wall, zone: tzinfo, *, fold: int) -> int:
    shown = date_time(Wall(min(wall, _LAST))).replace(tzinfo=zone, fold=fold)
    return (shown.utcoffset() or timedelta()) // _SECOND


def _offset_at(second: int, zone: tzinfo) -> int:
    return (_local(second, zone).utcoffset() or timedelta()) // _SECOND


def _local(second: int, zone: tzinfo) -> datetime:
    return (_EPOCH_UTC + timedelta(seconds=min(second, _LAST))).astimezone(zone)
