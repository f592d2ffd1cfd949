from __future__ import annotations

from typing import Any

import pytest

from hereabouts.base.deadlines import Deadlines
from hereabouts.base.units import NEVER, Instant, Moment, Timestamp
from hereabouts.policy import library
from hereabouts.policy.place import AFTER
from hereabouts.policy.point import Point
from hereabouts.policy.stored import StoredPolicy
from hereabouts.roles.build import finish
from hereabouts.roles.stored_policies import StoredPolicies
from hereabouts.storage.memory import MemoryStore
from tests.ladders.policies import ALICE as SCRIPT
from tests.ladders.policies import TOM

ALICE, BOB = "sip:alice@example.com", "sip:bob@example.com"
NOW = Moment(Instant(100.0), Timestamp(1_700_000_000.0))
IN, OUT = Point.INCOMING_SUBSCRIPTION, Point.OUTGOING_NOTIFICATION


class Shelf:
    """A store, the source over it, and what the source tells."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.deadlines = Deadlines()
        self.source = StoredPolicies(self.store, self.deadlines)
        self.told: list[frozenset[str] | None] = []
        self.source.on_changed = lambda owners, _now: self.told.append(owners)
        self.store.changes(0, lambda key, entry, _: self.source.stored(key, entry))

    def put(self, owner: str, script: bytes = SCRIPT, name: str = "one", **fields: object) -> None:
        policy = StoredPolicy(name=name, script=script, **fields)  # type: ignore[arg-type]
        finish(library.put(self.store, owner, name, policy, NOW.timestamp))

    def work(self, now: Moment = NOW) -> list[frozenset[str] | None]:
        self.source.work(now)
        told, self.told[:] = list(self.told), []
        return told

    def wait(self, seconds: float) -> list[frozenset[str] | None]:
        later = Moment(Instant(NOW.instant + seconds), Timestamp(NOW.timestamp + seconds))
        self.deadlines.wake_due(later)
        return self.work(later)


def test_what_is_enabled_may_apply_at_its_points_to_its_owner() -> None:
    shelf = Shelf()
    assert not shelf.source.may_apply(ALICE, OUT)
    shelf.put(ALICE)
    assert shelf.source.may_apply(ALICE, OUT)
    assert not shelf.source.may_apply(ALICE, IN)
    assert not shelf.source.may_apply(BOB, OUT)
    found = finish(shelf.source.applicable(ALICE, OUT, NOW))
    assert [policy.id for policy in found] == ["one"]


def test_what_is_disabled_or_deleted_does_not() -> None:
    shelf = Shelf()
    shelf.put(ALICE, is_enabled=False)
    assert not shelf.source.may_apply(ALICE, OUT)
    shelf.put(ALICE)
    shelf.put(ALICE, TOM, name="two")
    finish(library.delete(shelf.store, ALICE, "one", NOW.timestamp))
    assert not shelf.source.may_apply(ALICE, OUT)
    assert shelf.source.may_apply(ALICE, IN)
    finish(library.delete(shelf.store, ALICE, "two", NOW.timestamp))
    assert not shelf.source.may_apply(ALICE, IN)


def test_that_there_is_any_is_known_as_long_as_one_is_enabled() -> None:
    shelf = Shelf()
    assert not shelf.source.has_any
    shelf.put(ALICE, is_enabled=False)
    assert not shelf.source.has_any
    shelf.put(AFTER)
    shelf.put(ALICE)
    finish(library.delete(shelf.store, AFTER, "one", NOW.timestamp))
    assert shelf.source.has_any
    finish(library.delete(shelf.store, ALICE, "one", NOW.timestamp))
    assert not shelf.source.has_any


def test_an_administrators_policy_may_apply_to_everybody() -> None:
    shelf = Shelf()
    shelf.put(AFTER)
    assert shelf.source.may_apply(BOB, OUT)
    assert not shelf.source.may_apply(BOB, IN)
    assert shelf.work() == [None]
    finish(library.delete(shelf.store, AFTER, "one", NOW.timestamp))
    assert not shelf.source.may_apply(BOB, OUT)


def test_changes_are_told_once_a_turn() -> None:
    shelf = Shelf()
    shelf.put(ALICE)
    shelf.put(ALICE, name="two")
    shelf.put(BOB)
    assert shelf.work() == [frozenset({ALICE, BOB})]
    assert shelf.work() == []


def test_a_policy_of_a_former_run_is_no_news() -> None:
    shelf = Shelf()
    shelf.put(ALICE)
    again = StoredPolicies(shelf.store, Deadlines())
    again.on_changed = lambda owners, _now: shelf.told.append(owners)
    for key, entry, _ in shelf.store.changes(0, lambda *_: None):
        again.stored(key, entry, is_news=False)
    again.work(NOW)
    assert shelf.told == []
    assert again.may_apply(ALICE, OUT)


def test_other_records_are_none_of_its_business() -> None:
    shelf = Shelf()
    shelf.source.stored(("publication", ALICE, "1"), None)
    assert shelf.work() == []


DATES = [
    ({"valid_from": Timestamp(NOW.timestamp + 60)}, "it begins"),
    ({"valid_until": Timestamp(NOW.timestamp + 60)}, "it ends"),
]


@pytest.mark.parametrize("dates", [row[0] for row in DATES], ids=[row[1] for row in DATES])
def test_a_date_that_comes_is_a_change(dates: dict[str, Any]) -> None:
    shelf = Shelf()
    shelf.put(ALICE, **dates)
    assert shelf.work() == [frozenset({ALICE})]
    assert shelf.wait(60) == []
    assert shelf.wait(60.001) == [frozenset({ALICE})]


def test_dates_that_never_come_are_not_waited_for() -> None:
    shelf = Shelf()
    shelf.put(ALICE, valid_from=Timestamp(1.0), valid_until=NEVER)
    shelf.work()
    assert len(shelf.deadlines) == 0
