"""REGISTER on a whole node: what a disk that fails, and time, make of bindings."""

from __future__ import annotations

import re

from hereabouts.sip.reader import read
from tests.ladders.conftest import Play

THREE = "Contact=<sip:a@h.invalid>,<sip:b@h.invalid>,<sip:c@h.invalid>"


def bound(ladder: Play) -> list[str]:
    """The contacts that a query shows, without their time."""
    ladder.play("""
        alice -> node REGISTER Contact=none
        alice <- node 200
    """)
    contacts = read(ladder.stage.peer("alice").heard[-1]).values("contact")
    return [re.sub(r";expires=\d+$", "", contact) for contact in contacts]


def test_a_register_that_cannot_be_kept_changes_nothing(ladder: Play) -> None:
    """3261-10.3-10: 503 rather than 500, for another try may succeed."""
    ladder.play(f"""
        alice -> node REGISTER Contact=<sip:old@h.invalid>
        alice <- node 200
        disk  -> node FAIL
        alice -> node REGISTER {THREE}
        alice <- node 503
    """)
    assert bound(ladder) == ["<sip:old@h.invalid>"]


def test_a_binding_ends_with_its_time(ladder: Play) -> None:
    """3261-10.3-12."""
    ladder.play("""
        alice -> node REGISTER Contact=<sip:old@h.invalid> Expires=60
        alice <- node 200
                59.99 s pass
    """)
    assert bound(ladder) == ["<sip:old@h.invalid>"]
    ladder.play("0.01 s pass")
    assert bound(ladder) == []
