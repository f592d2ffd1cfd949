from __future__ import annotations

from hereabouts.roles.build import finish
from hereabouts.roles.state import KEY, NodeState, begin, mark
from hereabouts.sip.registrar import EVER
from hereabouts.storage.memory import MemoryStore


def kept(store: MemoryStore) -> NodeState:
    entry = finish(store.get(KEY, EVER))
    assert isinstance(entry.record, NodeState)
    return entry.record


def test_the_first_run_makes_the_state() -> None:
    store = MemoryStore()
    state = finish(begin(store, b"secret"))
    assert state == kept(store) == NodeState(boots=1, secret=b"secret", watermark=0)


def test_each_run_is_counted_and_the_secret_stays_the_same() -> None:
    """Tags are made with it: a retransmission must be known again after a restart."""
    store = MemoryStore()
    run = finish(begin(store, b"first"))
    assert finish(mark(store, run, 17)) == 0
    state = finish(begin(store, b"second"))
    assert state == kept(store) == NodeState(boots=2, secret=b"first", watermark=17)


def test_the_mark_says_what_was_marked_before() -> None:
    """Up to there deletions may be forgotten: it was written a while ago."""
    store = MemoryStore()
    run = finish(begin(store, b"secret"))
    finish(mark(store, run, 17))
    assert finish(mark(store, run, 23)) == 17


def test_a_record_that_a_failing_disk_has_lost_is_put_again() -> None:
    """Else the next run would count the same, and its CSeqs would come twice."""
    run = NodeState(boots=4, secret=b"secret", watermark=0)
    store = MemoryStore()
    assert finish(mark(store, run, 5)) == 0
    assert kept(store) == NodeState(boots=4, secret=b"secret", watermark=5)
