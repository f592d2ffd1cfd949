"""Whose policies have changed since when, and who has any: what agents on other machines follow.

Versions are words: those of another run of this server, or from before what is remembered, are
answered with all that there is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from hereabouts.http.news import News
from hereabouts.policy.place import AFTER, BEFORE
from hereabouts.policy.stored import KIND, StoredPolicy
from hereabouts.storage.interface import Entry, Key, Store, Version

MOST_REMEMBERED = 10_000
"Owners whose last change is remembered; the oldest go first."

MOST_TOLD = 100_000
"Owners whose points are told at once; where there are more, agents ask for each."


class PolicyChanges:
    """Who has policies about which points, and who has changed his in this run.

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
        self._last: dict[str, int] = {}  # the newest of each owner
        self._points: dict[str, dict[str, tuple[str, ...]]] = {}  # by owner and id
        for key, entry, _ in store.changes(0, self._changed):
            self._note(key, entry)

    def since(self, version: str | None, owner: str | None) -> News:
        """What has changed since a version, for one owner or (`None`) for all."""
        newest = f"{self._run}.{self._count}"
        run, _, count = (version or "").partition(".")
        is_known = run == self._run and _is_count(count) and int(count) <= self._count
        if not is_known or int(count) < self._forgotten:
            return self._all(newest, owner)
        sought = self._last if owner is None else (BEFORE, owner, AFTER)
        changed = [each for each in sought if self._last.get(each, 0) > int(count)]
        return News(newest, self._told(changed))

    def _all(self, newest: str, owner: str | None) -> News:
        if owner is None and len(self._points) > MOST_TOLD:
            return News(newest, everybody=True, is_complete=False)
        sought = self._points if owner is None else (BEFORE, owner, AFTER)
        known = self._told(each for each in sought if each in self._points)
        return News(newest, known, everybody=True)

    def _told(self, owners: Iterable[str]) -> dict[str, tuple[str, ...]]:
        return {owner: self._about(owner) for owner in owners}

    def _about(self, owner: str) -> tuple[str, ...]:
        policies = self._points.get(owner, {})
        return tuple(sorted({point for points in policies.values() for point in points}))

    def _changed(self, key: Key, entry: Entry | None, _version: Version) -> None:
        if key[0] != KIND:
            return
        self._note(key, entry)
        owner = key[1]
        self._count += 1
        self._last.pop(owner, None)
        self._last[owner] = self._count
        if len(self._last) > MOST_REMEMBERED:
            self._forgotten = self._last.pop(next(iter(self._last)))
        self.on_change()

    def _note(self, key: Key, entry: Entry | None) -> None:
        kind, owner, policy_id = key
        if kind != KIND:
            return
        policies = self._points.setdefault(owner, {})
        policies.pop(policy_id, None)
        record = entry.record if entry is not None else None
        if isinstance(record, StoredPolicy) and record.is_enabled:
            policies[policy_id] = tuple(point.value for point in record.points)
        if not policies:
            del self._points[owner]


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 20
