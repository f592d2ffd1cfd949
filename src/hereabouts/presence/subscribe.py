"""SUBSCRIBE (:rfc:`6665#section-4.2.1`): load, ask, decide, save, answer, notify."""

from __future__ import annotations

from functools import lru_cache
from sys import intern

import msgspec

from hereabouts.base.refusal import Malformed, Refusal
from hereabouts.base.units import Moment, Timestamp
from hereabouts.presence.agent import PresenceAgent
from hereabouts.presence.asked import asked_by, kind_of
from hereabouts.presence.event_header import BadEvent, event_named, event_of
from hereabouts.presence.notify import Delivery
from hereabouts.presence.permission import Declined, Permission, permitted
from hereabouts.presence.questions import Decision, WatchQuestion
from hereabouts.presence.subscription import (
    ANSWERED,
    Happening,
    Standing,
    Subscription,
    after,
)
from hereabouts.sip.admission import BadRequest
from hereabouts.sip.dialog import UnknownDialog, accepted
from hereabouts.sip.flow import LOCAL
from hereabouts.sip.guard import Forbidden
from hereabouts.sip.headers.media import preferred
from hereabouts.sip.incoming import Incoming
from hereabouts.sip.message import Request
from hereabouts.sip.parameters import CACHED
from hereabouts.sip.routing import flow_back

# Members bound once: looking one up in its enumeration costs 0.1 us.
_REJECTED, _REJECT = Standing.REJECTED, Decision.REJECT

_FIRST = {decision: after(Standing.NONE, happening) for decision, happening in ANSWERED.items()}
"How a subscription begins, by what was decided."


class NotAcceptable(Refusal):
    """The watcher accepts nothing that the package can send (:rfc:`6665#section-4.1.2.1`)."""

    status = 406


class Wanted(msgspec.Struct, frozen=True, gc=False):
    """What a SUBSCRIBE asks to be told."""

    event: str
    "The Event header of its NOTIFYs."
    package: str
    content_type: str


class TooManySubscriptions(Refusal):
    """More subscriptions than one watcher, or all of them, may have."""

    status = 503

    def headers(self) -> list[tuple[str, str]]:
        """Asks the watcher to come back when some may have ended."""
        return [("Retry-After", "60")]


def delivery_named(agent: PresenceAgent, request: Request) -> Delivery:
    """The subscription in whose dialog a request with a To tag says it is.

    Raises:
        UnknownDialog: it names a dialog that there is not.
    """
    delivery = agent.notifier.deliveries.get(request.to_tag or "")
    if delivery is None or not delivery.subscription.dialog.belongs(request):
        raise UnknownDialog
    return delivery


async def handle_subscribe(
    agent: PresenceAgent, incoming: Incoming, presentity: str, watcher: str, now: Moment
) -> None:
    """Answer one SUBSCRIBE of an authenticated watcher, outside of a dialog."""
    request = incoming.request
    wanted = _wanted(request)
    expires = request.expires
    lifetime = agent.rules.subscriptions.choose(expires)
    try:
        dialog = accepted(request, incoming.to_tag)
    except Malformed as fault:
        raise BadRequest(str(fault)) from None
    known = agent.notifier.deliveries.get(incoming.to_tag)
    if known is not None:
        agent.accept(incoming, known.subscription, now)  # a retransmission from before a crash
        return
    flow = flow_back(incoming, dialog)
    _check_room(agent, watcher)
    sources = agent.endpoint.sources
    if not incoming.is_counted and not sources.is_exempt(incoming.sender):
        incoming.is_counted = True
        sources.check_subscribes(watcher, incoming.sender, now.instant)
        sources.check_target(incoming.sender, flow, now.instant)
    question = WatchQuestion(presentity, watcher, wanted.package)
    if agent.questions.has_rules() and _has_rules(agent, question):
        asked = asked_by(request, kind_of(lifetime, None, is_inside=False), expires)
        question = msgspec.structs.replace(question, asked=asked)
        permission = await permitted(
            agent.questions, question, None, now, has_asked=_is_agents(incoming)
        )
    else:
        permission = Permission(await agent.questions.may_watch(question, now))
    decision = permission.answer.decision
    if decision is _REJECT and not agent.rules.rejects_by_notify:
        raise Declined(permission.answer, "the presentity does not allow it")
    standing = _FIRST[decision]
    lifetime = permission.limited(lifetime)
    if lifetime == 0:
        standing = after(standing, Happening.TIMED_OUT)  # a fetch is over as it begins
    record = Subscription(
        _expiry(agent, lifetime, standing, now),
        presentity=intern(presentity),  # kept once, and not with each subscription
        watcher=intern(watcher),
        event=wanted.event,
        content_type=wanted.content_type,
        standing=standing,
        dialog=dialog,
        flow=flow,
        cseq=0,
        boots=agent.boots,
        lifetime=lifetime,
        request=incoming.to_tag,
        terms=permission.terms,
    )
    await agent.keep(incoming.to_tag, record, None, now, asks=incoming)


