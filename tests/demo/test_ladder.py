from __future__ import annotations

import io
from collections.abc import AsyncIterator

import pytest
from rich.console import Console

from hereabouts.demo.ladder import Drawing
from hereabouts.demo.story import Step, Story


async def nothing() -> AsyncIterator[Step]:
    """A play; the test draws its steps itself."""
    yield Step("Left", "Right", "")


STORY = Story("story", "A story", ("Left", "Middle", "Right"), nothing)


def drawn(*steps: Step, width: int = 80) -> list[str]:
    file = io.StringIO()
    drawing = Drawing(STORY, Console(file=file, width=width, highlight=False))
    drawing.begin(STORY.title)
    for step in steps:
        drawing.step(step)
    return file.getvalue().splitlines()


def test_the_parties_stand_over_their_lines() -> None:
    title, heads, rungs = drawn()
    assert title == "A story"
    lines = [place for place, character in enumerate(rungs) if character == "|"]
    for name, line in zip(STORY.parties, lines, strict=True):
        middle = heads.index(name) + len(name) / 2
        assert abs(middle - line) <= 1


ARROWS = [
    ("Left", "Middle", "|-------------------------->|                           |", "to the right"),
    ("Middle", "Left", "|<--------------------------|                           |", "to the left"),
    ("Middle", "Right", "|                           |-------------------------->|", "farther"),
    ("Right", "Left", "|<------------------------------------------------------|", "all the way"),
]


@pytest.mark.parametrize(
    "sender, receiver, arrow", [r[:3] for r in ARROWS], ids=[r[3] for r in ARROWS]
)
def test_an_arrow_goes_from_its_sender_to_its_receiver(
    sender: str, receiver: str, arrow: str
) -> None:
    lines = drawn(Step(sender, receiver, "F1"))
    assert lines[-1].strip() == arrow
    assert "F1" in lines[-2]


def test_fields_stand_below_and_the_first_line_has_no_name() -> None:
    step = Step("Left", "Middle", "F1", (("", "SIP/2.0 200 OK"), ("To", "<sip:a@[red]b>")))
    assert drawn(step)[-2:] == ["    SIP/2.0 200 OK", "    To: <sip:a@[red]b>"]


@pytest.mark.parametrize("width", [80, 40])
def test_nothing_is_wider_than_the_terminal_and_nothing_is_lost(width: int) -> None:
    value = "SIP/2.0/TCP " + "x" * 150
    lines = drawn(Step("Left", "Middle", "F1", (("Via", value),)), width=width)
    first = next(place for place, line in enumerate(lines) if line.startswith("    Via:"))
    below = lines[first:]
    assert max(map(len, below)) <= width
    assert all(line.startswith("        ") for line in below[1:])
    assert "".join(below).replace(" ", "") == f"Via:{value}".replace(" ", "")


def test_a_long_label_is_broken_before_it_meets_a_line() -> None:
    label = "F2 SIP 407 Proxy Authentication Required"
    lines = drawn(Step("Left", "Middle", label))
    assert " ".join(line[15:41].strip() for line in lines[-3:-1]) == label
    assert all(line[14] == line[42] == "|" for line in lines[-4:-1])
