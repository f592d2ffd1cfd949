from __future__ import annotations

import pytest

from hereabouts.base.units import Timestamp
from hereabouts.presence.questions import Decision, WatchAnswer
from hereabouts.presence.watchers import KIND, Approval, Approvals
from hereabouts.roles.build import finish
from hereabouts.storage.memory import MemoryStore

ALICE, BOB = "sip:alice@example.com", "sip:bob@example.com"


def decided(store: MemoryStore, watcher: str, *, is_private: bool = False) -> WatchAnswer | None:
    approvals = Approvals(store, is_private=is_private)
    answer = finish(approvals.decided(ALICE, watcher, Timestamp(0.0)))
    assert answer is None or isinstance(answer, WatchAnswer)
    return answer


PROFILES = [
    (False, Decision.ALLOW, "open: everybody is approved"),
    (True, Decision.CONFIRM, "3856-6.6.2-1: private: the presentity is asked"),
]


@pytest.mark.parametrize(
    "is_private, decision", [row[:2] for row in PROFILES], ids=[row[2] for row in PROFILES]
)
def test_where_nothing_is_decided_the_profile_counts(
    *, is_private: bool, decision: Decision
) -> None:
    assert decided(MemoryStore(), BOB, is_private=is_private) is None
    assert Approvals(MemoryStore(), is_private=is_private).otherwise().decision is decision


def test_everybody_may_watch_himself() -> None:
    answer = decided(MemoryStore(), ALICE, is_private=True)
    assert answer is not None
    assert answer.decision is Decision.ALLOW


@pytest.mark.parametrize("decision", Decision)
def test_what_the_presentity_decided_counts(decision: Decision) -> None:
    store = MemoryStore()
    finish(store.put((KIND, ALICE, BOB), Approval(decision=decision), None))
    answer = decided(store, BOB)
    assert answer is not None
    assert answer.decision is decision
    assert ALICE in answer.because


def test_a_decision_about_one_watcher_is_none_about_another() -> None:
    store = MemoryStore()
    finish(store.put((KIND, ALICE, BOB), Approval(decision=Decision.REJECT), None))
    assert decided(store, "sip:carol@example.com") is None
