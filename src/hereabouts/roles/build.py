"""From settings to a node that serves."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, Protocol

from hereabouts.base.ids import Ids
from hereabouts.base.journal import Journal
from hereabouts.base.units import Moment
from hereabouts.config import (
    AuthMode,
    Listen,
    PresenceMode,
    Profile,
    Reevaluation,
    Rejection,
    Role,
    RoutingSettings,
    ServerSettings,
    Settings,
    WatcherMode,
)
from hereabouts.config import NextHop as Server
from hereabouts.presence.agent import Rules
from hereabouts.presence.watchers import Approvals
from hereabouts.roles.commands import Commands
from hereabouts.roles.locating import Locating, Names
from hereabouts.roles.node import Node
from hereabouts.roles.passing import Terms
from hereabouts.roles.policies import Policies
from hereabouts.roles.policy_link import Link
from hereabouts.roles.policy_server import PolicyServer
from hereabouts.roles.policy_source import PolicySource
from hereabouts.roles.remote_policies import RemotePolicies
from hereabouts.roles.server import KINDS, Limits, PresenceServer
from hereabouts.roles.state import NodeState, begin
from hereabouts.roles.steps import steps_to
from hereabouts.roles.stored_policies import StoredPolicies
from hereabouts.roles.tracing import traced
from hereabouts.roles.watching import Watching
from hereabouts.sip.algorithms import Algorithm
from hereabouts.sip.destination import Means, family_of
from hereabouts.sip.digest import Authenticator, Offers
from hereabouts.sip.domains import Domains
from hereabouts.sip.guard import Guard
from hereabouts.sip.lifetime import Lifetimes
from hereabouts.sip.nonces import Nonces
from hereabouts.sip.pace import Pace
from hereabouts.sip.rates import Rate
from hereabouts.sip.records import Kind
from hereabouts.sip.routes import NextHop, Routes
from hereabouts.sip.sources import Allowance, Sources
from hereabouts.sip.transactions.machine import Timers
from hereabouts.sip.trust import Trust
from hereabouts.storage.interface import Loop, Store, Turns
from hereabouts.storage.memory import MemoryStore
from hereabouts.storage.sqlite import SqliteStore

IN_MEMORY = ":memory:"


class Backend(Store, Turns, Protocol):
    """A store that makes turns durable."""


def open_store(server: ServerSettings, loop: Loop | None) -> Backend:
    """The store that the settings name, driven by this event loop, if by any.

    Raises:
        StoreUnavailable: it cannot be opened; says what to do.
    """
    if server.store == IN_MEMORY:
        return MemoryStore()
    return SqliteStore(server.store, KINDS, loop=loop, max_pages=server.max_store_pages or None)


def finish(handler: Coroutine[Any, Any, Any]) -> Any:  # noqa: ANN401 - its
    """What a handler returns on a store that never suspends."""
    try:
        handler.send(None)
    except StopIteration as end:
        return end.value
    raise AssertionError("the store suspends, and nothing here resumes it")


def domains_of(settings: Settings, aliases: frozenset[str] = frozenset()) -> Domains:
    """The domains served, with the addresses listened at as other names of the first."""
    hosts = aliases | {listen.host for listen in settings.server.listen}
    if settings.server.advertise is not None:
        hosts |= {settings.server.advertise.host}
    written = {f"[{host}]" if ":" in host else host for host in hosts}
    return Domains(settings.server.domains, frozenset({*written, *settings.server.aliases}))


def begin_run(store: Store, ids: Ids) -> NodeState:
    """The node's state for this run, on a store that never suspends."""
    state = finish(begin(store, f"{ids.token()}{ids.token()}".encode()))
    assert isinstance(state, NodeState)
    return state


