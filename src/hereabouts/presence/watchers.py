"""Who may watch whom: the presentity's own word, and the profile where nobody says anything."""

from __future__ import annotations

from hereabouts.base.units import Timestamp
from hereabouts.presence.questions import Decision, WatchAnswer
from hereabouts.storage.interface import Record, Store

KIND = "approval"


class Approval(Record, frozen=True, gc=False):
    """What a presentity has decided about one watcher."""

    decision: Decision = Decision.CONFIRM


class Approvals:
    """What presentities have decided themselves, and the profile for what they have not."""

    def __init__(self, store: Store, *, is_private: bool) -> None:
        self._store = store
        default = Decision.CONFIRM if is_private else Decision.ALLOW
        profile = "private" if is_private else "open"
        because = f"nothing is decided, and the profile is {profile}"
        self._undecided = WatchAnswer(default, because)

    async def decided(self, presentity: str, watcher: str, now: Timestamp) -> WatchAnswer | None:
        """What the presentity has decided about this watcher; `None`: nothing."""
        if watcher == presentity:
            return WatchAnswer(Decision.ALLOW, "everybody may watch himself")
        entry = await self._store.get((KIND, presentity, watcher), now)
        if entry is not None and isinstance(entry.record, Approval):
            return WatchAnswer(entry.record.decision, f"{presentity} has decided so")
        return None

    def otherwise(self) -> WatchAnswer:
        """What the profile says of those about whom nothing else is decided."""
        return self._undecided
