"""What the DNS has answered, as long as it holds."""

from __future__ import annotations

import msgspec

from hereabouts.base.units import Instant, Seconds
from hereabouts.sip.records import DnsAnswer, DnsQuery

MOST_KEPT = 10_000
"Answers kept; the oldest go first."

SHORTEST: Seconds = 1.0
"Seconds that any answer is kept: those who ask at once are one question."

LONGEST: Seconds = 3600.0
"Seconds that records are kept, however long they would hold."

LONGEST_ABSENCE: Seconds = 300.0
"Seconds that the absence of records is kept (:rfc:`2308#section-5` allows some hours)."

FAILED: Seconds = 5.0
"Seconds after a failure until the same is asked again (:rfc:`2308#section-7`: at most 300)."


class _Kept(msgspec.Struct, frozen=True, gc=False):
    answer: DnsAnswer
    ends_at: Instant


class DnsCache:
    """Answers by their questions."""

    def __init__(self, most: int = MOST_KEPT) -> None:
        self._most = most
        self._kept: dict[DnsQuery, _Kept] = {}

    def get(self, query: DnsQuery, now: Instant) -> DnsAnswer | None:
        """The answer, if one is here that holds."""
        kept = self._kept.get(query)
        return kept.answer if kept is not None and now < kept.ends_at else None

    def keep(self, query: DnsQuery, answer: DnsAnswer, now: Instant) -> None:
        """Keep an answer that has just come."""
        self._kept.pop(query, None)
        self._kept[query] = _Kept(answer, Instant(now + _lifetime(answer)))
        if len(self._kept) > self._most:
            del self._kept[next(iter(self._kept))]


def _lifetime(answer: DnsAnswer) -> Seconds:
    if answer.fault:
        return FAILED
    longest = LONGEST if answer.records else LONGEST_ABSENCE
    return min(max(answer.lifetime, SHORTEST), longest)
