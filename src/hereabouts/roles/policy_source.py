"""Where the policies of a point come from: this node's own store, or a policy server elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from hereabouts.base.refusal import Unavailable
from hereabouts.base.units import Moment, Seconds
from hereabouts.policy.engine import Policy
from hereabouts.policy.point import Point

Changed = Callable[[frozenset[str] | None, Moment], None]
"Told whose policies have changed: addresses-of-record; `None`: perhaps everybody's."

AFTERWARDS: Seconds = 0.001
"Seconds after a date at which it has come for certain, whatever floating point has lost."


class PolicyUnavailable(Unavailable):
    """The policies that apply cannot be had in time: what is decided now protects the owner."""


class PolicySource(Protocol):
    """Finds the policies that an agent has to obey."""

    on_changed: Changed
    "To be set by whoever asks again when policies change."
    has_any: bool
    "Whether anybody may have any policy. `False` saves asking about each."

    async def applicable(self, owner: str, point: Point, now: Moment) -> tuple[Policy, ...]:
        """What applies to this owner at this point, in the order in which it is obeyed.

        A handler awaits it as it awaits the store.

        Raises:
            PolicyUnavailable: nobody knows in time.
        """
        ...

    def may_apply(self, owner: str, point: Point) -> bool:
        """Whether anything may apply. Cheap: `False` saves asking."""
        ...
