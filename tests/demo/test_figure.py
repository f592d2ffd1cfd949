from __future__ import annotations

import asyncio

from hereabouts.demo.figure import Figure, Row, decided, inside, policies, sip
from hereabouts.demo.stage import Event, Stage
from hereabouts.demo.story import Step
from hereabouts.policy.point import STEPS, Point
from hereabouts.presence import steps

FIGURE = Figure(
    "3.9",
    ("A", "B", "Policy server"),
    (
        sip("1", "A", "B", "SUBSCRIBE"),
        inside("2-1", "B", "A", steps.Step.FETCHES, "asks"),
        inside("2-2", "A", "B", steps.Step.FETCHES, "says", at="B"),
        decided("3", Point.INCOMING_SUBSCRIPTION, "B"),
        Row("4", "B", "A", ("answer SUBSCRIBE", "B", "A")),
    ),
)


def test_a_request_is_the_step_of_its_row() -> None:
    event = Event(("SUBSCRIBE", "A", "B"), "SUBSCRIBE", (("To", "x"),))
    assert FIGURE.steps(event) == [Step("A", "B", "3.9/1 SUBSCRIBE", (("To", "x"),))]


def test_one_event_can_be_several_steps() -> None:
    assert FIGURE.steps(Event(("fetches", "B"))) == [
        Step("B", "A", "3.9/2-1 asks"),
        Step("A", "B", "3.9/2-2 says"),
    ]


def test_a_decision_is_drawn_beside_who_decides() -> None:
    event = Event(("incoming-subscription", "4", "B"), "obeys: allow")
    assert FIGURE.steps(event) == [Step("B", "B", "3.9/3 obeys: allow")]


def test_an_answer_that_has_no_number_is_drawn_without() -> None:
    figure = Figure("3.9", ("A", "B"), FIGURE.rows[:1])
    answer = Event(("answer SUBSCRIBE", "B", "A"), "200 OK")
    assert figure.steps(answer) == [Step("B", "A", "200 OK")]
    assert FIGURE.steps(answer) == [Step("B", "A", "3.9/4 200 OK")]


def test_what_is_no_part_of_the_figure_is_not_drawn() -> None:
    cues = [
        ("SUBSCRIBE", "B", "A"),
        ("answer SUBSCRIBE", "A", "B"),
        ("answer NOTIFY", "B", "A"),
        ("fetches", "A"),
        ("policy",),
    ]
    for cue in cues:
        assert FIGURE.steps(Event(cue)) == []


def test_a_figure_without_a_number_has_steps_without_numbers() -> None:
    figure = Figure(
        "", ("A", "B"), (sip("", "A", "B", "NOTIFY"), sip("layer 1", "B", "A", "NOTIFY"))
    )
    assert figure.steps(Event(("NOTIFY", "A", "B"), "NOTIFY")) == [Step("A", "B", "NOTIFY")]
    assert figure.steps(Event(("NOTIFY", "B", "A"), "NOTIFY")) == [Step("B", "A", "layer 1 NOTIFY")]


def test_the_four_steps_of_a_point_are_named_as_the_figure_names_them() -> None:
    for (figure, point), names in STEPS.items():
        rows = policies(figure, point, "P-PA")
        assert [f"{figure}/{row.number}" for row in rows] == list(names)
        assert [(row.sender, row.receiver) for row in rows] == [
            ("P-PA", "Policy server"),
            ("Policy server", "Policy server"),
            ("Policy server", "P-PA"),
            ("P-PA", "P-PA"),
        ]
        assert [row.cue for row in rows] == [(point.value, n, "P-PA") for n in "1234"]


def test_it_is_played_until_all_that_it_waits_for_has_come() -> None:
    async def play() -> list[str]:
        stage = Stage({})
        last = ("answer SUBSCRIBE", "B", "A")
        for cue in (last, ("other",), ("SUBSCRIBE", "A", "B"), ("fetches", "B"), last):
            stage.say(Event(cue, cue[0]))
        played = FIGURE.played(stage, ("fetches", "B"), last)
        return [step.label async for step in played]

    assert asyncio.run(play()) == [
        "3.9/4 answer SUBSCRIBE", "3.9/1 SUBSCRIBE", "3.9/2-1 asks", "3.9/2-2 says",
    ]  # fmt: skip
