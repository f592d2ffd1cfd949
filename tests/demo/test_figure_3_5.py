"""Figure 3.5 between real nodes: a registration, and an update."""

from __future__ import annotations

import pytest

from hereabouts.demo.figure_3_5 import FIGURE_3_5
from hereabouts.demo.story import Told
from tests.demo.playing import field, named, parts, played, reasons, steps

STEPS = [
    ("1-1", "Device", "PUA"),
    ("1-2", "PUA", "Device"),
    ("1-3", "PUA", "P-PA"),
    ("1-4", "P-PA", "PUA"),
    ("2-1", "P-PA", "PUA"),
    ("2-2", "PUA", "P-PA"),
    ("3-1", "P-PA", "Policy server"),
    ("3-2", "Policy server", "Policy server"),
    ("3-3", "Policy server", "P-PA"),
    ("3-4", "P-PA", "P-PA"),
    ("4", "P-PA", "P-SIP server"),
    ("10", "P-SIP server", "W-SIP server"),
]


@pytest.fixture(scope="module")
def told() -> list[Told]:
    return played(FIGURE_3_5)


@pytest.mark.parametrize(
    "place, says, cause",
    [(0, "open - at my desk", "registration"), (1, "closed - on the phone", "update")],
    ids=["first", "then"],
)
def test_its_steps_are_those_of_the_thesis_in_their_order(
    told: list[Told], place: int, says: str, cause: str
) -> None:
    part = parts(told)[place]
    assert named(part, "3.5") == STEPS
    documents = {field(step, "PIDF") for step in steps(part) if step.label.endswith("NOTIFY")}
    assert documents == {f"sip:presentity@b.example is {says}"}
    [reason] = reasons(part)
    assert reason.startswith(f"Delivered because the cause was {cause}")