def build_server(  # noqa: PLR0913 - what a node is made of
    settings: Settings,
    store: Backend,
    ids: Ids,
    journal: Journal,
    state: NodeState,
    now: Moment,
    *,
    aliases: frozenset[str] = frozenset(),
    link: Link | None = None,
    names: Names | None = None,
) -> Node:
    """A node that serves as the settings say, ready for its first turn.

    `link` leads to the policy server that the settings name, if they name one; `names` to the DNS,
    if it is to be asked.
    """
    sip = settings.sip
    node = Node(
        store,
        ids,
        journal,
        secret=state.secret,
        timers=timers_of(settings),
        max_lingering=sip.max_lingering_transactions,
        max_servers=settings.limits.max_transactions,
        max_head=sip.max_header,
        sources=Sources(allowance_of(settings)),
    )
    domains = domains_of(settings, aliases)
    if settings.server.role is Role.POLICY:
        node.application = PolicyServer(Commands(store, domains, settings.realm))
        return node
    policies = Policies(
        source_of(settings, node, store, link),
        Approvals(store, is_private=settings.presence.profile is Profile.PRIVATE),
        domains,
        journal,
        authentication=settings.auth.mode.value,
        hides_rejection=settings.presence.rejection is Rejection.SILENCE,
    )
    commands = Commands(store, domains, settings.realm, policies.decisions)
    commands.add(traced(node, settings.trace.keep, domains, policies.decisions))
    server = PresenceServer(
        node,
        store,
        domains,
        Guard(
            store,
            domains,
            _authenticator(settings, ids),
            _trust(settings),
            hides_users=settings.presence.profile is Profile.PRIVATE,
        ),
        policies,
        commands,
        state=state,
        rules=rules_of(settings),
        limits=_limits(settings),
        routes=_routes(settings.routing, settings.server.domains[0]),
        terms=_terms(settings),
        locating=_locating(settings, names, node, ids),
    )
    server.agent.views.tell = steps_to(journal)
    if _has_watchers(settings):
        server.watching = Watching(node, ids, policies, _pace(settings), steps_to(journal))
        commands.lists.shown = server.watching.rows
    node.application = server
    server.start(now)
    return node


def _has_watchers(settings: Settings) -> bool:
    """Whether agents watch for users who have a list of presentities."""
    role = settings.server.role
    is_agent = settings.watcher.mode is WatcherMode.AGENT
    return role is Role.ALL or (role is Role.WATCHER and is_agent)


def _pace(settings: Settings) -> Pace:
    return Pace(patience=timers_of(settings).patience)


def timers_of(settings: Settings) -> Timers:
    """The timers of transactions by these settings."""
    sip = settings.sip
    return Timers(sip.t1, sip.t2, sip.t4)


def source_of(settings: Settings, node: Node, store: Store, link: Link | None) -> PolicySource:
    """Where a node has its policies from: its store, or the server that the link leads to."""
    if link is None:
        return StoredPolicies(store, node.deadlines)
    timeout = settings.policy.timeout
    return RemotePolicies(link, node.deadlines, node.journal, timeout=timeout)


def _authenticator(settings: Settings, ids: Ids) -> Authenticator | None:
    auth = settings.auth
    if auth.mode is AuthMode.NONE:
        return None
    key = "".join(ids.token() for _ in range(3)).encode()[:64]
    nonces = Nonces(key, ids, lifetime=auth.nonce_lifetime)
    exceptions = tuple((rule.user_agent, _algorithms(rule.algorithms)) for rule in auth.exceptions)
    offers = Offers(_algorithms(auth.algorithms), exceptions)
    return Authenticator(settings.realm, nonces, ids, offers=offers)


def _algorithms(names: tuple[str, ...]) -> tuple[Algorithm, ...]:
    found = (Algorithm.named(name) for name in names)
    return tuple(algorithm for algorithm in found if algorithm is not None)


def rules_of(settings: Settings) -> Rules:
    """How a presence agent behaves by these settings."""
    presence = settings.presence
    return Rules(
        subscriptions=Lifetimes(
            presence.subscription_minimum_expires,
            presence.subscription_default_expires,
            presence.subscription_maximum_expires,
        ),
        publications=Lifetimes(
            presence.publication_minimum_expires,
            presence.publication_default_expires,
            presence.publication_maximum_expires,
        ),
        notify_interval=presence.notify_interval,
        reevaluates=settings.policy.reevaluate is Reevaluation.ON_BOUNDARY,
        rejects_by_notify=presence.rejection is not Rejection.RESPONSE,
        shows_registration=presence.registration_presence,
        memory=2 * 64 * settings.sip.t1,
        patience=presence.flow_grace,
        max_publications=presence.max_publications,
        max_document=presence.max_document,
        max_subscriptions=presence.max_subscriptions,
        max_subscriptions_of_one=presence.max_subscriptions_per_watcher,
    )


