"""The helper thread, as far as it is compiled: it syncs the log without taking the interpreter.

A thread that takes it for every turn holds up the loop, and is held up by it: that costs more
than the sync itself.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from queue import SimpleQueue
from threading import Thread

from hereabouts.base.units import Seconds
from hereabouts.native.interface import Syncing
from hereabouts.storage import syncing
from hereabouts.storage.database import Checkpoint
from hereabouts.storage.syncing import COMPANY, Copier, Failed, Report, Synced, drained


class NativeSyncer:
    """As `Syncer`; its thread comes back to Python only to say that a checkpoint is due.

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
        self._synced = 0  # the newest turn that was reported
        self._earlier: list[Report] = []  # from before the log was started anew
        self._checkpointed: SimpleQueue[Report] = SimpleQueue()
        self._copier = Copier(checkpoint, self._copied)
        self._thread = Thread(target=self._work, name="hereabouts-sync", daemon=True)
        self._thread.start()

    def written(self, turn: int, rows: int, pages: int) -> None:
        """Make this turn of so many rows durable, and all before it."""
        self._log.written(turn, rows, pages)

    def alone(self, patience: Seconds) -> AbstractContextManager[bool]:
        """Have no copy begin from now on; whether the one under way, if any, ends in time."""
        return self._copier.alone(patience)

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
        """Finish what was asked for; returns when the threads have ended."""
        self._log.stop()
        self._thread.join()
        self._copier.stop()

    def _work(self) -> None:
        while self._log.work():
            self._copier.begin()

    def _copied(self, report: Report) -> None:
        self._checkpointed.put(report)
        os.eventfd_write(self._bell, 1)
