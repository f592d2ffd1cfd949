from __future__ import annotations

import io
from itertools import pairwise

import pytest
from rich.console import Console

from hereabouts.client.ladder import Drawing, Remark, Step, Told

THREE = ("Left", "Middle", "Right")
MARGIN = 13


def drawn(
    *told: Told,
    width: int = 84,
    of: tuple[str, ...] = THREE,
    margin: int = 0,
    is_dense: bool = False,
) -> list[str]:
    file = io.StringIO()
    console = Console(file=file, width=width, highlight=False)
    drawing = Drawing(of, console, margin=margin, is_dense=is_dense)
    drawing.begin("A story")
    for each in told:
        drawing.show(each)
    return file.getvalue().splitlines()


@pytest.mark.parametrize("margin", [0, MARGIN])
def test_the_parties_stand_over_their_lines(margin: int) -> None:
    title, heads, rungs = drawn(margin=margin, width=100)
    assert title == "A story"
    lines = [place for place, character in enumerate(rungs) if character == "|"]
    for name, line in zip(THREE, lines, strict=True):
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


PARTIES = ("Device", "PUA", "Registrar", "Database", "P-PA", "Policy server", "P-SIP server", "W")


@pytest.mark.parametrize("width", [80, 120, 200])
def test_eight_parties_fit_on_a_terminal_of_the_usual_width_and_use_a_wider_one(width: int) -> None:
    arrows = [Step(*ends, "3.6/1-1 says something") for ends in pairwise(PARTIES)]
    alone = [Step(name, name, "3.6/6 the policies are searched by it") for name in PARTIES]
    lines = drawn(*arrows, *alone, width=width, of=PARTIES)
    assert max(map(len, lines)) <= width
    rungs = next(line for line in lines if line.count("|") == len(PARTIES))
    assert len(rungs) > width * 0.9


def test_a_name_that_is_too_long_for_its_column_is_broken() -> None:
    lines = drawn(width=80, of=PARTIES)
    assert lines[1].split() == [
        "Device", "PUA", "Registrar", "Database", "P-PA", "Policy", "P-SIP", "W",
    ]  # fmt: skip
    assert lines[2].split() == ["server", "server"]


def test_what_a_party_does_by_itself_stands_beside_it() -> None:
    line = drawn(Step("Left", "Left", "thinks"))[-1]
    assert line.strip() == "* thinks                    |                           |"
    line = drawn(Step("Right", "Right", "thinks for a while"))[-1]
    assert line.strip() == "|                           |        thinks for a while *"


def test_much_of_it_takes_several_lines() -> None:
    label = "3.3/5-4 obeys: " + "a " * 30 + "b"
    for place in ("Left", "Right"):
        lines = drawn(Step(place, place, label))[4:]
        words = " ".join(lines).replace("|", " ").replace("*", " ")
        assert len(lines) > 1
        assert "".join(words.split()) == label.replace(" ", "")


def test_a_remark_stands_between_the_steps() -> None:
    said = "One word after the other, and more of them than there are columns. " * 2
    lines = drawn(Remark(said.strip()))
    assert lines[-3].count("|") == 3
    assert " ".join(lines[-2:]) == said.strip()


def test_a_dense_ladder_has_no_line_between_its_steps() -> None:
    steps: list[Told] = [
        Step("Left", "Middle", "F1"),
        Step("Middle", "Left", "F2"),
        Remark("because"),
    ]
    assert len(drawn(*steps, is_dense=True)) == len(drawn(*steps)) - len(steps)


@pytest.mark.parametrize("receiver", ["Middle", "Left"], ids=["of an arrow", "of a deed"])
def test_the_time_stands_in_the_margin_beside_the_first_line(receiver: str) -> None:
    step = Step("Left", receiver, "word " * 24, at="18:20:01.123")
    lines = drawn(step, margin=MARGIN, width=100)[4:]
    assert len(lines) > 1
    assert [line[:MARGIN].strip() for line in lines] == ["18:20:01.123", *[""] * (len(lines) - 1)]


def test_what_the_last_party_does_leaves_the_margin_alone() -> None:
    step = Step("Right", "Right", "word " * 24, at="18:20:01.123")
    lines = drawn(step, margin=MARGIN, width=100)[4:]
    assert [line[:MARGIN].strip() for line in lines] == ["18:20:01.123", *[""] * (len(lines) - 1)]


def test_an_arrow_has_the_colour_that_is_said() -> None:
    file = io.StringIO()
    console = Console(file=file, force_terminal=True, color_system="truecolor", width=84)
    Drawing(THREE, console).show(Step("Left", "Middle", "F1", style="red"))
    assert "\x1b[31m" in file.getvalue()


def test_a_long_title_is_broken() -> None:
    assert drawn(width=6)[:2] == ["A", "story"]
