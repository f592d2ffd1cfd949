from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

import pytest

from hereabouts.base.units import Timestamp
from hereabouts.storage.far import IN_A_ROW, FarStore
from hereabouts.storage.interface import Conflict, Key
from tests.contracts.backends import key, note

A, B = key("a"), key("b")
NOW = Timestamp(0)


def start(far: FarStore, coroutine: Coroutine[Any, Any, object], log: list[object]) -> None:
    """Run until it suspends; what comes of it goes to `log` when it is resumed."""

    def go_on() -> None:
        try:
            coroutine.send(None)
        except StopIteration as end:
            log.append(end.value)
        except Conflict:
            log.append(Conflict)

    coroutine.send(None)
    far.waiting[-1].then(go_on)


def put(far: FarStore, where: Key, log: list[object]) -> None:
    start(far, far.put(where, note("one"), None), log)


def test_a_put_takes_effect_when_it_is_resumed() -> None:
    far, log = FarStore(), list[object]()
    put(far, A, log)
    assert far.near.seal() == 0
    far.resume_next()
    assert far.near.seal() == 1
    assert len(log) == 1


def test_of_two_puts_of_one_key_the_later_conflicts() -> None:
    far, log = FarStore(), list[object]()
    put(far, A, log)
    put(far, A, log)
    far.resume_all()
    assert log[1:] == [Conflict]


@pytest.mark.parametrize("operation", ["get", "put", "delete", "under"])
def test_every_operation_suspends(operation: str) -> None:
    far, log = FarStore(), list[object]()
    put(far, A, log)
    far.resume_all()
    entry = log.pop()
    operations: dict[str, Coroutine[Any, Any, object]] = {
        "get": far.get(A, NOW),
        "put": far.put(B, note("two"), None),
        "delete": far.delete(A, entry),  # type: ignore[arg-type]
        "under": far.under(A[0], A[1], NOW),
    }
    coroutine = operations.pop(operation)
    for other in operations.values():
        other.close()
    start(far, coroutine, log)
    assert log == []
    assert len(far.waiting) == 1
    far.resume_all()
    assert len(log) == 1


def test_injected_conflicts_change_nothing_and_are_as_many_as_asked_for() -> None:
    far, log = FarStore(), list[object]()
    far.inject_conflicts(2)
    for where in (A, B, A, B):
        put(far, where, log)
    far.resume_all()
    assert [outcome is Conflict for outcome in log] == [True, True, False, False]


def test_nobody_meets_more_than_so_many_conflicts_in_a_row() -> None:
    far, log = FarStore(), list[object]()
    far.inject_conflicts(100)
    for _ in range(IN_A_ROW + 1):
        put(far, A, log)
    far.resume_all()
    assert [outcome is Conflict for outcome in log] == [True] * IN_A_ROW + [False]


def test_after_a_success_the_row_begins_anew() -> None:
    far, log = FarStore(), list[object]()
    far.inject_conflicts(IN_A_ROW + 1)
    for _ in range(IN_A_ROW + 2):
        put(far, A, log)
    far.resume_all()
    # The last one conflicts whether or not one is injected; so it is the next that tells.
    put(far, B, log)
    far.resume_all()
    assert log[-1] is not Conflict
