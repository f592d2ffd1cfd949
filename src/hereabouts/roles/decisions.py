"""The last decisions that policies have made for each owner, so that he can see why."""

from __future__ import annotations

from collections import deque

import msgspec

from hereabouts.base.units import Timestamp

MOST = 50
"Decisions of one owner that are remembered."

MOST_OWNERS = 10_000
"Owners whose decisions are remembered; he who was decided for longest ago is forgotten first."


class Decided(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One decision."""

    at: Timestamp
    point: str
    presentity: str
    watcher: str
    decision: str
    because: str
    "One sentence, for the owner."
    policy: str = ""
    "The name of the policy; empty: none decided."


class Decisions:
    """What was decided lately; in memory alone."""

    def __init__(self, most: int = MOST, most_owners: int = MOST_OWNERS) -> None:
        self._most = most
        self._most_owners = most_owners
        self._by_owner: dict[str, deque[Decided]] = {}

    def add(self, owner: str, decided: Decided) -> None:
        """Remember one more."""
        kept = self._by_owner.pop(owner, None)
        if kept is None:
            kept = deque(maxlen=self._most)
        kept.append(decided)
        self._by_owner[owner] = kept  # the last in the order now
        if len(self._by_owner) > self._most_owners:
            del self._by_owner[next(iter(self._by_owner))]

    def of(self, owner: str) -> list[Decided]:
        """What is remembered of an owner, the newest first."""
        return list(reversed(self._by_owner.get(owner, ())))

    def forget(self, owner: str) -> None:
        """He is a user no more."""
        self._by_owner.pop(owner, None)
