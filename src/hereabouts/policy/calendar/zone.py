"""Time zones by their names in the tz database."""

from __future__ import annotations

import re
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from hereabouts.base.refusal import Malformed

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_+-]{0,31}(/[A-Za-z0-9_+-]{1,31}){0,3}", re.ASCII)

# Some machines keep the zones a second time with leap seconds in them, 27 s off all other clocks.
_WITH_LEAP_SECONDS = "right/"


class MalformedTime(Malformed):
    """A time, a rule or a zone that cannot be understood, or that no server ought to keep."""


@lru_cache(maxsize=1024)  # there are some 600 names
def zone_named(tzid: str) -> ZoneInfo:
    """The zone of that name, such as `America/Toronto`; names keep their case.

    The zones are the machine's own, else those of the package tzdata.

    Raises:
        MalformedTime: there is no such zone, or it is not a name at all.
    """
    if not _NAME.fullmatch(tzid) or tzid.startswith(_WITH_LEAP_SECONDS):
        raise _unknown(tzid)
    try:
        return ZoneInfo(tzid)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        # Beside the zones lie folders and tables: those are an OSError or a ValueError.
        raise _unknown(tzid) from None


def _unknown(tzid: str) -> MalformedTime:
    return MalformedTime(
        f"tzid={tzid[:64]!r} is no time zone known here: write a name of the tz database,"
        " such as 'Europe/Berlin', in its capitals"
    )
