"""The list of presentities that a watcher wants to watch: his agent's resource."""

from __future__ import annotations

from hereabouts.base.units import Timestamp
from hereabouts.storage.interface import Record

KIND = "presentities"
"The kind of what is listed; owner: the watcher, id: the presentity."

MOST_LISTED = 1000
"Presentities in one list."


class Listed(Record, frozen=True, gc=False, kw_only=True):
    """A presentity in the list of a watcher."""

    added_at: Timestamp
