"""Which requests are too long for a datagram (:rfc:`3261#section-18.1.1`)."""

from __future__ import annotations

from hereabouts.sip.flow import Flow

LONGEST = 1300
"Bytes of a request that go as a datagram where nobody knows what the path takes in one piece."

MOST_REFUSING = 10_000
"Peers remembered that take no connection; beyond, all are asked again."


class Datagrams:
    """Sends long requests by TCP, to all but those who are known to take no connection."""

    def __init__(self) -> None:
        self._refusing: set[tuple[str, int]] = set()

    def way(self, flow: Flow, size: int) -> Flow:
        """The flow for a request of so many bytes that is to go by `flow`."""
        if size <= LONGEST or flow.transport != "UDP" or (flow.host, flow.port) in self._refusing:
            return flow
        return Flow("TCP", flow.host, flow.port, flow.local, flow.listener)

    def refused(self, flow: Flow) -> None:
        """Nobody takes connections at the other end of this flow."""
        if len(self._refusing) >= MOST_REFUSING:
            self._refusing.clear()
        self._refusing.add((flow.host, flow.port))
