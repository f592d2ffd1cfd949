"""How often each of many may do something: token buckets in a table that has a bound.

Who is not in the table has a full bucket, so that nothing need be kept of those who ask rarely.
"""

from __future__ import annotations

from enum import Enum
from math import ceil

import msgspec

from hereabouts.base.units import Instant, Seconds


class Rate(msgspec.Struct, frozen=True):
    """So many a second in the long run, and so many at once after a rest."""

    per_second: float
    burst: int


class Verdict(Enum):
    """What becomes of one who asks."""

    WELCOME = "he is served"
    LATER = "he is told to come later"
    UNHEARD = "he was told so as often as he may be told anything: he gets no answer"


_WELCOME, _LATER, _UNHEARD = Verdict


class _Bucket:
    """What one has left."""

    __slots__ = ("apologies", "at", "tokens")

    def __init__(self, burst: int, at: Instant) -> None:
        self.tokens = float(burst)
        self.apologies = float(burst)
        self.at = at


class Rates:
    """One rate for each of many, told apart by a text.

    Args:
        rate: what each of them may do; he is told to come later as often again, and no more.
        capacity: of how many the buckets are kept; about 200 bytes each. Beyond, those who
            have not asked lately are forgotten first.
    """

    def __init__(self, rate: Rate, *, capacity: int = 65_536) -> None:
        self._per_second = rate.per_second
        self._burst = rate.burst
        self._most = max(1, capacity // 2)
        # Two halves instead of an order: the older one goes as a whole when the younger is full.
        self._young: dict[str, _Bucket] = {}
        self._old: dict[str, _Bucket] = {}

    def take(self, name: str, now: Instant) -> Verdict:
        """Count one more of `name`."""
        bucket = self._young.get(name) or self._older(name, now)
        burst, earned = self._burst, (now - bucket.at) * self._per_second
        bucket.at = now
        tokens = bucket.tokens + earned
        bucket.tokens = tokens = min(tokens, burst)
        bucket.apologies = min(bucket.apologies + earned, burst)
        if tokens >= 1.0:
            bucket.tokens = tokens - 1.0
            return _WELCOME
        if bucket.apologies >= 1.0:
            bucket.apologies -= 1.0
            return _LATER
        return _UNHEARD

    def is_unheard(self, name: str, now: Instant) -> bool:
        """Whether `take` would answer so; nothing is counted."""
        bucket = self._young.get(name) or self._old.get(name)
        if bucket is None:
            return False
        earned = (now - bucket.at) * self._per_second
        return max(bucket.tokens, bucket.apologies) + earned < 1.0

    def wait(self, name: str, now: Instant) -> Seconds:
        """Whole seconds, at least one, until `name` is welcome again if he is silent until then."""
        bucket = self._young.get(name) or self._older(name, now)
        lacking = 1.0 - bucket.tokens - (now - bucket.at) * self._per_second
        return max(1, ceil(lacking / self._per_second))

    def __len__(self) -> int:
        """Of how many the buckets are kept."""
        return len(self._young) + len(self._old)

    def _older(self, name: str, now: Instant) -> _Bucket:
        """The bucket of one who has not asked lately, as one of those who have."""
        bucket = self._old.pop(name, None) or _Bucket(self._burst, now)
        if len(self._young) >= self._most:
            self._old, self._young = self._young, {}
        self._young[name] = bucket
        return bucket
