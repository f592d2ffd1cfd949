"""The facts that policies are asked about, from the questions of presence."""

from __future__ import annotations

import msgspec

from hereabouts.base.refusal import Malformed
from hereabouts.policy.facts import Facts, Kind, Trigger
from hereabouts.policy.point import Point
from hereabouts.presence import questions
from hereabouts.presence.questions import (
    Asked,
    NotifyQuestion,
    ShowQuestion,
    SubscribeQuestion,
    WatchQuestion,
)
from hereabouts.sip.headers.address import Address


def of_subscribing(question: WatchQuestion, authentication: str) -> Facts:
    """What is known of a SUBSCRIBE, for the watcher's policies or for the presentity's."""
    is_leaving = isinstance(question, SubscribeQuestion)
    owner = question.watcher if is_leaving else question.presentity
    facts = Facts(
        owner=owner,
        point=Point.OUTGOING_SUBSCRIPTION if is_leaving else Point.INCOMING_SUBSCRIPTION,
        presentity=question.presentity,
        watcher=question.watcher,
        event=question.package,
        state=question.state,
        authentication=authentication,
    )
    if question.asked is None:
        return facts
    return _with_asked(facts, question.asked, _sender(question.asked) if is_leaving else None)


def _sender(asked: Asked) -> Trigger:
    """Who sends a SUBSCRIBE: the watcher, or his agent before the subscription ends."""
    is_timer = asked.kind is questions.Kind.REFRESH
    return Trigger.REFRESH_TIMER if is_timer else Trigger.USER


def of_notifying(question: NotifyQuestion, authentication: str) -> Facts:
    """What is known of a NOTIFY, for the presentity's policies or for the watcher's."""
    is_arriving = isinstance(question, ShowQuestion)
    facts = Facts(
        owner=question.watcher if is_arriving else question.presentity,
        point=Point.INCOMING_NOTIFICATION if is_arriving else Point.OUTGOING_NOTIFICATION,
        presentity=question.presentity,
        watcher=question.watcher,
        event=question.package,
        trigger=Trigger.NOTIFY if is_arriving else Trigger(question.trigger.value),
        state=question.state,
        reason=question.reason or None,
        content_type=question.content_type or None,
        authentication=authentication,
        since_last_notification=question.since_last,
    )
    if question.asked is None:
        return facts
    if is_arriving:  # the message in hand is the NOTIFY: nothing was asked for in it
        return msgspec.structs.replace(facts, accept=question.asked.accept)
    return _with_asked(facts, question.asked, facts.trigger)


def _with_asked(facts: Facts, asked: Asked, trigger: Trigger | None) -> Facts:
    return msgspec.structs.replace(
        facts,
        trigger=trigger,
        kind=Kind(asked.kind.value),
        expires=asked.expires,
        accept=asked.accept,
        origin=_address(asked.origin),
        destination=_address(f"<{asked.destination}>"),
        original_destination=_address(asked.original_destination),
    )


def _address(text: str) -> Address | None:
    try:
        return Address.parse(text)
    except Malformed:
        return None  # as a Request-URI that is no URI of ours can be
