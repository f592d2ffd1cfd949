"""The one queue through which every packet leaves, once what it tells of is durable."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from hereabouts.sip.endpoint import Packet


class Outgoing:
    """Packets in the order in which they were said, each behind the turn it belongs to."""

    def __init__(self) -> None:
        self._queue: deque[tuple[int, list[Packet]]] = deque()  # no turn without a packet
        self._durable = 0

    def add(self, turn: int, packets: list[Packet]) -> None:
        """Have packets leave when `turn` is durable, and after all that were added before.

        The list is not the caller's any more.
        """
        if packets:
            self._queue.append((turn, packets))

    def durable(self, turn: int) -> None:
        """`turn` and all before it are on disk."""
        self._durable = max(self._durable, turn)

    def take(self) -> list[Packet]:
        """The packets that may leave now."""
        taken: list[Packet] = []
        while self._queue and self._queue[0][0] <= self._durable:
            taken += self._queue.popleft()[1]
        return taken

    def withdraw(self, turn: int, instead: Callable[[list[Packet]], list[Packet]]) -> None:
        """Have what `turn` and all after it have said never leave.

        `instead` is given the packets of each of them, and says which leave in their place.
        """
        queue, self._queue = self._queue, deque()
        for number, said in queue:
            if number < turn:
                self.add(number, said)
            else:
                self.add(0, instead(said))

    def __len__(self) -> int:
        return sum(len(said) for _, said in self._queue)
