"""An agent that publishes what a device says, as a PUA does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from hereabouts.base.journal import Grade, Journal
from hereabouts.base.refusal import Malformed
from hereabouts.client.agent import Agent
from hereabouts.client.failure import AgentFailed, WrongPassword
from hereabouts.devices.named import device_named
from hereabouts.net.log import LogJournal
from hereabouts.presence.pua import Device
from hereabouts.presence.statement import Statement


def the_device(text: str, journal: Journal | None = None) -> Device:
    """The device that a user names, such as `file:PATH`.

    Raises:
        AgentFailed: there is no such device; says what to write.
    """
    try:
        return device_named(text, journal or LogJournal())
    except Malformed as fault:
        raise AgentFailed(str(fault)) from None


async def follow(
    agent: Agent,
    device: Device | str,
    *,
    tell: Callable[[Statement | None], None] = lambda _said: None,
    journal: Journal | None = None,
) -> None:
    """Have the agent publish what a device says, and again whenever it says something new.

    It goes on until it is cancelled; what was published stays for as long as the agent is there.
    While the device says nothing, nothing is published. `tell` is shown each of its states.

    Raises:
        AgentFailed: there is no such device, or the server refuses the first publication, or the
            password; later trouble is said to the journal, and it is tried again.
    """
    journal = journal or LogJournal()
    followed = the_device(device, journal) if isinstance(device, str) else device
    said = followed.read(None)
    if said is not None:
        await publish_statement(agent, said)
    tell(said)
    while True:
        await asyncio.sleep(followed.interval or 3600.0)
        before, said = said, followed.read(said)
        if said != before:
            await _publish_again(agent, said, journal)
            tell(said)


async def publish_statement(agent: Agent, said: Statement) -> None:
    """Have the agent publish this.

    Raises:
        AgentFailed: the server refuses it, or does not answer in time.
    """
    await agent.publish(said.basic, note=said.note, activities=said.activities)


async def _publish_again(agent: Agent, said: Statement | None, journal: Journal) -> None:
    try:
        await (agent.unpublish() if said is None else publish_statement(agent, said))
    except WrongPassword:
        raise
    except AgentFailed as fault:
        journal.say(Grade.WARNING, "an agent has trouble", fault=str(fault), again="soon")
