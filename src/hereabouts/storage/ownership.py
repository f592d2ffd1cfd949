"""One process owns a database: a lock that ends with the process, and says who holds it."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from hereabouts.storage.interface import StoreUnavailable


class Ownership:
    """The right to use a database, until it is released or the process ends.

    The lock is on a file beside the database: closing any descriptor of the database itself
    would drop SQLite's own locks on it.
    """

    def __init__(self, path: Path) -> None:
        """Take the right to use the database `path`.

        Raises:
            StoreUnavailable: another process has it.
            OSError: the lock file cannot be made.
        """
        self._descriptor = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(self._descriptor, 20).decode("ascii", "replace").strip()
            os.close(self._descriptor)
            raise _in_use(path, holder or "unknown") from None
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"{os.getpid()}\n".encode("ascii"), 0)

    def release(self) -> None:
        """Let another process have it."""
        os.close(self._descriptor)


def _in_use(path: Path, holder: str) -> StoreUnavailable:
    return StoreUnavailable(
        f"{path} is already in use by process {holder}",
        f"speak to that server, or stop it first (`kill {holder}`); a lock never outlives it",
    )
