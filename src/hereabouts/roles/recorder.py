"""What has passed a node lately: a bounded ring, filled at the price of an append.

Packets are kept as they are and masked where they are shown: the hot path does nothing to them,
and nothing leaves the process unmasked (`roles.tracing`). To keep one costs 0.1 us (Python 3.11,
one core), so it is done unless the operator turns it off: what has gone wrong can be looked at.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from itertools import islice

from hereabouts.base.units import Moment
from hereabouts.roles.node import Way
from hereabouts.sip.flow import Flow

Passed = tuple[int, Way, bytes, Flow, Moment]
"Its number, from 1 on; which way it went; the packet; by which flow; and when."


class Recorder:
    """Keeps the last `keep` packets: for a message of 1 KiB each, as many KiB."""

    def __init__(self, keep: int) -> None:
        self.keep = keep
        self._ring: deque[Passed] = deque(maxlen=keep)
        self.record: Callable[[Passed], None] = self._ring.append
        "Keeps one more; the oldest goes. It is the ring's own, so no call of ours is between."

    @property
    def first(self) -> int:
        """The number of the oldest that is kept; 1 before there is any."""
        return self._ring[0][0] if self._ring else 1

    @property
    def newest(self) -> int:
        """The number of the newest; 0 before there is any."""
        return self._ring[-1][0] if self._ring else 0

    def after(self, number: int, most: int) -> list[Passed]:
        """Those that came after the one of this number, the first `most` of them at most."""
        start = max(0, number + 1 - self.first)
        return list(islice(self._ring, start, start + most))
