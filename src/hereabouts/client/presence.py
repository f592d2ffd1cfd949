"""What a watcher is shown of a presentity."""

from __future__ import annotations

import msgspec

from hereabouts.base.units import Timestamp
from hereabouts.presence.pidf.document import Basic, Document
from hereabouts.presence.sighting import Sighting
from hereabouts.presence.statement import Statement
from hereabouts.sip.headers.event import Substate


class Presence(msgspec.Struct, frozen=True):
    """A presentity as it is seen at one time."""

    presentity: str
    "Its address, as it was asked for."
    state: Substate
    "Pending: it has not decided yet. Terminated: nothing is seen of it at the moment."
    reason: str
    "Why the state is terminated; empty otherwise."
    document: Document | None
    "The newest presence document; `None`: none was shown yet."
    seen_at: Timestamp
    "When this was learned, in seconds since 1970."

    @property
    def basic(self) -> Basic | None:
        """Whether any of its services is open; `None`: nobody says, or nothing is seen."""
        return self._statement.basic

    @property
    def note(self) -> str:
        """What it says in words; empty: nothing."""
        return self._statement.note

    @property
    def activities(self) -> tuple[str, ...]:
        """What it does, such as `meeting`."""
        return self._statement.activities

    @property
    def _statement(self) -> Statement:
        if self.document is None or self.state is Substate.TERMINATED:
            return Statement()
        return Statement.of(self.document)

    def __str__(self) -> str:
        said = self.basic.value if self.basic else "unknown"
        words = [self.presentity, said, *self.activities]
        if self.state is not Substate.ACTIVE:
            words.append(f"({self.state.value}{': ' if self.reason else ''}{self.reason})")
        return " ".join(words) + (f": {self.note}" if self.note else "")


def presence_of(presentity: str, sighting: Sighting, at: Timestamp) -> Presence:
    """The presence that a sighting shows."""
    reason = sighting.reason if sighting.substate is Substate.TERMINATED else ""
    return Presence(presentity, sighting.substate, reason, sighting.document, at)
