"""Where tags, branches, Call-IDs and entity-tags come from."""

from __future__ import annotations

from typing import Protocol


class Ids(Protocol):
    """A source of words that nobody can guess and that never come twice."""

    def token(self) -> str:
        """A fresh word of letters and digits with at least 64 random bits."""
        ...
