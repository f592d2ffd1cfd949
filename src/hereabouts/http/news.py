"""What is told of changed policies."""

from __future__ import annotations

import msgspec


class News(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What has changed since a version, or (`everybody`) all that there is."""

    version: str
    "To ask for later changes with."
    owners: dict[str, tuple[str, ...]] = {}
    """The points about which each of these has policies that are enabled; what `*before` and
    `*after` have concerns everybody."""
    everybody: bool = False
    "Whether anybody's policies may have changed: the version that was named is not known."
    is_complete: bool = True
    "Whether who is not in `owners` has none: not if there are too many to be told."

    @property
    def is_empty(self) -> bool:
        """Whether nothing has changed."""
        return not self.owners and not self.everybody
