"""One queue for everything that a node waits for.

Most waits have one of a few constant lengths (a transaction's timers): they stand in *lanes*,
first in first out, which cost a fraction of a heap. Dates (expiries) stand in a heap. Nothing is
ever removed: whoever is woken looks whether the wait still concerns it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count
from typing import Any

from hereabouts.base.units import Instant, Moment, Seconds

Wake = Callable[[Any, Instant, Moment], None]
"Called with the subject of the wait, the instant at which it was due, and now."


class Deadlines:
    """Waits in the order in which they fall due."""

    def __init__(self) -> None:
        self._lanes: dict[Seconds, deque[tuple[Instant, Wake, Any]]] = {}
        self._heap: list[tuple[Instant, int, Wake, Any]] = []
        self._order = count()

    def wait(self, length: Seconds, start: Instant, wake: Wake, subject: object) -> Instant:
        """The instant `length` after `start`, at which `wake` will be called.

        For lengths of which there are few: each has a lane of its own, and within a lane waits
        are expected in the order of their starts (one that is not is merely woken late).
        """
        due = Instant(start + length)
        lane = self._lanes.get(length)
        if lane is None:
            lane = self._lanes[length] = deque()
        lane.append((due, wake, subject))
        return due

    def at(self, due: Instant, wake: Wake, subject: object) -> None:
        """Have `wake` called at `due`: for instants that follow no common length."""
        heappush(self._heap, (due, next(self._order), wake, subject))

    def next(self) -> Instant | None:
        """The earliest instant anybody waits for."""
        dues = [lane[0][0] for lane in self._lanes.values() if lane]
        if self._heap:
            dues.append(self._heap[0][0])
        return min(dues, default=None)

    def wake_due(self, now: Moment, at_most: int = 256) -> None:
        """Wake, in order, those whose instant has come; `at_most`, so that the loop can breathe."""
        heap = self._heap
        for _ in range(at_most):
            lane = self._first_lane()
            if heap and (lane is None or heap[0][0] < lane[0][0]):
                if heap[0][0] > now.instant:
                    return
                due, _, wake, subject = heappop(heap)
            elif lane is None or lane[0][0] > now.instant:
                return
            else:
                due, wake, subject = lane.popleft()
            wake(subject, due, now)

    def _first_lane(self) -> deque[tuple[Instant, Wake, Any]] | None:
        """The lane whose head falls due first."""
        first = None
        earliest = float("inf")
        for lane in self._lanes.values():
            if lane and lane[0][0] < earliest:
                earliest, first = lane[0][0], lane
        return first

    def __len__(self) -> int:
        return len(self._heap) + sum(map(len, self._lanes.values()))
