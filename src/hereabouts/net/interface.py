"""What the driver needs of that which it drives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from hereabouts.base.units import Instant, Moment
from hereabouts.sip.flow import Flow
from hereabouts.sip.glance import Arrived
from hereabouts.sip.leaving import Packet
from hereabouts.sip.transactions.machine import Transaction


class Driven(Protocol):
    """A node, seen from its driver."""

    on_release: Callable[[], None]
    "Called when packets can leave that could not before."
    on_work: Callable[[], None]
    "Called when a turn is to be taken of what the driver knows nothing of."

    def receive(self, packet: bytes, flow: Flow, now: Moment) -> None:
        """Take one SIP message.

        Raises:
            Malformed: it was dropped.
        """
        ...

    def sift(self, arrived: Arrived, now: Moment) -> Arrived:
        """Take of a burst what can be taken at a glance; what is left."""
        ...

    def handle(self, packet: bytes, flow: Flow, now: Moment) -> None:
        """As `receive`, of what `sift` has left."""
        ...

    def settle(self) -> None:
        """Find out what can leave by now."""
        ...

    def is_welcome(self, flow: Flow, now: Moment) -> bool:
        """Whether a source may ask for one more thing that costs next to nothing."""
        ...

    def keep_alive(self, payload: bytes, flow: Flow, now: Moment) -> None:
        """Take what may be the answer to a keep-alive of ours."""
        ...

    def command(self, line: bytes, flow: Flow, now: Moment) -> None:
        """Take one command from the local socket."""
        ...

    def undeliverable(self, transaction: Transaction, now: Moment) -> None:
        """A packet of this transaction could not be delivered."""
        ...

    def flow_lost(self, flow: Flow, now: Moment) -> None:
        """A connection has closed."""
        ...

    def next_deadline(self) -> Instant | None:
        """When `handle_timer` is to be called."""
        ...

    def handle_timer(self, now: Moment) -> None:
        """Wake all whose deadline has come."""
        ...

    def end_turn(self, now: Moment) -> None:
        """Make one turn of what was taken since the last one."""
        ...

    def flush(self, now: Moment) -> list[Packet]:
        """The packets that leave now."""
        ...
