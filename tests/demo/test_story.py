from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from hereabouts.base.units import Timestamp
from hereabouts.demo.story import Act, DemoFailed, Remark, Story, Told, perform
from hereabouts.net.clock import Accelerated, Clock, now


def story(*acts: Act) -> Story:
    return Story("story", "A story", ("a",), acts)


def test_its_acts_are_played_one_after_the_other_each_by_its_clock() -> None:
    clocks: list[Clock] = []

    async def play(clock: Clock) -> AsyncIterator[Told]:
        clocks.append(clock)
        await asyncio.sleep(0)
        yield Remark(f"act {len(clocks)}")

    shown: list[Told] = []
    perform(story(Act(play), Act(play, Timestamp(5000.0))), shown.append)
    assert shown == [Remark("act 1"), Remark("act 2")]
    assert clocks[0] is now
    assert isinstance(clocks[1], Accelerated)
    assert clocks[1]().timestamp >= 5000.0


def test_what_cannot_go_on_ends_and_closes_what_it_has_opened() -> None:
    ended: list[str] = []

    async def play(_clock: Clock) -> AsyncIterator[Told]:
        try:
            yield Remark("first")
            raise DemoFailed("it stopped")
        finally:
            ended.append("closed")

    shown: list[Told] = []
    with pytest.raises(DemoFailed, match="it stopped"):
        perform(story(Act(play), Act(play)), shown.append)
    assert shown == [Remark("first")]
    assert ended == ["closed"]


def test_who_stops_looking_leaves_nothing_running() -> None:
    """As Ctrl-C does."""
    ended: list[str] = []

    async def play(_clock: Clock) -> AsyncIterator[Told]:
        try:
            yield Remark("first")
            yield Remark("second")
        finally:
            ended.append("closed")

    def leave(_told: Told) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        perform(story(Act(play)), leave)
    assert ended == ["closed"]
