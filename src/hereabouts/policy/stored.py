"""A policy as it is kept, and what it may be."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping

import msgspec

from hereabouts.base.refusal import Malformed, Refusal
from hereabouts.base.units import NEVER, Timestamp
from hereabouts.policy.point import Point
from hereabouts.storage.interface import Record

KIND = "policy"

MAXIMUM_POLICIES = 20
"Policies of one owner that say something about one point."

MAXIMUM_NAME = 200
"The longest name, in characters."

MAXIMUM_PRIORITY = 1_000_000
"The highest priority; the lowest is as far below zero."

_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}", re.ASCII)


class MalformedPolicy(Malformed):
    """What comes with a script cannot be: its id, its name, its priority or its dates."""


class TooManyPolicies(Refusal):
    """The owner has as many policies at one point as can be kept."""

    status = 403


class StoredPolicy(Record, frozen=True, gc=False, kw_only=True, array_like=False):
    """A policy as it is kept, under its owner and its id."""

    name: str
    "What its owner calls it."
    priority: int = 0
    "Of two, the higher is asked first."
    is_enabled: bool = True
    valid_from: Timestamp = Timestamp(0.0)
    "Before this date it does not apply."
    valid_until: Timestamp = NEVER
    "From this date on it does not apply; it is kept all the same."
    script: bytes
    points: tuple[Point, ...] = ()
    "What the script says something about; whoever keeps the policy finds that out."

    def applies(self, now: Timestamp) -> bool:
        """Whether it is asked now."""
        return self.is_enabled and self.valid_from <= now < self.valid_until


def check(policy_id: str, policy: StoredPolicy) -> None:
    """Accept everything about a policy but its script.

    Raises:
        MalformedPolicy: it cannot be.
    """
    if not _ID.fullmatch(policy_id):
        raise MalformedPolicy(
            f"{policy_id[:80]!r} is no id: use up to 64 of a-z, 0-9, dot, - and _, such as hours-2"
        )
    name = policy.name
    if not name.strip() or len(name) > MAXIMUM_NAME or any(map(_is_control, name)):
        raise MalformedPolicy(f"a name has 1 to {MAXIMUM_NAME} characters, on one line")
    if abs(policy.priority) > MAXIMUM_PRIORITY:
        raise MalformedPolicy(f"a priority lies between -{MAXIMUM_PRIORITY} and {MAXIMUM_PRIORITY}")
    if not policy.valid_from < policy.valid_until:
        raise MalformedPolicy(
            "the policy ends before it begins: valid_until is not after valid_from"
        )


def _is_control(character: str) -> bool:
    return unicodedata.category(character) == "Cc"


def check_room(policy: StoredPolicy, others: Iterable[StoredPolicy]) -> None:
    """Accept one more policy beside the others of its owner.

    Raises:
        TooManyPolicies: there are enough for one of its points.
    """
    points = [point for each in others for point in each.points]
    for point in policy.points:
        if points.count(point) >= MAXIMUM_POLICIES:
            raise TooManyPolicies(
                f"there are {MAXIMUM_POLICIES} policies for {point.value} already: delete one,"
                " or put two together"
            )


def changed(policy: StoredPolicy, changes: Mapping[str, object]) -> StoredPolicy:
    """The policy with these fields in place of its own.

    Raises:
        MalformedPolicy: there is no such field, or it cannot have that value.
    """
    given = msgspec.structs.asdict(policy)
    del given["points"], given["expires_at"]
    unknown = sorted(changes.keys() - given.keys())
    if unknown:
        raise MalformedPolicy(f"a policy has no {unknown[0]!r}; it has {', '.join(sorted(given))}")
    try:
        # Else a text would be taken for bytes in base64.
        return msgspec.convert({**given, **changes}, StoredPolicy, builtin_types=(bytes,))
    except msgspec.ValidationError as fault:
        raise MalformedPolicy(str(fault)) from None
