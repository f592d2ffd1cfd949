"""Words that nobody can guess, from the system's randomness."""

from __future__ import annotations

import os

_POOL = 4096  # bytes drawn at a time: a system call a word would cost more than the word
_WORD = 16  # hexadecimal digits


class RandomIds:
    """`Ids` from `os.urandom`."""

    def __init__(self) -> None:
        self._pool = ""
        self._used = 0

    def token(self) -> str:
        """A fresh word of 16 hexadecimal digits: 64 random bits."""
        if self._used >= len(self._pool):
            self._pool = os.urandom(_POOL).hex()
            self._used = 0
        start = self._used
        self._used = start + _WORD
        return self._pool[start : self._used]
