"""What becomes of a NOTIFY on its way to a watcher who has rules, as plain functions."""

from __future__ import annotations

import msgspec

from hereabouts.base.units import NEVER, Timestamp
from hereabouts.presence.packages import PACKAGES
from hereabouts.presence.passage import Occasion, passage
from hereabouts.presence.pidf.blank import blank_document
from hereabouts.presence.pidf.writer import write
from hereabouts.presence.questions import (
    MANDATORY,
    Handling,
    NotifyAnswer,
    ShowQuestion,
    Trigger,
)
from hereabouts.presence.relay import Relay
from hereabouts.presence.terms import Told
from hereabouts.presence.view import View
from hereabouts.sip.headers.event import SubscriptionState
from hereabouts.sip.message import Request

LATER = frozenset({Handling.DEFER, Handling.POLITE_BLOCK, Handling.SUPPRESS})
"What leaves the present document to be shown another time."


class Verdict(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What the watcher is shown, and what he is not."""

    body: bytes | None
    "`None`: nothing goes out."
    content_type: str = ""
    until: Timestamp | None = None
    "When the NOTIFY at hand is to be shown instead (`NEVER`: not before rules change)."
    is_end: bool = False
    "Whether the subscription ends with it."

    def edits(self, request: Request) -> tuple[tuple[str, str], ...]:
        """The headers of the NOTIFY whose value is another because of it."""
        edited: tuple[tuple[str, str], ...] = ()
        if self.body != request.body:
            edited = (("content-type", self.content_type), ("content-encoding", ""))
        if self.is_end:
            edited = (*edited, ("subscription-state", "terminated;reason=rejected"))
        return edited


def question_about(
    relay: Relay, request: Request, state: SubscriptionState, trigger: Trigger, now: Timestamp
) -> ShowQuestion:
    """What the watcher's rules are asked about a NOTIFY."""
    return ShowQuestion(
        relay.presentity,
        relay.watcher,
        relay.package,
        trigger,
        state.substate.value,
        reason=state.reason or "",
        content_type=request.first("content-type") or "",
        since_last=round(now - relay.shown_at, 3) if relay.shown_at else None,
        asked=relay.asked,
    )


def verdict(
    answer: NotifyAnswer, relay: Relay, request: Request, trigger: Trigger, now: Timestamp
) -> Verdict:
    """What becomes of a NOTIFY; what must be sent goes at once, with a frozen body if need be."""
    answer = msgspec.structs.replace(
        answer, min_interval=max(answer.min_interval, relay.min_interval)
    )
    occasion = _occasion(relay, request, trigger)
    passed = passage(answer, occasion, now)
    is_end = answer.handling is Handling.TERMINATE
    if passed.view is None and not is_end:
        until = passed.until if passed.until < NEVER else answer.valid_until
        return Verdict(body=None, until=until)
    view = passed.view or occasion.last
    is_present = view is occasion.view
    later = None
    if not is_present and answer.handling in LATER and trigger is not Trigger.TERMINATION:
        is_deferred = answer.handling is Handling.DEFER
        later = Timestamp(now + answer.defer) if is_deferred else answer.valid_until
    return Verdict(
        body=view.body,
        content_type=_type_of(view, occasion, relay, request),
        until=later,
        is_end=is_end and trigger is not Trigger.TERMINATION,
    )


def _occasion(relay: Relay, request: Request, trigger: Trigger) -> Occasion:
    told = None
    if relay.shown_at:
        told = Told(at=relay.shown_at, body=relay.body, fingerprint=relay.body, is_change=False)
    blank = _blank(relay)
    return Occasion(
        view=View(request.body, request.body),
        blank=View(blank, blank),
        shown=b"",
        told=told,
        notified_at=relay.shown_at,
        is_mandatory=trigger in MANDATORY,
    )


def _blank(relay: Relay) -> bytes:
    """The neutral document; nothing at all, for a package that we have none for."""
    if relay.package not in PACKAGES:
        return b""
    return write(blank_document(relay.presentity))


def _type_of(view: View, occasion: Occasion, relay: Relay, request: Request) -> str:
    """The Content-Type of what is shown; empty: it has no body."""
    if not view.body:
        return ""
    if view is occasion.view:
        return request.first("content-type") or ""
    if view is occasion.blank:
        return PACKAGES[relay.package].content_types[0]
    return relay.content_type
