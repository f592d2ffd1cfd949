"""`hereabouts demo`: the thesis, shown."""

from __future__ import annotations

import os
import sys
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console

from hereabouts.client import CommandFailed
from hereabouts.demo import STORIES, DemoFailed, perform
from hereabouts.demo.ladder import Drawing

PIPED = 120
"Columns of what is read by another program, or kept in a file."


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
    is_wide = not sys.stdout.isatty() and not os.environ.get("COLUMNS")
    console = Console(highlight=False, soft_wrap=True, width=PIPED if is_wide else None)
    drawing = Drawing(found, console)
    drawing.begin(f"{found.name}: {found.title}")
    try:
        perform(found, drawing.show)
    except DemoFailed as fault:
        raise CommandFailed(str(fault)) from None
