"""Sends one request to several places, and passes back what they answer.

What is to be done when, `sip.fork` says; here it is done: a server transaction on one side, a
client transaction for each branch on the other (:rfc:`3261#section-16`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec

from hereabouts.base.units import Instant, Moment
from hereabouts.roles.node import Node
from hereabouts.roles.passing import Passing
from hereabouts.sip.best_response import Ending
from hereabouts.sip.call_token import CallTokens
from hereabouts.sip.flow import Flow
from hereabouts.sip.fork import Cancel, Conclude, Effect, Forget, Fork, PassBack, Try
from hereabouts.sip.incoming import Incoming
from hereabouts.sip.leaving import Answer, Failure
from hereabouts.sip.message import Request, Response, reason_phrase
from hereabouts.sip.proxy import Onward, hops_left, record_routes, response_back, rows_onward
from hereabouts.sip.target_set import Target
from hereabouts.sip.transactions.machine import Transaction
from hereabouts.sip.trust import is_told

ELSEWHERE = 'SIP;cause=200;text="Call completed elsewhere"'
"Why a device stops ringing when another has answered (:rfc:`3326`): no call was missed."

UNDONE = Ending(500, None, "it could not be passed on")
"What becomes of a branch whose turn our own disk has failed."


class Branch(msgspec.Struct):
    """A request on its way to one target."""

    target: Target
    breadth: int = 0
    way: int = 0
    "Which of the target's ways it goes by."
    transaction: Transaction | None = None
    rings_until: Instant = Instant(0.0)
    "When Timer C fires."


class Call(msgspec.Struct, kw_only=True):
    """A request that is passed on, an INVITE or any other."""

    incoming: Incoming
    sender: str
    "Who is vouched for, an address-of-record; empty: nobody."
    branches: list[Branch]
    fork: Fork
    is_recorded: bool
    "Whether what follows in its dialog is to come by here too."
    token: str = ""
    "What stands in our Record-Route then; empty: each branch has one of its own."
    unreachable: int = 480
    "What the sender is told of a target that there is no way to."
    attempts: int = 0

    @property
    def is_invite(self) -> bool:
        """Whether it rings, and can be cancelled."""
        return self.incoming.request.method == "INVITE"


class Forking:
    """All requests that wait for an answer at one of their targets."""

    def __init__(
        self, node: Node, passing: Passing, tokens: CallTokens, trusted: frozenset[str]
    ) -> None:
        self.under_way: Counter[str] = Counter()
        "How many each sender has."
        self._node = node
        self._endpoint = node.endpoint
        self._passing = passing
        self._tokens = tokens
        self._trusted = trusted
        self._calls: dict[str, Call] = {}

    def __len__(self) -> int:
        return len(self._calls)

    def find(self, transaction: Transaction) -> Call | None:
        """The call that this server transaction has begun, if it is under way."""
        return self._calls.get(transaction.key)

    def begin(self, call: Call, now: Moment) -> None:
        """Send the request to its first targets."""
        self._calls[call.incoming.transaction.key] = call
        self.under_way[call.sender] += 1
        if call.is_invite:
            self._endpoint.respond(call.incoming, 100, now)
        else:
            self._passing.ask_to_wait(call.incoming, now)
        self._do(call, call.fork.begin(), now)

    def cancel(self, call: Call, request: Request, now: Moment) -> None:
        """The caller has cancelled it."""
        self._do(call, call.fork.cancel(), now, request.first("reason") or "")

    # -- what is to be done

    def _do(self, call: Call, effects: Iterable[Effect], now: Moment, reason: str = "") -> None:
        """Do what the fork says; `reason` is the one of a CANCEL."""
        for effect in effects:
            match effect:
                case Try(target, breadth):
                    call.branches[target].breadth = breadth
                    self._send(call, target, now)
                case Cancel(target):
                    self._cancel(call, target, reason, now)
                case PassBack(response):
                    self._pass_back(call, response, (), now)
                case Conclude(Ending(response=None) as ending, _):
                    said = reason_phrase(ending.status, ending.reason)
                    self._endpoint.respond(call.incoming, ending.status, now, reason=said)
                case Conclude(Ending(response=Response() as response), challenges):
                    self._pass_back(call, response, challenges, now)
                case Forget():
                    self._endpoint.leave_unanswered(call.incoming)
        if call.fork.is_over:
            self._forget(call)

    def _pass_back(self, call: Call, response: Response, more: Iterable[str], now: Moment) -> None:
        payload = response_back(response, call.incoming.request, list(more))
        self._endpoint.respond_with(call.incoming, response.status, payload, now)

    def _forget(self, call: Call) -> None:
        if self._calls.pop(call.incoming.transaction.key, None) is None:
            return  # a second 2xx
        self.under_way[call.sender] -= 1
        if not self.under_way[call.sender]:
            del self.under_way[call.sender]

    def _send(self, call: Call, number: int, now: Moment) -> None:
        incoming, branch = call.incoming, call.branches[number]
        request, target = incoming.request, branch.target
        flow = target.ways[branch.way]
        onward = Onward(
            incoming.via,
            target.routes,
            hops_left(request),
            record_routes=self._record_routes(call, flow),
            identity=call.sender if is_told(flow, request, self._trusted) else "",
            realm=self._passing.terms.realm,
            edited=(("max-breadth", str(branch.breadth)),),
        )
        name = f"{incoming.to_tag}{call.attempts}{self._passing.mark(request)}"
        call.attempts += 1
        rows, user = rows_onward(request, onward), (self._told, (call, number))
        branch.transaction = self._endpoint.request(
            request.method, target.uri, rows, request.body, flow, user, branch=name
        )
        if call.is_invite:
            self._ring(branch, now)
            subject = (call, number, branch.transaction)
            length = self._passing.terms.timer_c
            self._node.deadlines.wait(length, now.instant, self._timer_c, subject)

    def _record_routes(self, call: Call, flow: Flow) -> tuple[str, ...]:
        if not call.is_recorded:
            return ()
        came, request = call.incoming.sender, call.incoming.request
        token = call.token or self._tokens.write(request, came, flow)
        return record_routes(token, came, flow, request.uri)

    def _cancel(self, call: Call, number: int, reason: str, now: Moment) -> None:
        """Cancel a branch; if that has no effect either, it is given up after 64 T1."""
        transaction = call.branches[number].transaction
        assert transaction is not None
        self._endpoint.cancel(transaction, reason)
        patience = self._passing.terms.timers.patience
        self._node.deadlines.wait(patience, now.instant, self._give_up, (call, number))

    def _give_up(self, subject: tuple[Call, int], _due: Instant, now: Moment) -> None:
        call, number = subject
        transaction = call.branches[number].transaction
        if call.fork.is_pending(number) and transaction is not None:
            self._endpoint.abandon(transaction)
            self._do(call, call.fork.silent(number), now)

    # -- Timer C

    def _ring(self, branch: Branch, now: Moment) -> None:
        branch.rings_until = Instant(now.instant + self._passing.terms.timer_c)

    def _timer_c(self, subject: tuple[Call, int, Transaction], _due: Instant, now: Moment) -> None:
        call, number, transaction = subject
        branch = call.branches[number]
        if branch.transaction is not transaction or not call.fork.is_pending(number):
            return
        if branch.rings_until > now.instant:
            self._node.deadlines.at(branch.rings_until, self._timer_c, subject)
        else:
            self._do(call, call.fork.rung_out(number), now)

    # -- what comes of it

    def _told(self, subject: tuple[Call, int], answer: Answer, now: Moment) -> None:
        call, number = subject
        if isinstance(answer, Failure):
            self._failed(call, number, answer, now)
            return
        if answer.status in (430, 503) and self._goes_another_way(call, number, now):
            return
        if answer.status == 430:  # that is between proxies (RFC 5626 section 11.5)
            self._do(call, call.fork.ended(number, _no_way(call)), now)
            return
        if 100 < answer.status < 200:
            self._ring(call.branches[number], now)
        reason = ELSEWHERE if answer.status < 300 else ""
        self._do(call, call.fork.answered(number, answer), now, reason)

    def _failed(self, call: Call, number: int, failure: Failure, now: Moment) -> None:
        if failure is Failure.WITHDRAWN:
            self._do(call, call.fork.ended(number, UNDONE), now)
        elif failure is Failure.TIMED_OUT and not call.is_invite:
            self._do(call, call.fork.silent(number), now)
        elif not self._goes_another_way(call, number, now):
            if failure is Failure.TIMED_OUT:
                self._do(call, call.fork.silent(number), now)
            else:
                self._do(call, call.fork.ended(number, _no_way(call)), now)

    def _goes_another_way(self, call: Call, number: int, now: Moment) -> bool:
        """Whether a target that has not been heard of is tried by another way.

        Of one device that may be another flow, with a Contact of its own.
        """
        branch = call.branches[number]
        if not call.fork.is_unheard(number):
            return False
        if branch.way + 1 < len(branch.target.ways):
            branch.way += 1
        elif branch.target.others:
            first, *others = branch.target.others
            branch.target = msgspec.structs.replace(first, others=tuple(others))
            branch.way = 0
        else:
            return False
        self._send(call, number, now)
        return True


def _no_way(call: Call) -> Ending:
    return Ending(call.unreachable, None, "there is no way to him at present")
