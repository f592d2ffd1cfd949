"""Calls, messages and whatever else is said between users: who may, and to whom it goes.

Outside of a call, users of ours reach each other and the servers of other domains, and those
servers reach users of ours. Within a call what names a token of ours goes to the other side
of that call, and nowhere else. Calls leave nothing on disk (`docs/decisions/0015-calls.md`).
"""

from __future__ import annotations

from hereabouts.base.refusal import Malformed, Refusal
from hereabouts.base.units import Moment
from hereabouts.roles.abroad import Abroad
from hereabouts.roles.acknowledging import Acknowledging
from hereabouts.roles.callees import Callees
from hereabouts.roles.errands import ServeHere, Unreachable
from hereabouts.roles.forking import Branch, Call, Forking
from hereabouts.roles.node import Node
from hereabouts.roles.passing import Passing
from hereabouts.sip.admission import KNOWN_METHODS, uri_named
from hereabouts.sip.breadth import breadth_of
from hereabouts.sip.call_token import PREFIX, CallTokens, Side
from hereabouts.sip.dialog import UnknownDialog
from hereabouts.sip.domains import Domains, NotServed
from hereabouts.sip.fork import Fork
from hereabouts.sip.guard import Forbidden, Guard
from hereabouts.sip.headers.address import Address
from hereabouts.sip.incoming import Incoming
from hereabouts.sip.message import Request
from hereabouts.sip.parameters import split_values
from hereabouts.sip.proxy import Course
from hereabouts.sip.routes import Routes
from hereabouts.sip.target_set import Target
from hereabouts.sip.transactions.machine import Transaction
from hereabouts.sip.uri import SipUri
from hereabouts.storage.interface import Store

SERVED = frozenset({"REGISTER", "SUBSCRIBE", "NOTIFY", "PUBLISH", "OPTIONS"})
"Methods that this node answers itself, or passes on as relays, outside of calls."

ELSEWHERE = frozenset({"INVITE", "MESSAGE"})
"Methods that a user's devices alone can answer; without any, this node speaks for him in others."

DIALOGUES = frozenset({"INVITE", "REFER", "SUBSCRIBE"})
"Methods that begin a dialog, or refresh where its sides are."


class TooManyForks(Refusal):
    """More requests wait for an answer than we can keep."""

    status = 503

    def headers(self) -> list[tuple[str, str]]:
        """Asks the peer to come back in five seconds."""
        return [("Retry-After", "5")]


class Calls:
    """The part of a node that passes on what users say to each other.

    `serve_here` answers an OPTIONS for a user who has no device at present, on a node that is his
    presence agent.
    """

    def __init__(  # noqa: PLR0913 - the parts of a proxy
        self,
        node: Node,
        store: Store,
        domains: Domains,
        guard: Guard,
        routes: Routes,
        passing: Passing,
        *,
        abroad: Abroad,
        serve_here: ServeHere | None,
    ) -> None:
        tokens = self._tokens = CallTokens(node.endpoint.seal)
        self.forking = Forking(node, passing, tokens, routes.trusted)
        self._node = node
        self._domains = domains
        self._guard = guard
        self._passing = passing
        self._abroad = abroad
        self._callees = Callees(store, domains, routes, passing, tokens, abroad)
        self._serve_here = serve_here
        acknowledging = Acknowledging(node, passing, self._callees, tokens)
        node.endpoint.take_ack = acknowledging.acknowledged

    def takes(self, request: Request, uri: SipUri) -> bool:
        """Whether a request is for somebody else than this node."""
        if "route" in request.headers and _names_call(request, uri):
            return True
        if request.method in SERVED and request.method != "OPTIONS":
            return False
        return uri.user is not None or self._domains.home(uri) is None

    async def serve(self, incoming: Incoming, now: Moment) -> None:
        """Pass a request on that `takes` has said yes to, or raise the refusal that answers it."""
        request = incoming.request
        if request.method in ELSEWHERE:  # others may have to be answered here
            self._passing.check(request)
        course = self._callees.course(incoming)
        side = self._tokens.side(course.token, request)
        if side is not None:
            await self._within(incoming, course, side, now)
            return
        if request.to_tag is not None:
            raise UnknownDialog
        if len(self.forking) >= self._passing.terms.max_forks:
            raise TooManyForks("too many requests wait for an answer")
        uri = uri_named(course.uri)
        ours = self._domains.address_of_record(uri)
        if ours is None and not self._abroad.may_reach(uri, course.routes):
            if request.method not in KNOWN_METHODS and self._serve_here is not None:
                await self._serve_here(incoming, now)  # it says which methods there are
            raise NotServed(f"{uri.host} is not served here, and there is no way to it")
        sender = await self._identify(incoming, now)
        if self.forking.under_way[sender] >= self._passing.terms.max_forks_of_one:
            raise TooManyForks("too many requests of yours wait for an answer")
        if ours is None:
            await self._outwards(incoming, sender, course, uri, now)
        else:
            await self._inwards(incoming, sender, ours, now)

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

    async def _outwards(
        self, incoming: Incoming, sender: str, course: Course, uri: SipUri, now: Moment
    ) -> None:
        """To the server of another domain, for a user of ours."""
        if not self._domains.serves(sender):
            raise Forbidden("what is for others is passed on for our own users alone")
        target = await self._callees.elsewhere(course, uri, now)
        self._begin(incoming, sender, [[target]], now, unreachable=503)

    async def _inwards(self, incoming: Incoming, sender: str, callee: str, now: Moment) -> None:
        """To the devices of a user of ours: no route leads past them."""
        await self._guard.check_exists(callee, now)
        groups = await self._callees.of_user(callee, now)
        if groups:
            self._begin(incoming, sender, groups, now)
        elif incoming.request.method not in ELSEWHERE and self._serve_here is not None:
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
        self._passing.check(request)
        if request.uri[:5].lower() == "sips:":
            groups = _secured(groups)
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


def _secured(groups: list[list[Target]]) -> list[list[Target]]:
    """The targets that can be reached so that nobody listens on the way.

    Raises:
        Unreachable: there is none.
    """
    secure = ([target.secured for target in group] for group in groups)
    kept = [[target for target in group if target is not None] for group in secure]
    if not any(kept):
        raise Unreachable("there is no secure way to him at present")
    return [group for group in kept if group]


def _names_call(request: Request, uri: SipUri) -> bool:
    """Whether a request has the token of a call, in its first Route or as a strict router's."""
    if uri.user is not None and uri.user.startswith(PREFIX):
        return True
    try:
        first = Address.parse(split_values(request.headers["route"][0])[0]).sip_uri
    except Malformed:
        return False
    return first.user is not None and first.user.startswith(PREFIX)
