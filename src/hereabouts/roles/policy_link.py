"""What is said between a node and a policy server on another machine, and the port it passes."""

from __future__ import annotations

from typing import Protocol

import msgspec

from hereabouts.base.units import Moment, Timestamp
from hereabouts.policy.engine import Policy
from hereabouts.policy.point import Point
from hereabouts.storage.suspension import Suspension

Key = tuple[str, Point]
"An owner, and a point where his policies act."


class Dated(msgspec.Struct, frozen=True):
    """A policy, and from when on it applies."""

    policy: Policy
    valid_from: Timestamp

    @property
    def dates(self) -> tuple[Timestamp, Timestamp]:
        """When it begins and when it ends."""
        return (self.valid_from, self.policy.valid_until)

    def applies(self, now: Timestamp) -> bool:
        """Whether it is asked now."""
        return self.valid_from <= now < self.policy.valid_until


class Question(msgspec.Struct, eq=False, kw_only=True):
    """Which policies apply to an owner at a point; and what came of asking."""

    key: Key
    entity_tag: str | None
    "Of the answer that is here already."
    waiting: list[Suspension] = []
    "The handlers that wait for the answer."
    policies: tuple[Dated, ...] = ()
    "The answer; before there is one, what has that entity-tag."
    fault: str | None = None
    "Why there is no answer."
    is_sent: bool = False
    is_over: bool = False
    is_overtaken: bool = False
    "Policies have changed since: the answer is for those who wait already, and not kept."


class Answer(msgspec.Struct, frozen=True, gc=False):
    """What the server answers."""

    entity_tag: str
    policies: tuple[Dated, ...] | None
    "What applies now or later, in order; `None`: what has had this entity-tag before."


class Poll(msgspec.Struct, eq=False):
    """What has changed since a version of the server's."""

    since: str | None
    "`None`: no version is known."
    is_patient: bool
    "Whether the server is to wait for a change, `POLL` seconds long."
    is_over: bool = False


class News(msgspec.Struct, frozen=True, gc=False):
    """What has changed."""

    version: str
    points: dict[str, frozenset[Point]]
    "Who has changed his policies, and the points about which he has any now."
    is_all: bool = False
    "Whether anybody's may have changed, since the version that was named is not known."
    is_complete: bool = False
    "Of `is_all`: whether who is not among `points` has none."


class Answers(Protocol):
    """Who is told what comes of questions and polls."""

    def start(self, now: Moment) -> None:
        """Answers can come from now on."""
        ...

    def answered(self, question: Question, answer: Answer, now: Moment) -> None:
        """The server has answered a question."""
        ...

    def failed(self, question: Question, fault: str, now: Moment) -> None:
        """The server has not answered a question, or not as it should."""
        ...

    def told(self, poll: Poll, news: News, now: Moment) -> None:
        """The server has said what has changed, perhaps nothing."""
        ...

    def lost(self, poll: Poll, fault: str, now: Moment) -> None:
        """The server has not said what has changed, or not as it should."""
        ...


class Link(Protocol):
    """Carries what is asked to the server, and brings back what comes of it.

    Each is answered by one call of `answered` or `failed`, of `told` or `lost`, and never before
    the call here has returned.
    """

    answers: Answers
    "To be set before anything is asked."

    def ask(self, question: Question) -> None:
        """Have a question answered."""
        ...

    def follow(self, poll: Poll) -> None:
        """Have changes told."""
        ...

    def drop(self, asked: Question | Poll) -> None:
        """Nobody waits for this answer any more."""
        ...
