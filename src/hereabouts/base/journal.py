"""What happened, said once, for whoever reads the log."""

from __future__ import annotations

from enum import IntEnum
from typing import Protocol


class Grade(IntEnum):
    """How much an event concerns the operator."""

    DEBUG = 10
    INFO = 20
    WARNING = 30
    ERROR = 40


class Journal(Protocol):
    """Takes events; what it does with them is its own affair."""

    def say(self, grade: Grade, event: str, **fields: object) -> None:
        """One event: a short sentence, and what it is about as fields, without secrets."""
        ...


def hears(journal: Journal, grade: Grade) -> bool:
    """Whether the journal does anything with events of this grade: else they need not be made.

    One that does not say from which grade on takes everything.
    """
    least: int = getattr(journal, "least", Grade.DEBUG)
    return grade >= least


class Silence:
    """A journal for tests and for programs that keep none."""

    least: int = Grade.ERROR + 1

    def say(self, grade: Grade, event: str, **fields: object) -> None:
        """Nothing."""
