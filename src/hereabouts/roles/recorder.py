"""What has passed a node lately: a bounded ring, filled at the price of an append.

Packets are kept as they are and masked where they are shown: the hot path does nothing to them,
and nothing leaves the process unmasked (`roles.tracing`). What has come or gone together is kept
together, at 0.1 us (Python 3.11, one core), so it is done unless the operator turns it off: what
has gone wrong can be looked at.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Iterator
from itertools import islice

from hereabouts.base.units import Moment
from hereabouts.roles.node import Way
from hereabouts.sip.flow import Flow
from hereabouts.sip.glance import Arrived

Passed = tuple[int, Way, bytes, Flow, Moment]
"Its number, from 1 on; which way it went; the packet; by which flow; and when."

_Burst = tuple[int, Way, Arrived, Moment]
"The number of the first packet, and what all of them have in common."


LONGEST = 128
"Packets that are kept in one piece: up to so many more than `keep` are held."


class Recorder:
    """Keeps the last `keep` packets: for a message of 1 KiB each, as many KiB."""

    def __init__(self, keep: int) -> None:
        self.keep = keep
        self.newest = 0
        "The number of the newest packet; 0 before there is any."
        self._ring: deque[_Burst] = deque()

    @property
    def first(self) -> int:
        """The number of the oldest that is kept; 1 before there is any."""
        return max(1, self.newest - self.keep + 1)

    def record(self, way: Way, packets: Arrived, now: Moment) -> None:
        """Keep packets that have come or gone together; as many of the oldest go."""
        ring = self._ring
        for at in range(0, len(packets), LONGEST):
            burst = packets if len(packets) <= LONGEST else packets[at : at + LONGEST]
            ring.append((self.newest + 1, way, burst, now))
            self.newest += len(burst)
        while len(ring) > 1 and ring[1][0] <= self.first:
            ring.popleft()

    def after(self, number: int, most: int) -> list[Passed]:
        """Those that came after the one of this number, the first `most` of them at most."""
        return list(islice(self._from(max(number + 1, self.first)), most))

    def _from(self, start: int) -> Iterator[Passed]:
        place = bisect_right(self._ring, start, key=_number)
        for first, way, packets, now in islice(self._ring, max(0, place - 1), None):
            skipped = max(0, start - first)
            for number, (packet, flow) in enumerate(packets[skipped:], first + skipped):
                yield number, way, packet, flow, now


def _number(burst: _Burst) -> int:
    return burst[0]
