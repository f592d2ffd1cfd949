"""Who may watch whom when no policy says otherwise: the presentity's own word, else the profile."""

from __future__ import annotations

from hereabouts.base.units import Timestamp
from hereabouts.presence.questions import Decision, WatchAnswer, WatchQuestion
from hereabouts.storage.interface import Record, Store

KIND = "approval"


class Approval(Record, frozen=True, gc=False):
    """What a presentity has decided about one watcher."""

    decision: Decision = Decision.CONFIRM


class Approvals:
    """Answers from what the presentity decided, and from the profile where he did not."""

    def __init__(self, store: Store, *, is_private: bool) -> None:
        self._store = store
        default = Decision.CONFIRM if is_private else Decision.ALLOW
        profile = "private" if is_private else "open"
        because = f"nothing is decided, and the profile is {profile}"
        self._undecided = WatchAnswer(default, because)

    async def may_watch(self, question: WatchQuestion, now: Timestamp) -> WatchAnswer:
        """The presentity's decision, or the profile's."""
        if question.watcher == question.presentity:
            return WatchAnswer(Decision.ALLOW, "everybody may watch himself")
        entry = await self._store.get((KIND, question.presentity, question.watcher), now)
        if entry is not None and isinstance(entry.record, Approval):
            return WatchAnswer(entry.record.decision, f"{question.presentity} has decided so")
        return self._undecided
