"""What has passed, as a node shows it: for tests of those who show it to people."""

from __future__ import annotations

from itertools import count

from hereabouts.base.units import Timestamp
from hereabouts.roles.decisions import Decided
from hereabouts.roles.node import Way
from hereabouts.roles.tracing import Shown
from tests.sip.packets import request, response

ALICE, BOB = "sip:alice@example.com", "sip:bob@example.com"
AT = 1_700_000_000.0

ASKED = request("SUBSCRIBE", rows={"Event": "presence", "Expires": "600"})
TOLD = request("NOTIFY", rows={"From": f"<{BOB}>;tag=b", "To": f"<{ALICE}>;tag=a", "Call-ID": "c1"})
ELSEWHERE = request("OPTIONS", rows={"Call-ID": "another"})
_numbers = count(1)


def shown(
    packet: bytes,
    way: Way = Way.IN,
    at: float = AT,
    host: str = "192.0.2.1",
    transport: str = "UDP",
) -> Shown:
    """A packet of a peer."""
    return Shown(
        next(_numbers), Timestamp(at), way, transport, host, 5062, "198.51.100.1:5060", 0, packet
    )


def decided(at: float = AT, watcher: str = ALICE, because: str = "he may") -> Decided:
    """A decision about Bob's presence."""
    return Decided(
        at=Timestamp(at),
        point="incoming-subscription",
        presentity=BOB,
        watcher=watcher,
        decision="allow",
        because=because,
    )


def answer(asked: bytes = ASKED, status: int = 200) -> Shown:
    """What we answer a second later."""
    return shown(response(asked, status), Way.OUT, AT + 1)
