"""Whose policies have changed since when."""

from __future__ import annotations

import pytest

from hereabouts.base.units import Timestamp
from hereabouts.http.news import News
from hereabouts.policy import library
from hereabouts.policy.stored import StoredPolicy
from hereabouts.roles import policy_changes as module
from hereabouts.roles.build import finish
from hereabouts.roles.policy_changes import PolicyChanges
from hereabouts.storage.interface import Record, StoreUnavailable
from hereabouts.storage.memory import MemoryStore
from tests.roles.scripts import NOTIFYING, SCRIPT

TOM, ALICE = "sip:tom@example.com", "sip:alice@example.com"
OLD = "sip:old@example.com"
"Has had a policy from before."

ABOUT = ("incoming-subscription",)
NOW = Timestamp(1000.0)


class Bench:
    def __init__(self) -> None:
        self.store = MemoryStore()
        self.put(OLD)
        self.changes = PolicyChanges(self.store, "run")
        self.told = 0
        self.changes.on_change = self._count

    def _count(self) -> None:
        self.told += 1

    def put(
        self, owner: str, policy_id: str = "a", *, script: str = SCRIPT, is_enabled: bool = True
    ) -> None:
        policy = StoredPolicy(name="n", script=script.encode(), is_enabled=is_enabled)
        finish(library.put(self.store, owner, policy_id, policy, NOW))


def test_who_knows_no_version_is_told_all_that_there_is() -> None:
    bench = Bench()
    assert bench.changes.since(None, None) == News("run.0", {OLD: ABOUT}, everybody=True)
    bench.put("*before")
    bench.put(TOM)
    assert bench.changes.since(None, TOM) == News(
        "run.2", {"*before": ABOUT, TOM: ABOUT}, everybody=True
    )
    assert bench.changes.since(None, ALICE).owners == {"*before": ABOUT}


def test_what_is_told_are_the_points_of_what_is_enabled() -> None:
    bench = Bench()
    bench.put(TOM)
    bench.put(TOM, "b", script=NOTIFYING)
    assert bench.changes.since("run.1", None).owners == {TOM: ("incoming-notification", *ABOUT)}
    bench.put(TOM, is_enabled=False)
    assert bench.changes.since("run.2", None).owners == {TOM: ("incoming-notification",)}
    bench.put(TOM, "b", is_enabled=False)
    assert bench.changes.since("run.3", None).owners == {TOM: ()}
    assert bench.changes.since(None, None).owners == {OLD: ABOUT}


def test_more_than_can_be_told_are_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_TOLD", 1)
    bench = Bench()
    bench.put(TOM)
    assert bench.changes.since(None, None) == News("run.1", everybody=True, is_complete=False)
    assert bench.changes.since(None, TOM).owners == {TOM: ABOUT}


def test_changes_since_a_version_are_told_by_owner() -> None:
    bench = Bench()
    assert bench.changes.since("run.0", None).is_empty
    bench.put(TOM)
    bench.put(ALICE)
    bench.put(TOM)
    assert bench.changes.since("run.0", None) == News("run.3", {ALICE: ABOUT, TOM: ABOUT})
    assert bench.changes.since("run.2", None) == News("run.3", {TOM: ABOUT})
    assert bench.changes.since("run.3", None).is_empty
    assert bench.told == 3


def test_an_owner_is_told_of_his_own_alone() -> None:
    bench = Bench()
    bench.put(TOM)
    assert bench.changes.since("run.0", TOM) == News("run.1", {TOM: ABOUT})
    assert bench.changes.since("run.0", ALICE).is_empty


@pytest.mark.parametrize("owner", ["*before", "*after"])
def test_what_an_administrator_changes_is_everybodys(owner: str) -> None:
    bench = Bench()
    bench.put(owner)
    assert bench.changes.since("run.0", ALICE) == News("run.1", {owner: ABOUT})
    assert bench.changes.since("run.1", ALICE).is_empty


def test_a_deletion_is_a_change_and_other_records_are_none() -> None:
    bench = Bench()
    finish(bench.store.put(("note", TOM, "a"), Record(), None))
    assert bench.told == 0
    finish(library.delete(bench.store, OLD, "a", NOW))
    assert bench.changes.since("run.0", None).owners == {OLD: ()}


def test_a_change_that_is_undone_is_one_more_change() -> None:
    bench = Bench()
    bench.store.seal()
    bench.store.fail_next_turn(StoreUnavailable("the disk is full", "make room"))
    bench.put(TOM)
    version = bench.changes.since(None, None).version
    bench.store.seal()
    assert bench.changes.since(version, None).owners == {TOM: ()}


STRANGE = [
    ("nur.0", "of another run"),
    ("run.1", "that is still to come"),
    ("run.-1", "below all"),
    ("run.\u0661", "with figures that are not ours"),
    ("run." + "9" * 5000, "longer than any"),
    ("run", "of no number"),
    ("", "of nothing"),
]


@pytest.mark.parametrize("version", [row[0] for row in STRANGE], ids=[row[1] for row in STRANGE])
def test_after_a_version_that_is_not_known_anything_may_be_new(version: str) -> None:
    assert Bench().changes.since(version, None).everybody


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_REMEMBERED", 2)
    bench = Bench()
    for number in range(3):
        bench.put(f"sip:{number}@example.com")
    assert bench.changes.since("run.0", None).everybody
    later = ["sip:1@example.com", "sip:2@example.com"]
    assert list(bench.changes.since("run.1", None).owners) == later