async def handle_refresh(
    agent: PresenceAgent, incoming: Incoming, delivery: Delivery, watcher: str, now: Moment
) -> None:
    """Answer one SUBSCRIBE inside the dialog of a subscription."""
    request = incoming.request
    event, _ = event_of(request)
    record = delivery.subscription
    if record.request == incoming.to_tag:
        agent.accept(incoming, record, now)  # a retransmission from before a crash
        return
    if watcher != record.watcher:
        raise Forbidden("the subscription is somebody else's")
    if record.is_over:
        raise UnknownDialog
    if str(event) != record.event:
        raise Forbidden("dialog sharing is not supported")
    wanted = _wanted(request)
    expires = request.expires
    lifetime = agent.rules.subscriptions.choose(expires)
    try:
        dialog = record.dialog.received(request)
    except Malformed as fault:
        raise BadRequest(str(fault)) from None
    flow = flow_back(incoming, dialog)
    if flow.host != record.flow.host and not incoming.is_counted:
        incoming.is_counted = True
        agent.endpoint.sources.check_target(incoming.sender, flow, now.instant)
    standing, terms = record.standing, None
    question = WatchQuestion(record.presentity, watcher, wanted.package, record.state)
    if agent.questions.has_rules() and _has_rules(agent, question):
        asked = asked_by(request, kind_of(lifetime, record.terms, is_inside=True), expires)
        question = msgspec.structs.replace(question, asked=asked)
        permission = await permitted(
            agent.questions, question, record.terms, now, has_asked=_is_agents(incoming)
        )
        standing = after(standing, ANSWERED[permission.answer.decision])
        lifetime, terms = permission.limited(lifetime), permission.terms
    if lifetime == 0:
        standing = after(standing, Happening.TIMED_OUT)
    refreshed = msgspec.structs.replace(
        record,
        expires_at=_expiry(agent, lifetime, standing, now),
        content_type=wanted.content_type,
        standing=standing,
        dialog=dialog,
        flow=flow,
        cseq=delivery.cseq,
        boots=agent.boots,
        lifetime=lifetime,
        request=incoming.to_tag,
        terms=terms,
    )
    await agent.keep(delivery.id, refreshed, delivery.entry, now, asks=incoming)


def _is_agents(incoming: Incoming) -> bool:
    """Whether it comes from the watcher's own agent on this node."""
    return incoming.sender.transport == LOCAL


def _wanted(request: Request) -> Wanted:
    """What a SUBSCRIBE asks to be told.

    Raises:
        BadEvent: it names no package, or none there is.
        BadRequest: Event or Accept breaks its grammar.
        NotAcceptable: as it says.
    """
    events = request.headers.get("event")
    if not events:
        raise BadEvent("there is no Event header")
    event, accepted = events[0], request.headers.get("accept")
    text = None if accepted is None else ", ".join(accepted)
    understand = _understood if len(event) + len(text or "") < CACHED else _understood.__wrapped__
    return understand(event, text)


@lru_cache(maxsize=256)  # phones of one make all say the same
def _understood(event: str, accepted: str | None) -> Wanted:
    asked, package = event_named(event)
    try:
        content_type = preferred(accepted, package.content_types)
    except Malformed as fault:
        raise BadRequest(str(fault)) from None
    if content_type is None:
        raise NotAcceptable(f"{package.name} comes as {' or '.join(package.content_types)}")
    return Wanted(str(asked), package.name, content_type)


def _check_room(agent: PresenceAgent, watcher: str) -> None:
    if agent.notifier.watching.get(watcher, 0) >= agent.rules.max_subscriptions_of_one:
        raise TooManySubscriptions("this watcher has too many subscriptions")
    if len(agent.notifier.deliveries) >= agent.rules.max_subscriptions:
        raise TooManySubscriptions("there are too many subscriptions")


def _has_rules(agent: PresenceAgent, question: WatchQuestion) -> bool:
    """Whether either side has rules that look at what a SUBSCRIBE says."""
    sides = (question.presentity, question.watcher)
    questions = agent.questions
    return questions.has_subscribing_rules(*sides) or questions.has_notifying_rules(*sides)


def _expiry(agent: PresenceAgent, lifetime: int, standing: Standing, now: Moment) -> Timestamp:
    """When the record goes; one that is over stays until its last NOTIFY is answered."""
    is_over = not lifetime or standing is _REJECTED
    return Timestamp(now.timestamp + (agent.rules.memory if is_over else lifetime))
