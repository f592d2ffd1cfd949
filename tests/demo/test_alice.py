"""Alice: Tom is notified at most every ten minutes, and of the newest then; Eve at once."""

from __future__ import annotations

import pytest

from hereabouts.demo import alice
from hereabouts.demo.alice import EVE, TOM
from hereabouts.demo.story import Told
from tests.demo.playing import field, played, reasons, steps


@pytest.fixture(scope="module")
def told() -> list[Told]:
    return played(alice.STORY)


def seen(told: list[Told], watcher: str) -> list[tuple[str, str]]:
    """When a watcher was notified (hour and minute), and of which note."""
    found = [step for step in steps(told) if (step.label, step.receiver) == ("NOTIFY", watcher)]
    return [(field(step, "at")[4:9], field(step, "PIDF").partition(" - ")[2]) for step in found]


def test_eve_sees_each_change_at_once(told: list[Told]) -> None:
    assert seen(told, EVE) == [
        ("09:00", "at my desk"),
        ("09:02", "in a meeting"),
        ("09:05", "on the phone"),
        ("09:12", "back again"),
    ]


def test_tom_sees_the_newest_every_ten_minutes_at_most(told: list[Told]) -> None:
    assert seen(told, TOM) == [
        ("09:00", "at my desk"),
        ("09:10", "on the phone"),
        ("09:20", "back again"),
    ]


def test_each_decision_has_its_reason_in_a_sentence(told: list[Told]) -> None:
    told_why = reasons(told)
    held = [why for why in told_why if why.startswith("Held for 4")]
    assert len(held) == 2
    for why in held:
        assert "the watcher was sip:tom@example.com and the last notification was 1" in why
        assert (
            "s ago, less than 600 s (line 4 of alice@example.com's policy 'not too often')" in why
        )
    assert "Delivered because no policy decides otherwise." in told_why
    delivered = "Delivered because the watcher was sip:tom@example.com"
    assert sum(why.startswith(delivered) for why in told_why) == 3
