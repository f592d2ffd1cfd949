"""What every backend of the store promises, in the order of `storage/interface.py`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hereabouts.storage.interface import Conflict, Entry
from tests.contracts.backends import BACKENDS, Backend, Told, key, note

ALICE = "sip:alice@example.com"
A, B, C = key("a"), key("b"), key("c")


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Backend]:
    backend = BACKENDS[request.param](tmp_path)
    yield backend
    backend.store.close()


def texts(backend: Backend, now: float = 0) -> dict[str, object]:
    return {
        entry_id: getattr(entry.record, "text", None)
        for entry_id, entry in backend.under(ALICE, now).items()
    }


# What is put and read


def test_what_was_put_is_there(backend: Backend) -> None:
    entry = backend.put(A, note("one"))
    assert entry.record == note("one")
    assert backend.get(A) == entry


def test_what_was_never_put_is_absent(backend: Backend) -> None:
    assert backend.get(A) is None
    assert backend.under(ALICE) == {}


def test_a_record_replaces_the_one_that_was_read(backend: Backend) -> None:
    backend.put(A, note("two"), backend.put(A, note("one")))
    assert texts(backend) == {"a": "two"}


def test_a_later_change_has_a_higher_version(backend: Backend) -> None:
    first = backend.put(A, note("one"))
    other = backend.put(B, note("two"))
    again = backend.put(A, note("three"), first)
    assert first.version < other.version < again.version


def test_a_put_over_something_unread_conflicts(backend: Backend) -> None:
    backend.put(A, note("one"))
    with pytest.raises(Conflict):
        backend.put(A, note("two"))
    assert texts(backend) == {"a": "one"}


def test_a_put_over_a_newer_record_conflicts(backend: Backend) -> None:
    first = backend.put(A, note("one"))
    backend.put(A, note("two"), first)
    with pytest.raises(Conflict):
        backend.put(A, note("three"), first)
    assert texts(backend) == {"a": "two"}


def test_a_put_over_what_was_deleted_conflicts(backend: Backend) -> None:
    first = backend.put(A, note("one"))
    backend.delete(A, first)
    with pytest.raises(Conflict):
        backend.put(A, note("two"), first)
    assert backend.get(A) is None


def test_an_equal_record_put_anew_is_not_the_one_that_was_read(backend: Backend) -> None:
    first = backend.put(A, note("one"))
    backend.delete(A, first)
    backend.put(A, note("one"))
    with pytest.raises(Conflict):
        backend.put(A, note("two"), first)


def test_what_was_deleted_is_absent(backend: Backend) -> None:
    backend.delete(A, backend.put(A, note("one")))
    assert backend.get(A) is None
    assert backend.under(ALICE) == {}


def test_a_delete_of_a_newer_record_conflicts(backend: Backend) -> None:
    first = backend.put(A, note("one"))
    backend.put(A, note("two"), first)
    with pytest.raises(Conflict):
        backend.delete(A, first)
    assert texts(backend) == {"a": "two"}


def test_a_delete_of_what_is_gone_conflicts(backend: Backend) -> None:
    first = backend.put(A, note("one"))
    backend.delete(A, first)
    with pytest.raises(Conflict):
        backend.delete(A, first)


def test_a_conflict_changes_nothing_and_tells_nobody(backend: Backend) -> None:
    backend.put(A, note("one"))
    told: list[Told] = []
    backend.store.changes(0, lambda *change: told.append(change))
    with pytest.raises(Conflict):
        backend.put(A, note("two"))
    assert told == []


# What lies under one owner


def test_entries_come_in_the_order_in_which_they_were_first_put(backend: Backend) -> None:
    for entry_id in "cab":
        backend.put(key(entry_id), note(entry_id))
    first = backend.get(C)
    backend.put(C, note("again"), first)
    assert list(texts(backend)) == ["c", "a", "b"]


def test_what_was_deleted_and_put_again_comes_last(backend: Backend) -> None:
    first = backend.put(A, note("one"))
    backend.put(B, note("two"))
    backend.delete(A, first)
    backend.put(A, note("three"))
    assert list(texts(backend)) == ["b", "a"]


def test_owners_and_kinds_are_kept_apart(backend: Backend) -> None:
    bob, scrap = key("a", owner="sip:bob@example.com"), key("a", kind="scrap")
    for where in (A, bob, scrap):
        backend.put(where, note(" ".join(where)))
    assert texts(backend) == {"a": " ".join(A)}
    assert list(backend.under("sip:bob@example.com")) == ["a"]
    assert list(backend.under(ALICE, kind="scrap")) == ["a"]


def test_later_changes_do_not_show_in_what_was_read(backend: Backend) -> None:
    first = backend.put(A, note("one"))
    before = backend.under(ALICE)
    backend.put(B, note("two"))
    backend.delete(A, first)
    assert before == {"a": first}


def test_what_the_caller_does_to_what_he_read_is_his_own_affair(backend: Backend) -> None:
    backend.put(A, note("one"))
    backend.under(ALICE).clear()
    assert texts(backend) == {"a": "one"}


# What has expired


@pytest.mark.parametrize(
    "now, is_shown",
    [
        pytest.param(99.9, True, id="before its date it is there"),
        pytest.param(100.0, False, id="from its date on it is not"),
        pytest.param(1e9, False, id="nor ever after"),
    ],
)
def test_a_record_is_shown_until_it_expires(backend: Backend, now: float, is_shown: bool) -> None:  # noqa: FBT001
    entry = backend.put(A, note("one", expires_at=100))
    assert backend.get(A, now) == (entry if is_shown else None)
    assert backend.under(ALICE, now) == ({"a": entry} if is_shown else {})


def test_what_has_expired_is_still_in_the_way_until_it_is_deleted(backend: Backend) -> None:
    expired = backend.put(A, note("one", expires_at=100))
    with pytest.raises(Conflict):
        backend.put(A, note("two"))
    backend.delete(A, expired)
    backend.put(A, note("two"))
    assert texts(backend, now=200) == {"a": "two"}


# Changes


def test_the_state_comes_as_changes_oldest_first_expired_records_included(
    backend: Backend,
) -> None:
    one = backend.put(A, note("one", expires_at=1))
    two = backend.put(B, note("two"))
    three = backend.put(A, note("three", expires_at=2), one)
    assert backend.changes() == [(B, two, two.version), (A, three, three.version)]


def test_only_what_changed_since_is_told(backend: Backend) -> None:
    one = backend.put(A, note("one"))
    two = backend.put(B, note("two"))
    assert backend.changes(since=one.version) == [(B, two, two.version)]
    assert backend.changes(since=two.version) == []


def test_a_deletion_is_told_until_it_may_be_forgotten(backend: Backend) -> None:
    one = backend.put(A, note("one"))
    backend.delete(A, one)
    ((where, entry, version),) = backend.changes()
    assert (where, entry) == (A, None)
    assert version > one.version
    backend.store.forget(version - 1)
    assert len(backend.changes(since=one.version)) == 1
    backend.store.forget(version)
    assert backend.changes() == []


def test_what_was_put_again_is_no_longer_told_as_deleted(backend: Backend) -> None:
    backend.delete(A, backend.put(A, note("one")))
    two = backend.put(A, note("two"))
    assert backend.changes() == [(A, two, two.version)]


def test_the_listener_is_told_before_the_call_returns(backend: Backend) -> None:
    told: list[Told] = []
    backend.store.changes(0, lambda *change: told.append(change))
    one = backend.put(A, note("one"))
    assert told == [(A, one, one.version)]
    backend.delete(A, one)
    (where, entry, version) = told[-1]
    assert (where, entry) == (A, None)
    assert version > one.version


def test_what_changes_while_the_state_is_read_is_told_to_the_listener_alone(
    backend: Backend,
) -> None:
    one = backend.put(A, note("one"))
    told: list[Told] = []
    state = backend.store.changes(0, lambda *change: told.append(change))
    two = backend.put(B, note("two"))
    assert list(state) == [(A, one, one.version)]
    assert told == [(B, two, two.version)]


# Turns


def test_a_turn_becomes_durable(backend: Backend) -> None:
    backend.put(A, note("one"))
    number = backend.finish_turn()
    assert backend.durable == [number]
    assert backend.failed == []


def test_a_turn_that_wrote_nothing_leaves_with_the_newest_that_did(backend: Backend) -> None:
    nothing_yet = backend.finish_turn()
    backend.put(A, note("one"))
    number = backend.finish_turn()
    assert nothing_yet < number
    assert backend.finish_turn() == number
    assert backend.durable == [number]


def test_turns_are_numbered_upwards_even_after_a_failure(backend: Backend) -> None:
    backend.put(A, note("one"))
    first = backend.finish_turn()
    backend.fail_next_turn()
    backend.put(B, note("two"))
    backend.finish_turn()
    ((failed, _),) = backend.failed
    backend.put(C, note("three"))
    assert first < failed < backend.finish_turn()


def test_a_failed_turn_is_undone_and_says_what_to_do(backend: Backend) -> None:
    kept = backend.put(A, note("kept"))
    last = backend.put(B, note("also kept"))
    number = backend.finish_turn()
    backend.put(A, note("changed again"), backend.put(A, note("changed"), kept))
    backend.delete(B, last)
    backend.put(C, note("new"))
    backend.fail_next_turn()
    backend.finish_turn()
    assert [turn > number for turn, _ in backend.failed] == [True]
    assert backend.failed[0][1].remedy
    assert backend.durable == [number]
    assert list(backend.under(ALICE).items()) == [("a", kept), ("b", last)]


def test_after_a_failure_nothing_waits(backend: Backend) -> None:
    backend.put(A, note("one"))
    number = backend.finish_turn()
    backend.fail_next_turn()
    backend.put(B, note("two"))
    backend.finish_turn()
    assert backend.store.seal() == number


def test_an_undone_change_is_told_as_one_more(backend: Backend) -> None:
    kept = backend.put(A, note("kept"))
    last = backend.put(B, note("also kept"))
    backend.finish_turn()
    told: list[Told] = []
    backend.store.changes(0, lambda *change: told.append(change))
    backend.put(A, note("changed"), kept)
    backend.put(A, note("changed"), backend.get(A))
    backend.delete(B, last)
    backend.put(C, note("new"))
    versions = [version for _, _, version in told]
    told.clear()
    backend.fail_next_turn()
    backend.finish_turn()
    assert {where: entry for where, entry, _ in told} == {A: kept, B: last, C: None}
    assert len(told) == 3
    assert min(version for _, _, version in told) > max(versions)
    assert sorted(told, key=lambda change: change[2]) == backend.changes(since=max(versions))


def test_what_was_read_before_an_undone_change_can_be_replaced_again(backend: Backend) -> None:
    kept = backend.put(A, note("kept"))
    backend.finish_turn()
    undone = backend.put(A, note("changed"), kept)
    backend.fail_next_turn()
    backend.finish_turn()
    with pytest.raises(Conflict):
        backend.put(A, note("on top of what is undone"), undone)
    backend.put(A, note("on top of what is back"), kept)
    assert texts(backend) == {"a": "on top of what is back"}


def test_an_undone_deletion_comes_back_to_its_place(backend: Backend) -> None:
    entries: dict[str, Entry] = {name: backend.put(key(name), note(name)) for name in "abc"}
    backend.finish_turn()
    backend.delete(A, entries["a"])
    backend.put(A, note("anew"))
    backend.delete(B, entries["b"])
    backend.fail_next_turn()
    backend.finish_turn()
    assert list(backend.under(ALICE).items()) == list(entries.items())


def test_a_deletion_is_remembered_again_when_what_followed_it_is_undone(backend: Backend) -> None:
    one = backend.put(A, note("one"))
    backend.delete(A, one)
    backend.finish_turn()
    backend.put(A, note("two"))
    backend.fail_next_turn()
    backend.finish_turn()
    assert [(where, entry) for where, entry, _ in backend.changes(one.version)] == [(A, None)]


def test_the_store_goes_on_after_a_failure(backend: Backend) -> None:
    backend.fail_next_turn()
    backend.put(A, note("one"))
    backend.finish_turn()
    again = backend.put(A, note("two"))
    number = backend.finish_turn()
    assert backend.durable == [number]
    assert backend.get(A) == again


def test_what_nobody_sealed_is_sealed_at_the_end(backend: Backend) -> None:
    backend.put(A, note("one"))
    backend.store.close()
    assert len(backend.durable) == 1
