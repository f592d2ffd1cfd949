"""Up to which change everybody has been told, written down now and then."""

from __future__ import annotations

from hereabouts.base.units import Instant, Moment
from hereabouts.presence.settlement import Settlement
from hereabouts.roles.node import Node
from hereabouts.roles.state import KEY, NodeState, mark
from hereabouts.storage.interface import Entry, Key, Store, Version

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
        self.is_lost = False
        "Whether the store has no record of this run: the turn that it began with was undone."

    def changed(self, key: Key, entry: Entry | None) -> None:
        """Take note of a change of the store."""
        if key == KEY:
            record = entry.record if entry is not None else None
            boots = record.boots if isinstance(record, NodeState) else 0
            self.is_lost = boots != self._state.boots

    def work(self, now: Moment) -> None:
        """Write it soon, if it has moved or is lost."""
        has_moved = self._settlement.watermark > self.marked
        if (has_moved or self.is_lost) and not self._is_marking:
            self._is_marking = True
            self._node.deadlines.wait(MARK_EVERY, now.instant, self._mark_due, None)

    def _mark_due(self, _subject: None, _due: Instant, _now: Moment) -> None:
        self._is_marking = False
        self._node.run("node", self.mark)

    async def ensure(self) -> None:
        """See to it that what is written now finds the count of starts written too."""
        if self.is_lost:
            await self.mark()

    async def mark(self) -> None:
        """Write it now, with all else that the record of this run holds."""
        watermark = self._settlement.watermark
        # What was marked before this is on disk, or was undone: it was written a while ago.
        self._store.forget(await mark(self._store, self._state, watermark))
        self.marked = watermark
