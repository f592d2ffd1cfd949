"""Hops that have said 503 with Retry-After: they are left alone (:rfc:`3261#section-21.5.4`)."""

from __future__ import annotations

from hereabouts.base.units import Instant, Seconds
from hereabouts.sip.flow import Flow

MOST_RESTING = 10_000
"Hops that are left alone at a time; beyond, all of them are asked again."

Hop = tuple[str, str, int]


class Rests:
    """Until when nothing is to be sent to whom, but what he asks for."""

    def __init__(self) -> None:
        self.until: dict[Hop, Instant] = {}

    def begin(self, flow: Flow, until: Instant) -> None:
        """Leave the other end of this flow alone."""
        if len(self.until) >= MOST_RESTING:
            self.until.clear()
        self.until[_hop(flow)] = until

    def left(self, flow: Flow, now: Instant) -> Seconds:
        """How long the other end of this flow is still to be left alone, in seconds."""
        if not self.until:
            return 0.0
        hop = _hop(flow)
        left = self.until.get(hop, now) - now
        if left <= 0:
            self.until.pop(hop, None)
            return 0.0
        return left

    def end(self, flow: Flow) -> None:
        """The other end has spoken: it is there again."""
        if self.until:
            self.until.pop(_hop(flow), None)


def _hop(flow: Flow) -> Hop:
    return flow.transport, flow.host, flow.port
