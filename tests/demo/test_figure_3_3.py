"""Figure 3.3 between real nodes: approved, pending, rejected."""

from __future__ import annotations

import pytest

from hereabouts.demo.figure_3_3 import FIGURE_3_3
from hereabouts.demo.story import Told
from tests.demo.playing import field, named, parts, played, reasons, steps

ASKED = [
    ("3", "W-SIP server", "P-SIP server"),
    ("4", "P-SIP server", "P-PA"),
    ("5-1", "P-PA", "Policy server"),
    ("5-2", "Policy server", "Policy server"),
    ("5-3", "Policy server", "P-PA"),
    ("5-4", "P-PA", "P-PA"),
]
FETCHED = [
    ("6-1", "P-PA", "PUA"),
    ("6-2", "PUA", "P-PA"),
    ("7-1", "P-PA", "Policy server"),
    ("7-2", "Policy server", "Policy server"),
    ("7-3", "Policy server", "P-PA"),
    ("7-4", "P-PA", "P-PA"),
]
NOTIFIED = [("8", "P-PA", "P-SIP server"), ("9", "P-SIP server", "W-SIP server")]

PARTS = [
    (
        0,
        [*ASKED, *FETCHED, *NOTIFIED],
        ["Allowed because", "Delivered because"],
        "active;",
        "sip:presentity@b.example is open - at my desk",
        "approved: presence information goes out",
    ),
    (
        1,
        [*ASKED, *NOTIFIED],
        ["Left to be confirmed because"],
        "pending;",
        "sip:presentity@b.example is closed - The subscription waits for approval.",
        "not approved yet: the document is blank",
    ),
    (
        2,
        [*ASKED, *NOTIFIED],
        ["Rejected (403) because"],
        "terminated;reason=rejected",
        "sip:presentity@b.example is closed - The subscription was not approved.",
        "rejected: the document is blank, and the subscription over",
    ),
]


@pytest.fixture(scope="module")
def told() -> list[Told]:
    return played(FIGURE_3_3)


@pytest.mark.parametrize(
    "place, expected, because, state, says",
    [row[:5] for row in PARTS],
    ids=[row[5] for row in PARTS],
)
def test_each_part_has_the_steps_of_the_thesis_in_their_order(
    told: list[Told],
    place: int,
    expected: list[tuple[str, str, str]],
    because: list[str],
    state: str,
    says: str,
) -> None:
    part = parts(told)[place]
    assert named(part, "3.3") == expected
    told_why = reasons(part)
    assert len(told_why) == len(because)
    assert all(why.startswith(begin) for why, begin in zip(told_why, because, strict=True))
    for step in steps(part):
        if step.label.endswith("NOTIFY"):
            assert field(step, "Subscription-State").startswith(state)
            assert field(step, "PIDF") == says


def test_there_are_three_parts(told: list[Told]) -> None:
    assert len(parts(told)) == len(PARTS)
