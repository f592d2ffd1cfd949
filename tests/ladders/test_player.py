"""The player sees what a ladder is for: shown on an echo that repeats itself once, 10 s later."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hereabouts.base.units import Instant, Moment
from tests.ladders.player import START, Ladder, Sent
from tests.ladders.script import NotALadder, Note


class Echo:
    """A stage with one toy node: answers each PING with a PONG, and again after 10 seconds."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, Note]] = []
        self._due: list[tuple[Instant, Sent[Note]]] = []

    def say(self, peer: str, node: str, note: Note, now: Moment) -> Iterator[Sent[Note]]:
        pong = Sent(node, peer, Note("PONG", {"n": note.fields["n"]}))
        self._due.append((Instant(now.instant + 10), pong))
        yield pong

    def hear(self, peer: str, message: Note) -> None:
        self.heard.append((peer, message))

    def note(self, message: Note) -> Note:
        return message

    def next_deadline(self) -> Instant | None:
        return self._due[0][0] if self._due else None

    def handle_timer(self, now: Moment) -> Iterator[Sent[Note]]:
        while self._due and self._due[0][0] <= now.instant:
            yield self._due.pop(0)[1]


class Stuck(Echo):
    """The same, but its timer is due for ever."""

    def handle_timer(self, now: Moment) -> Iterator[Sent[Note]]:
        return iter(())


FAITHFUL = [
    ("a -> node PING n=1\n a <- node PONG n=1", "what is said is sent"),
    ("a -> node PING n=1\n a <- node PONG n=*", "any value will do"),
    (
        "a -> node PING n=1\n a <- node PONG n=1\n 10 s pass\n a <- node PONG n=1",
        "a timer fires at the very instant it is due",
    ),
    ("a -> node PING n=1\n a <- node PONG\n 9.9 s pass", "a timer does not fire before"),
    (
        "a -> node PING n=1\n b -> node PING n=2\n b <- node PONG n=2\n a <- node PONG n=1",
        "order between peers is not promised",
    ),
    (
        "a -> east PING n=1\n a -> west PING n=2\n a <- west PONG n=2\n a <- east PONG n=1",
        "nor between nodes",
    ),
]


@pytest.mark.parametrize("script", [row[0] for row in FAITHFUL], ids=[row[1] for row in FAITHFUL])
def test_a_ladder_that_is_true_is_played(script: str) -> None:
    Ladder(Echo()).play(script)


UNFAITHFUL = [
    ("a -> node PING n=1", "sent, but not in the ladder", "something more is sent"),
    ("a <- node PONG n=1", "nothing was sent", "nothing is sent"),
    ("a -> node PING n=1\n a <- node PONG n=2", "sent: PONG n=1", "something else is sent"),
    ("a -> node PING n=1\n b <- node PONG n=1", "nothing was sent", "another peer gets it"),
    (
        "a -> node PING n=1\n a <- node PONG\n 30 s pass",
        "sent, but not in the ladder",
        "a timer says more than the ladder",
    ),
    (
        "a -> node PING n=1\n a -> node PING n=2\n a <- node PONG n=2\n a <- node PONG n=1",
        "sent: PONG n=1",
        "the order to one peer counts",
    ),
]


@pytest.mark.parametrize(
    "script, complaint", [row[:2] for row in UNFAITHFUL], ids=[row[2] for row in UNFAITHFUL]
)
def test_a_ladder_that_is_not_true_fails(script: str, complaint: str) -> None:
    with pytest.raises(AssertionError, match=complaint):
        Ladder(Echo()).play(script)


def test_what_is_lost_is_sent_and_never_heard() -> None:
    stage = Echo()
    Ladder(stage).play("a -> node PING n=1\n a x- node PONG\n 10 s pass\n a <- node PONG n=1")
    assert stage.heard == [("a", Note("PONG", {"n": "1"}))]


def test_both_clocks_go_on_together_from_call_to_call() -> None:
    ladder = Ladder(Echo())
    ladder.play("5 s pass")
    ladder.play("2.5 s pass")
    assert ladder.now.instant - START.instant == 7.5
    assert ladder.now.timestamp - START.timestamp == 7.5


def test_a_timer_that_stays_due_is_a_fault_and_not_a_hang() -> None:
    with pytest.raises(AssertionError, match="stays due"):
        Ladder(Stuck()).play("a -> node PING n=1\n a <- node PONG\n 30 s pass")


def test_nothing_is_played_of_a_ladder_with_a_line_that_is_none() -> None:
    stage = Echo()
    with pytest.raises(NotALadder):
        Ladder(stage).play("a -> node PING n=1\n a <- node PONG n=1\n and so on")
    assert stage.heard == []
