"""A list of presentities in a file, watched by an agent."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from hereabouts.base.journal import Grade, Silence
from hereabouts.base.units import Timestamp
from hereabouts.client import AgentFailed, ListFile, Presence, WrongPassword, watch_listed
from hereabouts.client.watchlist import UNLISTED
from hereabouts.presence.presentities import MOST_LISTED
from hereabouts.sip.headers.event import Substate
from tests.client.serving import ALICE, BOB, agent, run, server

CAROL = "sip:carol@example.com"


class Diary(Silence):
    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, grade: Grade, event: str, **fields: object) -> None:
        self.said.append(str(fields["fault"]))


def test_a_list_has_an_address_a_line_and_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "friends"
    path.write_text("alice@example.com # at work\n\n# nobody\nsip:bob@example.com\n")
    listed = ListFile(path)
    assert listed() == (ALICE, BOB)
    path.write_text("carol@example.com\ncarol@example.com\n")
    assert listed() == (CAROL,)


def test_what_is_written_short_is_made_whole(tmp_path: Path) -> None:
    path = tmp_path / "friends"
    path.write_text("alice")
    assert ListFile(path, lambda name: f"{name}@example.com")() == (ALICE,)


def test_a_list_that_cannot_be_taken_at_first_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "friends"
    with pytest.raises(AgentFailed, match="No such file or directory; name one that can"):
        ListFile(path)
    path.write_text("alice@example.com\nnobody\n")
    with pytest.raises(AgentFailed, match=r"friends line 2: .* is no address"):
        ListFile(path)
    path.write_text("".join(f"{n}@example.com\n" for n in range(MOST_LISTED + 1)))
    with pytest.raises(AgentFailed, match="at most 1000 can be listed"):
        ListFile(path)


def test_a_list_that_cannot_be_taken_later_stays_as_it_was(tmp_path: Path) -> None:
    path, diary = tmp_path / "friends", Diary()
    path.write_text("alice@example.com")
    listed = ListFile(path, journal=diary)
    path.write_text("nobody")
    assert [listed(), listed()] == [(ALICE,), (ALICE,)]
    path.unlink()
    assert [listed(), listed()] == [(ALICE,), (ALICE,)]
    assert [said.partition("; ")[2] for said in diary.said] == [
        "write it like sip:alice@example.com",
        "name one that can",
    ]
    path.write_text("bob@example.com")
    assert listed() == (BOB,)


def test_who_is_listed_is_watched_and_who_is_not_any_more_comes_once_more() -> None:
    async def test() -> None:
        async with server() as serving:
            place = str(serving.listening[0])
            listed = [ALICE]
            async with agent(BOB, place) as bob:
                seen = watch_listed(bob, lambda: tuple(listed), every=0.01)
                assert (await anext(seen)).presentity == ALICE
                listed[:] = [CAROL]
                left = {each.presentity: each async for each in _some(seen, 2)}
                assert (left[ALICE].state, left[ALICE].reason) == (Substate.TERMINATED, UNLISTED)
                assert left[CAROL].state is Substate.ACTIVE
                await seen.aclose()

    run(test())


async def _some(
    presences: AsyncGenerator[Presence, None], count: int
) -> AsyncGenerator[Presence, None]:
    async for presence in presences:
        yield presence
        count -= 1
        if not count:
            return


class Failing:
    """An agent whose watches end as the test says."""

    def __init__(self, failure: AgentFailed) -> None:
        self._failure = failure

    async def watch(self, address: str) -> AsyncGenerator[Presence, None]:
        yield Presence(address, Substate.PENDING, "", None, Timestamp(0.0))
        raise self._failure


def test_who_cannot_be_watched_comes_as_terminated_with_the_reason() -> None:
    async def test() -> None:
        failing = Failing(AgentFailed("nobody is there"))
        seen = watch_listed(failing, lambda: (ALICE,), every=0.01)  # type: ignore[arg-type]
        presence = await anext(seen)
        assert (presence.state, presence.reason) == (Substate.TERMINATED, "nobody is there")
        await seen.aclose()

    run(test())


def test_a_wrong_password_ends_it_all() -> None:
    async def test() -> None:
        failing = Failing(WrongPassword("no"))
        seen = watch_listed(failing, lambda: (ALICE,), every=0.01)  # type: ignore[arg-type]
        with pytest.raises(WrongPassword):
            async for _ in seen:
                pass

    run(test())
