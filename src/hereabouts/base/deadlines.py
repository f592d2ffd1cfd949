"""One queue for everything that a node waits for.

Most waits have one of a few constant lengths (a transaction's timers): they stand in *lanes*,
first in first out, of which only the heads stand in the heap. Dates (expiries) stand in the heap
themselves. Nothing is ever removed: whoever is woken looks whether the wait still concerns it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count, islice
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
        # Instant, wake and list of subjects, one behind the other: those who begin to wait in one
        # turn share a list. One who is alone has a list too, which costs 64 bytes.
        self.waits: deque[Any] = deque()

    def takes(self, due: Instant, wake: Wake) -> bool:
        """Whether one more can join the last: who begins to wait in one turn stands in one list."""
        waits = self.waits
        return bool(waits) and waits[-3] == due and waits[-2] == wake


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
        if lane is not None and lane.takes(due, wake):
            lane.waits[-1].append(subject)
            return due
        return self.wait_together(length, start, wake, [subject])

    def wait_together(
        self, length: Seconds, start: Instant, wake: Wake, subjects: list[Any]
    ) -> Instant:
        """The same for each of several, in their order; the list may not be changed any more."""
        due = Instant(start + length)
        lane = self._lanes.get(length)
        if lane is None:
            lane = self._lanes[length] = _Lane(len(self._lanes))
        if not lane.waits:
            heappush(self._heap, (due, lane.number, None, lane))
        if lane.takes(due, wake):
            lane.waits[-1] += subjects
        else:
            lane.waits += (due, wake, subjects)
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
        while at_most > 0 and heap and heap[0][0] <= now.instant:
            due, _, wake, subject = heappop(heap)
            if wake is None:
                at_most = self._wake_first(subject, now, at_most)
            else:
                at_most -= 1
                wake(subject, due, now)

    def _wake_first(self, lane: _Lane, now: Moment, at_most: int) -> int:
        """Wake those who wait first in a lane; how many more may be woken after them."""
        waits = lane.waits
        due, wake, subjects = waits[0], waits[1], waits[2]
        woken = 0
        try:
            for subject in islice(subjects, at_most):
                woken += 1
                wake(subject, due, now)
        finally:  # a fault of one who is woken costs the others nothing
            del subjects[:woken]
            if not subjects:
                for _ in range(3):
                    waits.popleft()
            if waits:
                heappush(self._heap, (waits[0], lane.number, None, lane))
        return at_most - woken

    def __len__(self) -> int:
        in_lanes = sum(
            len(subjects)
            for lane in self._lanes.values()
            for subjects in islice(lane.waits, 2, None, 3)
        )
        lanes = sum(1 for lane in self._lanes.values() if lane.waits)
        return len(self._heap) - lanes + in_lanes
