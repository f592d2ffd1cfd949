"""Calls, messages and whatever else is said between users: who may, and to whom it goes.

Outside of a call, users of ours reach each other and the servers that the operator has named, and
those servers reach users of ours. Within a call what names a token of ours goes to the other side
of that call, and nowhere else. Calls leave nothing on disk (`docs/decisions/0015-calls.md`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress

import msgspec

from hereabouts.base.refusal import Malformed, Refusal
from hereabouts.base.units import Moment
from hereabouts.roles.callees import Callees
from hereabouts.roles.errands import Unreachable
from hereabouts.roles.forking import Branch, Call, Forking
from hereabouts.roles.node import Node
from hereabouts.roles.passing import Passing
from hereabouts.roles.relays import key_of
from hereabouts.sip.admission import BadRequest, check_grammar
from hereabouts.sip.breadth import breadth_of
from hereabouts.sip.call_token import PREFIX, CallTokens, Side
from hereabouts.sip.dialog import UnknownDialog
from hereabouts.sip.domains import Domains, NotServed
from hereabouts.sip.endpoint import Answer, Failure, Incoming
from hereabouts.sip.fork import Fork
from hereabouts.sip.guard import Forbidden, Guard
from hereabouts.sip.headers.address import Address
from hereabouts.sip.message import Request
from hereabouts.sip.parameters import split_values
from hereabouts.sip.proxy import Course, Onward, course_of, hops_left, rows_onward
from hereabouts.sip.routes import Routes
from hereabouts.sip.target_set import Target
from hereabouts.sip.transactions.machine import Transaction
from hereabouts.sip.uri import SipUri
from hereabouts.storage.interface import Store

SERVED = frozenset({"REGISTER", "SUBSCRIBE", "NOTIFY", "PUBLISH", "OPTIONS"})
"Methods that this node answers itself, or passes on as relays, outside of calls."

DIALOGUES = frozenset({"INVITE", "REFER", "SUBSCRIBE"})
"Methods that begin a dialog, or refresh where its sides are."


class TooManyForks(Refusal):
    """More requests wait for an answer than we can keep."""

    status = 503

    def headers(self) -> list[tuple[str, str]]:
        """Asks the peer to come back in five seconds."""
        return [("Retry-After", "5")]


class Acknowledgement(msgspec.Struct, frozen=True):
    """The ACK of a 2xx on its way to the callee."""

    incoming: Incoming
    target: Target
    way: int = 0


class Calls:
    """The part of a node that passes on what users say to each other.

    `serve_here` answers an OPTIONS for a user who has no device at present, on a node that is his
    presence agent.
    """

    def __init__(
        self,
        node: Node,
        store: Store,
        domains: Domains,
        guard: Guard,
        routes: Routes,
        passing: Passing,
        *,
        serve_here: Callable[[Incoming, Moment], Awaitable[None]] | None,
    ) -> None:
        self._tokens = CallTokens(node.endpoint.seal)
        self.forking = Forking(node, passing, self._tokens, routes.trusted)
        self._node = node
        self._domains = domains
        self._guard = guard
        self._passing = passing
        self._callees = Callees(store, domains, routes, passing)
        self._serve_here = serve_here
        node.endpoint.take_ack = self._acknowledged

    def takes(self, request: Request, uri: SipUri) -> bool:
        """Whether a request is for somebody else than this node."""
        if "route" in request.headers and _names_call(request, uri):
            return True
        if request.method in SERVED and request.method != "OPTIONS":
            return False
        return uri.user is not None or self._domains.home(uri) is None

    def key(self, request: Request) -> str | None:
        """The key of a request that is served here: that of its call; `None`: of any other.

        A CANCEL stands behind the INVITE that it means.
        """
        return None if request.method in SERVED else key_of(request.call_id)

    async def serve(self, incoming: Incoming, now: Moment) -> None:
        """Pass a request on that `takes` has said yes to, or raise the refusal that answers it."""
        request = incoming.request
        self._passing.check(request)
        course = self._course(incoming)
        side = self._tokens.side(course.token, request)
        if side is not None:
            await self._within(incoming, course, side, now)
            return
        if request.to_address.tag is not None:
            raise UnknownDialog
        if len(self.forking) >= self._passing.terms.max_forks:
            raise TooManyForks("too many requests wait for an answer")
        uri = _parsed(course.uri)
        ours = self._domains.address_of_record(uri)
        target = self._callees.elsewhere(course, uri) if ours is None else None
        if ours is None and target is None:
            raise NotServed(f"{uri.host} is not served here, and there is no way to it")
        sender = await self._identify(incoming, now)
        if self.forking.under_way[sender] >= self._passing.terms.max_forks_of_one:
            raise TooManyForks("too many requests of yours wait for an answer")
        if target is not None:
            self._outwards(incoming, sender, target, now)
        elif ours is not None:
            await self._inwards(incoming, sender, ours, now)

    def _course(self, incoming: Incoming) -> Course:
        """Where a request wants to go: a Route with the token of its own call is ours."""
        request, local = incoming.request, incoming.sender.local

        def is_here(uri: SipUri) -> bool:
            is_its_own = self._tokens.side(uri.user or "", request) is not None
            return is_its_own or self._passing.is_here(uri, local)

        return course_of(request, is_here)

    async def _identify(self, incoming: Incoming, now: Moment) -> str:
        """Who sends it; a refusal after this is one to somebody whom we know.

        Raises:
            ProxyAuthenticationRequired: he has not proved it.
            Forbidden: he calls himself by the address of another user of ours.
        """
        trust = self._guard.trust
        vouched = trust.identity(incoming, self._domains) or trust.claimed(incoming, self._domains)
        if vouched is not None:
            incoming.identity = vouched
            return vouched
        sender = incoming.identity = await self._guard.identify(incoming, now, is_passing=True)
        if self._claimed(incoming.request) not in (None, sender):
            raise Forbidden("From is somebody else's address")
        return sender

    def _claimed(self, request: Request) -> str | None:
        """The address of ours in From, if it is one."""
        try:
            return self._domains.address_of_record(request.from_address.sip_uri)
        except Malformed:
            return None

    def _outwards(self, incoming: Incoming, sender: str, target: Target, now: Moment) -> None:
        """To the server of another domain, for a user of ours."""
        if sender.rpartition("@")[2] not in self._domains.names:
            raise Forbidden("what is for others is passed on for our own users alone")
        self._begin(incoming, sender, [[target]], now, unreachable=503)

    async def _inwards(self, incoming: Incoming, sender: str, callee: str, now: Moment) -> None:
        """To the devices of a user of ours: no route leads past them."""
        await self._guard.check_exists(callee, now)
        groups = await self._callees.of_user(callee, now)
        if groups:
            self._begin(incoming, sender, groups, now)
        elif incoming.request.method == "OPTIONS" and self._serve_here is not None:
            await self._serve_here(incoming, now)
        else:
            raise Unreachable("he has no device here at present")

    def _begin(
        self,
        incoming: Incoming,
        sender: str,
        groups: list[list[Target]],
        now: Moment,
        *,
        token: str = "",
        unreachable: int = 480,
    ) -> None:
        request = incoming.request
        is_invite = request.method == "INVITE"
        call = Call(
            incoming=incoming,
            sender=sender,
            branches=[Branch(target) for group in groups for target in group],
            fork=Fork(list(map(len, groups)), breadth_of(request), is_invite=is_invite),
            is_recorded=request.method in DIALOGUES,
            token=token,
            unreachable=unreachable,
        )
        self.forking.begin(call, now)

    # -- within a call

    async def _within(self, incoming: Incoming, course: Course, side: Side, now: Moment) -> None:
        """To the other side of a call. It is not challenged: the seal is proof enough."""
        if len(self.forking) >= self._passing.terms.max_forks:
            raise TooManyForks("too many requests wait for an answer")
        target = await self._callees.beyond(side, course, incoming.request, now)
        self._begin(incoming, "", [[target]], now, token=course.token)

    def cancel(self, invite: Transaction, cancel: Request, now: Moment) -> None:
        """The caller has cancelled what this transaction has begun."""
        call = self.forking.find(invite)
        if call is not None:
            self.forking.cancel(call, cancel, now)

    def _acknowledged(self, incoming: Incoming, now: Moment) -> None:
        async def forward() -> None:
            with suppress(Refusal):  # nobody is told what is wrong with an ACK
                await self._acknowledge(incoming, now)

        self._node.run(key_of(incoming.request.call_id), forward)

    async def _acknowledge(self, incoming: Incoming, now: Moment) -> None:
        """Pass the ACK of a 2xx on to the callee (:rfc:`3261#section-16.11`)."""
        request = incoming.request
        check_grammar(request)
        self._passing.check(request)
        course = self._course(incoming)
        side = self._tokens.side(course.token, request)
        if side is None:
            return
        target = await self._callees.beyond(side, course, request, now)
        self._send_ack(Acknowledgement(incoming, target))

    def _send_ack(self, ack: Acknowledgement) -> None:
        incoming, target = ack.incoming, ack.target
        request, flow = incoming.request, target.ways[ack.way]
        realm = self._passing.terms.realm
        onward = Onward(incoming.via, target.routes, hops_left(request), realm=realm)
        branch = f"{incoming.to_tag}{ack.way}{self._passing.mark(request)}"
        rows, user = rows_onward(request, onward), (self._ack_failed, ack)
        self._node.endpoint.request(
            "ACK", target.uri, rows, request.body, flow, user, branch=branch
        )

    def _ack_failed(self, ack: Acknowledgement, answer: Answer, _now: Moment) -> None:
        """A way is dead: another one is tried. A 2xx that is not acknowledged comes again."""
        if answer is Failure.UNDELIVERABLE and ack.way + 1 < len(ack.target.ways):
            self._send_ack(msgspec.structs.replace(ack, way=ack.way + 1))


def _names_call(request: Request, uri: SipUri) -> bool:
    """Whether a request has the token of a call, in its first Route or as a strict router's."""
    if uri.user is not None and uri.user.startswith(PREFIX):
        return True
    try:
        first = Address.parse(split_values(request.headers["route"][0])[0]).sip_uri
    except Malformed:
        return False
    return first.user is not None and first.user.startswith(PREFIX)


def _parsed(text: str) -> SipUri:
    try:
        return SipUri.parse(text)
    except Malformed as fault:
        raise BadRequest(str(fault)) from None
