"""The clock, read once per input."""

from __future__ import annotations

import time

from hereabouts.base.units import Instant, Moment, Timestamp


def now() -> Moment:
    """This moment on both clocks."""
    return Moment(Instant(time.monotonic()), Timestamp(time.time()))
