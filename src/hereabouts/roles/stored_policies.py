"""The policies that are in this node's own store, as a source for its agents."""

from __future__ import annotations

from hereabouts.base.deadlines import Deadlines
from hereabouts.base.units import NEVER, Instant, Moment, Timestamp
from hereabouts.policy import library
from hereabouts.policy.engine import Policy
from hereabouts.policy.place import Place, place_of
from hereabouts.policy.point import Point
from hereabouts.policy.stored import KIND, StoredPolicy
from hereabouts.roles.policy_source import AFTERWARDS, Changed
from hereabouts.storage.interface import Entry, Key, Store


class StoredPolicies:
    """A `PolicySource` over a store; `stored` tells it of every policy there."""

    def __init__(self, store: Store, deadlines: Deadlines) -> None:
        self.on_changed: Changed = lambda _owners, _now: None
        self.has_any = False
        self._store = store
        self._deadlines = deadlines
        self._enabled: dict[str, dict[str, tuple[Point, ...]]] = {}  # by owner and id
        self._points: dict[str, frozenset[Point]] = {}  # by owner; nobody's is empty
        self._everybodys: frozenset[Point] = frozenset()  # an administrator's
        self._changed: set[str] = set()
        self._dates: list[tuple[Timestamp, str]] = []

    # -- PolicySource

    async def applicable(self, owner: str, point: Point, now: Moment) -> tuple[Policy, ...]:
        """What applies to this owner at this point, in the order in which it is obeyed."""
        return await library.applicable(self._store, owner, point, now.timestamp)

    def may_apply(self, owner: str, point: Point) -> bool:
        """Whether any policy that is enabled is about this point."""
        points = self._points.get(owner)
        if points is not None and point in points:
            return True
        return bool(self._everybodys) and point in self._everybodys

    # -- what the store tells

    def stored(self, key: Key, entry: Entry | None, *, is_news: bool = True) -> None:
        """Take note of a policy; `is_news`: that which was decided by others may hold no more."""
        kind, owner, name = key
        if kind != KIND:
            return
        enabled = self._enabled.setdefault(owner, {})
        enabled.pop(name, None)
        if entry is not None and isinstance(entry.record, StoredPolicy):
            policy = entry.record
            self._dates += [(date, owner) for date in (policy.valid_from, policy.valid_until)]
            if policy.is_enabled:
                enabled[name] = policy.points
        self._count(owner, enabled)
        if is_news:
            self._changed.add(owner)

    def _count(self, owner: str, enabled: dict[str, tuple[Point, ...]]) -> None:
        points = frozenset(point for points in enabled.values() for point in points)
        self._points[owner] = points
        if not points:
            del self._points[owner]
        if not enabled:
            del self._enabled[owner]
        self.has_any = bool(self._points)
        if place_of(owner) is not Place.OWN:
            everybodys = (owner for owner in self._points if place_of(owner) is not Place.OWN)
            self._everybodys = frozenset().union(*(self._points[owner] for owner in everybodys))

    def work(self, now: Moment) -> None:
        """Tell of what has changed since the last turn; remember the dates to come."""
        dates, self._dates = self._dates, []
        for date, owner in dates:
            if now.timestamp < date < NEVER:
                due = Instant(now.due(date) + AFTERWARDS)
                self._deadlines.at(due, self._date_has_come, owner)
        if self._changed:
            changed, self._changed = self._changed, set()
            is_everybodys = any(place_of(owner) is not Place.OWN for owner in changed)
            self.on_changed(None if is_everybodys else frozenset(changed), now)

    def _date_has_come(self, owner: str, _due: Instant, _now: Moment) -> None:
        """A policy has begun or has ended, or did before somebody changed it."""
        self._changed.add(owner)
