"""Up to which change everybody has been told: the watermark that a restart begins at."""

from __future__ import annotations

from hereabouts.storage.interface import Version


class Settlement:
    """Counts, change by change, the NOTIFYs that are still owed for it."""

    def __init__(self) -> None:
        self._owed: dict[Version, int] = {}  # in ascending order: a change is owed when it happens
        self._newest: Version = 0

    def owe(self, version: Version, count: int = 1) -> None:
        """So many NOTIFYs more are owed for this change, or for one after it."""
        self._owed[version] = self._owed.get(version, 0) + count
        if version > self._newest:  # noqa: PLR1730 - `max` costs twice as much, on each NOTIFY
            self._newest = version

    def settle(self, version: Version, count: int = 1) -> None:
        """So many NOTIFYs owed for this change are answered, or nobody waits for them any more."""
        left = self._owed[version] - count
        if left > 0:
            self._owed[version] = left
            return
        del self._owed[version]
        if left < 0:
            raise KeyError(version)  # more than was owed: a fault of ours

    @property
    def watermark(self) -> Version:
        """The newest change for which, and before which, nothing is owed."""
        return next(iter(self._owed)) - 1 if self._owed else self._newest
