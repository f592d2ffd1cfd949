"""Figure 3.2 between real nodes."""

from __future__ import annotations

import pytest

from hereabouts.demo.figure_3_2 import FIGURE_3_2
from hereabouts.demo.story import Told
from tests.demo.playing import field, named, played, reasons, remarks, steps

STEPS = [
    ("1", "Watcher", "W-PA"),
    ("1-1", "W-PA", "Policy server"),
    ("1-2", "Policy server", "Policy server"),
    ("1-3", "Policy server", "W-PA"),
    ("1-4", "W-PA", "W-PA"),
    ("2", "W-PA", "W-SIP server"),
    ("3", "W-SIP server", "P-SIP server"),
]


@pytest.fixture(scope="module")
def told() -> list[Told]:
    return played(FIGURE_3_2)


def test_its_steps_are_those_of_the_thesis_in_their_order(told: list[Told]) -> None:
    assert named(told, "3.2") == STEPS


def test_the_request_says_who_wants_to_see_whom_and_for_how_long(told: list[Told]) -> None:
    """Step 1 of section 3.3.1."""
    requests = [step for step in steps(told) if step.label.endswith("SUBSCRIBE")]
    for request in requests:
        assert field(request, "To") == "<sip:presentity@b.example>"
        assert field(request, "From") == "<sip:watcher@a.example>"
        assert field(request, "Expires") == "3600"
    assert [step.label for step in steps(told)][-2:] == ["200 OK", "200 OK"]


def test_the_watchers_policy_tells_why_it_may_leave(told: list[Told]) -> None:
    [reason] = reasons(told)
    assert reason.startswith("Allowed because the host of the presentity was b.example")
    assert "watcher@a.example's policy 'whom I watch'" in reason
    assert "without policies" in remarks(told)[-1]
