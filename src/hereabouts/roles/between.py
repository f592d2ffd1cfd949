"""Requests between two ends that have a dialog through this node: refreshes and NOTIFYs."""

from __future__ import annotations

from functools import partial

import msgspec

from hereabouts.base.units import Moment
from hereabouts.presence.notify import ENDING
from hereabouts.presence.relay import Relay, granted, refreshed
from hereabouts.roles.abroad import Abroad
from hereabouts.roles.edges import Edges
from hereabouts.roles.leaving import Leaving
from hereabouts.roles.node import Node
from hereabouts.roles.passing import NextHopFailed, Passage, Passing, Withdrawn
from hereabouts.roles.relays import Held, Relays
from hereabouts.roles.releasing import Releasing
from hereabouts.roles.showing import Showing
from hereabouts.sip.dialog import UnknownDialog
from hereabouts.sip.domains import Domains
from hereabouts.sip.flow import Flow
from hereabouts.sip.guard import Forbidden, Guard
from hereabouts.sip.incoming import Incoming
from hereabouts.sip.leaving import Failure
from hereabouts.sip.message import Request, Response
from hereabouts.sip.trust import hides_identity, is_told


class Between:
    """Passes requests on inside of dialogs that a relay is kept for."""

    def __init__(  # noqa: PLR0913 - the parts of a proxy
        self,
        node: Node,
        domains: Domains,
        guard: Guard,
        passing: Passing,
        relays: Relays,
        edges: Edges,
        *,
        abroad: Abroad,
        trusted: frozenset[str],
        leaving: Leaving,
        showing: Showing,
        releasing: Releasing,
    ) -> None:
        self._node = node
        self._domains = domains
        self._guard = guard
        self._passing = passing
        self._relays = relays
        self._edges = edges
        self._abroad = abroad
        self._trusted = trusted
        self._leaving = leaving
        self._showing = showing
        self._releasing = releasing

    async def serve(self, incoming: Incoming, held: Held, now: Moment) -> None:
        """Pass a request on, or raise the refusal that answers it."""
        self._passing.check(incoming.request)
        match incoming.request.method:
            case "NOTIFY":
                held.relay.check_belongs(incoming.request)
                self._check_notifier(held.relay, incoming, now)
                await self._showing.notify(incoming, held, now)
            case "SUBSCRIBE":
                await self._refresh(incoming, held, now)
            case _:
                raise UnknownDialog

    def _check_notifier(self, relay: Relay, incoming: Incoming, now: Moment) -> None:
        """Let the notifier pass: where a registered agent is, we know."""
        if relay.is_at_edge:
            flows = self._edges.flows(relay.presentity, now.timestamp)
            if incoming.sender.host not in {flow.host for flow in flows}:
                raise Forbidden("the subscription is served by somebody else")

    async def _refresh(self, incoming: Incoming, held: Held, now: Moment) -> None:
        request, relay = incoming.request, held.relay

        async def is_repeated() -> bool:
            return relay.subscribe == incoming.to_tag

        is_ours = self._domains.serves(relay.presentity)
        watcher = await self._guard.identify(
            incoming, now, is_repeated=is_repeated, is_passing=not is_ours
        )
        relay.check_belongs(request)
        if watcher != relay.watcher:
            raise Forbidden("the subscription is somebody else's")
        flow = await self._towards_notifier(relay, now)
        leave = await self._leaving.leave(incoming, relay.presentity, watcher, _state(relay), now)
        if relay.subscribe != incoming.to_tag:  # not a retransmission from before a crash
            after = refreshed(relay, request, incoming.sender, incoming.to_tag)
            if leave.asked is not None:
                after = msgspec.structs.replace(
                    after, asked=leave.asked, min_interval=leave.min_interval
                )
            await self._relays.keep_lasting(held, after, now)
        if held.is_parked:
            self._releasing.release_soon(held, now)
        passage = Passage(
            incoming=incoming,
            course=self._passing.course(incoming),
            flow=flow,
            answered=partial(self._refreshed, incoming, held),
            failed=partial(self._not_refreshed, incoming, held, flow),
            token=held.id,
            identity=watcher if self._is_told(relay, flow, request) else "",
            edited=leave.edited,
        )
        self._passing.send(passage, now)

    def _is_told(self, relay: Relay, flow: Flow, request: Request) -> bool:
        """Whether the notifier is told who the watcher is."""
        if relay.is_at_edge:
            return not hides_identity(request)
        return is_told(flow, request, self._trusted)

    async def _towards_notifier(self, relay: Relay, now: Moment) -> Flow:
        """The way to the notifier: his registration, or what he has told himself."""
        if not relay.is_at_edge and relay.next_hop is not None:
            presentity = relay.presentity
            domain = "" if self._domains.serves(presentity) else presentity.rpartition("@")[2]
            return await self._abroad.within(relay.next_hop, domain, now)
        flows = self._edges.flows(relay.presentity, now.timestamp, relay.edge)
        if not flows:
            raise UnknownDialog
        return flows[0]

    def _refreshed(self, incoming: Incoming, held: Held, response: Response, now: Moment) -> None:
        async def finish() -> None:
            if response.status in ENDING:
                await self._relays.drop(held.id)
            elif response.status < 300 and self._relays.get(held.id) is held:
                relay = granted(held.relay, response, now.timestamp, held.id)
                await self._relays.keep_lasting(held, relay, now)
            self._passing.answer(incoming, response, now)

        self._node.go_on(incoming, held.key, finish, now)

    def _not_refreshed(
        self, incoming: Incoming, held: Held, flow: Flow, failure: Failure, now: Moment
    ) -> None:
        relay = held.relay
        if relay.is_at_edge and failure is not Failure.WITHDRAWN:
            self._edges.lose(relay.presentity, flow)

        async def refuse() -> None:
            if failure is Failure.WITHDRAWN:
                raise Withdrawn
            if relay.is_at_edge:
                raise UnknownDialog  # so the watcher asks anew, and is served by somebody else
            raise NextHopFailed("the notifier cannot be reached")

        if failure is not Failure.TIMED_OUT:
            self._node.go_on(incoming, held.key, refuse, now)


def _state(relay: Relay) -> str:
    """How the subscription stands, in the word of the notifier's latest NOTIFY."""
    return relay.substate or "pending"
