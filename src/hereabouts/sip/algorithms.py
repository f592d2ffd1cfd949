"""The hash algorithms of digest authentication (:rfc:`8760#section-2.1`)."""

from __future__ import annotations

import hashlib
from enum import Enum
from functools import partial


class Algorithm(Enum):
    """A hash algorithm, by its name in the registry of :rfc:`7616`; strongest first.

    The session variants (`SHA-256-sess` and so on) are neither offered nor taken.
    """

    SHA_512_256 = ("SHA-512-256", "sha512_256", 64)
    SHA_256 = ("SHA-256", "sha256", 64)
    MD5 = ("MD5", "md5", 32)

    def __init__(self, token: str, library_name: str, digits: int) -> None:
        self.token = token
        "The name on the wire."
        self.library_name = library_name
        "The name in `hashlib`."
        self.digits = digits
        "How many hexadecimal digits a hash has."
        # The function of that name, where there is one, takes half the time of `hashlib.new`.
        self._begin = getattr(hashlib, library_name, None) or partial(hashlib.new, library_name)

    @staticmethod
    def named(token: str | None) -> Algorithm | None:
        """The algorithm that a header names; naming none means MD5 (:rfc:`7616#section-3.3`).

        `None`: an algorithm that we do not know.
        """
        return _BY_TOKEN.get("MD5" if token is None else token.upper())

    @property
    def is_available(self) -> bool:
        """Whether this Python can calculate it: SHA-512-256 depends on its OpenSSL."""
        return self.library_name in hashlib.algorithms_available

    def hash(self, octets: bytes) -> str:
        """H(octets), in lower-case hexadecimal digits."""
        # The protocol prescribes the algorithm, so that one the library calls weak must work too.
        return str(self._begin(octets, usedforsecurity=False).hexdigest())

    def hash_text(self, text: str) -> str:
        """H(text), the text being the octets that came on the wire."""
        return self.hash(text.encode("utf-8", "surrogateescape"))


_BY_TOKEN = {algorithm.token: algorithm for algorithm in Algorithm}
