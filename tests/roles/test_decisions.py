from __future__ import annotations

import msgspec

from hereabouts.base.units import Timestamp
from hereabouts.roles.decisions import Decided, Decisions

DECIDED = Decided(
    at=Timestamp(0.0),
    point="incoming-subscription",
    presentity="sip:tom@example.com",
    watcher="sip:bob@example.com",
    decision="allow",
    because="Allowed because no policy decides otherwise.",
)


def at(second: int) -> Decided:
    return msgspec.structs.replace(DECIDED, at=Timestamp(float(second)))


def test_the_newest_come_first_and_the_oldest_go() -> None:
    decisions = Decisions(most=2)
    for second in range(3):
        decisions.add("sip:tom@example.com", at(second))
    assert decisions.of("sip:tom@example.com") == [at(2), at(1)]
    assert decisions.of("sip:alice@example.com") == []


def test_he_who_was_decided_for_longest_ago_is_forgotten_first() -> None:
    decisions = Decisions(most_owners=2)
    for owner in ("tom", "alice", "tom", "bob"):
        decisions.add(owner, DECIDED)
    assert len(decisions.of("tom")) == 2
    assert decisions.of("alice") == []
    assert len(decisions.of("bob")) == 1


def test_who_leaves_is_forgotten() -> None:
    decisions = Decisions()
    decisions.add("tom", DECIDED)
    decisions.forget("tom")
    decisions.forget("nobody")
    assert decisions.of("tom") == []
