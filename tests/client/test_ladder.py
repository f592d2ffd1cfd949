from __future__ import annotations

import io

import pytest
from rich.console import Console

from hereabouts.client.ladder import Drawing, Remark, Step

PARTIES = ("Left", "Middle", "Right")


def drawn(*told: Step | Remark, width: int = 84, margin: int = 0) -> list[str]:
    file = io.StringIO()
    drawing = Drawing(PARTIES, Console(file=file, width=width, highlight=False), margin)
    drawing.begin("A story")
    for each in told:
        drawing.show(each)
    return file.getvalue().splitlines()


@pytest.mark.parametrize("margin", [0, 13])
def test_the_parties_stand_over_their_lines(margin: int) -> None:
    title, heads, rungs = drawn(margin=margin, width=100)
    assert title == "A story"
    lines = [place for place, character in enumerate(rungs) if character == "|"]
    for name, line in zip(PARTIES, lines, strict=True):
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


def test_the_time_stands_in_the_margin_once() -> None:
    lines = drawn(Step("Left", "Middle", "word " * 12, at="18:20:01.123"), margin=13, width=100)
    assert [line[:12].strip() for line in lines[-4:]] == ["18:20:01.123", "", "", ""]


def test_fields_stand_below_and_a_line_has_no_name() -> None:
    step = Step("Left", "Middle", "F1", (("", "SIP/2.0 200 OK"), ("To", "<sip:a@[red]b>")))
    assert drawn(step)[-2:] == ["    SIP/2.0 200 OK", "    To: <sip:a@[red]b>"]


def test_a_remark_stands_between_two_steps() -> None:
    assert drawn(Remark("because"))[-1] == "    * because"


@pytest.mark.parametrize("width", [84, 40])
def test_nothing_is_wider_than_the_terminal_and_nothing_is_lost(width: int) -> None:
    value = "SIP/2.0/TCP " + "x" * 150
    lines = drawn(Step("Left", "Middle", "F1", (("Via", value),)), width=width)
    assert max(map(len, lines)) <= width
    first = next(place for place, line in enumerate(lines) if line.startswith("    Via:"))
    assert "".join(lines[first:]).replace(" ", "") == f"Via:{value}".replace(" ", "")


def test_a_long_label_is_broken_before_it_meets_a_line() -> None:
    label = "F2 SIP 407 Proxy Authentication Required"
    lines = drawn(Step("Left", "Middle", label))
    assert " ".join(line[15:41].strip() for line in lines[-3:-1]) == label
    assert all(line[14] == line[42] == "|" for line in lines[-3:-1])


def test_an_arrow_without_a_label_has_its_line_all_the_same() -> None:
    assert len(drawn(Step("Left", "Middle", ""))) == 5
