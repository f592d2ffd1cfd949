"""The helper thread, as far as it is compiled: it syncs the log without taking the interpreter.

A thread that takes it for every turn holds up the loop, and is held up by it: that costs more
than the sync itself.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread

from hereabouts.base.units import Seconds
from hereabouts.native.interface import Syncing
from hereabouts.storage import syncing
from hereabouts.storage.database import Checkpoint
from hereabouts.storage.syncing import COMPANY, Checkpointed, Failed, Report, Synced, drained


class NativeSyncer:
    """As `Syncer`; the thread comes back to Python for checkpoints only, and syncs none meanwhile.

    `log` is the descriptor to sync, and `bell` an eventfd that is written when there are reports.
    """

    def __init__(
        self,
        native: Syncing,
        log: int,
        bell: int,
        checkpoint: Callable[[], Checkpoint],
        *,
        company: Seconds = COMPANY,
    ) -> None:
        self._log = native.Log(log, bell, syncing.CHECKPOINT_AFTER, company)
        self._bell = bell
        self._checkpoint = checkpoint
        self._synced = 0  # the newest turn that was reported
        self._earlier: list[Report] = []  # from before the log was started anew
        self._checkpointed: SimpleQueue[Report] = SimpleQueue()
        self._thread = Thread(target=self._work, name="hereabouts-sync", daemon=True)
        self._thread.start()

    def written(self, turn: int, pages: int) -> None:
        """Make this turn durable, and all before it."""
        self._log.written(turn, pages)

    def resume(self) -> None:
        """Sync again after a failure: what it may have lost is safe by other means."""
        self._earlier = self.reports()
        self._log.resume()

    def reports(self) -> list[Report]:
        """What happened since the last call."""
        found, self._earlier = self._earlier, []
        synced, fault = self._log.news()
        if synced != self._synced:
            self._synced = synced
            found.append(Synced(synced))
        if fault:
            found.append(Failed(OSError(fault, os.strerror(fault))))
        return found + drained(self._checkpointed)

    def stop(self) -> None:
        """Finish what was asked for; returns when the thread has ended."""
        self._log.stop()
        self._thread.join()

    def _work(self) -> None:
        while self._log.work():
            # What cannot be copied stays in the log, durable, and is tried again.
            with suppress(sqlite3.Error):
                self._checkpointed.put(Checkpointed(self._checkpoint()))
                os.eventfd_write(self._bell, 1)
