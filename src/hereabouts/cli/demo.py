"""`hereabouts demo`: the thesis, shown."""

from __future__ import annotations

import asyncio
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console

from hereabouts.client import CommandFailed
from hereabouts.demo import STORIES, Story
from hereabouts.demo.ladder import Drawing


def demo(name: Annotated[str, Parameter(show_default=False)] = "", /) -> None:
    """Play a figure of the thesis between real nodes, and draw it as a ladder.

    Parameters
    ----------
    name
        Such as figure-3.7; without it the demos are listed.
    """
    if not name:
        for story in STORIES.values():
            print(f"{story.name}  {story.title}")
        return
    found = STORIES.get(name)
    if found is None:
        raise CommandFailed(f"there is no demo {name!r}; there are {', '.join(STORIES)}")
    asyncio.run(_play(found))


async def _play(story: Story) -> None:
    drawing = Drawing(story, Console(highlight=False, soft_wrap=True))
    drawing.begin(story.title)
    async for step in story.play():
        drawing.step(step)
