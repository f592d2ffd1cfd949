"""A policy server on a loopback port, and those who ask it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hereabouts.base.journal import Silence
from hereabouts.client import Server
from hereabouts.client.policies import PolicyClient
from hereabouts.config import Settings, load

TOKEN = "0123456789abcdef"
TOM = "sip:tom@example.com"
POINT = "incoming-subscription"


def settings(*assignments: str) -> Settings:
    usual = (
        "server.store=:memory:",
        "server.domains=example.com",
        "server.role=policy",
        "http.listen=127.0.0.1:0",
        f"policy.token={TOKEN}",
    )
    return load(None, {}, [*usual, *assignments])


def url(server: Server) -> str:
    """Where a server listens for HTTP."""
    assert server.http_listening is not None
    return f"http://{server.http_listening}"


@asynccontextmanager
async def policy_server(*assignments: str) -> AsyncIterator[Server]:
    """A policy server with one user, Tom, whose password is `pw`."""
    async with Server(settings(*assignments), Silence()) as server:
        await server.command("user add", user="tom", password="pw")
        yield server


@asynccontextmanager
async def operator() -> AsyncIterator[tuple[Server, PolicyClient]]:
    """A policy server, and its operator."""
    async with policy_server() as server, PolicyClient(url(server), token=TOKEN) as client:
        yield server, client
