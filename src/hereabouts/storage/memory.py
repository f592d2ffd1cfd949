"""A store without a disk: a turn is durable when it is sealed, and gone with the process."""

from __future__ import annotations

from collections import defaultdict

from hereabouts.storage.interface import StoreUnavailable
from hereabouts.storage.resident import Resident


class MemoryStore(Resident):
    """`Store` and `Turns` in memory: for labs, and for every test that is not about disks."""

    def __init__(self) -> None:
        super().__init__(defaultdict(dict))
        self._fault: StoreUnavailable | None = None

    def fail_next_turn(self, fault: StoreUnavailable) -> None:
        """Have the next turn that writes anything undone because of `fault`, once."""
        self._fault = fault

    def seal(self) -> int:
        """End the turn; the number of the newest turn that wrote anything and stands."""
        turn = self._end_turn()
        if turn is not None:
            fault, self._fault = self._fault, None
            if fault is None:
                self._made_durable(turn.number)
            else:
                self._undo(turn.number, fault)
        return self._newest()

    def close(self) -> None:
        """Seal what is open; there is nothing to let go of."""
        self.seal()
