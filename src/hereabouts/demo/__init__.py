"""The thesis, shown: its figures and stories played between real nodes, one a file."""

from hereabouts.demo import alice, tom
from hereabouts.demo.figure_3_1 import FIGURE_3_1
from hereabouts.demo.figure_3_2 import FIGURE_3_2
from hereabouts.demo.figure_3_3 import FIGURE_3_3
from hereabouts.demo.figure_3_4 import FIGURE_3_4
from hereabouts.demo.figure_3_5 import FIGURE_3_5
from hereabouts.demo.figure_3_6 import FIGURE_3_6
from hereabouts.demo.figure_3_7 import FIGURE_3_7
from hereabouts.demo.story import DemoFailed, Story, perform

FIGURES = (FIGURE_3_1, FIGURE_3_2, FIGURE_3_3, FIGURE_3_4, FIGURE_3_5, FIGURE_3_6, FIGURE_3_7)

STORIES: dict[str, Story] = {story.name: story for story in (*FIGURES, tom.STORY, alice.STORY)}
"By the name that `hereabouts demo` takes."

__all__ = ["STORIES", "DemoFailed", "Story", "perform"]
