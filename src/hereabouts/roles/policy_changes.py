"""Whose policies have changed since when: what agents on other machines follow.

Versions are words: those of another run of this server, or from before what is remembered, are
answered with "perhaps everybody's".
"""

from __future__ import annotations

from collections.abc import Callable

from hereabouts.http.news import News
from hereabouts.policy.place import Place, place_of
from hereabouts.policy.stored import KIND
from hereabouts.storage.interface import Entry, Key, Store, Version

MOST_REMEMBERED = 10_000
"Owners whose last change is remembered; the oldest go first."

_LATEST: Version = 2**63 - 1


class PolicyChanges:
    """The last change of each owner, from now on.

    Args:
        store: where policies are kept.
        run: a word for this run, that no other run has.
    """

    def __init__(self, store: Store, run: str) -> None:
        self.on_change: Callable[[], None] = lambda: None
        "Called after each change."
        self._run = run
        self._count = 0  # changes in this run
        self._forgotten = 0  # the newest that is not remembered
        self._everybody = 0  # the newest that was everybody's
        self._last: dict[str, int] = {}
        # Told only of what comes: what is there is found when it is asked for.
        for _ in store.changes(_LATEST, self._changed):
            raise AssertionError("there is no such version yet")

    def since(self, version: str | None, owner: str | None) -> News:
        """What has changed since a version, for one owner or (`None`) for all."""
        newest = f"{self._run}.{self._count}"
        run, _, count = (version or "").partition(".")
        if run != self._run or not _is_count(count) or int(count) > self._count:
            return News(newest, everybody=True)
        known = int(count)
        if known < max(self._everybody, self._forgotten):
            return News(newest, everybody=True)
        sought = self._last if owner is None else {owner}
        return News(newest, tuple(one for one in sought if self._last.get(one, 0) > known))

    def _changed(self, key: Key, _entry: Entry | None, _version: Version) -> None:
        kind, owner, _ = key
        if kind != KIND:
            return
        self._count += 1
        if place_of(owner) is Place.OWN:
            self._last.pop(owner, None)
            self._last[owner] = self._count
            if len(self._last) > MOST_REMEMBERED:
                self._forgotten = self._last.pop(next(iter(self._last)))
        else:
            self._everybody = self._count
        self.on_change()


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 20
