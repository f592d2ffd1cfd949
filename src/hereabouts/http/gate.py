"""Who asks over HTTP: a user with his password, or an operator or another node with the token.

Basic is RFC 7617, Bearer is RFC 6750. Guessing is bounded by source: who has failed too often
waits, whatever he says next.
"""

from __future__ import annotations

import binascii
import hmac
from base64 import b64decode
from collections.abc import Awaitable, Callable
from math import ceil

import msgspec

from hereabouts.base.units import Seconds
from hereabouts.http.message import Problem, Request

MOST_FAILURES = 10
"Wrong passwords, or tokens, from one address within `FORGIVEN_AFTER`."

FORGIVEN_AFTER: Seconds = 60.0
"Seconds after which the failures of an address are forgotten."

MOST_SOURCES = 10_000
"Addresses whose failures are kept; the oldest go first."

Verify = Callable[[str, str], Awaitable[str | None]]
"The address-of-record of the user with this name and password; `None`: there is none."


class Asker(msgspec.Struct, frozen=True, gc=False):
    """Who asks."""

    owner: str | None
    "A user, by his address-of-record; `None`: the operator, or a node that he trusts."

    def check(self, owner: str) -> None:
        """Pass who may see and change what this owner has.

        Raises:
            Problem: 403.
        """
        if self.owner not in (None, owner):
            raise Problem(403, f"{self.owner} may see and change his own policies alone")


class Failures:
    """How often each address has failed to say who it is."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._counts: dict[tuple[str, str], tuple[int, float]] = {}

    def count(self, scheme: str, source: str) -> None:
        """Count an attempt before it is judged: many at once are many.

        Raises:
            Problem: 429, it is one too many.
        """
        key, now = (scheme, source), self._clock()
        count, since = self._counts.pop(key, (0, now))
        if now - since >= FORGIVEN_AFTER:
            count, since = 0, now
        self._counts[key] = (min(count + 1, MOST_FAILURES), since)
        if len(self._counts) > MOST_SOURCES:
            del self._counts[next(iter(self._counts))]
        if count >= MOST_FAILURES:
            left = str(ceil(since + FORGIVEN_AFTER - now))
            raise Problem(
                429, f"too many wrong attempts; try again in {left} s", (), (("Retry-After", left),)
            )

    def __len__(self) -> int:
        return len(self._counts)

    def forgive(self, scheme: str, source: str) -> None:
        """The attempt that was counted last was none."""
        count, since = self._counts.get((scheme, source), (0, 0.0))
        if count > 1:
            self._counts[scheme, source] = (count - 1, since)
        else:
            self._counts.pop((scheme, source), None)


class Gate:
    """Tells who asks.

    Args:
        realm: what users' passwords belong to.
        token: the operator's; `None`: there is none, and only users are let in.
        verify: judges a user's name and password.
        clock: the monotonic time, in seconds.
    """

    def __init__(
        self, realm: str, token: str | None, verify: Verify, clock: Callable[[], float]
    ) -> None:
        self._token = token.encode() if token is not None else None
        self._verify = verify
        self._failures = Failures(clock)
        shown = realm.encode("ascii", "replace").decode()
        self._challenges = [("WWW-Authenticate", f'Basic realm="{shown}", charset="UTF-8"')]
        if token is not None:
            self._challenges.append(("WWW-Authenticate", f'Bearer realm="{shown}"'))

    async def identify(self, request: Request) -> Asker:
        """Who sent the request.

        Raises:
            Problem: 401, he has not proved it; or 429, he has failed to before too often.
        """
        scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
        scheme, credentials = scheme.lower(), credentials.strip()
        if scheme not in ("basic", "bearer"):
            raise self._challenge("say who asks: a user by Basic, the operator by Bearer")
        self._failures.count(scheme, request.source)
        asker = await (self._user(credentials) if scheme == "basic" else self._bearer(credentials))
        if asker is None:
            raise self._challenge("the name and password, or the token, are not right")
        self._failures.forgive(scheme, request.source)
        return asker

    async def _user(self, credentials: str) -> Asker | None:
        try:
            name, colon, password = b64decode(credentials, validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            return None
        address = await self._verify(name, password) if colon else None
        return Asker(address) if address is not None else None

    async def _bearer(self, credentials: str) -> Asker | None:
        given = credentials.encode("utf-8", "surrogateescape")
        if self._token is None or not hmac.compare_digest(given, self._token):
            return None
        return Asker(None)

    def _challenge(self, detail: str) -> Problem:
        return Problem(401, detail, (), tuple(self._challenges))
