"""Up to which change everybody has been told, written down now and then."""

from __future__ import annotations

from hereabouts.base.units import Instant, Moment
from hereabouts.presence.settlement import Settlement
from hereabouts.roles.node import Node
from hereabouts.roles.state import NodeState, mark
from hereabouts.storage.interface import Store, Version

MARK_EVERY = 1.0
"Seconds between two writings of the watermark: a crash tells again what was told since."


class Watermark:
    """The watermark of a node, kept in its own record."""

    def __init__(self, node: Node, store: Store, settlement: Settlement, state: NodeState) -> None:
        self.marked: Version = state.watermark
        "As it was last written."
        self._node = node
        self._store = store
        self._settlement = settlement
        self._state = state
        self._is_marking = False

    def work(self, now: Moment) -> None:
        """Write it soon, if it has moved."""
        if self._settlement.watermark > self.marked and not self._is_marking:
            self._is_marking = True
            self._node.deadlines.wait(MARK_EVERY, now.instant, self._mark_due, None)

    def _mark_due(self, _subject: None, _due: Instant, _now: Moment) -> None:
        self._is_marking = False
        self._node.run("node", self._mark)

    async def _mark(self) -> None:
        watermark = self._settlement.watermark
        # What was marked before this is on disk, or was undone: it was written a while ago.
        self._store.forget(await mark(self._store, self._state, watermark))
        self.marked = watermark
