"""Plays a written ladder against nodes that do no I/O, under a clock that the player holds."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Generic, NamedTuple, Protocol, TypeVar

from hereabouts.base.units import Instant, Moment, Seconds, Timestamp
from tests.ladders.script import Message, Note, Pause, Step, Way, read

Wire = TypeVar("Wire")
"A message as the nodes and the peers have it: bytes, or whatever the stage makes of them."

START = Moment(Instant(1000.0), Timestamp(1_700_000_000.0))
"When a ladder begins; nothing depends on it but what is shown."

PATIENCE = 1000
"How often in a row a timer may be due at one instant before we call it stuck."


class Sent(NamedTuple, Generic[Wire]):
    """A message that a node has sent."""

    node: str
    peer: str
    message: Wire


class Stage(Protocol[Wire]):
    """The nodes under test and the peers around them.

    The peers fill in what a ladder does not say: tags, Call-IDs, CSeqs, from the dialogs they
    have seen.
    """

    def say(self, peer: str, node: str, note: Note, now: Moment) -> Iterable[Sent[Wire]]:
        """Have `peer` send `node` what the note says; what the nodes send because of it."""
        ...

    def hear(self, peer: str, message: Wire) -> None:
        """Let `peer` have the message: it has arrived."""
        ...

    def note(self, message: Wire) -> Note:
        """What a ladder may say of the message."""
        ...

    def next_deadline(self) -> Instant | None:
        """When the nodes next want to be told the time."""
        ...

    def handle_timer(self, now: Moment) -> Iterable[Sent[Wire]]:
        """Tell the nodes the time; what they send because of it."""
        ...


class Ladder(Generic[Wire]):
    """A stage, and the messages that are on their way to its peers."""

    def __init__(self, stage: Stage[Wire], now: Moment = START) -> None:
        self.now = now
        self._stage = stage
        self._under_way: dict[tuple[str, str], deque[Wire]] = {}

    def play(self, script: str) -> None:
        """Play every line, and be sure that nothing else was sent.

        The order of messages to one peer is tested, that between peers is not: nobody promises it.
        A later call goes on where this one ended.

        Raises:
            AssertionError: the nodes do something else than the ladder says.
            NotALadder: a line is none; nothing was played.
        """
        for step in list(read(script)):
            self._take(step)
        left = [
            f"{peer} <- {node} {self._stage.note(message)}"
            for (peer, node), messages in self._under_way.items()
            for message in messages
        ]
        assert not left, "sent, but not in the ladder:\n" + "\n".join(left)

    def _take(self, step: Step) -> None:
        match step:
            case Pause(seconds):
                self._pass(seconds)
            case Message(peer, Way.TO_NODE, node, note):
                self._collect(self._stage.say(peer, node, note, self.now))
            case Message(peer, Way.TO_PEER, _, _):
                self._stage.hear(peer, self._next(step))
            case Message():
                self._next(step)

    def _next(self, step: Message) -> Wire:
        messages = self._under_way.get((step.peer, step.node))
        assert messages, f"nothing was sent; the ladder says: {step}"
        message = messages.popleft()
        actual = self._stage.note(message)
        assert actual.shows(step.note), f"sent: {actual}; the ladder says: {step}"
        return message

    def _pass(self, seconds: Seconds) -> None:
        until = Instant(self.now.instant + seconds)
        rounds = 0
        while (due := self._stage.next_deadline()) is not None and due <= until:
            rounds = rounds + 1 if due <= self.now.instant else 0
            assert rounds < PATIENCE, "a timer stays due, however often it is handled"
            self._move(due)
            self._collect(self._stage.handle_timer(self.now))
        self._move(until)

    def _move(self, instant: Instant) -> None:
        # A deadline that is past already does not turn the clock back.
        later = max(0.0, instant - self.now.instant)
        self.now = Moment(Instant(self.now.instant + later), Timestamp(self.now.timestamp + later))

    def _collect(self, sent: Iterable[Sent[Wire]]) -> None:
        for node, peer, message in sent:
            self._under_way.setdefault((peer, node), deque()).append(message)
