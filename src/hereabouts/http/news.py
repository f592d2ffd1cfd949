"""What is told of changed policies."""

from __future__ import annotations

import msgspec


class News(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What has changed since a version."""

    version: str
    "To ask for later changes with."
    owners: tuple[str, ...] = ()
    "Addresses-of-record."
    everybody: bool = False
    "Whether anybody's policies may have changed."

    @property
    def is_empty(self) -> bool:
        """Whether nothing has changed."""
        return not self.owners and not self.everybody
