"""Figure 3.4 between real nodes."""

from __future__ import annotations

import pytest

from hereabouts.demo.figure_3_4 import FIGURE_3_4
from hereabouts.demo.story import Told
from tests.demo.playing import field, named, played, reasons, steps

STEPS = [
    ("9", "P-SIP server", "W-SIP server"),
    ("10", "W-SIP server", "W-PA"),
    ("11-1", "W-PA", "Policy server"),
    ("11-2", "Policy server", "Policy server"),
    ("11-3", "Policy server", "W-PA"),
    ("11-4", "W-PA", "W-PA"),
    ("11", "W-PA", "Watcher"),
]


@pytest.fixture(scope="module")
def told() -> list[Told]:
    return played(FIGURE_3_4)


def test_its_steps_are_those_of_the_thesis_in_their_order(told: list[Told]) -> None:
    assert named(told, "3.4") == STEPS


def test_the_watchers_policy_tells_why_he_is_shown_it(told: list[Told]) -> None:
    [reason] = reasons(told)
    assert reason.startswith("Delivered because the host of the presentity was b.example")
    assert "'what I see'" in reason


def test_the_document_passes_unchanged(told: list[Told]) -> None:
    documents = {field(step, "PIDF") for step in steps(told) if step.label.endswith("NOTIFY")}
    assert documents == {"sip:presentity@b.example is open - at my desk"}
