from __future__ import annotations

import pytest

from hereabouts.base.units import Timestamp
from hereabouts.presence.questions import Decision, WatchAnswer, WatchQuestion
from hereabouts.presence.watchers import KIND, Approval, Approvals
from hereabouts.roles.build import finish
from hereabouts.storage.memory import MemoryStore

ALICE, BOB = "sip:alice@example.com", "sip:bob@example.com"


def ask(store: MemoryStore, watcher: str, *, is_private: bool) -> WatchAnswer:
    question = WatchQuestion(ALICE, watcher, "presence")
    answer = finish(Approvals(store, is_private=is_private).may_watch(question, Timestamp(0.0)))
    assert isinstance(answer, WatchAnswer)
    return answer


PROFILES = [
    (BOB, False, Decision.ALLOW, "open: everybody is approved"),
    (BOB, True, Decision.CONFIRM, "3856-6.6.2-1: private: the presentity is asked"),
    (ALICE, True, Decision.ALLOW, "everybody may watch himself"),
]


@pytest.mark.parametrize(
    "watcher, is_private, decision", [row[:3] for row in PROFILES], ids=[row[3] for row in PROFILES]
)
def test_where_nothing_is_decided_the_profile_counts(
    watcher: str, *, is_private: bool, decision: Decision
) -> None:
    assert ask(MemoryStore(), watcher, is_private=is_private).decision is decision


@pytest.mark.parametrize("decision", Decision)
@pytest.mark.parametrize("is_private", [False, True])
def test_what_the_presentity_decided_counts(decision: Decision, *, is_private: bool) -> None:
    store = MemoryStore()
    finish(store.put((KIND, ALICE, BOB), Approval(decision=decision), None))
    answer = ask(store, BOB, is_private=is_private)
    assert answer.decision is decision
    assert ALICE in answer.because


def test_a_decision_about_one_watcher_is_none_about_another() -> None:
    store = MemoryStore()
    finish(store.put((KIND, ALICE, BOB), Approval(decision=Decision.REJECT), None))
    assert ask(store, "sip:carol@example.com", is_private=False).decision is Decision.ALLOW
