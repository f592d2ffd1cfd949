"""What a watcher's agent shows him of a presentity, under his own rules, as plain functions."""

from __future__ import annotations

import msgspec

from hereabouts.base.units import NEVER, Timestamp
from hereabouts.presence.passage import FORGIVEN
from hereabouts.presence.pidf.blank import NOTHING_KNOWN, blank_document
from hereabouts.presence.questions import MANDATORY, Handling, NotifyAnswer, Trigger
from hereabouts.presence.sighting import Sighting
from hereabouts.sip.headers.event import Substate

UNSEEN = Sighting(Substate.TERMINATED)
"What is shown before anything was."


class Shown(msgspec.Struct, frozen=True, gc=False):
    """What a watcher sees."""

    sighting: Sighting = UNSEEN
    at: Timestamp = Timestamp(0.0)
    "Since when; 0: he has been shown nothing."


class Outcome(msgspec.Struct, frozen=True, gc=False):
    """What becomes of a sighting."""

    shown: Shown
    "What the watcher sees then; unchanged where nothing is shown."
    ask_at: Timestamp = NEVER
    "When the newest sighting is asked about again."
    is_held: bool = False
    "Whether something newer than what he sees is kept from him."


def display(
    answer: NotifyAnswer,
    shown: Shown,
    seen: Sighting,
    presentity: str,
    trigger: Trigger,
    now: Timestamp,
) -> Outcome:
    """What the watcher sees of `presentity` after this sighting, by the answer of his rules.

    What must be shown is shown at once: how the subscription stands, and the document with it
    where only the pace is limited, or else the one that he sees already.
    """
    match answer.handling:
        case Handling.DELIVER:
            chosen = seen
        case Handling.POLITE_BLOCK:
            blank = blank_document(presentity, NOTHING_KNOWN)
            chosen = msgspec.structs.replace(seen, document=blank)
        case _ if trigger in MANDATORY:
            chosen = msgspec.structs.replace(seen, document=shown.sighting.document)
            return _shows(chosen, shown, seen, answer.valid_until, now)
        case Handling.DEFER:
            return _keeps(shown, seen, Timestamp(now + answer.defer))
        case Handling.SUPPRESS | Handling.TERMINATE:
            return _keeps(shown, seen, answer.valid_until)
    due = Timestamp(shown.at + answer.min_interval)
    is_early = shown.at > 0 and answer.min_interval > 0 and due > now + FORGIVEN
    if is_early and trigger not in MANDATORY:
        return _keeps(shown, seen, due)
    return _shows(chosen, shown, seen, answer.valid_until, now)


def _keeps(shown: Shown, seen: Sighting, ask_at: Timestamp) -> Outcome:
    return Outcome(shown, ask_at, is_held=seen != shown.sighting)


def _shows(
    chosen: Sighting, shown: Shown, seen: Sighting, ask_at: Timestamp, now: Timestamp
) -> Outcome:
    is_new = not shown.at or shown.sighting != chosen
    return Outcome(Shown(chosen, now) if is_new else shown, ask_at, is_held=chosen != seen)


def trigger_of(before: Sighting, seen: Sighting, *, is_asked_for: bool) -> Trigger:
    """What a sighting comes from, as far as a watcher can tell."""
    if seen.substate is Substate.TERMINATED:
        return Trigger.TERMINATION
    if is_asked_for:
        return Trigger.SUBSCRIBE
    return Trigger.UPDATE if seen.substate is before.substate else Trigger.APPROVAL
