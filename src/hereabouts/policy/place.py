"""Where a policy stands among those that are asked: the owner's own, or an administrator's."""

from __future__ import annotations

from enum import Enum, auto


class Place(Enum):
    """Before, among or after the policies of the owner, in this order."""

    BEFORE = auto()
    "An administrator's, asked first; what it decides stands."
    OWN = auto()
    AFTER = auto()
    "An administrator's, asked in any case; it can only lower what was decided."


BEFORE = "*before"
AFTER = "*after"
"The owners under whom an administrator's policies are kept."

_PLACES = {BEFORE: Place.BEFORE, AFTER: Place.AFTER}

ORDER: dict[Place, int] = {place: number for number, place in enumerate(Place)}


def place_of(owner: str) -> Place:
    """Where the policies of this owner stand."""
    return _PLACES.get(owner, Place.OWN)
