"""An agent that follows a device."""

from __future__ import annotations

import asyncio

import pytest

from hereabouts.base.journal import Grade, Silence
from hereabouts.client import AgentFailed, Unanswered, WrongPassword, follow
from hereabouts.client.following import the_device
from hereabouts.presence.pidf.document import Basic
from hereabouts.presence.statement import Statement
from tests.client.serving import ALICE, BOB, agent, run, server

HERE = Statement(Basic.OPEN, "here")
AWAY = Statement(Basic.CLOSED, "away", ("vacation",))


class Phone:
    """A device that says one thing after the other, a moment each, and the last for ever."""

    name = slot = "phone"
    interval = 0.01

    def __init__(self, *states: Statement | None) -> None:
        self._states = list(states)

    def read(self, last: Statement | None) -> Statement | None:
        return self._states.pop(0) if self._states else last


class Told(Silence):
    """A journal that is kept, and an agent that does what the test says."""

    def __init__(self, *failures: AgentFailed | None) -> None:
        self.said: list[str] = []
        self.published: list[object] = []
        self._failures = list(failures)

    def say(self, grade: Grade, event: str, **fields: object) -> None:
        self.said.append(f"{event} {fields['fault']}")

    async def publish(self, basic: Basic | None, *, note: str, activities: object) -> None:
        failure = self._failures.pop(0)
        if failure is not None:
            raise failure
        self.published.append((basic, note, activities))

    async def unpublish(self) -> None:
        await self.publish(None, note="", activities=())


async def followed(told: Told, device: Phone, count: int) -> list[Statement | None]:
    """The states told until there are so many."""
    states: list[Statement | None] = []
    enough = asyncio.Event()

    def tell(said: Statement | None) -> None:
        states.append(said)
        if len(states) == count:
            enough.set()

    following = asyncio.ensure_future(
        follow(told, device, tell=tell, journal=told)  # type: ignore[arg-type]
    )
    await asyncio.wait(
        [following, asyncio.ensure_future(enough.wait())], return_when=asyncio.FIRST_COMPLETED
    )
    if following.done():
        following.result()
    following.cancel()
    return states


def test_watchers_see_what_the_device_says() -> None:
    async def test() -> None:
        async with server() as serving:
            place = str(serving.listening[0])
            async with agent(ALICE, place) as alice, agent(BOB, place) as bob:
                following = asyncio.ensure_future(follow(alice, Phone(HERE, AWAY)))
                async for presence in bob.watch(ALICE):
                    if presence.note == "away":
                        assert presence.activities == ("vacation",)
                        break
                following.cancel()

    run(test())


def test_each_state_is_published_once_and_none_removes_it() -> None:
    told = Told(None, None, None)
    states = run(followed(told, Phone(HERE, HERE, None, AWAY), 3))
    assert states == [HERE, None, AWAY]
    assert told.published == [
        (Basic.OPEN, "here", ()),
        (None, "", ()),
        (Basic.CLOSED, "away", ("vacation",)),
    ]


def test_a_device_that_says_nothing_at_first_is_waited_for() -> None:
    told = Told(None)
    assert run(followed(told, Phone(None, None, HERE), 2)) == [None, HERE]
    assert told.published == [(Basic.OPEN, "here", ())]


def test_trouble_at_the_first_publication_is_raised() -> None:
    with pytest.raises(Unanswered):
        run(followed(Told(Unanswered("nobody")), Phone(HERE), 2))


def test_later_trouble_is_said_and_does_not_end_it() -> None:
    told = Told(None, Unanswered("nobody"), None)
    assert run(followed(told, Phone(HERE, AWAY, HERE), 3)) == [HERE, AWAY, HERE]
    assert told.said == ["an agent has trouble nobody"]


def test_a_password_that_is_wrong_now_ends_it() -> None:
    with pytest.raises(WrongPassword):
        run(followed(Told(None, WrongPassword("no")), Phone(HERE, AWAY), 3))


def test_what_is_no_device_is_told() -> None:
    with pytest.raises(AgentFailed, match="write one of file:PATH"):
        the_device("phone:1")
