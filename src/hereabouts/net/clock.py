"""The clock, read once per input; and one that runs faster, for demonstrations."""

from __future__ import annotations

import asyncio
import selectors
import time
from collections.abc import Callable
from typing import Any

from hereabouts.base.units import Instant, Moment, Seconds, Timestamp

Clock = Callable[[], Moment]
"Whoever drives a node reads time there, and nowhere else."


def now() -> Moment:
    """This moment on both clocks."""
    return Moment(Instant(time.monotonic()), Timestamp(time.time()))


HELD_UP: Seconds = 5.0
"As far as a fast clock goes on in one round of its loop: it waits for a machine that is busy."


class Accelerated:
    """A clock that runs `factor` times as fast as the world's, and begins at a date of its own.

    Everything that waits by it has to run in a loop of its `new_loop`, whose time is this clock's.
    However late a busy machine comes to a round of that loop, what was due first is done first.
    """

    def __init__(self, factor: float, begins_at: Timestamp) -> None:
        self.factor = factor
        self._since = time.monotonic()
        self._then = Moment(Instant(self._since), begins_at)
        self._most = float("inf")  # seconds that it goes on from then

    def __call__(self) -> Moment:
        """This moment, as far as it has run."""
        passed = min((time.monotonic() - self._since) * self.factor, self._most)
        return Moment(
            Instant(self._then.instant + passed), Timestamp(self._then.timestamp + passed)
        )

    def run(self, factor: float) -> None:
        """Go on from this moment, `factor` times as fast as the world; from within its loop."""
        self._then, self._since = self(), time.monotonic()
        self.factor = factor

    def go_on(self, most: Seconds) -> None:
        """Go on from this moment, but not farther than this until the next call."""
        self._then, self._since = self(), time.monotonic()
        self._most = most

    def new_loop(self) -> asyncio.AbstractEventLoop:
        """An event loop by this clock."""
        return _Loop(self)


class _Loop(asyncio.SelectorEventLoop):
    """A loop whose time is that of a clock."""

    def __init__(self, clock: Accelerated) -> None:
        self._clock = clock
        super().__init__(_Selector(clock))

    def time(self) -> float:
        """The clock's instant."""
        return self._clock().instant


class _Selector(selectors.DefaultSelector):
    """Waits shorter than it is told, as the clock runs."""

    def __init__(self, clock: Accelerated) -> None:
        super().__init__()
        self._clock = clock

    def select(self, timeout: Seconds | None = None) -> list[Any]:
        """What is ready, after `timeout` seconds of the fast clock at most."""
        if timeout is None:
            self._clock.go_on(float("inf"))
        else:
            self._clock.go_on(max(timeout, 0.0) + HELD_UP)
            timeout /= self._clock.factor
        ready = super().select(timeout)
        self._clock.go_on(HELD_UP)
        return ready
