"""A watcher (W-PA): one presentity watched, by one subscription after the other.

The subscription is the NOTIFY's: it makes the dialog, says how long it lasts, and ends it
(:rfc:`6665#section-4.1`). Presence takes one dialog of each SUBSCRIBE (:rfc:`3856#section-6.9`).
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto
from functools import partial

import msgspec

from hereabouts.base.deadlines import Deadlines
from hereabouts.base.refusal import Malformed, Refusal
from hereabouts.base.units import Moment, Seconds
from hereabouts.presence.event_header import event_of
from hereabouts.presence.packages import PRESENCE
from hereabouts.presence.pidf.document import Document
from hereabouts.presence.resubscription import ENDING, Again, after
from hereabouts.presence.sighting import Sighting, reason_of, shown
from hereabouts.sip.admission import BadRequest
from hereabouts.sip.alarm import Alarm
from hereabouts.sip.dialog import Dialog, UnknownDialog, contact_uri
from hereabouts.sip.headers.address import parse_addresses
from hereabouts.sip.headers.event import Event, SubscriptionState, Substate
from hereabouts.sip.leaving import Answer, Failure
from hereabouts.sip.message import Request, Response
from hereabouts.sip.pace import Pace, may_pass, retry_after
from hereabouts.sip.parameters import parse_seconds
from hereabouts.sip.requester import Conversation, Requester
from hereabouts.sip.routing import towards


class Phase(Enum):
    """Where a watch stands."""

    IDLE = auto()
    "Not begun, or over."
    NOTIFY_WAIT = auto()
    "A subscription is asked for; no NOTIFY has come."
    SUBSCRIBED = auto()
    WAITING = auto()
    "There is none; another is asked for when the pause is over."
    LEAVING = auto()
    "Its end is asked for; the last NOTIFY is still to come."


Permitted = Callable[[int | Response, Moment], None]
"Called with the lifetime that may be asked for, or with the answer that keeps it from being so."

Permit = Callable[[int, Moment, Permitted], None]
"Asked before each SUBSCRIBE but the last, with the lifetime that it wants to ask for."


class Watch:
    """Watches one presentity until told not to, or until the presentity does not want it.

    It is found in `by_call_id` for as long as it takes NOTIFYs: whoever receives them looks there.
    """

    def __init__(
        self,
        presentity: str,
        requester: Requester,
        deadlines: Deadlines,
        tell: Callable[[Sighting, Moment], None],
        pace: Pace,
        by_call_id: dict[str, Watch],
        *,
        permit: Permit | None = None,
    ) -> None:
        self.presentity = presentity
        self.sighting = Sighting(Substate.TERMINATED)
        self._requester = requester
        self._tell = tell
        self._pace = pace
        self._by_call_id = by_call_id
        self._permit = permit
        self._lifetime = pace.lifetime
        self._phase = Phase.IDLE
        self._conversation = requester.conversation(presentity, to=presentity)
        self._dialog: Dialog | None = None
        self._is_told = False  # a NOTIFY since the last SUBSCRIBE has said how long it lasts
        self._timer_n = Alarm(deadlines, self._unnotified)
        self._next = Alarm(deadlines, self._due)  # the next refresh, or the next subscription
        self._expiry = Alarm(deadlines, self._expired)
        self._failures = 0

    @property
    def is_over(self) -> bool:
        """Whether nothing more will be sent, or is taken."""
        return self._phase is Phase.IDLE

    @property
    def is_subscribed(self) -> bool:
        """Whether there is a subscription that is to go on."""
        return self._phase is Phase.SUBSCRIBED

    def begin(self, now: Moment) -> None:
        """Subscribe, as new: with a Call-ID and a tag that never were before."""
        self._forget()
        self._conversation = self._requester.conversation(self.presentity, to=self.presentity)
        self._by_call_id[self._conversation.call_id] = self
        self._phase = Phase.NOTIFY_WAIT
        self._subscribe(self._lifetime, now)

    def end(self, now: Moment) -> None:
        """Unsubscribe; the last NOTIFY is waited for shortly."""
        if self.is_over:
            return
        if self._phase is not Phase.SUBSCRIBED:
            self._left(now)
            return
        self._phase = Phase.LEAVING
        self._subscribe(0, now)
        self._timer_n.set(self._pace.farewell, now)

    def renew(self, now: Moment) -> None:
        """Subscribe or refresh at once: the way to the server has changed."""
        if self._phase in (Phase.SUBSCRIBED, Phase.WAITING):
            self._due(now)

    # -- SUBSCRIBE

    def _subscribe(self, lifetime: int, now: Moment) -> None:
        self._next.stop()
        self._is_told = False
        self._timer_n.set(self._pace.patience, now)
        if self._permit is None or not lifetime:
            self._ask(lifetime)
        else:
            self._permit(lifetime, now, partial(self._permitted, self._conversation))

    def _permitted(
        self, conversation: Conversation, permitted: int | Response, now: Moment
    ) -> None:
        is_late = self.is_over or self._phase is Phase.LEAVING
        if conversation is not self._conversation or is_late:
            return  # it is given up, or was asked to end meanwhile
        if isinstance(permitted, Response):
            self._answered(conversation, permitted, now)
        else:
            self._ask(permitted)

    def _ask(self, lifetime: int) -> None:
        rows = (
            f"Contact: {self._requester.flow.contact}\r\nEvent: {PRESENCE.name}\r\n"
            f"Accept: {', '.join(PRESENCE.content_types)}\r\nExpires: {lifetime}\r\n"
        )
        conversation = self._conversation
        self._requester.send(conversation, "SUBSCRIBE", rows, (self._answered, conversation))

    def _due(self, now: Moment) -> None:
        if self._phase is Phase.SUBSCRIBED:
            self._subscribe(self._lifetime, now)
        elif self._phase is Phase.WAITING:
            self.begin(now)

    def _answered(self, conversation: Conversation, answer: Answer, now: Moment) -> None:
        if conversation is not self._conversation:
            return  # it is about a subscription that is given up
        match self._phase:
            case Phase.NOTIFY_WAIT:
                self._initial_answered(answer, now)
            case Phase.SUBSCRIBED:
                self._refresh_answered(answer, now)
            case Phase.LEAVING if isinstance(answer, Failure) or answer.status >= 300:
                self._left(now)  # no last NOTIFY will follow

    def _initial_answered(self, answer: Answer, now: Moment) -> None:
        if isinstance(answer, Response):
            if answer.status < 300:
                self._granted(answer, now)
                return
            if self._is_brief(answer):
                self._subscribe(self._lifetime, now)
                return
        if may_pass(answer):
            self._retry(answer, now)
        else:
            self._close(self._fault(answer, is_over=True), now)

    def _refresh_answered(self, answer: Answer, now: Moment) -> None:
        if isinstance(answer, Response):
            if answer.status < 300:
                if answer.status == 204:  # no NOTIFY will follow (RFC 5839)
                    self._timer_n.stop()
                self._granted(answer, now)
                return
            if self._is_brief(answer):
                self._subscribe(self._lifetime, now)
                return
            if answer.status in ENDING:
                self.begin(now)
                return
        # The subscription holds for the time that is known; a refresh may still succeed.
        self._timer_n.stop()
        self._failures += 1
        self._next.set(self._pace.pause(self._failures, retry_after(answer)), now)

    def _granted(self, answer: Response, now: Moment) -> None:
        if not self._is_told:
            lifetime = parse_seconds(answer.first("expires")) or self._lifetime
            self._lives_for(min(lifetime, self._lifetime), now)

    def _lives_for(self, lifetime: Seconds, now: Moment) -> None:
        """The subscription ends in so many seconds, if not sooner; refresh it before."""
        self._next.advance(self._pace.refresh(lifetime), now)
        self._expiry.set(lifetime, now)

    def _is_brief(self, answer: Response) -> bool:
        least = parse_seconds(answer.first("min-expires"))
        if answer.status != 423 or least is None or least <= self._lifetime:
            return False
        self._lifetime = least
        return True

    # -- NOTIFY

    def notified(self, request: Request, now: Moment) -> None:
        """Take a NOTIFY that has our Call-ID; it is to be answered 200.

        Raises:
            UnknownDialog: it is another notifier's, about another event, or not for our tag.
            OutOfOrder: a newer one has come before.
            UnacceptableBody: its body is of another kind.
            BadEvent: its event package is not one we have.
            BadRequest: it cannot be read.
        """
        event, _ = event_of(request)
        if event != Event(PRESENCE.name) or request.to_tag != self._conversation.tag:
            raise UnknownDialog
        try:
            state = SubscriptionState.parse(request.first("subscription-state") or "")
            self._enter(request)
        except Malformed as fault:
            raise BadRequest(str(fault)) from None
        try:
            document = shown(request) or self.sighting.document
        except Refusal:
            self._take(state, self.sighting.document, now)
            raise
        self._take(state, document, now)

    def _take(self, state: SubscriptionState, document: Document | None, now: Moment) -> None:
        if state.substate is Substate.TERMINATED:
            self._terminated(state, document, now)
        else:
            self._holds(state, document, now)

    def _enter(self, request: Request) -> None:
        """Make the dialog, or check that the request goes on in it."""
        if self._dialog is None:
            dialog = _dialog(request)
        elif self._dialog.belongs(request):
            dialog = self._dialog.received(request)
        else:
            raise UnknownDialog
        self._dialog = dialog
        conversation = self._conversation
        conversation.uri, conversation.addressing = dialog.addressing()
        if not self._requester.flow.is_reliable:
            conversation.flow = towards(self._requester.flow, dialog.next_hop)

    def _holds(self, state: SubscriptionState, document: Document | None, now: Moment) -> None:
        if self._phase is not Phase.LEAVING:
            self._phase = Phase.SUBSCRIBED
            self._failures = 0
            self._timer_n.stop()
            self._next.advance(self._pace.refresh(self._lifetime), now)
            if state.expires is not None:
                self._is_told = True
                self._lives_for(state.expires, now)
        self._say(Sighting(state.substate, "", document), now)

    def _terminated(self, state: SubscriptionState, document: Document | None, now: Moment) -> None:
        again = after(state.reason)
        ended = Sighting(Substate.TERMINATED, state.reason or "", document)
        if self._phase is Phase.LEAVING or again is Again.NEVER:
            self._close(msgspec.structs.replace(ended, is_over=True), now)
            return
        if again is Again.AT_ONCE and self._failures == 0:
            self._failures = 1  # a notifier that ends each one at once is not asked without end
            self._say(ended, now)
            self.begin(now)
            return
        asked = state.retry_after if again is Again.LATER else None
        self._pause(asked, now)
        self._say(ended, now)

    # -- ends

    def _unnotified(self, now: Moment) -> None:
        """Timer N: what was asked for has not been confirmed by a NOTIFY."""
        if self._phase is Phase.LEAVING:
            self._left(now)
            return
        self._pause(None, now)
        document = self.sighting.document
        self._say(Sighting(Substate.TERMINATED, "no NOTIFY in 64 T1", document), now)

    def _expired(self, now: Moment) -> None:
        """No refresh has succeeded in time."""
        if self._phase is Phase.SUBSCRIBED:
            self.begin(now)

    def _retry(self, answer: Answer, now: Moment) -> None:
        self._pause(retry_after(answer), now)
        self._say(self._fault(answer, is_over=False), now)

    def _pause(self, asked: Seconds | None, now: Moment) -> None:
        self._forget()
        self._phase = Phase.WAITING
        self._failures += 1
        self._next.set(self._pace.pause(self._failures, asked), now)

    def _fault(self, answer: Answer, *, is_over: bool) -> Sighting:
        document = self.sighting.document
        reason = reason_of(answer)
        return Sighting(Substate.TERMINATED, reason, document, is_over=is_over, answer=answer)

    def _left(self, now: Moment) -> None:
        document = self.sighting.document
        self._close(Sighting(Substate.TERMINATED, "", document, is_over=True), now)

    def _close(self, last: Sighting, now: Moment) -> None:
        self._forget()
        self._phase = Phase.IDLE
        self._say(last, now)

    def _forget(self) -> None:
        """There is no subscription any more, nor the wish for this one."""
        self._by_call_id.pop(self._conversation.call_id, None)
        self._dialog = None
        for alarm in (self._timer_n, self._next, self._expiry):
            alarm.stop()

    def _say(self, sighting: Sighting, now: Moment) -> None:
        self.sighting = sighting
        self._tell(sighting, now)


def _dialog(notify: Request) -> Dialog:
    """The dialog that the first NOTIFY makes; its routes are that of the NOTIFY, not of the 200."""
    headers = notify.headers
    lines = f"To: {headers['from'][0]}\r\nFrom: {headers['to'][0]}\r\nCall-ID: {notify.call_id}\r\n"
    routes = notify.values("record-route")
    for address in parse_addresses(routes):
        _ = address.sip_uri
    return Dialog(lines, contact_uri(notify), notify.cseq[0], tuple(routes))
