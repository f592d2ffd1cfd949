"""The one queue through which every packet leaves, once what it tells of is durable."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from hereabouts.sip.leaving import Packet


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

    def withdraw(self, turn: int, instead: Callable[[Packet], Packet | None]) -> None:
        """Have what `turn` and all after it have said never leave.

        `instead` is given each of their packets, and says which leaves in its place, if any. Those
        that only repeat what an earlier turn says stay behind that.
        """
        queue, self._queue = self._queue, deque()
        standing: set[tuple[int, bytes]] = set()
        for number, said in queue:
            if number < turn:
                self.add(number, said)
                standing.update([_content(packet) for packet in said if packet[2] is not None])
            else:
                left = [each if _content(each) in standing else instead(each) for each in said]
                self.add(0, [each for each in left if each is not None])

    def __len__(self) -> int:
        return sum(len(said) for _, said in self._queue)


def _content(packet: Packet) -> tuple[int, bytes]:
    """Of which transaction a packet is, and what it says."""
    _, payload, transaction = packet
    return id(transaction), payload
