"""A stretch of time, from one instant to another."""

from __future__ import annotations

import msgspec

from hereabouts.base.units import Timestamp


class Period(msgspec.Struct, frozen=True):
    """What lies from `start` on and before `end`: half-open, so that neighbours never share."""

    start: Timestamp
    end: Timestamp
