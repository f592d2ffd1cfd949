"""What becomes of one NOTIFY under the rules of both sides, as plain functions."""

from __future__ import annotations

import msgspec

from hereabouts.base.units import NEVER, Seconds, Timestamp
from hereabouts.presence.questions import Handling, NotifyAnswer
from hereabouts.presence.terms import Told
from hereabouts.presence.view import View

FLEETING = frozenset({"trigger", "since_change", "since_last_notification"})
"What may be another thing at the next NOTIFY, with nobody having asked or decided anything."

FORGIVEN = 0.001
"Seconds that floating point may lose: nobody is kept waiting for them."

STRICTNESS = (
    Handling.DELIVER,
    Handling.POLITE_BLOCK,
    Handling.DEFER,
    Handling.SUPPRESS,
    Handling.TERMINATE,
)
"How much each keeps from the watcher, least first."


class Passage(msgspec.Struct, frozen=True, gc=False):
    """What goes out now, or until when nothing does."""

    view: View | None
    "`None`: nothing."
    until: Timestamp = NEVER
    "When the newest document goes out instead; `NEVER`: this change is not told."


class Occasion(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A NOTIFY that is about to be sent, and what came before it."""

    view: View
    "What the presentity shows now."
    blank: View
    "The neutral document."
    shown: bytes
    "The fingerprint of what the watcher is known to see; empty: it is not known."
    told: Told | None
    notified_at: Timestamp
    "When the watcher was last notified; 0: never, or not known."
    is_mandatory: bool
    "Whether it must be sent whatever the rules say, and at once (:rfc:`6446#section-5.2`)."

    @property
    def last(self) -> View:
        """What the watcher was shown last, or the neutral document if nobody knows."""
        if self.told is not None:
            return View(self.told.body, self.told.fingerprint)
        return self.view if self.shown == self.view.fingerprint else self.blank


def passage(answer: NotifyAnswer, occasion: Occasion, now: Timestamp) -> Passage:
    """What becomes of the NOTIFY: a document that goes out, or a date.

    What must be sent goes at once: with the present document where only its pace is limited, and
    with what was shown before where rules would keep it from the watcher.
    """
    match answer.handling:
        case Handling.DELIVER:
            chosen = occasion.view
        case Handling.POLITE_BLOCK:
            chosen = occasion.blank
        case _ if occasion.is_mandatory:
            return Passage(occasion.last)
        case Handling.DEFER:
            return Passage(None, Timestamp(now + answer.defer))
        case Handling.SUPPRESS | Handling.TERMINATE:
            return Passage(None)
    due = Timestamp(occasion.notified_at + answer.min_interval)
    if answer.min_interval > 0 and not occasion.is_mandatory and due > now + FORGIVEN:
        return Passage(None, due)
    return Passage(chosen)


def stricter(one: NotifyAnswer, other: NotifyAnswer, min_interval: Seconds) -> NotifyAnswer:
    """Both answers as one: what keeps more from the watcher, for as long as both hold."""
    chosen = max(one, other, key=lambda each: STRICTNESS.index(each.handling))
    return msgspec.structs.replace(
        chosen,
        defer=max(one.defer, other.defer),
        min_interval=max(one.min_interval, other.min_interval, min_interval),
        valid_until=min(one.valid_until, other.valid_until),
        looked_at=one.looked_at | other.looked_at,
    )


def may_be_kept(answer: NotifyAnswer) -> bool:
    """Whether the answer also holds for the NOTIFYs to come, until its date."""
    return answer.handling is not Handling.DEFER and answer.looked_at.isdisjoint(FLEETING)


def must_be_remembered(answer: NotifyAnswer) -> bool:
    """Whether what is told under this answer may matter for a later one."""
    is_plain = answer.handling is Handling.DELIVER and not answer.min_interval
    return not (is_plain and answer.valid_until == NEVER and may_be_kept(answer))
