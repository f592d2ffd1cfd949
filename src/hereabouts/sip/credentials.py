"""Whom we know: the stored record of a user, and what of his password is kept.

H(A1), the hash of name, realm and password, is as good as the password itself to anyone who
asks for digest answers in that realm; it never shows in a representation.
"""

from __future__ import annotations

import hmac
import re
import unicodedata
from collections.abc import Iterator

import msgspec

from hereabouts.base.refusal import Malformed
from hereabouts.sip.algorithms import Algorithm
from hereabouts.storage.interface import Record


class UnusableUser(Malformed):
    """A name, a domain, a realm or a password that no user can have."""


class PasswordHashes(msgspec.Struct, frozen=True, gc=False):
    """H(A1) of one way to write the name, by algorithm, in hexadecimal digits: a secret.

    All are kept, so that an algorithm can be offered later without asking for the password.
    Empty: the Python that made the record could not calculate it.
    """

    sha_512_256: str
    sha_256: str
    md5: str

    def by(self, algorithm: Algorithm) -> str | None:
        """H(A1) by this algorithm, `None` if it is not there."""
        match algorithm:
            case Algorithm.SHA_512_256:
                kept = self.sha_512_256
            case Algorithm.SHA_256:
                kept = self.sha_256
            case Algorithm.MD5:
                kept = self.md5
        return kept or None

    def __repr__(self) -> str:
        return "PasswordHashes(secret)"

    def __rich_repr__(self) -> Iterator[str]:  # type: ignore[override]
        """What terminals show in place of the fields."""
        yield "secret"


class User(Record, frozen=True, gc=False, kw_only=True):
    """A user of ours. He may give his name alone or with his domain, `alice@example.com`."""

    name: str
    domain: str
    realm: str
    "The realm for which the hashes hold; when the realm changes, the passwords are set anew."
    hashes: PasswordHashes
    "Of the name alone."
    domain_hashes: PasswordHashes
    "Of the name with the domain, which many phones send: they hash what was typed into them."
    typed_hashes: dict[str, PasswordHashes] = msgspec.field(default_factory=dict)
    "The same by how else the domain is typed: in capitals, or with one at its beginning."

    def ha1(self, domain: str, algorithm: Algorithm) -> str | None:
        """H(A1) for the name given with this domain, or with none (an empty text).

        `None` if the domain is another one, or the hash is not kept: it is taken of the domain as
        it was typed, and cannot be made of another hash.
        """
        if not domain:
            return self.hashes.by(algorithm)
        kept = self.domain_hashes if domain == self.domain else self.typed_hashes.get(domain)
        return None if kept is None else kept.by(algorithm)


def new_user(name: str, realm: str, password: str, *, domain: str | None = None) -> User:
    """The record of a user with this password; the domain is the realm unless it is given.

    Name and password are taken in Unicode's form C, as :rfc:`7616#section-4` has it.

    Raises:
        UnusableUser: a text is empty, or has a character in it that it must not have.
    """
    home = (domain or realm).lower()
    composed = unicodedata.normalize("NFC", name)
    for what, text, forbidden in (
        ("user name", composed, _NOT_IN_NAMES),
        ("domain", home, _NOT_IN_NAMES),
        ("realm", realm, _NOT_IN_REALMS),
        ("password", password, _NOT_IN_PASSWORDS),
    ):
        _check(what, text, forbidden)
    return User(
        name=composed,
        domain=home,
        realm=realm,
        hashes=_hashes(composed, realm, password),
        domain_hashes=_hashes(f"{composed}@{home}", realm, password),
        typed_hashes={
            typed: _hashes(f"{composed}@{typed}", realm, password)
            for typed in dict.fromkeys((home.upper(), home.capitalize()))
            if typed != home
        },
    )


def ha1(username: str, realm: str, password: str, algorithm: Algorithm) -> str:
    """H(A1), in hexadecimal digits, of the name as it is sent (:rfc:`7616#section-3.4.2`)."""
    return algorithm.hash_text(f"{username}:{realm}:{unicodedata.normalize('NFC', password)}")


def has_password(user: User, password: str) -> bool:
    """Whether this is the user's password, for those who send it and not an answer to a challenge.

    It takes as long for a wrong one as for the right one.
    """
    best = next((a for a in Algorithm if a.is_available and user.hashes.by(a)), None)
    if best is None:
        return False
    given = ha1(user.name, user.realm, password, best)
    return hmac.compare_digest(given, user.hashes.by(best) or "")


# The colon parts the fields of A1; with an @ a name could be taken for another user's address.
_NOT_IN_NAMES = re.compile(r'[\x00-\x20\x7f\ud800-\udfff:@"\\]|\Aanonymous\Z', re.IGNORECASE)
_NOT_IN_REALMS = re.compile(r'[\x00-\x1f\x7f\ud800-\udfff"\\]')
_NOT_IN_PASSWORDS = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


def _check(what: str, text: str, forbidden: re.Pattern[str]) -> None:
    if not text:
        raise UnusableUser(f"the {what} is empty")
    if forbidden.search(text):
        raise UnusableUser(f"the {what} is reserved, or has a character that it cannot have")


def _hashes(username: str, realm: str, password: str) -> PasswordHashes:
    kept = {
        algorithm: ha1(username, realm, password, algorithm) if algorithm.is_available else ""
        for algorithm in Algorithm
    }
    return PasswordHashes(
        sha_512_256=kept[Algorithm.SHA_512_256],
        sha_256=kept[Algorithm.SHA_256],
        md5=kept[Algorithm.MD5],
    )
