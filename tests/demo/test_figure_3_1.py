"""Figure 3.1 between real nodes: two domains, each with its own server."""

from __future__ import annotations

import pytest

from hereabouts.demo.figure_3_1 import FIGURE_3_1, PRESENTITY, WATCHER, A, B
from hereabouts.demo.story import Told
from tests.demo.playing import parts, played, reasons, steps

BETWEEN = [
    ("SUBSCRIBE", WATCHER, A),
    ("SUBSCRIBE", A, B),
    ("NOTIFY", B, A),
    ("NOTIFY", A, WATCHER),
]


@pytest.fixture(scope="module")
def told() -> list[Told]:
    return played(FIGURE_3_1)


def requests(part: list[Told]) -> list[tuple[str, str, str]]:
    words = [(step.label.split(" ")[-1], step.sender, step.receiver) for step in steps(part)]
    return [row for row in words if row[0] in ("SUBSCRIBE", "NOTIFY", "PUBLISH")]


def test_requests_go_by_both_servers_and_never_past_them(told: list[Told]) -> None:
    registers, watches, updates = parts(told)
    assert requests(registers) == [("PUBLISH", PRESENTITY, B)]
    assert requests(watches) == BETWEEN
    assert requests(updates) == [("PUBLISH", PRESENTITY, B), *BETWEEN[2:]]


def test_the_watcher_sees_what_the_presentity_says(told: list[Told]) -> None:
    seen = [step.label for step in steps(told) if step.sender == step.receiver == WATCHER]
    assert seen == [
        "layer 2 sees sip:presentity@b.example open: at my desk",
        "layer 2 sees sip:presentity@b.example closed: on the phone",
    ]


def test_all_three_layers_are_there_and_the_policy_tells_why(told: list[Told]) -> None:
    layers = {step.label[:7] for step in steps(told) if step.label.startswith("layer")}
    assert layers == {"layer 1", "layer 2", "layer 3"}
    [reason] = reasons(told)
    assert reason.startswith("Allowed because the watcher was sip:watcher@a.example")


def test_nobody_has_to_ask_twice(told: list[Told]) -> None:
    answers = [step.label for step in steps(told) if step.label[0].isdigit()]
    assert set(answers) == {"200 OK"}
