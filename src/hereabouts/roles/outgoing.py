"""The one queue through which every packet leaves, once what it tells of is durable."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

from hereabouts.sip.endpoint import Packet


class Outgoing:
    """Packets in the order in which they were said, each behind the turn it belongs to."""

    def __init__(self) -> None:
        self._queue: deque[tuple[int, Packet]] = deque()
        self._durable = 0

    def add(self, turn: int, packets: Iterable[Packet]) -> None:
        """Have packets leave when `turn` is durable, and after all that were added before."""
        self._queue.extend([(turn, packet) for packet in packets])

    def durable(self, turn: int) -> None:
        """`turn` and all before it are on disk."""
        self._durable = max(self._durable, turn)

    def take(self) -> Iterator[Packet]:
        """The packets that may leave now."""
        while self._queue and self._queue[0][0] <= self._durable:
            yield self._queue.popleft()[1]

    def withdraw(self, turn: int) -> list[Packet]:
        """The packets of `turn` and of all after it, which will never leave."""
        kept: deque[tuple[int, Packet]] = deque()
        withdrawn = []
        for number, packet in self._queue:
            if number < turn:
                kept.append((number, packet))
            else:
                withdrawn.append(packet)
        self._queue = kept
        return withdrawn

    def __len__(self) -> int:
        return len(self._queue)
