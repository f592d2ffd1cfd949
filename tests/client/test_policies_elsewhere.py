"""A presence server whose policies are on another machine: decisions, changes, silence, return."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from hereabouts.base.journal import Grade, Journal, Silence
from hereabouts.client import Agent, Presence, Server
from hereabouts.client.policies import PolicyClient
from hereabouts.config import load
from hereabouts.roles import remote_policies
from hereabouts.sip.headers.event import Substate
from tests.client.policy_serving import TOKEN, settings, url
from tests.client.serving import ALICE, BOB, HASTY, agent, run
from tests.roles.scripts import DOUBTFUL as REJECT_ALL
from tests.roles.scripts import SCRIPT as ALLOW_MOST


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the return of a server is noticed as soon as it is there."""
    monkeypatch.setattr(remote_policies, "RETRY", 0.05)


class Noticing:
    """A journal that tells when it hears of a fault."""

    def __init__(self) -> None:
        self.fault = asyncio.Event()

    def say(self, grade: Grade, event: str, **fields: object) -> None:
        if grade is Grade.ERROR:
            self.fault.set()


def presence_server(policy_server: str, journal: Journal) -> Server:
    return Server(
        load(
            None,
            {},
            [
                "server.store=:memory:",
                "server.domains=example.com",
                "server.listen=udp:127.0.0.1:0",
                "auth.mode=none",
                "presence.notify_interval=0",
                f"policy.server={policy_server}",
                f"policy.token={TOKEN}",
            ],
        ),
        journal,
    )


def test_a_policy_elsewhere_decides_and_its_change_is_obeyed_at_once() -> None:
    async def test() -> None:
        async with (
            Server(settings(), Silence()) as keeper,
            PolicyClient(url(keeper), token=TOKEN) as policies,
            presence_server(url(keeper), Silence()) as serving,
            agent(BOB, str(serving.listening[0]), settings=HASTY) as bob,
        ):
            await policies.put(ALICE, "all", ALLOW_MOST)
            async with aclosing(bob.watch(ALICE)) as seen:
                assert (await anext(seen)).state is Substate.ACTIVE
                await policies.put(ALICE, "all", REJECT_ALL, if_match="*")
                last = await _until(seen, Substate.TERMINATED)
                assert last.reason == "rejected"

    run(test())


def test_a_silent_server_protects_the_presentity_until_it_is_back() -> None:
    stranger = "sip:bob@example.org"  # one of ours would be kept from asking at all

    async def test() -> None:
        keeper = Server(settings(), Silence())
        await keeper.start()
        place, journal = url(keeper), Noticing()
        async with (
            presence_server(place, journal) as serving,
            Agent(
                stranger,
                server=str(serving.listening[0]),
                register=False,
                settings=HASTY,
                journal=Silence(),
            ) as bob,
        ):
            await keeper.stop()
            await journal.fault.wait()
            async with aclosing(bob.watch(ALICE)) as seen:
                assert (await anext(seen)).state is Substate.PENDING
                async with (
                    Server(settings(f"http.listen={keeper.http_listening}"), Silence()),
                    PolicyClient(place, token=TOKEN) as policies,
                ):
                    await policies.put(ALICE, "all", ALLOW_MOST)
                    assert (await _until(seen, Substate.ACTIVE)).presentity == ALICE

    run(test())


async def _until(seen: AsyncIterator[Presence], state: Substate) -> Presence:
    """The first sighting in this state."""
    async for presence in seen:
        if presence.state is state:
            return presence
    raise AssertionError
