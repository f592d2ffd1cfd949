"""Rules and starts as a test writes them down."""

from __future__ import annotations

from datetime import datetime, tzinfo

from hereabouts.base.units import Timestamp
from hereabouts.policy.calendar.recurrence import Recurrence
from hereabouts.policy.calendar.rule import Rule, read_rule
from hereabouts.policy.calendar.series import Series
from hereabouts.policy.calendar.values import Attributes
from hereabouts.policy.calendar.wall import Wall, date_time, wall_of
from hereabouts.policy.calendar.zone import zone_named

TORONTO = zone_named("America/Toronto")


def wall(text: str) -> Wall:
    """The wall that shows a date, or a date and time, of ISO 8601."""
    return wall_of(datetime.fromisoformat(text))


def day(text: str) -> int:
    """The number of a date."""
    return wall(text) // 86_400


def rule(dtstart: str, **parts: str) -> Rule:
    """The rule of these parts, which begins with a date and time of ISO 8601."""
    return read_rule(Attributes(parts), wall(dtstart))


def time(dtstart: str, parts: str, zone: tzinfo = TORONTO, *, wall_end: bool = False) -> Recurrence:
    """A `time` output: where it starts, and its other attributes as `name=value` with spaces."""
    attributes = dict(part.split("=", 1) for part in parts.split())
    return Recurrence.parse({"dtstart": dtstart, **attributes}, zone, wall_end=wall_end)


def at(text: str) -> Timestamp:
    """The instant of an ISO 8601 text, which names its offset."""
    moment = datetime.fromisoformat(text)
    assert moment.tzinfo is not None
    return Timestamp(moment.timestamp())


def shown(now: Timestamp | None, zone: tzinfo = TORONTO) -> str | None:
    """An instant as a clock of the zone shows it, with the offset."""
    return None if now is None else datetime.fromtimestamp(now, zone).isoformat()


def starts(series: Series, until: str, at_most: int = 200) -> list[str]:
    """The starts up to a date and time, as walls of ISO 8601."""
    found: list[str] = []
    limit, following = wall(until), series.first_from(series.start, wall(until))
    while following is not None and len(found) < at_most:
        found.append(date_time(following).isoformat())
        following = series.first_from(Wall(following + 1), limit)
    return found
