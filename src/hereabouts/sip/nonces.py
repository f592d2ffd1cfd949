"""Nonces: issued without being remembered, each use taken once (:rfc:`7616#section-3.3`).

A nonce carries its date and a keyed hash, so that nothing is kept for a challenge that nobody
answers. From its first right answer on its counts are kept; what must be forgotten for want of
room raises a mark below which an unknown nonce is stale, and so is never taken for a new one.
"""

from __future__ import annotations

import hmac
from collections import OrderedDict
from hashlib import blake2b

import msgspec

from hereabouts.base.ids import Ids
from hereabouts.base.units import Seconds, Timestamp

WINDOW = 64
"How far below the highest count a count is still taken: clients send several requests at once."

_STAMP_DIGITS = 12
_SEAL_OCTETS = 16
_SEAL_DIGITS = 2 * _SEAL_OCTETS
_LEAST_KEY = 16
_GREATEST_KEY = 64


class Counts(msgspec.Struct, frozen=True, gc=False):
    """Which counts of one nonce were used."""

    highest: int
    seen: int
    "Bit n is set if the count `highest - n` was used."

    def with_count(self, count: int) -> Counts | None:
        """The counts once this one is used as well; `None` if it is used, or too old to know."""
        ahead = count - self.highest
        if ahead > 0:
            # The shift is bounded: a peer may jump by four thousand million.
            return Counts(count, (self.seen << min(ahead, WINDOW) | 1) & _WHOLE_WINDOW)
        bit = 1 << min(-ahead, WINDOW)
        if bit > _WHOLE_WINDOW or self.seen & bit:
            return None
        return Counts(self.highest, self.seen | bit)


_WHOLE_WINDOW = (1 << WINDOW) - 1
_SPENT = Counts(1 << 32, _WHOLE_WINDOW)
"Of a nonce that was used without a count: eight hexadecimal digits do not reach past it."


class Nonces:
    """Issues nonces and says of each use whether it is the first of its kind.

    Args:
        key: 16 to 64 secret random octets, fresh for each start of the server: with the counts
            of a former run its nonces are lost too.
        ids: the chance in a nonce; two clients never share one.
        lifetime: how long a nonce can be used, in seconds.
        capacity: of how many nonces the counts are kept; about 200 bytes each.
    """

    def __init__(
        self, key: bytes, ids: Ids, *, lifetime: Seconds = 300.0, capacity: int = 100_000
    ) -> None:
        if not _LEAST_KEY <= len(key) <= _GREATEST_KEY:
            raise AssertionError(f"a nonce key has 16 to 64 octets, not {len(key)}")
        self._key = key
        self._ids = ids
        self._lifetime = _stamp(lifetime)
        self._capacity = capacity
        self._counts: OrderedDict[str, Counts] = OrderedDict()
        self._forgotten_until = -1

    def issue(self, now: Timestamp) -> str:
        """A nonce of letters and digits that nobody has had before."""
        body = f"{_stamp(now):0{_STAMP_DIGITS}x}{self._ids.token()}"
        return body + self._seal(body)

    def use(self, nonce: str, count: int | None, now: Timestamp) -> bool:
        """Take this use of the nonce, unless it is stale; call it for right answers only.

        `count` is the client's `nc`; counts may come out of order within `WINDOW`. `None` stands
        for an answer without one, taken as the first and last use of its nonce.
        """
        if not self._is_fresh(nonce, _stamp(now)):
            return False
        known = self._counts.get(nonce)
        if known is None and _issued(nonce) <= self._forgotten_until:
            return False
        counts = _counted(known, count)
        if counts is None:
            return False
        self._counts[nonce] = counts
        self._forget(_stamp(now))
        return True

    def __len__(self) -> int:
        """Of how many nonces the counts are kept."""
        return len(self._counts)

    def _is_fresh(self, nonce: str, now: int) -> bool:
        body, seal = nonce[:-_SEAL_DIGITS], nonce[-_SEAL_DIGITS:]
        if not nonce.isascii() or not hmac.compare_digest(seal, self._seal(body)):
            return False
        return now < _issued(nonce) + self._lifetime

    def _seal(self, body: str) -> str:
        sealed = blake2b(body.encode("ascii"), key=self._key, digest_size=_SEAL_OCTETS)
        return sealed.hexdigest()

    def _forget(self, now: int) -> None:
        """Drop what is over, and the oldest where there are too many."""
        while self._counts:
            issued = _issued(next(iter(self._counts)))
            if len(self._counts) <= self._capacity and now < issued + self._lifetime:
                return
            self._counts.popitem(last=False)
            # Even of those that are over: the clock may be set back.
            self._forgotten_until = max(self._forgotten_until, issued)


def _counted(known: Counts | None, count: int | None) -> Counts | None:
    if count is None:
        return _SPENT if known is None else None
    return Counts(count, 1) if known is None else known.with_count(count)


def _stamp(seconds: float) -> int:
    """Whole milliseconds."""
    return int(seconds * 1000)


def _issued(nonce: str) -> int:
    return int(nonce[:_STAMP_DIGITS], 16)
