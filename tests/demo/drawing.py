"""The ladders of `docs/tutorials/the-thesis.md`: what a demo plays, as a Mermaid diagram.

Answers that the thesis does not number are left out of it. To renew a diagram that the tests find
out of step, put in its place what this prints: `python -m tests.demo.drawing figure-3.2`.
"""

from __future__ import annotations

import re
import sys

import msgspec

from hereabouts.demo import STORIES
from hereabouts.demo.story import Step, Story
from tests.demo.playing import parts, played, steps

FIRST_PART_ALONE = ("figure-3.3", "figure-3.5", "figure-3.6")
"Of these the other parts are told in words."

OUT_OF_ORDER = "3.6/1-4 200 OK"
"It goes another way than what follows it, and has its place by the thesis."


def ladder(story: Story) -> list[Step]:
    """The steps of its first act that are drawn."""
    told = played(msgspec.structs.replace(story, acts=story.acts[:1]))
    if story.name in FIRST_PART_ALONE:
        told = parts(told)[0]
    drawn = [step for step in steps(told) if not step.label[:3].isdigit()]
    late = [step for step in drawn if step.label == OUT_OF_ORDER]
    drawn = [step for step in drawn if step not in late]
    before = next((at for at, step in enumerate(drawn) if "/1-5 " in step.label), 0)
    return [*drawn[:before], *late, *drawn[before:]]


def diagram(story: Story) -> str:
    """The lines of a Mermaid diagram."""
    words = {name: re.sub(r"\W", "_", name) for name in story.parties}
    heads = [
        f"    participant {word}" + (f" as {name}" if name != word else "")
        for name, word in words.items()
    ]
    arrows = [
        f"    {words[step.sender]}->>{words[step.receiver]}: {step.label}" for step in ladder(story)
    ]
    return "\n".join(["sequenceDiagram", *heads, *arrows]) + "\n"


if __name__ == "__main__":
    for name in sys.argv[1:]:
        sys.stdout.write(diagram(STORIES[name]))
