"""What is known here of policies that are elsewhere: who has any, and the answers that came."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from hereabouts.policy.place import Place, place_of
from hereabouts.policy.point import Point
from hereabouts.roles.policy_link import Dated, Key

MOST_HELD = 100_000
"Answers kept; the oldest go first."

Points = Mapping[str, frozenset[Point]]
"The points about which each owner has policies."


class Held(msgspec.Struct, frozen=True, gc=False):
    """An answer that came once."""

    entity_tag: str
    policies: tuple[Dated, ...]
    epoch: int


class PolicyMemory:
    """Right for as long as news come in: `forget` says when they do not, and what they say."""

    def __init__(self) -> None:
        self._held: dict[Key, Held] = {}
        self._epoch = 0  # what was held in an earlier one is asked for again
        self._points: dict[str, frozenset[Point]] | None = None
        self._everybodys: frozenset[Point] = frozenset()

    def last(self, key: Key) -> Held | None:
        """The newest answer, be it still right or not."""
        return self._held.get(key)

    def known(self, owner: str, point: Point) -> tuple[Dated, ...] | None:
        """What applies; `None`: that is to be asked."""
        if not self._may_have(owner, point):
            return ()
        held = self._held.get((owner, point))
        return held.policies if held is not None and held.epoch == self._epoch else None

    def keep(self, key: Key, entity_tag: str, policies: tuple[Dated, ...]) -> None:
        """Keep an answer that is right now."""
        self._held.pop(key, None)
        self._held[key] = Held(entity_tag, policies, self._epoch)
        if len(self._held) > MOST_HELD:
            del self._held[next(iter(self._held))]

    def forget(self) -> None:
        """Nothing that is known may be right any more."""
        self._epoch += 1
        self._points = None

    def learn(self, points: Points) -> None:
        """All who have policies, and about which points."""
        self._points = dict(points)
        self._count_everybodys()

    def change(self, points: Points) -> None:
        """Who has changed his policies, and about which points he has any now.

        What is held of him is to be asked for again; an administrator's change concerns everybody.
        """
        if any(map(is_everybodys, points)):
            self._epoch += 1
        for key in [(owner, point) for owner in points for point in Point]:
            held = self._held.get(key)
            if held is not None:
                self._held[key] = msgspec.structs.replace(held, epoch=-1)
        if self._points is not None:
            self._points.update(points)
            for owner in [owner for owner in points if not points[owner]]:
                del self._points[owner]
            self._count_everybodys()

    def _may_have(self, owner: str, point: Point) -> bool:
        if self._points is None or point in self._everybodys:
            return True
        return point in self._points.get(owner, ())

    def _count_everybodys(self) -> None:
        known = self._points or {}
        administrators = [known[owner] for owner in known if is_everybodys(owner)]
        self._everybodys = frozenset[Point]().union(*administrators)


def is_everybodys(owner: str) -> bool:
    """Whether this owner's policies are an administrator's, and so concern everybody."""
    return place_of(owner) is not Place.OWN
