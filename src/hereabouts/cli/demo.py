"""`hereabouts demo`: the thesis, shown."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from hereabouts.client import CommandFailed
from hereabouts.client.ladder import Drawing
from hereabouts.client.terminal import wide_console
from hereabouts.demo import STORIES, DemoFailed, perform


def demo(name: Annotated[str, Parameter(show_default=False)] = "", /) -> None:
    """Play a figure or a story of the thesis between real nodes, and draw it as a ladder.

    Parameters
    ----------
    name
        Such as figure-3.7, or tom; without it the demos are listed.
    """
    if not name:
        longest = max(map(len, STORIES))
        for story in STORIES.values():
            print(f"{story.name:<{longest}}  {story.title}")
        return
    found = STORIES.get(name)
    if found is None:
        raise CommandFailed(f"there is no demo {name!r}; there are {', '.join(STORIES)}")
    drawing = Drawing(found.parties, wide_console())
    drawing.begin(f"{found.name}: {found.title}")
    try:
        perform(found, drawing.show)
    except DemoFailed as fault:
        raise CommandFailed(str(fault)) from None
