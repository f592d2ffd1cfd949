"""The watermark in the node's own record."""

from __future__ import annotations

from hereabouts.base.journal import Silence
from hereabouts.base.units import Instant, Moment
from hereabouts.presence.settlement import Settlement
from hereabouts.roles.build import begin_run, finish
from hereabouts.roles.node import Node
from hereabouts.roles.state import KEY
from hereabouts.roles.watermark import MARK_EVERY, Watermark
from hereabouts.sip.registrar import EVER
from hereabouts.storage.memory import MemoryStore
from tests.ladders.ids import CountedIds
from tests.ladders.player import START

LATER = Moment(Instant(START.instant + MARK_EVERY), START.timestamp)


class Marking:
    def __init__(self) -> None:
        self.store, ids = MemoryStore(), CountedIds()
        state = begin_run(self.store, ids)
        self.node = Node(self.store, ids, Silence(), secret=b"secret")
        self.settlement = Settlement()
        self.watermark = Watermark(self.node, self.store, self.settlement, state)

    def tell_everybody(self, version: int) -> None:
        self.settlement.owe(version)
        self.settlement.settle(version)
        self.watermark.work(START)

    @property
    def stored(self) -> int:
        entry = finish(self.store.get(KEY, EVER))
        return int(entry.record.watermark)


def test_it_is_written_a_while_after_everybody_was_told() -> None:
    marking = Marking()
    marking.tell_everybody(7)
    assert (marking.stored, marking.watermark.marked) == (0, 0)
    marking.node.deadlines.wake_due(LATER)
    assert (marking.stored, marking.watermark.marked) == (7, 7)


def test_what_happens_meanwhile_is_written_with_it() -> None:
    marking = Marking()
    marking.tell_everybody(7)
    marking.tell_everybody(9)
    assert len(marking.node.deadlines) == 1
    marking.node.deadlines.wake_due(LATER)
    assert marking.stored == 9


def test_it_is_not_written_when_it_has_not_moved() -> None:
    marking = Marking()
    marking.watermark.work(START)
    assert len(marking.node.deadlines) == 0
