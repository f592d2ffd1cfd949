"""Passes a request on, and tells what became of it: the middle of a stateful proxy.

A server transaction on one side, a client transaction on the other (:rfc:`3261#section-16`).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import msgspec

from hereabouts.base.refusal import Malformed, Refusal
from hereabouts.base.units import Instant, Moment, Seconds
from hereabouts.roles.node import Node
from hereabouts.sip.admission import LoopDetected
from hereabouts.sip.breadth import breadth_of
from hereabouts.sip.domains import Domains
from hereabouts.sip.flow import Flow
from hereabouts.sip.incoming import Incoming
from hereabouts.sip.leaving import Answer, Failure
from hereabouts.sip.message import Request, Response
from hereabouts.sip.proxy import (
    Course,
    Onward,
    branches,
    check_proxy_extensions,
    course_of,
    hops_left,
    loop_text,
    loosened,
    record_routes,
    response_back,
    rows_onward,
)
from hereabouts.sip.routes import NextHop, Routes
from hereabouts.sip.transactions.machine import State, Timers
from hereabouts.sip.uri import SipUri

LONG_ENOUGH = 12
"Letters of a seal that tell one request from all others that are under way."


class NextHopFailed(Refusal):
    """The next hop is out of order: that is no 503 of ours (:rfc:`3261#section-16.7`, step 6)."""

    status = 500


class Withdrawn(Refusal):
    """Our own disk failed before the request could be passed on."""

    status = 503

    def headers(self) -> list[tuple[str, str]]:
        """Asks the peer to come back in five seconds."""
        return [("Retry-After", "5")]


class Terms(msgspec.Struct, frozen=True):
    """What a proxy grants, and how long it waits."""

    timers: Timers = Timers()
    patience: Seconds = 120.0
    "How long a watcher may be without a connection, and an agent after our own restart."
    realm: str = ""
    "Credentials for it are not passed on."
    max_relays: int = 1_000_000
    max_relays_of_one: int = 10_000
    "Of one watcher."
    timer_c: Seconds = 181.0
    "How long a callee may ring without a further sign."
    max_forks: int = 10_000
    "Requests of others' that may wait for an answer at a time, calls that ring among them."
    max_forks_of_one: int = 100
    "Of one sender."

    @property
    def memory(self) -> Seconds:
        """How long what is over is remembered for the messages about it that still come."""
        return 2 * self.timers.patience


class Passage(msgspec.Struct, gc=False, kw_only=True):
    """A request on its way through."""

    incoming: Incoming
    course: Course
    flow: Flow
    "Where it goes."
    answered: Callable[[Response, Moment], None]
    "Told of the final answer, which is then to be passed back."
    failed: Callable[[Failure, Moment], None]
    "Told that there will be none."
    token: str = ""
    "What stands in our Record-Route; empty: we do not stay on the way."
    identity: str = ""
    "The address-of-record to vouch for; empty: none."
    attempt: int = 0
    "How many next hops were tried before."
    edited: tuple[tuple[str, str], ...] = ()
    "Headers whose value is another on the way on."
    body: bytes | None = None
    "The body in place of the one it has; `None`: that."


class Passing:
    """All requests on their way through a node.

    `is_token` says whether a word is in a Record-Route of ours.
    """

    def __init__(
        self,
        node: Node,
        domains: Domains,
        routes: Routes,
        terms: Terms,
        is_token: Callable[[str], bool],
    ) -> None:
        self.terms = terms
        self._node = node
        self._endpoint = node.endpoint
        self._domains = domains
        self._routes = routes
        self._is_token = is_token
        self._trying_after = _trying_after(terms.timers)

    def check(self, request: Request) -> None:
        """Let a request pass that a proxy may pass on.

        Raises:
            Refusal: it may not (:rfc:`3261#section-16.3`).
        """
        hops_left(request)
        breadth_of(request)
        mark = self.mark(request)
        if any(branch.endswith(mark) for branch in branches(request)):
            raise LoopDetected("the request came back as it left")
        check_proxy_extensions(request)

    def course(self, incoming: Incoming) -> Course:
        """Where a request wants to go.

        Raises:
            BadRequest: a Route is none.
        """
        return self.course_by(incoming.request, incoming.sender)

    def course_by(self, request: Request, flow: Flow) -> Course:
        """Where a request wants to go that came by this flow.

        Raises:
            BadRequest: a Route is none.
        """
        return course_of(request, lambda uri: self.is_here(uri, flow.local))

    def is_here(self, uri: SipUri, local: str) -> bool:
        """Whether a Route leads to this node, by what our end of the flow is called."""
        if self._is_token(uri.user or ""):
            return True
        if uri.port is None and uri.host in self._domains.names:
            return True
        host, _, port = local.rpartition(":")
        is_ours = uri.host == host or self._domains.home(uri) is not None
        return is_ours and NextHop.of(uri).port == int(port)

    def reach(self, next_hop: NextHop) -> Flow:
        """The flow to another server, which has to prove the domain that it is known to serve."""
        flow = self._node.reach(next_hop.transport, next_hop.host, next_hop.port)
        domain = next_hop.domain or self._routes.known(next_hop).domain
        return msgspec.structs.replace(flow, domain=domain) if domain else flow

    def send(self, passage: Passage, now: Moment) -> None:
        """Pass a request on.

        Raises:
            BadRequest: its Route leads nowhere.
        """
        incoming, flow = passage.incoming, passage.flow
        request = incoming.request
        course = loosened(passage.course)
        token = passage.token
        onward = Onward(
            incoming.via,
            course.routes,
            hops_left(request),
            record_routes=_record_routes(passage) if token else (),
            identity=passage.identity,
            realm=self.terms.realm,
            edited=(*passage.edited, ("max-breadth", str(breadth_of(request)))),
        )
        body = request.body if passage.body is None else passage.body
        # The same for a retransmission after a crash: the next hop knows it again.
        branch = f"{incoming.to_tag}{passage.attempt}{self.mark(request)}"
        rows, user = rows_onward(request, onward), (self._told, passage)
        self._endpoint.request(request.method, course.uri, rows, body, flow, user, branch=branch)
        self.ask_to_wait(incoming, now)

    def mark(self, request: Request) -> str:
        """What a branch of the request ends in, so that it is known when it comes back."""
        target = request.uri
        with suppress(Malformed):
            uri = request.request_uri
            target = uri.address_of_record if uri.host in self._domains.names else target
        return self._endpoint.seal(loop_text(request, target))[:LONG_ENOUGH]

    def _told(self, passage: Passage, answer: Answer, now: Moment) -> None:
        if not isinstance(answer, Failure):
            if answer.status >= 200:
                passage.answered(answer, now)
            return
        if answer is Failure.TIMED_OUT:
            # There is no answer to pass back, and none to make up (:rfc:`4320#section-4.2`).
            self._endpoint.leave_unanswered(passage.incoming)
        passage.failed(answer, now)

    def ask_to_wait(self, incoming: Incoming, now: Moment) -> None:
        """Have a sender wait who has no answer when he repeats himself at the slowest pace.

        :rfc:`4320#section-4.1`
        """
        self._node.deadlines.wait(self._trying_after, now.instant, self._trying, incoming)

    def _trying(self, incoming: Incoming, _due: Instant, now: Moment) -> None:
        if incoming.transaction.state is State.TRYING:
            self._endpoint.respond(incoming, 100, now)

    def answer(self, incoming: Incoming, response: Response, now: Moment) -> None:
        """Pass an answer back.

        Raises:
            NextHopFailed: it says that somebody else is out of order.
        """
        if response.status == 503:
            raise NextHopFailed("the next server is out of order")
        payload = response_back(response, incoming.request)
        self._endpoint.respond_with(incoming, response.status, payload, now)


def _record_routes(passage: Passage) -> tuple[str, ...]:
    came = passage.incoming.sender
    return record_routes(passage.token, came, passage.flow, passage.course.uri)


def _trying_after(timers: Timers) -> Seconds:
    """When Timer E of the sender is reset to T2."""
    after, interval = 0.0, timers.t1
    while interval < timers.t2:
        after += interval
        interval *= 2
    return after
