"""Digest authentication, the client's side (:rfc:`7616#section-3.6`, :rfc:`8760#section-2.4`)."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Sequence

import msgspec

from hereabouts.base.ids import Ids
from hereabouts.sip.algorithms import Algorithm
from hereabouts.sip.credentials import ha1
from hereabouts.sip.digest import response
from hereabouts.sip.headers.authentication import (
    Challenge,
    Credentials,
    Protection,
)
from hereabouts.sip.parameters import MalformedHeader


class CannotAuthenticate(Exception):
    """There is no use in asking again: nothing that we can answer, or our answer was wrong."""


class AuthenticationSession:
    """Answers the challenges of one server with one name and password.

    It keeps the last challenge, so that further requests carry credentials at once. The
    answers of proxies and of the server behind them are sessions of their own.

    Args:
        username: as the server knows it.
        password: kept in memory as long as the session, never shown.
        ids: chance, for the client's own nonces.
        realm: the only realm that is answered; `None` answers any that asks.
        accepted: the algorithms that may be used; without MD5 nobody can talk us down to it.
    """

    def __init__(
        self,
        username: str,
        password: str,
        ids: Ids,
        *,
        realm: str | None = None,
        accepted: Collection[Algorithm] = tuple(Algorithm),
    ) -> None:
        self._username = unicodedata.normalize("NFC", username)
        self._password = password
        self._ids = ids
        self._realm = realm
        self._accepted = [algorithm for algorithm in accepted if algorithm.is_available]
        self._challenge: Challenge | None = None
        self._algorithm = Algorithm.MD5
        self._ha1 = ""
        self._count = 0

    def challenged(self, rows: Sequence[str], refused: str | None = None) -> None:
        """Take note of a 401 or 407: the topmost challenge that we can answer is taken.

        `rows` are the values of its header rows, `refused` is what our request carried, if it
        carried credentials. How often one request is tried again is the caller's to bound: a
        server may call every answer stale.

        Raises:
            CannotAuthenticate: no challenge can be answered, or the password is wrong.
        """
        challenge, algorithm = self._topmost(rows)
        if refused is not None and not challenge.is_stale and _was_first(refused):
            raise CannotAuthenticate("the server refuses this name and password")
        self._challenge, self._algorithm, self._count = challenge, algorithm, 0
        self._ha1 = ha1(self._username, challenge.realm, self._password, algorithm)

    def answer(self, method: str, uri: str, body: bytes = b"") -> str | None:
        """The value of Authorization (or Proxy-Authorization) for a request about to be sent.

        Each call counts as one request. `None` before there was a challenge.
        """
        if self._challenge is None:
            return None
        self._count += 1
        blank = self._unsigned(self._challenge, uri)
        signed = response(blank, self._algorithm, self._ha1, method, body)
        return str(msgspec.structs.replace(blank, response=signed))

    def _unsigned(self, challenge: Challenge, uri: str) -> Credentials:
        blank = Credentials(
            username=self._username,
            realm=challenge.realm,
            nonce=challenge.nonce,
            uri=uri,
            response="",
            algorithm=challenge.algorithm,
            opaque=challenge.opaque,
        )
        if not challenge.qop:
            return blank
        # A nonce of our own is sent only with qop (RFC 3261 section 22.4, point 8).
        qop = Protection.AUTH if Protection.AUTH in challenge.qop else Protection.AUTH_INT
        return msgspec.structs.replace(
            blank, qop=qop, nonce_count=f"{self._count:08x}", cnonce=self._ids.token()
        )

    def _topmost(self, rows: Sequence[str]) -> tuple[Challenge, Algorithm]:
        for row in rows:
            try:
                challenge = Challenge.parse(row)
            except MalformedHeader:
                continue
            algorithm = Algorithm.named(challenge.algorithm)
            if algorithm in self._accepted and self._realm in (None, challenge.realm):
                return challenge, algorithm
        raise CannotAuthenticate("no challenge for us that we can answer")


def _was_first(refused: str) -> bool:
    """Whether the refused answer was the first with its nonce: an older one may just be over."""
    count = Credentials.parse(refused).nonce_count
    return count is None or int(count, 16) == 1
