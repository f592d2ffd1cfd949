"""Words that nobody can guess, from the system's randomness."""

from __future__ import annotations

import os

_POOL = 4096  # bytes drawn at a time: a system call a word would cost more than the word
_WORD = 8  # bytes


class RandomIds:
    """`Ids` from `os.urandom`."""

    def __init__(self) -> None:
        self._words: list[str] = []

    def token(self) -> str:
        """A fresh word of 16 hexadecimal digits: 64 random bits."""
        if not self._words:
            self._words = os.urandom(_POOL).hex(" ", _WORD).split()
        return self._words.pop()
