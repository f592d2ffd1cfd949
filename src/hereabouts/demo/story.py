"""What a demo is: nodes, the steps that pass between them, and a sentence here and there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import msgspec

from hereabouts.base.units import Timestamp
from hereabouts.client.ladder import Remark, Step, Told
from hereabouts.net.clock import Accelerated, Clock, now

__all__ = ["Act", "DemoFailed", "Play", "Remark", "Step", "Story", "Told", "perform"]


class DemoFailed(Exception):
    """A demo that could not go on; the text says what did not come."""


Play = Callable[[Clock], AsyncIterator[Told]]
"Runs the nodes by a clock, and gives each step as it happens."


class Act(msgspec.Struct, frozen=True):
    """A part of a story, with nodes of its own."""

    play: Play
    begins_at: Timestamp | None = None
    "The date at which it plays, by a clock that can run fast; `None`: now."


class Story(msgspec.Struct, frozen=True):
    """A demo: who takes part, from left to right, and what is played."""

    name: str
    title: str
    parties: tuple[str, ...]
    acts: tuple[Act, ...]


def perform(story: Story, show: Callable[[Told], None]) -> None:
    """Play a story to its end; each step is shown as it happens.

    Raises:
        DemoFailed: something did not come in time.
        Unavailable: an address of this machine cannot be listened at.
    """
    for act in story.acts:
        if act.begins_at is None:
            with asyncio.Runner() as runner:
                runner.run(_show(act.play(now), show))
        else:
            clock = Accelerated(1.0, act.begins_at)
            with asyncio.Runner(loop_factory=clock.new_loop) as runner:
                runner.run(_show(act.play(clock), show))


async def _show(steps: AsyncIterator[Told], show: Callable[[Told], None]) -> None:
    async for step in steps:
        show(step)
