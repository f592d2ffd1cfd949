"""One wait that can be set anew and called off, on a queue that never takes anything back."""

from __future__ import annotations

from collections.abc import Callable

from hereabouts.base.deadlines import Deadlines
from hereabouts.base.units import Instant, Moment, Seconds


class Alarm:
    """Calls `ring` with the moment, once for each time that it is set, unless it is stopped.

    However often it is put off, it stands in the queue about once.
    """

    def __init__(self, deadlines: Deadlines, ring: Callable[[Moment], None]) -> None:
        self._deadlines = deadlines
        self._ring = ring
        self._due: Instant | None = None
        self._queued: Instant | None = None  # the earliest instant at which the queue wakes us

    @property
    def is_set(self) -> bool:
        """Whether it will ring."""
        return self._due is not None

    def set(self, length: Seconds, now: Moment) -> None:
        """Ring after `length`, and not when it was to ring before."""
        self._due = Instant(now.instant + length)
        self._queue(self._due)

    def advance(self, length: Seconds, now: Moment) -> None:
        """Ring after `length`, or when it was to ring before if that is sooner."""
        if self._due is None or now.instant + length < self._due:
            self.set(length, now)

    def stop(self) -> None:
        """Do not ring."""
        self._due = None

    def _queue(self, due: Instant) -> None:
        if self._queued is None or due < self._queued:
            self._queued = due
            self._deadlines.at(due, self._woken, None)

    def _woken(self, _subject: None, due: Instant, now: Moment) -> None:
        if due != self._queued:
            return  # an earlier wake has taken its place
        self._queued = None
        if self._due is None:
            return
        if self._due > due:
            self._queue(self._due)
        else:
            self._due = None
            self._ring(now)
