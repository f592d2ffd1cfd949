"""The thesis, shown: its figures and stories played between real nodes, one a file."""

from hereabouts.demo.figure_3_7 import FIGURE_3_7
from hereabouts.demo.story import Story

STORIES: dict[str, Story] = {story.name: story for story in (FIGURE_3_7,)}
"By the name that `hereabouts demo` takes."

__all__ = ["STORIES", "Story"]
