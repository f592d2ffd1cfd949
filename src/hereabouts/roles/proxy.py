"""The stateful proxy: SUBSCRIBE, NOTIFY and PUBLISH on their way to other nodes.

It is never an open relay. Outside of dialogs it passes on what our own users send to the servers
of other domains, and what anybody whose identity is proved sends to our own users' agents; inside
of a dialog, only what names a token that we issued.
"""

from __future__ import annotations

from hereabouts.base.units import Moment
from hereabouts.presence import relay
from hereabouts.presence.questions import Questions
from hereabouts.roles.abroad import Abroad
from hereabouts.roles.between import Between
from hereabouts.roles.edges import Edges
from hereabouts.roles.errands import Errands, ServeHere
from hereabouts.roles.leaving import Leaving
from hereabouts.roles.locating import Locating
from hereabouts.roles.node import Node
from hereabouts.roles.passing import Passing, Terms
from hereabouts.roles.relays import OVERDUE, Relays
from hereabouts.roles.releasing import Releasing
from hereabouts.roles.showing import Showing
from hereabouts.roles.telling import Telling
from hereabouts.sip import registrar
from hereabouts.sip.domains import Domains
from hereabouts.sip.flow import Flow
from hereabouts.sip.guard import Guard
from hereabouts.sip.incoming import Incoming
from hereabouts.sip.message import Request
from hereabouts.sip.routes import Routes
from hereabouts.sip.uri import SipUri
from hereabouts.storage.interface import Entry, Key, Store

RELAYED = ("SUBSCRIBE", "NOTIFY", "PUBLISH")
KINDS = frozenset({relay.KIND, registrar.KIND})
"Kinds of records whose changes concern a proxy."


class Proxy:
    """The part of a node that passes requests on."""

    def __init__(  # noqa: PLR0913 - the parts of a proxy
        self,
        node: Node,
        store: Store,
        domains: Domains,
        guard: Guard,
        questions: Questions,
        routes: Routes,
        terms: Terms,
        *,
        serve_here: ServeHere | None,
        locating: Locating | None = None,
    ) -> None:
        self.relays = Relays(store, node.deadlines, node.run, terms.memory)
        self.edges = Edges(store, node.deadlines, node.run, terms.patience)
        self.passing = passing = Passing(
            node, domains, routes, terms, lambda word: self.relays.get(word) is not None
        )
        self.abroad = abroad = Abroad(routes, passing, locating)
        self.leaving = Leaving(domains, questions)
        self.telling = Telling(node, store, self.relays)
        self.releasing = Releasing(node, store, domains, passing, self.relays, questions)
        showing = Showing(node, store, passing, self.relays, self.releasing)
        self._errands = Errands(
            node,
            domains,
            guard,
            routes,
            passing,
            self.relays,
            self.edges,
            abroad=abroad,
            leaving=self.leaving,
            serve_here=serve_here,
        )
        self._between = Between(
            node,
            domains,
            guard,
            passing,
            self.relays,
            self.edges,
            abroad=abroad,
            trusted=routes.trusted,
            leaving=self.leaving,
            showing=showing,
            releasing=self.releasing,
        )
        self._domains = domains
        self._has_agent = serve_here is not None

    def takes(self, request: Request, uri: SipUri, *, is_outside: bool) -> bool:
        """Whether a request is to be passed on rather than to be answered here."""
        if request.method not in RELAYED:
            return False
        if self.relays.named(request) is not None:
            return True
        if not is_outside or request.method == "NOTIFY":
            return False
        if self._domains.home(uri) is None:
            return self.abroad.is_anywhere
        if not self._has_agent:
            return True
        # Nearly always there is no such agent: nothing is made of the address then.
        return bool(self.edges) and (self._domains.address_of_record(uri) or "") in self.edges

    async def serve(self, incoming: Incoming, now: Moment) -> None:
        """Pass a request on that `takes` has said yes to, or raise the refusal that answers it."""
        held = self.relays.named(incoming.request)
        if held is None:
            await self._errands.begin(incoming, now)
        else:
            await self._between.serve(incoming, held, now)

    def changed(self, key: Key, entry: Entry | None) -> None:
        """Take note of one change of the store, of one of `KINDS`."""
        kind, owner, name = key
        if kind == relay.KIND:
            self.relays.changed(owner, name, entry)
        else:
            self.edges.changed(owner, entry)

    def start(self, now: Moment) -> None:
        """Take up what a former run has left."""
        self.edges.start(now)
        self.telling.start(now)
        self.releasing.start(now)

    def work(self, now: Moment) -> list[str]:
        """Do what the changes of this turn ask for; presentities whose own agent has come."""
        came, left = self.edges.take_changes()
        for presentity, edge in left:
            is_last = presentity not in self.edges
            for held in self.relays.at_edge(presentity):
                if is_last or held.relay.edge == edge:
                    self.telling.end(held, "deactivated", now)
        for held in self.relays.work(now):
            self.releasing.wait(held, now, OVERDUE)
        return came

    def flow_lost(self, flow: Flow) -> None:
        """A connection has closed."""
        self.edges.flow_lost(flow)

    def flow_found(self, watcher: str, flow: Flow, now: Moment) -> None:
        """The watcher has registered by this flow: what waits for a way may have found one."""
        if not flow.is_reliable:
            return
        for held in self.relays.of_watcher(watcher):
            if held.is_parked and held.relay.reason:
                self.telling.tell_soon(held, now)
            elif held.is_parked:
                self.releasing.release_soon(held, now)
