from __future__ import annotations

from collections import defaultdict

import pytest

from hereabouts.base.units import Timestamp
from hereabouts.storage.interface import StoreUnavailable
from hereabouts.storage.resident import Resident
from tests.contracts.backends import Backend, key, note

FAULT = StoreUnavailable("pretended", "none needed")


class Held(Resident):
    """A store whose turns wait until the test says what becomes of them."""

    def __init__(self) -> None:
        super().__init__(defaultdict(dict))

    def seal(self) -> int:
        self._end_turn()
        return self._newest()

    def synced(self, number: int) -> None:
        self._made_durable(number)

    def lost(self, number: int) -> None:
        self._undo(number, FAULT)

    def close(self) -> None:
        self.seal()


@pytest.fixture
def held() -> tuple[Held, Backend]:
    """Three turns that wait, each of which put its number under two keys; and an open one."""
    held = Held()
    backend = Backend(held)
    for turn in range(1, 5):
        backend.put(key("all"), note(f"{turn}"), backend.get(key("all")))
        backend.put(key(f"{turn}"), note(f"{turn}"))
        assert turn == 4 or held.seal() == turn
    return held, backend


@pytest.mark.parametrize(
    "lost, left",
    [
        pytest.param(3, ["1", "2"], id="the newest, and the open one"),
        pytest.param(2, ["1"], id="a middle one, and those after it"),
        pytest.param(1, [], id="the oldest, and so all"),
    ],
)
def test_a_lost_turn_takes_all_after_it_along(
    held: tuple[Held, Backend], lost: int, left: list[str]
) -> None:
    store, backend = held
    store.lost(lost)
    texts = {name: entry.record for name, entry in backend.under("sip:alice@example.com").items()}
    latest = {"all": note(left[-1])} if left else {}
    assert texts == latest | {turn: note(turn) for turn in left}
    assert backend.failed == [(lost, FAULT)]
    assert store.seal() == lost - 1


def test_what_became_durable_stays_when_later_turns_are_lost(
    held: tuple[Held, Backend],
) -> None:
    store, backend = held
    store.synced(2)
    store.lost(3)
    assert list(backend.under("sip:alice@example.com")) == ["all", "1", "2"]
    assert backend.durable == [2]
    assert store.seal() == 2


def test_numbers_are_not_used_again(held: tuple[Held, Backend]) -> None:
    store, backend = held
    store.lost(1)
    backend.put(key("new"), note("new"))
    assert store.seal() == 4


def test_what_is_resident_answers_without_suspending(held: tuple[Held, Backend]) -> None:
    store, _ = held
    with pytest.raises(StopIteration) as answered:
        store.get(key("1"), Timestamp(0)).send(None)
    assert answered.value.value.record == note("1")


def test_restored_entries_need_not_be_told_for_ever(held: tuple[Held, Backend]) -> None:
    store, backend = held
    store.lost(2)
    newest = max(version for _, _, version in backend.changes())
    entry = backend.get(key("all"))
    assert entry is not None
    assert (key("all"), entry) in [change[:2] for change in backend.changes(entry.version)]
    store.forget(newest)
    assert backend.changes(entry.version + 1) == []


@pytest.mark.parametrize("first", [True, False], ids=["changes first", "turns first"])
def test_a_listener_that_fails_over_an_undo_keeps_it_from_nobody(
    held: tuple[Held, Backend],
    first: bool,  # noqa: FBT001
) -> None:
    """Or what an undone turn has said would leave."""
    store, backend = held
    heard: list[str] = []
    raised: list[Exception] = []

    def fail(*_news: object) -> None:
        raise ZeroDivisionError

    if first:
        store.changes(0, fail)
    store.changes(0, lambda key, _entry, _version: heard.append(key[2]))
    store.listen(fail, fail, raised.append)
    store.listen(backend.durable.append, lambda n, fault: backend.failed.append((n, fault)))
    store.lost(2)
    assert sorted(heard) == ["2", "3", "4", "all"]
    assert backend.failed == [(2, FAULT), (2, FAULT)]
    store.synced(1)
    assert backend.durable == [1, 1]
    assert [type(error) for error in raised] == [ZeroDivisionError] * ((4 if first else 0) + 2)


def test_a_fault_that_nobody_wants_to_hear_of_is_raised(held: tuple[Held, Backend]) -> None:
    store, _ = held

    def fail(*_news: object) -> None:
        raise ZeroDivisionError

    store.changes(0, fail)
    with pytest.raises(ZeroDivisionError):
        store.lost(2)
