"""A run that cannot be counted on disk does not begin: the next one would repeat its CSeqs."""

from __future__ import annotations

import asyncio

import pytest

from hereabouts.client import server as serving
from hereabouts.config import Listen, ServerSettings, Settings
from hereabouts.storage.interface import StoreUnavailable
from hereabouts.storage.memory import MemoryStore

SETTINGS = Settings(
    server=ServerSettings(store=":memory:", listen=(Listen("UDP", "127.0.0.1", 0),))
)


def test_a_server_does_not_serve_before_its_first_turn_is_durable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = MemoryStore()
    store.fail_next_turn(StoreUnavailable("the disk is full", "free space"))
    monkeypatch.setattr(serving, "open_store", lambda *_: store)
    server = serving.Server(SETTINGS)
    with pytest.raises(StoreUnavailable, match="the disk is full"):
        asyncio.run(server.start())
    assert server.listening == []


def test_a_server_serves_once_its_first_turn_is_durable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "open_store", lambda *_: MemoryStore())

    async def run() -> int:
        async with serving.Server(SETTINGS) as server:
            return len(server.listening)

    assert asyncio.run(run()) == 1
