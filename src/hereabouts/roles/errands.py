"""Requests outside of any dialog, passed on: who may send them, where they go, what comes of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

import msgspec

from hereabouts.base.refusal import Refusal
from hereabouts.base.units import Moment, Timestamp
from hereabouts.presence.relay import granted, opened
from hereabouts.presence.subscribe import TooManySubscriptions
from hereabouts.roles.abroad import Abroad
from hereabouts.roles.edges import Edges
from hereabouts.roles.leaving import Leave, Leaving
from hereabouts.roles.node import Node
from hereabouts.roles.passing import NextHopFailed, Passage, Passing, Withdrawn
from hereabouts.roles.relays import Relays, key_of
from hereabouts.sip.admission import uri_named
from hereabouts.sip.domains import Domains
from hereabouts.sip.flow import Flow
from hereabouts.sip.guard import Forbidden, Guard
from hereabouts.sip.incoming import Incoming
from hereabouts.sip.leaving import Failure
from hereabouts.sip.message import Request, Response
from hereabouts.sip.outbound import Way
from hereabouts.sip.proxy import Course
from hereabouts.sip.routes import Routes
from hereabouts.sip.routing import flow_back
from hereabouts.sip.trust import hides_identity, is_told
from hereabouts.sip.uri import SipUri

ServeHere = Callable[[Incoming, Moment], Awaitable[None]]
"Answers a request as the presentities' agent of this node."


class Unreachable(Refusal):
    """Nobody serves the presentity at present (:rfc:`3261#section-16.5`)."""

    status = 480


class Choice(msgspec.Struct, frozen=True):
    """One next hop for a request."""

    flow: Flow
    edge: Way | None = None
    "The way to the presentity's own agent, registered here; `None`: it is another server."


class Errand(msgspec.Struct, frozen=True):
    """A request that is to be passed on."""

    incoming: Incoming
    sender: str
    target: str
    "The address-of-record that it is for."
    course: Course
    key: str
    choices: tuple[Choice, ...]
    "Where it may still go."
    is_inwards: bool
    "Whether the target is a user of ours."
    leave: Leave = Leave()
    "The terms of a SUBSCRIBE."
    attempt: int = 0

    @property
    def token(self) -> str:
        """What names it, and the relay that may come of it."""
        return self.incoming.to_tag


class Errands:
    """Passes requests on that are in no dialog."""

    def __init__(  # noqa: PLR0913 - the parts of a proxy
        self,
        node: Node,
        domains: Domains,
        guard: Guard,
        routes: Routes,
        passing: Passing,
        relays: Relays,
        edges: Edges,
        *,
        abroad: Abroad,
        leaving: Leaving,
        serve_here: ServeHere | None,
    ) -> None:
        self._node = node
        self._domains = domains
        self._guard = guard
        self._presence = routes.presence
        self._trusted = routes.trusted
        self._passing = passing
        self._relays = relays
        self._edges = edges
        self._abroad = abroad
        self._leaving = leaving
        self._serve_here = serve_here

    async def begin(self, incoming: Incoming, now: Moment) -> None:
        """Pass on a SUBSCRIBE or PUBLISH, or raise the refusal that answers it."""
        self._passing.check(incoming.request)
        course = self._passing.course(incoming)
        uri = uri_named(course.uri)

        async def is_repeated() -> bool:
            return self._relays.get(incoming.to_tag) is not None

        ours = self._domains.address_of_record(uri)
        sender = await self._guard.identify(
            incoming, now, is_repeated=is_repeated, is_passing=ours is None
        )
        if ours is None:
            errand = await self._outwards(incoming, sender, uri, course, now)
        else:
            errand = await self._inwards(incoming, sender, ours, now)
        if incoming.request.method == "SUBSCRIBE":
            leave = await self._leaving.leave(incoming, errand.target, sender, "init", now)
            errand = msgspec.structs.replace(errand, leave=leave)
        await self._carry_out(errand, now)

    async def _outwards(
        self, incoming: Incoming, sender: str, uri: SipUri, course: Course, now: Moment
    ) -> Errand:
        """To the server of another domain, for a user of ours."""
        if not self._domains.serves(sender):
            raise Forbidden("what is for others is passed on for our own users alone")
        choices = tuple(map(Choice, await self._abroad.flows(uri, course.routes, now)))
        key = key_of(incoming.request.call_id)
        target = uri.address_of_record
        return Errand(incoming, sender, target, course, key, choices, is_inwards=False)

    async def _inwards(
        self, incoming: Incoming, sender: str, presentity: str, now: Moment
    ) -> Errand:
        """To the agent of a user of ours: his own, else the presence server's."""
        if incoming.request.method == "PUBLISH":
            sender = presentity if self._guard.is_open else sender
            await self._guard.check_own(sender, presentity, now)
        else:
            await self._guard.check_exists(presentity, now)
        ways = self._edges.ways(presentity, now.timestamp)
        choices = [Choice(way.flow, way) for way in ways if way.flow != incoming.sender]
        if self._presence is not None:
            choices.append(Choice(self._passing.reach(self._presence)))
        # It is ours: no route leads past its agent, but for the one that the agent has named.
        course = Course(incoming.request.uri)
        return Errand(
            incoming, sender, presentity, course, presentity, tuple(choices), is_inwards=True
        )

    async def _carry_out(self, errand: Errand, now: Moment) -> None:
        """Pass the request to the next choice."""
        if not errand.choices:
            await self._nowhere(errand, now)
            return
        choice = errand.choices[0]
        is_subscribe = errand.incoming.request.method == "SUBSCRIBE"
        if is_subscribe:
            await self._open(errand, choice, now)
        course = errand.course
        if choice.edge is not None:
            course = msgspec.structs.replace(course, routes=choice.edge.routes)
        passage = Passage(
            incoming=errand.incoming,
            course=course,
            flow=choice.flow,
            answered=partial(self._answered, errand),
            failed=partial(self._failed, errand),
            token=errand.token if is_subscribe else "",
            identity=errand.sender if self._is_told(choice, errand.incoming.request) else "",
            attempt=errand.attempt,
            edited=errand.leave.edited,
        )
        self._passing.send(passage, now)

    def _is_told(self, choice: Choice, request: Request) -> bool:
        """Whether a next hop is told who the sender is."""
        if choice.edge is not None:
            return not hides_identity(request)
        return is_told(choice.flow, request, self._trusted)

    async def _open(self, errand: Errand, choice: Choice, now: Moment) -> None:
        """Keep a relay for the subscription that is to come."""
        incoming, terms = errand.incoming, self._passing.terms
        if self._relays.get(errand.token) is None:
            self._check_room(errand.sender)
        relay = opened(
            incoming.request,
            errand.target,
            errand.sender,
            incoming.sender,
            errand.token,
            Timestamp(now.timestamp + terms.memory),
            edge=choice.edge.agent if choice.edge is not None else "",
        )
        if not incoming.is_counted:
            incoming.is_counted = True
            sources, sender = self._node.sources, incoming.sender
            sources.check_subscribes(errand.sender, sender, now.instant)
            sources.check_target(sender, flow_back(incoming, relay.dialog), now.instant)
        leave = errand.leave
        relay = msgspec.structs.replace(relay, asked=leave.asked, min_interval=leave.min_interval)
        owner = errand.sender if self._domains.serves(errand.sender) else errand.target
        await self._relays.keep(owner, errand.token, relay)

    def _check_room(self, watcher: str) -> None:
        terms = self._passing.terms
        if self._relays.passing[watcher] >= terms.max_relays_of_one:
            raise TooManySubscriptions("this watcher has too many subscriptions")
        if len(self._relays) >= terms.max_relays:
            raise TooManySubscriptions("there are too many subscriptions")

    async def _nowhere(self, errand: Errand, now: Moment) -> None:
        """There is no choice left: answer here, if we can."""
        await self._relays.drop(errand.token)
        if not errand.is_inwards:
            raise NextHopFailed("the server of that domain cannot be reached")
        if self._serve_here is None:
            raise Unreachable("nobody serves him at present")
        await self._serve_here(errand.incoming, now)

    # -- what came of it

    def _answered(self, errand: Errand, response: Response, now: Moment) -> None:
        incoming = errand.incoming
        key = key_of(incoming.request.call_id)
        if response.status == 503 and not errand.is_inwards and len(errand.choices) > 1:
            start = partial(self._try_next, errand, Failure.UNDELIVERABLE, now)
            self._node.go_on(incoming, errand.key, start, now)
            return
        self._node.go_on(incoming, key, lambda: self._finish(errand, response, now), now)

    async def _finish(self, errand: Errand, response: Response, now: Moment) -> None:
        """Pass the answer back; it says whether there is a dialog now."""
        held = self._relays.get(errand.token)
        if held is not None and response.status < 300:
            relay = granted(held.relay, response, now.timestamp, held.id)
            await self._relays.keep_lasting(held, relay, now)
        elif held is not None:
            await self._relays.drop(held.id)
        self._passing.answer(errand.incoming, response, now)

    def _failed(self, errand: Errand, failure: Failure, now: Moment) -> None:
        if failure is Failure.TIMED_OUT:
            if not errand.is_inwards:
                self._abroad.was_silent(errand.choices[0].flow, now)
            self._node.run(errand.key, lambda: self._forget(errand))
            return
        start = partial(self._try_next, errand, failure, now)
        self._node.go_on(errand.incoming, errand.key, start, now)

    async def _forget(self, errand: Errand) -> None:
        """Nobody has answered, and nobody waits for an answer any more."""
        await self._note_silence(errand)
        await self._relays.drop(errand.token)

    async def _try_next(self, errand: Errand, failure: Failure, now: Moment) -> None:
        if failure is Failure.WITHDRAWN:
            await self._relays.drop(errand.token)
            raise Withdrawn
        await self._note_silence(errand)
        choices, attempt = errand.choices[1:], errand.attempt + 1
        await self._carry_out(
            msgspec.structs.replace(errand, choices=choices, attempt=attempt), now
        )

    async def _note_silence(self, errand: Errand) -> None:
        edge = errand.choices[0].edge
        if edge is not None:
            await self._edges.drop(errand.target, edge.bound_by)
