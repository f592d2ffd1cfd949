"""Figure 3.6 between real nodes: a registration, and an update.

Step 1-4, the registrar's answer, comes when what it says yes to is in the database (1-5); the
thesis numbers it before. It goes another way than what follows, so its place in that is open.
"""

from __future__ import annotations

import pytest

from hereabouts.demo.figure_3_6 import FIGURE_3_6
from hereabouts.demo.story import Told
from tests.demo.playing import field, named, parts, played, reasons, steps

STEPS = [
    ("1-1", "Device", "PUA"),
    ("1-2", "PUA", "Device"),
    ("1-3", "PUA", "Registrar"),
    ("1-5", "Registrar", "Database"),
    ("1-6", "Registrar", "P-PA"),
    ("2-1", "P-PA", "Database"),
    ("2-2", "Database", "P-PA"),
    ("5", "P-PA", "Policy server"),
    ("6", "Policy server", "Policy server"),
    ("7", "Policy server", "P-PA"),
    ("8", "P-PA", "P-PA"),
    ("4", "P-PA", "P-SIP server"),
    ("5", "P-SIP server", "W-SIP server"),
]
ANSWER = ("1-4", "Registrar", "PUA")


@pytest.fixture(scope="module")
def told() -> list[Told]:
    return played(FIGURE_3_6)


@pytest.mark.parametrize(
    "place, says, cause",
    [(0, "open - at my desk", "registration"), (1, "closed - on the phone", "update")],
    ids=["first", "then"],
)
def test_its_steps_are_those_of_the_thesis_in_their_order(
    told: list[Told], place: int, says: str, cause: str
) -> None:
    part = parts(told)[place]
    found = named(part, "3.6")
    assert [step for step in found if step != ANSWER] == STEPS
    assert found.count(ANSWER) == 1
    assert found.index(ANSWER) > found.index(("1-5", "Registrar", "Database"))
    documents = {field(step, "PIDF") for step in steps(part) if step.label.endswith("NOTIFY")}
    assert documents == {f"sip:presentity@b.example is {says}"}
    [reason] = reasons(part)
    assert reason.startswith(f"Delivered because the cause was {cause}")
