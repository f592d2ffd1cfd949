"""A presence server on a loopback port, for tests of agents."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from hereabouts.base.journal import Silence
from hereabouts.client import Agent, AgentSettings, Server
from hereabouts.config import load
from hereabouts.sip.pace import Pace

T = TypeVar("T")

ALICE, BOB = "sip:alice@example.com", "sip:bob@example.com"
PASSWORDS = {ALICE: "wonder", BOB: "builder"}

QUICK = AgentSettings(patience=20.0, pace=Pace(first_pause=0.05, longest_pause=0.2, farewell=5.0))

HASTY = msgspec.structs.replace(QUICK, pace=msgspec.structs.replace(QUICK.pace, farewell=0.05))
"For agents that leave when their server has gone already."

MODES = [(transport, auth) for transport in ("udp", "tcp") for auth in ("none", "digest")]


def run(test: Coroutine[Any, Any, T]) -> T:
    """Run a test that cannot hang."""

    async def bounded() -> T:
        async with asyncio.timeout(60):
            return await test

    return asyncio.run(bounded())


def server(
    *, auth: str = "none", store: str = ":memory:", transport: str = "udp", port: int = 0
) -> Server:
    """A server that tells each change at once."""
    settings = load(
        None,
        {},
        [f"auth.mode={auth}", "presence.notify_interval=0"],
        domain=["example.com"],
        store=store,
        listen=[f"{transport}:127.0.0.1:{port}"],
    )
    return Server(settings, Silence())


async def with_users(serving: Server) -> None:
    """Add Alice and Bob to a server with passwords."""
    for address, password in PASSWORDS.items():
        user = address.removeprefix("sip:").partition("@")[0]
        await serving.command("user add", user=user, password=password)


def agent(
    address: str,
    place: str,
    *,
    password: str | None = "",
    settings: AgentSettings = QUICK,
    register: bool = True,
) -> Agent:
    """An agent of Alice or Bob, who knows his password, and does not wait long."""
    return Agent(
        address,
        password=PASSWORDS[address] if password == "" else password,
        server=place,
        register=register,
        settings=settings,
        journal=Silence(),
    )


def folder(path: Path) -> str:
    """A store in a folder."""
    return str(path / "h.db")
