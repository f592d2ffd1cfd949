"""Registrar, proxy and presentities' agent on one node: every role but `policy`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

import msgspec

from hereabouts.base.refusal import Malformed, Refusal
from hereabouts.base.units import Moment
from hereabouts.policy.stored import KIND as POLICY
from hereabouts.policy.stored import StoredPolicy
from hereabouts.presence.agent import PresenceAgent, Rules
from hereabouts.presence.packages import PACKAGES
from hereabouts.presence.presentities import KIND as LISTED
from hereabouts.presence.presentities import Listed
from hereabouts.presence.pua import KIND as DEVICE
from hereabouts.presence.pua import Observation
from hereabouts.presence.publication import KIND as PUBLICATION
from hereabouts.presence.publication import Publication
from hereabouts.presence.publish import handle_publish, is_publish_repeated
from hereabouts.presence.relay import KIND as RELAY
from hereabouts.presence.relay import Relay
from hereabouts.presence.subscribe import (
    delivery_named,
    handle_refresh,
    handle_subscribe,
)
from hereabouts.presence.subscription import KIND as SUBSCRIPTION
from hereabouts.presence.subscription import Subscription
from hereabouts.presence.watchers import KIND as APPROVAL
from hereabouts.presence.watchers import Approval
from hereabouts.roles.bound_flows import BoundFlows
from hereabouts.roles.calls import SERVED, Calls
from hereabouts.roles.commands import Commands, erase
from hereabouts.roles.decisions import Decisions
from hereabouts.roles.locating import Locating
from hereabouts.roles.node import Node
from hereabouts.roles.passing import Terms
from hereabouts.roles.policies import Policies
from hereabouts.roles.policy_source import PolicySource
from hereabouts.roles.proxy import KINDS as PROXIED
from hereabouts.roles.proxy import Proxy
from hereabouts.roles.relays import key_of
from hereabouts.roles.ruled import Ruled
from hereabouts.roles.state import KEY, NodeState
from hereabouts.roles.watching import Watching
from hereabouts.roles.watermark import Watermark
from hereabouts.sip.admission import (
    LoopDetected,
    MethodRefused,
    admitted,
    check_extensions,
)
from hereabouts.sip.credentials import User
from hereabouts.sip.dialog import UnknownDialog
from hereabouts.sip.domains import Domains, NotServed
from hereabouts.sip.flow import Flow
from hereabouts.sip.guard import USERS, Guard
from hereabouts.sip.incoming import Incoming
from hereabouts.sip.lifetime import Lifetimes
from hereabouts.sip.message import Request
from hereabouts.sip.outbound import PATH
from hereabouts.sip.outbound import TAG as OUTBOUND
from hereabouts.sip.registrar import KIND as BINDINGS
from hereabouts.sip.registrar import Bindings, Registrar, registered
from hereabouts.sip.routes import Routes
from hereabouts.storage.interface import Entry, Key, Record, Store, Version

KINDS: dict[str, type[Record]] = {
    KEY[0]: NodeState,
    USERS: User,
    BINDINGS: Bindings,
    PUBLICATION: Publication,
    RELAY: Relay,
    SUBSCRIPTION: Subscription,
    APPROVAL: Approval,
    DEVICE: Observation,
    LISTED: Listed,
    POLICY: StoredPolicy,
}
"Every kind of record that a server stores."

_OF_AGENT_ALONE = frozenset({PUBLICATION, SUBSCRIPTION})
"Kinds of records whose changes concern nobody but the presentities' agent: most of all."

SUPPORTED: frozenset[str] = frozenset({OUTBOUND, PATH})
"Option tags of extensions that a request may require."


class Limits(msgspec.Struct, frozen=True):
    """What a server grants besides presence."""

    registrations: Lifetimes = Lifetimes()
    max_contacts: int = 32
    flow_timer: int = 0
    "Seconds in which a device shows that its connection is alive; 0: whenever it likes."
    has_agent: bool = True
    "Whether presentities are served who have no agent of their own."


class PresenceServer:
    """What a node does that serves presence: `Application` of a `Node`."""

    def __init__(  # noqa: PLR0913 - the parts of a server, plugged together in one place
        self,
        node: Node,
        store: Store,
        domains: Domains,
        guard: Guard,
        policies: Policies,
        commands: Commands,
        *,
        state: NodeState,
        rules: Rules,
        limits: Limits,
        routes: Routes,
        terms: Terms,
        locating: Locating | None = None,
    ) -> None:
        self.store = store
        self.domains = domains
        self.agent = PresenceAgent(
            store,
            node.endpoint,
            node.deadlines,
            policies,
            node.run,
            rules=rules,
            boots=state.boots,
        )
        serve_here = self._serve_here if limits.has_agent else None
        self.proxy = Proxy(
            node,
            store,
            domains,
            guard,
            policies,
            routes,
            terms,
            serve_here=serve_here,
            locating=locating,
        )
        self.calls = Calls(
            node,
            store,
            domains,
            guard,
            routes,
            self.proxy.passing,
            abroad=self.proxy.abroad,
            serve_here=serve_here,
        )
        self._node = node
        self._endpoint = node.endpoint
        self._guard = guard
        self._registrar = Registrar(
            store,
            node.endpoint,
            limits.registrations,
            limits.max_contacts,
            flow_timer=limits.flow_timer,
        )
        self._bound_flows = BoundFlows(store, node.deadlines, node.run, rules.patience)
        self._commands = commands
        self.watching: Watching | None = None
        "The agents of watchers who have a list here, where there are any."
        self._policies = policies
        self._ruled = Ruled(policies, self.agent, self._rules_changed)
        self._watermark = Watermark(node, store, self.agent.settlement, state)
        self._removed: set[str] = set()  # users whom the operator has just removed
        self._handlers: dict[str, Callable[[Incoming, Moment], Awaitable[None]]] = {
            "OPTIONS": self._options,
            "REGISTER": self._register,
            "PUBLISH": self._publish,
            "SUBSCRIBE": self._subscribe,
            "NOTIFY": self._notify,
        }
        self._allowed = (*self._handlers, "CANCEL", "ACK")
        self._packages = PACKAGES if limits.has_agent else {}

    @property
    def decisions(self) -> Decisions:
        """What policies have decided lately."""
        return self._policies.decisions

    def use(self, source: PolicySource) -> None:
        """Have the policies brought by this source from now on."""
        self._ruled.use(source)

    def start(self, now: Moment) -> None:
        """Take up what a former run has left: subscriptions, expiries, and NOTIFYs still owed.

        Whoever was removed while no server ran is gone now.
        """
        left = list(self.store.changes(0, self._changed))
        for key, entry, version in left:  # policies first: they are asked about what follows
            self._ruled.changed(key, entry, is_news=version > self._watermark.marked)
        users = {_user(key) for key, entry, _ in left if key[0] == USERS and entry is not None}
        gone: set[str] = set()
        marked = self._watermark.marked
        for key, entry, version in left:
            strangers = set() if self._guard.is_open else self._strangers(entry, users)
            gone |= strangers
            if key[0] in PROXIED:
                self.proxy.changed(key, entry)
            if key[0] == BINDINGS:
                self._bound_flows.changed(key[1], entry)
            if key[0] == LISTED and self.watching is not None:
                self.watching.changed(key, entry)
            # Who is to be told of the end is not told of anything before it.
            self.agent.restore(key, entry, 0 if strangers else version, marked, now)
        self.agent.leave(gone, now)
        self.proxy.start(now)
        self._bound_flows.start(now)

    def _strangers(self, entry: Entry | None, users: set[str]) -> set[str]:
        """Who of the two that a subscription joins should be a user here, and is none."""
        record = entry.record if entry is not None else None
        if not isinstance(record, Subscription) or record.is_over:
            return set()
        sides = {record.watcher}
        if not self._guard.hides_users:
            sides.add(record.presentity)
        ours = set(filter(self.domains.serves, sides))
        return ours - users

    def _changed(self, key: Key, entry: Entry | None, version: Version) -> None:
        """Take note of one change of the store."""
        if key[0] in _OF_AGENT_ALONE:
            self.agent.changed(key, entry, version)
            return
        self._watermark.changed(key, entry)
        if key[0] == USERS and entry is None and not self._guard.is_open:
            self._removed.add(_user(key))
        if key[0] in PROXIED:
            self.proxy.changed(key, entry)
        if key[0] == BINDINGS:
            self._bound_flows.changed(key[1], entry)
        if self.watching is not None:
            self._tell_watchers(self.watching, key, entry)
        self._ruled.changed(key, entry)
        self.agent.changed(key, entry, version)

    def _tell_watchers(self, watching: Watching, key: Key, entry: Entry | None) -> None:
        """Have the agents of watchers take note of a change of the store."""
        if key[0] == LISTED:
            watching.changed(key, entry)
        elif key[0] == APPROVAL:
            watching.welcomes(key[1])
        elif key[0] == USERS and entry is not None:
            watching.welcomes(_user(key))

    # -- Application

    def key(self, request: Request) -> str:
        """The presentity, or the address-of-record, that the request is about."""
        method = request.method
        if method not in SERVED or self.proxy.relays.named(request) is not None:
            # All of one dialog behind each other, and a CANCEL behind the INVITE that it means.
            return key_of(request.call_id)
        try:
            if method == "REGISTER":
                return self.domains.own(request.to_address.sip_uri)
            if method == "SUBSCRIBE" and request.to_tag is not None:
                return delivery_named(self.agent, request).subscription.presentity
            return self.domains.own(request.request_uri)
        except NotServed:  # one that waits for the DNS keeps nobody else waiting
            return key_of(request.call_id)
        except (
            Malformed,
            Refusal,
            LookupError,
        ):  # whatever is wrong is found again, and said, by `serve`
            return ""

    async def serve(self, incoming: Incoming, now: Moment) -> None:
        """Answer a request, or raise the refusal that answers it (:rfc:`3261#section-8.2`)."""
        request = incoming.request
        uri = admitted(request, incoming.sender)
        await self._watermark.ensure()
        if request.method == "CANCEL":
            self._cancel(incoming, now)
            return
        is_outside = request.to_tag is None
        if self.proxy.takes(request, uri, is_outside=is_outside):
            await self.proxy.serve(incoming, now)
        elif self.calls.takes(request, uri):
            await self.calls.serve(incoming, now)
        else:
            handler = self._handlers.get(request.method)
            if handler is None:
                raise self._unserved(request)
            check_extensions(request, SUPPORTED)
            if is_outside and self._endpoint.is_merged(incoming):
                raise LoopDetected("the request came before by another way")
            await handler(incoming, now)

    def _unserved(self, request: Request) -> Refusal:
        """What to say to a method that we do not serve.

        Of BYE it is 481: there is no such call, and a peer who hears that knows that it is over
        (:rfc:`3261#section-15.1.2`).
        """
        if request.method == "BYE":
            return UnknownDialog()
        return MethodRefused(request.method, self._allowed)

    async def _serve_here(self, incoming: Incoming, now: Moment) -> None:
        """Answer a request for a user whose own agent or device cannot be reached."""
        check_extensions(incoming.request, SUPPORTED)
        handler = self._handlers.get(incoming.request.method)
        if handler is None:
            raise self._unserved(incoming.request)
        await handler(incoming, now)

    async def command(self, line: bytes, now: Moment) -> bytes:
        """The reply to one command."""
        await self._watermark.ensure()
        return await self._commands.answer(line, now)

    def flow_lost(self, flow: Flow, now: Moment) -> None:
        """NOTIFYs under way are told; others find out when there is something to say."""
        self._endpoint.flow_lost(flow, now)
        self.proxy.flow_lost(flow)
        self._bound_flows.flow_lost(flow)

    def work(self, now: Moment) -> bool:
        """Notify a slice of those who are to be told; write the watermark now and then."""
        self._part(now)
        for presentity in self.proxy.work(now):
            self._node.run(presentity, partial(self.agent.hand_over, presentity, now))
        self._ruled.work(now)
        is_left = self.agent.work(now)
        if self.watching is not None:
            is_left |= self.watching.work(now)
        self._watermark.work(now)
        return is_left

    def _rules_changed(self, owners: frozenset[str] | None, now: Moment) -> None:
        """Ask again what these policies have said before; `None`: anybody's."""
        if self.watching is not None:
            self.watching.rules_changed(owners)
            for owner in owners or ():
                self.watching.welcomes(owner)
        self.proxy.releasing.doubt(owners, now)

    def _part(self, now: Moment) -> None:
        """End what those have here who were removed, before anybody is told of a change in it."""
        if not self._removed:
            return
        removed, self._removed = self._removed, set()
        self.agent.leave(removed, now)
        for address in removed:
            self._node.run(address, partial(self._part_again, address, now))

    async def _part_again(self, address: str, now: Moment) -> None:
        """The same behind the requests of him and about him that were under way."""
        await erase(self.store, address)
        self._policies.decisions.forget(address)
        self.agent.leave({address}, now)

    # -- methods

    async def _options(self, incoming: Incoming, now: Moment) -> None:
        """Answer what the server can do (:rfc:`3261#section-11.2`)."""
        self.domains.own(incoming.request.request_uri)
        if not self._node.sources.may_say_more(incoming.sender, now.instant):
            self._endpoint.leave_unanswered(incoming)
            return
        packages = self._packages.values()
        types = sorted({name for package in packages for name in package.content_types})
        headers = [
            ("Allow", ", ".join(self._allowed)),
            ("Accept", ", ".join(types)),
            ("Accept-Encoding", "identity"),
            ("Accept-Language", "en"),
            ("Supported", ", ".join(sorted(SUPPORTED))),
            ("Allow-Events", ", ".join(self._packages)),
        ]
        # An empty Supported says something: that there is none.
        said = [(name, value) for name, value in headers if value or name == "Supported"]
        self._endpoint.respond(incoming, 200, now, headers=said)

    async def _register(self, incoming: Incoming, now: Moment) -> None:
        request = incoming.request
        self.domains.own(request.request_uri)
        address_of_record = self.domains.own(registered(request))
        identity = await self._guard.identify(
            incoming,
            now,
            is_repeated=lambda: self._registrar.is_repeated(incoming, address_of_record),
            header="to",
        )
        await self._guard.check_own(identity, address_of_record, now)
        await self._registrar.register(incoming, address_of_record, now)
        self.agent.flow_found(identity, incoming.sender, now)
        self.proxy.flow_found(identity, incoming.sender, now)

    async def _publish(self, incoming: Incoming, now: Moment) -> None:
        presentity = self.domains.own(incoming.request.request_uri)
        identity = await self._guard.identify(
            incoming,
            now,
            is_repeated=lambda: is_publish_repeated(self.agent, incoming, presentity, now),
        )
        identity = presentity if self._guard.is_open else identity
        await self._guard.check_own(identity, presentity, now)
        await handle_publish(self.agent, incoming, presentity, now)

    async def _subscribe(self, incoming: Incoming, now: Moment) -> None:
        request = incoming.request
        watcher = await self._guard.identify(
            incoming, now, is_repeated=lambda: self._is_subscribe_repeated(incoming)
        )
        if request.to_tag is not None:
            delivery = delivery_named(self.agent, request)
            await handle_refresh(self.agent, incoming, delivery, watcher, now)
            return
        presentity = self.domains.own(request.request_uri)
        await self._guard.check_exists(presentity, now)
        await handle_subscribe(self.agent, incoming, presentity, watcher, now)

    async def _is_subscribe_repeated(self, incoming: Incoming) -> bool:
        """Whether this very SUBSCRIBE has been carried out before a crash."""
        if incoming.request.to_tag is not None:
            delivery = delivery_named(self.agent, incoming.request)
            return delivery.subscription.request == incoming.to_tag
        return incoming.to_tag in self.agent.notifier.deliveries

    async def _notify(self, incoming: Incoming, now: Moment) -> None:
        """For an agent of a watcher, if any; nobody else has subscribed to anything here.

        :rfc:`6665#section-4.1.3`
        """
        if self.watching is None or not self.watching.takes(incoming.request, incoming.sender):
            raise UnknownDialog
        self.watching.notified(incoming.request, now)
        self._endpoint.respond(incoming, 200, now)

    def _cancel(self, incoming: Incoming, now: Moment) -> None:
        """Answered; what is not an INVITE is not stopped by it (:rfc:`3261#section-9.2`)."""
        cancelled = self._endpoint.matching_server(incoming)
        if cancelled is None:
            raise UnknownDialog
        self._endpoint.respond(incoming, 200, now)
        self.calls.cancel(cancelled, incoming.request, now)


def _user(key: Key) -> str:
    """The address-of-record of the user whose record is under this key."""
    _, domain, name = key
    return f"sip:{name}@{domain}"
