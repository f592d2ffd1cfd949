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


class Accelerated:
    """A clock that runs `factor` times as fast as the world's, and begins at a date of its own.

    Everything that waits by it has to run in a loop of its `new_loop`, whose time is this clock's.
    """

    def __init__(self, factor: float, begins_at: Timestamp) -> None:
        self.factor = factor
        self._begins_at = begins_at
        self._begun = time.monotonic()

    def __call__(self) -> Moment:
        """This moment, as far as it has run."""
        passed = (time.monotonic() - self._begun) * self.factor
        return Moment(Instant(self._begun + passed), Timestamp(self._begins_at + passed))

    def new_loop(self) -> asyncio.AbstractEventLoop:
        """An event loop by this clock."""
        return _Loop(self)


class _Loop(asyncio.SelectorEventLoop):
    """A loop whose time is that of a clock."""

    def __init__(self, clock: Accelerated) -> None:
        self._clock = clock
        super().__init__(_Selector(clock.factor))

    def time(self) -> float:
        """The clock's instant."""
        return self._clock().instant


class _Selector(selectors.DefaultSelector):
    """Waits shorter than it is told, by a factor."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self._factor = factor

    def select(self, timeout: Seconds | None = None) -> list[Any]:
        """What is ready, after `timeout` seconds of the fast clock at most."""
        if timeout is not None and timeout > 0:
            timeout /= self._factor
        return super().select(timeout)
