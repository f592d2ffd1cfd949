"""A choice made by a person: it stands until the person makes another."""

from __future__ import annotations

from typing import Self

from hereabouts.base.journal import Journal
from hereabouts.base.units import Seconds
from hereabouts.devices.words import read_words
from hereabouts.presence.statement import Statement

SLOT = "manual"
"There is one person, so there is one."


class ManualDevice:
    """What was chosen last; `first` before anything was."""

    slot = SLOT
    interval: Seconds = 0.0

    def __init__(self, first: Statement | None = None) -> None:
        self.name = SLOT
        self._first = first

    @classmethod
    def named(cls, words: str, _journal: Journal) -> Self:
        """One with a first choice, such as `open: at my desk`; without words, with none.

        Raises:
            BadWords: the words say nothing.
        """
        return cls(read_words(words) if words.strip() else None)

    def read(self, last: Statement | None) -> Statement | None:
        """The choice; it is kept by the PUA, so that it outlives the program."""
        return last if last is not None else self._first
