"""Times as people say them: `Tue 17:30`, `Mon-Fri 09:00-17:00`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo

from hereabouts.base.units import Timestamp
from hereabouts.policy.calendar.duration import Duration
from hereabouts.policy.calendar.zone import MalformedTime

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

_CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")

_LOCAL = re.compile(r"([0-9]{8}T[0-9]{6})", re.ASCII)

_REPEATED = {"freq", "byday", "wkst", "until"}  # what does not keep a rule from being said simply


def clock(now: Timestamp, zone: tzinfo) -> str:
    """The day of the week and the time of day, to the minute that has begun."""
    local = datetime.fromtimestamp(now, zone)
    return f"{DAYS[local.weekday()]} {local:%H:%M}"


def span(attributes: Mapping[str, str]) -> str:
    """The period that the attributes of a `time` mean, as short as it can be said truly."""
    start, end = _ends(attributes)
    if start is None or end is None:
        return f"the times from {attributes.get('dtstart', '?')} on"
    if "freq" not in attributes:
        return f"{start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M}"
    days = _days(attributes, start)
    if days is None or end - start > timedelta(days=1):
        return f"the {attributes['freq'].lower()} times from {start:%Y-%m-%d %H:%M} on"
    return f"{days} {start:%H:%M}-{end:%H:%M}"


def _ends(attributes: Mapping[str, str]) -> tuple[datetime | None, datetime | None]:
    """Both ends of the first occurrence on the clock of the zone, where the script gives them."""
    start = _local(attributes.get("dtstart", ""))
    if start is None or "dtend" in attributes:
        return start, _local(attributes.get("dtend", ""))
    try:
        length = timedelta(seconds=Duration.parse(attributes.get("duration", "")).seconds)
        return start, start + length
    except (MalformedTime, OverflowError):
        return start, None


def _local(text: str) -> datetime | None:
    if not _LOCAL.fullmatch(text):
        return None
    try:
        return datetime.strptime(text, "%Y%m%dT%H%M%S")  # noqa: DTZ007 - the zone's own clock
    except ValueError:
        return None


def _days(attributes: Mapping[str, str], start: datetime) -> str | None:
    """The days of a rule that is daily or weekly and nothing more."""
    others = attributes.keys() - _REPEATED - {"dtstart", "dtend", "duration"}
    if others - {"interval"} or attributes.get("interval", "1") != "1":
        return None
    given = [code.strip().upper() for code in attributes.get("byday", "").split(",") if code]
    if any(code not in _CODES for code in given):
        return None
    match attributes["freq"].lower():
        case "daily":
            chosen = given or list(_CODES)
        case "weekly":
            chosen = given or [_CODES[start.weekday()]]
        case _:
            return None
    return _listed(sorted({_CODES.index(code) for code in chosen}))


def _listed(days: Sequence[int]) -> str:
    """The days, those that follow one another as a range: `Mon-Wed, Sat`."""
    if len(days) == len(DAYS):
        return "every day"
    return ", ".join(_ranges(days))


def _ranges(days: Sequence[int]) -> Iterator[str]:
    first = last = days[0]
    for day in [*days[1:], len(DAYS) + 1]:
        if day == last + 1:
            last = day
            continue
        yield DAYS[first] if first == last else f"{DAYS[first]}-{DAYS[last]}"
        first = last = day
