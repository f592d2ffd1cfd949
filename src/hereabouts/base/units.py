"""Time as it is spoken of everywhere: lengths, instants and dates are different things."""

from __future__ import annotations

from typing import NewType

import msgspec

Seconds = float
"A length of time, in seconds."

Instant = NewType("Instant", float)
"A point on the monotonic clock, in seconds; for timers, meaningless after a restart."

Timestamp = NewType("Timestamp", float)
"A point in UTC, in seconds since 1970; for what is stored and what is shown."

NEVER = Timestamp(float("inf"))
"The expiry of what does not expire."


class Moment(msgspec.Struct, frozen=True, gc=False):
    """Now, on both clocks: everything that one input causes happens at one moment."""

    instant: Instant
    timestamp: Timestamp

    def due(self, at: Timestamp) -> Instant:
        """The instant at which the timers' clock reaches the date `at`."""
        return Instant(self.instant + (at - self.timestamp))
