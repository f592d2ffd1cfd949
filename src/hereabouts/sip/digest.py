"""Digest authentication, the server's side (:rfc:`3261#section-22`, :rfc:`7616`, :rfc:`8760`).

Whoever gives a wrong password, a name that nobody has, or an algorithm that is off is told the
same, after the same work. A right answer whose nonce is used up is told so (`stale`), and the
client answers again without asking its user.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from itertools import islice
from typing import ClassVar

import msgspec

from hereabouts.base.ids import Ids
from hereabouts.base.refusal import Refusal, Unavailable
from hereabouts.base.units import Timestamp
from hereabouts.sip.algorithms import Algorithm
from hereabouts.sip.credentials import User
from hereabouts.sip.headers.authentication import (
    Challenge,
    Credentials,
    Protection,
)
from hereabouts.sip.nonces import Nonces
from hereabouts.sip.parameters import MalformedHeader


class Unauthorized(Refusal):
    """The user must prove who he is to us who serve him (:rfc:`3261#section-22.2`)."""

    status = 401
    reason = "Unauthorized"
    header: ClassVar[str] = "WWW-Authenticate"

    def __init__(self, challenges: Sequence[str]) -> None:
        super().__init__("no acceptable credentials")
        self.challenges = challenges
        "One header row each, the one we like best first."

    def headers(self) -> list[tuple[str, str]]:
        """One row for each challenge, in their order (:rfc:`8760#section-2.3`)."""
        return [(self.header, challenge) for challenge in self.challenges]


class ProxyAuthenticationRequired(Unauthorized):
    """The user must prove who he is before we pass it on (:rfc:`3261#section-22.3`)."""

    status = 407
    reason = "Proxy Authentication Required"
    header = "Proxy-Authenticate"


class Offers(msgspec.Struct, frozen=True, gc=False):
    """Which algorithms are offered: the setting.

    SHA-256 first and MD5 last suits all measured phones but one, see `exceptions`.
    """

    algorithms: tuple[Algorithm, ...] = (Algorithm.SHA_256, Algorithm.MD5)
    "All that are offered and taken, best first; what is not here is refused."
    exceptions: tuple[tuple[str, tuple[Algorithm, ...]], ...] = (("baresip v1.", (Algorithm.MD5,)),)
    "Clients, by a part of their User-Agent, that are offered these alone; the first match holds."

    def for_client(self, user_agent: str | None) -> tuple[Algorithm, ...]:
        """What a client is offered. An exception never offers what is off."""
        for part, suited in self.exceptions:
            if user_agent is not None and part in user_agent:
                return tuple(a for a in self.algorithms if a in suited) or self.algorithms
        return self.algorithms


class Outcome(Enum):
    """What became of the credentials in a request; of several the highest counts."""

    ABSENT = 0
    "None for our realm that could be read."
    REFUSED = 1
    "A wrong password or an unknown user; worth a line in the log."
    STALE = 2
    "Right, but the nonce is too old, of a former run, or was used so before."
    ACCEPTED = 3


class Verdict(msgspec.Struct, frozen=True, gc=False):
    """What the credentials of one request are worth."""

    outcome: Outcome
    user: User | None = None
    "Whose password was used: there if the outcome is `ACCEPTED` or `STALE`."
    uri: str = ""
    """The Request-URI that the accepted answer was made for.

    It may differ from the one of the request; the caller says whether it serves both
    (:rfc:`8760#section-2.6`).
    """


Lookup = Callable[[str], User | None]
"Finds a user by name, without domain."

MOST_ROWS = 4
"How many rows of our realm are looked at: a client needs one, and each costs three hashes."


class Authenticator:
    """Challenges the users of one realm and judges their answers.

    Args:
        realm: what the users' hashes were made with.
        nonces: where the nonces of this realm come from.
        ids: chance, for the hash that stands in for an unknown user's.
        offers: which algorithms are on.

    Raises:
        Unavailable: this Python cannot calculate an algorithm that is offered.
    """

    def __init__(
        self, realm: str, nonces: Nonces, ids: Ids, *, offers: Offers | None = None
    ) -> None:
        self._realm = realm
        self._nonces = nonces
        self._offers = offers or Offers()
        _check_available(self._offers.algorithms)
        self._nobody = {a: a.hash_text(ids.token()) for a in self._offers.algorithms}

    def challenges(
        self, user_agent: str | None, now: Timestamp, *, stale: bool = False
    ) -> list[str]:
        """The values of the rows of WWW-Authenticate or Proxy-Authenticate, best first.

        `stale` belongs to the verdict of that name, and to no other.
        """
        nonce = self._nonces.issue(now)
        return [
            str(Challenge(self._realm, nonce, algorithm.token, (Protection.AUTH,), stale))
            for algorithm in self._offers.for_client(user_agent)
        ]

    def names(self, rows: Sequence[str]) -> set[str]:
        """The user names, without domain, that `verify` will look up for these rows."""
        ours = (credentials for credentials in _read(rows) if credentials.realm == self._realm)
        return {credentials.username.partition("@")[0] for credentials in islice(ours, MOST_ROWS)}

    def verify(
        self, rows: Sequence[str], method: str, body: bytes, now: Timestamp, lookup: Lookup
    ) -> Verdict:
        """What the Authorization (or Proxy-Authorization) rows of a request are worth.

        Rows for other realms, of other schemes, or that cannot be read, count as absent.
        An accepted answer is accepted once: judge a request once, and not its retransmissions.
        """
        ours = (credentials for credentials in _read(rows) if credentials.realm == self._realm)
        verdicts = (
            self._judge(credentials, method, body, now, lookup)
            for credentials in islice(ours, MOST_ROWS)
        )
        return max(verdicts, key=lambda verdict: verdict.outcome.value, default=_ABSENT)

    def _judge(
        self, credentials: Credentials, method: str, body: bytes, now: Timestamp, lookup: Lookup
    ) -> Verdict:
        algorithm = Algorithm.named(credentials.algorithm)
        if algorithm not in self._offers.algorithms:
            return _REFUSED
        user = self._prover(credentials, algorithm, method, body, lookup)
        if user is None:
            return _REFUSED
        if not self._nonces.use(credentials.nonce, _count(credentials), now):
            return Verdict(Outcome.STALE, user, credentials.uri)
        return Verdict(Outcome.ACCEPTED, user, credentials.uri)

    def _prover(
        self,
        credentials: Credentials,
        algorithm: Algorithm,
        method: str,
        body: bytes,
        lookup: Lookup,
    ) -> User | None:
        """The user who knows his password; an unknown one costs as much as a wrong one."""
        name, _, domain = credentials.username.partition("@")
        user = lookup(name)
        kept = None if user is None else user.ha1(domain, algorithm)
        right = response(credentials, algorithm, kept or self._nobody[algorithm], method, body)
        is_right = hmac.compare_digest(right, credentials.response.lower())
        return user if is_right and kept is not None else None


_ABSENT = Verdict(Outcome.ABSENT)
_REFUSED = Verdict(Outcome.REFUSED)


def response(
    credentials: Credentials, algorithm: Algorithm, ha1: str, method: str, body: bytes
) -> str:
    """The `response` that belongs to these credentials (:rfc:`7616#section-3.4.1`).

    A request without a body has an empty one (:rfc:`8760#section-2.6`). Without `qop` it is the
    form of RFC 2069, which :rfc:`3261#section-22.4` asks servers to know.
    """
    covered = f"{method}:{credentials.uri}"
    if credentials.qop is Protection.AUTH_INT:
        covered += f":{algorithm.hash(body)}"
    ha2 = algorithm.hash_text(covered)
    if credentials.qop is None:
        return algorithm.hash_text(f"{ha1}:{credentials.nonce}:{ha2}")
    qop, count = credentials.qop.value, credentials.nonce_count
    between = f"{credentials.nonce}:{count}:{credentials.cnonce}:{qop}"
    return algorithm.hash_text(f"{ha1}:{between}:{ha2}")


def _read(rows: Sequence[str]) -> Iterator[Credentials]:
    for row in rows:
        try:
            yield Credentials.parse(row)
        except MalformedHeader:
            continue


def _count(credentials: Credentials) -> int | None:
    if credentials.qop is None or credentials.nonce_count is None:
        return None
    return int(credentials.nonce_count, 16)


def _check_available(algorithms: Sequence[Algorithm]) -> None:
    if not algorithms:
        raise Unavailable("no digest algorithm is offered", "offer SHA-256 at least")
    for algorithm in algorithms:
        if not algorithm.is_available:
            fault = f"this Python cannot calculate {algorithm.token}"
            raise Unavailable(fault, "offer SHA-256 instead, or use a Python built with OpenSSL")
