from __future__ import annotations

from pathlib import Path

from hereabouts.storage.interface import StoreUnavailable
from tests.contracts.backends import Memory, key, note


def test_a_turn_is_durable_before_seal_returns(tmp_path: Path) -> None:
    backend = Memory(tmp_path)
    backend.put(key("a"), note("one"))
    assert [backend.memory.seal()] == backend.durable


def test_a_fault_that_was_asked_for_waits_for_a_turn_that_writes_and_comes_once(
    tmp_path: Path,
) -> None:
    backend = Memory(tmp_path)
    backend.memory.fail_next_turn(StoreUnavailable("full", "free some"))
    backend.memory.seal()
    assert backend.failed == []
    for _ in range(2):
        backend.put(key("a"), note("one"))
        backend.finish_turn()
    assert [fault.fault for _, fault in backend.failed] == ["full"]
    assert len(backend.durable) == 1
