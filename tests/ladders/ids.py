"""Names that are the same in every run."""

from __future__ import annotations

from itertools import count


class CountedIds:
    """`Ids` that count."""

    def __init__(self) -> None:
        self._count = count(1)

    def token(self) -> str:
        return f"{next(self._count):016x}"
