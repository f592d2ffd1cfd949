"""Words that nobody can guess, from the system's randomness."""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import chain, repeat

_POOL = 4096  # bytes drawn at a time: a system call a word would cost more than the word
_WORD = 8  # bytes


class RandomIds:
    """`Ids` from `os.urandom`."""

    def __init__(self) -> None:
        words = chain.from_iterable(map(_drawn, repeat(_POOL)))
        self.token: Callable[[], str] = words.__next__
        "A fresh word of 16 hexadecimal digits: 64 random bits."


def _drawn(length: int) -> list[str]:
    """Words made of so many random bytes."""
    return os.urandom(length).hex(" ", _WORD).split()
