"""RFC 6665 section 4.1.3; what a watch makes of it is in `test_watching.py`."""

from __future__ import annotations

import pytest

from hereabouts.presence.resubscription import Again, after

REASONS = [
    ("deactivated", Again.AT_ONCE, "the notifier moves"),
    ("timeout", Again.AT_ONCE, "it was not refreshed"),
    ("probation", Again.LATER, "the notifier asks for time"),
    ("giveup", Again.LATER, "nobody approved in time"),
    ("rejected", Again.NEVER, "not allowed any more"),
    ("noresource", Again.NEVER, "nobody there any more"),
    ("invariant", Again.NEVER, "nothing will ever change"),
    ("Rejected", Again.NEVER, "tokens have no case"),
    ("whatever", Again.LATER, "a reason of later times"),
    (None, Again.LATER, "no reason"),
]


@pytest.mark.parametrize(
    "reason, again", [row[:2] for row in REASONS], ids=[row[2] for row in REASONS]
)
def test_when_to_subscribe_again(reason: str | None, again: Again) -> None:
    assert after(reason) is again