def _limits(settings: Settings) -> Limits:
    registrar = settings.registrar
    lifetimes = Lifetimes(
        registrar.minimum_expires, registrar.default_expires, registrar.maximum_expires
    )
    has_agent = (
        settings.server.role in (Role.ALL, Role.PRESENCE)
        and settings.presence.mode is PresenceMode.AGENT
    )
    return Limits(
        lifetimes,
        registrar.max_bindings,
        flow_timer=registrar.flow_timer,
        has_agent=has_agent,
    )


def _routes(routing: RoutingSettings, ours: str) -> Routes:
    peers: dict[str, tuple[NextHop, ...]] = {}
    for peer in routing.peers:
        domain = peer.domain if peer.transport == "TLS" else ""
        next_hop = NextHop(peer.transport, peer.host, peer.port, domain)
        peers[peer.domain] = (*peers.get(peer.domain, ()), next_hop)
    return Routes(peers, _next_hop(routing.outbound), _next_hop(routing.presence, ours))


def _locating(settings: Settings, names: Names | None, node: Node, ids: Ids) -> Locating | None:
    """Finds the servers of domains that the operator has not named; `None`: nothing does.

    Where everybody is believed nothing does: whoever came would reach the whole world by us.
    """
    if names is None or settings.auth.mode is AuthMode.NONE:
        return None
    limit = settings.dns.timeout + 1.0
    return Locating(names, means_of(settings.server.listen), node.deadlines, ids, limit=limit)


def means_of(listens: tuple[Listen, ...]) -> Means:
    """What is reached by who listens at these places: by TLS first, by UDP last."""
    spoken = {listen.transport for listen in listens}
    families = {family_of(listen.host) for listen in listens}
    return Means(
        tuple(transport for transport in ("TLS", "TCP", "UDP") if transport in spoken),
        # A name may stand for an address of either family.
        tuple(kind for kind in (Kind.AAAA, Kind.A) if kind in families or None in families),
    )


def _next_hop(server: Server | None, domain: str = "") -> NextHop | None:
    if server is None:
        return None
    domain = domain if server.transport == "TLS" else ""
    return NextHop(server.transport, server.host, server.port, domain)


def _trust(settings: Settings) -> Trust:
    """A peer speaks for the users of its domain; one of a domain of ours, for all it has asked.

    A peer by TLS is known by its certificate, every other by its address. So is by its certificate
    every domain, where domains find each other by the DNS.
    """
    ours = frozenset(settings.server.domains)
    certified = frozenset(peer.domain for peer in settings.routing.peers if peer.transport == "TLS")
    peers = [peer for peer in settings.routing.peers if peer.transport != "TLS"]
    speaks: dict[str, frozenset[str]] = {}
    for peer in peers:
        speaks[peer.host] = speaks.get(peer.host, frozenset()) | {peer.domain}
    everything = {peer.host for peer in peers if peer.domain in ours}
    by_datagrams = {peer.host for peer in peers if peer.transport == "UDP"}
    streams_only = frozenset(speaks) - by_datagrams
    return Trust(
        speaks,
        frozenset(everything),
        streams_only,
        certified,
        certified & ours,
        believes_strangers=settings.dns.enabled,
    )


def allowance_of(settings: Settings) -> Allowance:
    """What each source may have; the servers that the settings name may have everything."""
    limits, routing = settings.limits, settings.routing
    named = {(peer.transport, peer.host) for peer in routing.peers}
    named |= {(hop.transport, hop.host) for hop in (routing.outbound, routing.presence) if hop}
    by_datagrams = frozenset(host for transport, host in named if transport == "UDP")
    return Allowance(
        Rate(limits.requests_per_second, limits.requests_burst),
        Rate(limits.larger_answers_per_second, limits.larger_answers_burst),
        Rate(limits.subscriptions_per_second, limits.subscriptions_burst),
        Rate(limits.strange_targets_per_second, limits.strange_targets_burst),
        exempt=by_datagrams,
        exempt_by_streams=frozenset(host for _, host in named),
        exempts_loopback=limits.exempt_loopback,
    )


def _terms(settings: Settings) -> Terms:
    presence, calls = settings.presence, settings.calls
    return Terms(
        timers_of(settings),
        presence.flow_grace,
        settings.realm,
        presence.max_subscriptions,
        presence.max_subscriptions_per_watcher,
        timer_c=calls.timer_c,
        max_forks=calls.max_waiting,
        max_forks_of_one=calls.max_waiting_per_user,
    )
