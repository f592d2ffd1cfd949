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
from hereabouts.storage.interface import Entry, Key, StoreUnavailable, Version
from hereabouts.storage.memory import MemoryStore
from tests.ladders.ids import CountedIds
from tests.ladders.player import START

LATER = Moment(Instant(START.instant + MARK_EVERY), START.timestamp)


class Marking:
    def __init__(self, store: MemoryStore | None = None) -> None:
        self.store, ids = store or MemoryStore(), CountedIds()
        state = begin_run(self.store, ids)
        self.node = Node(self.store, ids, Silence(), secret=b"secret")
        self.settlement = Settlement()
        self.watermark = Watermark(self.node, self.store, self.settlement, state)

    def tell_everybody(self, version: int) -> None:
        self.settlement.owe(version)
        self.settlement.settle(version)
        self.watermark.work(START)

    def heard(self, key: Key, entry: Entry | None, _version: Version) -> None:
        self.watermark.changed(key, entry)

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


def test_a_run_whose_first_turn_is_undone_knows_that_its_record_is_lost() -> None:
    marking = Marking()
    for change in marking.store.changes(0, marking.heard):
        marking.heard(*change)
    assert not marking.watermark.is_lost
    marking.store.fail_next_turn(StoreUnavailable("no disk", "buy one"))
    marking.store.seal()
    assert marking.watermark.is_lost
    finish(marking.watermark.ensure())
    assert not marking.watermark.is_lost
    assert marking.stored == 0


def test_what_is_lost_is_written_a_while_later_at_the_latest() -> None:
    """Whatever it is that writes meanwhile; and no sooner, or a broken disk would keep it busy."""
    marking = Marking()
    marking.store.changes(0, marking.heard)
    marking.store.fail_next_turn(StoreUnavailable("no disk", "buy one"))
    marking.store.seal()
    marking.watermark.work(START)
    assert marking.watermark.is_lost
    marking.node.deadlines.wake_due(LATER)
    assert not marking.watermark.is_lost


def test_so_does_one_before_which_there_were_others() -> None:
    store = MemoryStore()
    begin_run(store, CountedIds())
    store.seal()
    marking = Marking(store)
    store.changes(0, marking.heard)
    store.fail_next_turn(StoreUnavailable("no disk", "buy one"))
    store.seal()
    assert marking.watermark.is_lost


def test_it_is_not_written_when_it_has_not_moved() -> None:
    marking = Marking()
    marking.watermark.work(START)
    assert len(marking.node.deadlines) == 0
