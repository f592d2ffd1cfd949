from __future__ import annotations

import pytest

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
    finish(begin(store, b"first"))
    finish(mark(store, 17))
    state = finish(begin(store, b"second"))
    assert state == kept(store) == NodeState(boots=2, secret=b"first", watermark=17)


def test_there_is_no_watermark_without_a_run() -> None:
    with pytest.raises(AssertionError):
        finish(mark(MemoryStore(), 1))
