"""One queue for everything that a node waits for.

Most waits have one of a few constant lengths (a transaction's timers): they stand in *lanes*,
first in first out, of which only the heads stand in the heap. Dates (expiries) stand in the heap
themselves. Nothing is ever removed: whoever is woken looks whether the wait still concerns it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from heapq import heappop, heappush, heapreplace
from itertools import count
from typing import Any

from hereabouts.base.units import Instant, Moment, Seconds

Wake = Callable[[Any, Instant, Moment], None]
"Called with the subject of the wait, the instant at which it was due, and now."

_FIRST_DATE = 1_000_000
"Dates are numbered from here, and lanes from 0: of two at one instant, the lane comes first."


class _Lane:
    """Waits of one length."""

    __slots__ = ("number", "waits")

    def __init__(self, number: int) -> None:
        self.number = number
        # Instant, wake and subject, one behind the other: of a tuple for each, the collector
        # would look at every one.
        self.waits: deque[Any] = deque()


class Deadlines:
    """Waits in the order in which they fall due."""

    def __init__(self) -> None:
        self._lanes: dict[Seconds, _Lane] = {}
        self._heap: list[tuple[Instant, int, Wake | None, Any]] = []  # no wake: a lane
        self._order = count(_FIRST_DATE)

    def wait(self, length: Seconds, start: Instant, wake: Wake, subject: object) -> Instant:
        """The instant `length` after `start`, at which `wake` will be called.

        For lengths of which there are few: each has a lane of its own, and within a lane waits
        are expected in the order of their starts (one that is not is merely woken late).
        """
        due = Instant(start + length)
        lane = self._lanes.get(length)
        if lane is None:
            lane = self._lanes[length] = _Lane(len(self._lanes))
        if not lane.waits:
            heappush(self._heap, (due, lane.number, None, lane))
        lane.waits += (due, wake, subject)
        return due

    def at(self, due: Instant, wake: Wake, subject: object) -> None:
        """Have `wake` called at `due`: for instants that follow no common length."""
        heappush(self._heap, (due, next(self._order), wake, subject))

    def next(self) -> Instant | None:
        """The earliest instant anybody waits for."""
        return self._heap[0][0] if self._heap else None

    def wake_due(self, now: Moment, at_most: int = 256) -> None:
        """Wake, in order, those whose instant has come; `at_most`, so that the loop can breathe."""
        heap = self._heap
        for _ in range(at_most):
            if not heap or heap[0][0] > now.instant:
                return
            due, _, wake, subject = heap[0]
            if wake is None:
                wake, subject = self._take_head(subject)
            else:
                heappop(heap)
            wake(subject, due, now)

    def _take_head(self, lane: _Lane) -> tuple[Wake, Any]:
        """Who waits first in the lane that comes first; the next one takes his place."""
        waits = lane.waits
        waits.popleft()
        wake, subject = waits.popleft(), waits.popleft()
        if waits:
            heapreplace(self._heap, (waits[0], lane.number, None, lane))
        else:
            heappop(self._heap)
        return wake, subject

    def __len__(self) -> int:
        in_lanes = [len(lane.waits) // 3 for lane in self._lanes.values()]
        dates = len(self._heap) - sum(map(bool, in_lanes))
        return dates + sum(in_lanes)
