"""Waiting until a first turn is on disk."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from hereabouts.client.durable import have_durable
from hereabouts.config import ServerSettings
from hereabouts.net.ids import RandomIds
from hereabouts.roles.build import begin_run, open_store
from hereabouts.storage.interface import StoreUnavailable
from hereabouts.storage.memory import MemoryStore
from tests.client.serving import run


def test_it_returns_when_what_was_written_is_on_disk(tmp_path: Path) -> None:
    path = tmp_path / "h.db"

    async def test() -> None:
        store = open_store(ServerSettings(store=str(path)), asyncio.get_running_loop())
        begin_run(store, RandomIds())
        await have_durable(store)
        store.close()

    run(test())
    assert path.stat().st_size


def test_a_disk_that_does_not_take_it_is_told() -> None:
    async def test() -> None:
        store = MemoryStore()
        store.fail_next_turn(StoreUnavailable("no room", "make some"))
        begin_run(store, RandomIds())
        with pytest.raises(StoreUnavailable):
            await have_durable(store)

    run(test())
