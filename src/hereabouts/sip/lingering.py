"""Transactions that are over but for what may still be said again: how long, and how many."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from hereabouts.base.units import Seconds
from hereabouts.native.choice import messages as native
from hereabouts.sip.transactions import INVITE_CLIENT, NON_INVITE_CLIENT
from hereabouts.sip.transactions.machine import State, Timers, Transaction

MOST_BYTES = 128 * 1024 * 1024
"What answered transactions may keep for retransmissions; beyond, the oldest go."

_TERMINATED = State.TERMINATED  # bound once: it is compared with for every message


class Lingering:
    """Those that linger, the oldest first: so many at most, and so many bytes of them."""

    def __init__(self, most: int, most_bytes: int = MOST_BYTES) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._bytes = 0
        self._kept: deque[Transaction] = deque()

    def add(self, transactions: list[Transaction]) -> None:
        """Count these among them, as the newest."""
        self._bytes += measure(transactions)
        self._kept += transactions

    def surplus(self) -> Iterator[Transaction]:
        """The oldest, which are to end now, as far as they are too many or have ended."""
        kept = self._kept
        while kept and (
            kept[0].state is _TERMINATED or len(kept) > self._most or self._bytes > self._most_bytes
        ):
            first = kept.popleft()
            self._bytes -= first.lingers_with
            yield first


def measured(transactions: list[Transaction]) -> int:
    """How many bytes these keep; each remembers its own."""
    for transaction in transactions:
        # The key stands in three places.
        transaction.lingers_with = len(transaction.payload) + 3 * len(transaction.key)
    return sum(transaction.lingers_with for transaction in transactions)


measure = measured if native is None else native.measure
"The same, by the compiled twin where it was built."


def linger_length(transaction: Transaction, timers: Timers) -> Seconds:
    """How long a transaction lingers by its table (:rfc:`3261#section-17`); 0: not at all."""
    kind = transaction.kind
    if transaction.state is State.ACCEPTED:
        return timers.patience  # timers L and M, on any transport
    if kind is NON_INVITE_CLIENT or transaction.flow.is_reliable:
        # Timer K is 0 everywhere: it only absorbs doubled answers, which are dropped as strays.
        return 0.0
    if kind is INVITE_CLIENT:
        return timers.patience  # timer D
    return timers.t4  # timer I
