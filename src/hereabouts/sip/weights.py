"""The order in which the servers of a domain are tried (:rfc:`2782`, on Priority and Weight)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable
from hashlib import blake2b
from itertools import accumulate, groupby

from hereabouts.base.ids import Ids
from hereabouts.sip.records import SrvRecord

Draw = Callable[[int], int]
"A whole number from 0 to the one given, both included, each as likely as the others."


def drawing(ids: Ids) -> Draw:
    """Lots from the same source as all other words that nobody can guess."""

    def draw(most: int) -> int:
        # A word may be of letters that are not equally likely; its hash has no such leaning.
        word = blake2b(ids.token().encode(), digest_size=8).digest()
        return int.from_bytes(word) % (most + 1)

    return draw


def in_turn(records: Iterable[SrvRecord], draw: Draw) -> list[SrvRecord]:
    """The records, the lowest priority first; within one, heavier ones are sooner more often.

    One lot is drawn for each record. Those of weight 0 come to the front only by the lot 0: they
    have little chance beside others, but not none.
    """
    ordered: list[SrvRecord] = []
    by_priority = sorted(records, key=_priority)
    for _, equals in groupby(by_priority, key=_priority):
        left = sorted(equals, key=lambda record: record.weight > 0)
        while left:
            ordered.append(left.pop(_drawn(left, draw)))
    return ordered


def _priority(record: SrvRecord) -> int:
    return record.priority


def _drawn(records: list[SrvRecord], draw: Draw) -> int:
    """The place of the first record whose running sum of weights reaches the lot."""
    sums = list(accumulate(record.weight for record in records))
    return bisect_left(sums, draw(sums[-1]))
