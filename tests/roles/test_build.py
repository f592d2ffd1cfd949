from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from hereabouts.base.journal import Silence
from hereabouts.base.units import Instant, Moment, Timestamp
from hereabouts.config import (
    AuthMode,
    AuthSettings,
    HostPort,
    Listen,
    PresenceSettings,
    Profile,
    Rejection,
    Role,
    ServerSettings,
    Settings,
    SipSettings,
    TraceSettings,
    WatcherMode,
    WatcherSettings,
)
from hereabouts.presence.agent import PresenceAgent
from hereabouts.presence.questions import Decision, WatchQuestion
from hereabouts.roles.build import (
    IN_MEMORY,
    begin_run,
    build_server,
    domains_of,
    finish,
    means_of,
    open_store,
)
from hereabouts.roles.server import PresenceServer
from hereabouts.sip.destination import Means
from hereabouts.sip.records import Kind
from hereabouts.sip.uri import SipUri
from hereabouts.storage.far import FarStore
from hereabouts.storage.interface import StoreUnavailable
from hereabouts.storage.memory import MemoryStore
from hereabouts.storage.sqlite import SqliteStore
from tests.ladders.ids import CountedIds

NOW = Moment(Instant(1.0), Timestamp(1000.0))
SERVER = ServerSettings(domains=("example.com", "example.org"))


def agent_of(settings: Settings) -> PresenceAgent:
    store = MemoryStore()
    ids = CountedIds()
    node = build_server(settings, store, ids, Silence(), begin_run(store, ids), NOW)
    assert isinstance(node.application, PresenceServer)
    return node.application.agent


def test_the_store_is_the_one_that_the_settings_name(tmp_path: Path) -> None:
    assert isinstance(open_store(ServerSettings(store=IN_MEMORY), None), MemoryStore)
    store = open_store(ServerSettings(store=str(tmp_path / "records.sqlite")), None)
    assert isinstance(store, SqliteStore)
    store.close()


def test_a_store_that_cannot_be_opened_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable) as refused:
        open_store(ServerSettings(store=str(tmp_path / "no" / "records.sqlite")), None)
    assert refused.value.remedy


def test_a_handler_that_suspends_cannot_be_finished() -> None:
    handler = FarStore().get(("kind", "owner", "id"), Timestamp(0.0))
    with pytest.raises(AssertionError, match="suspends"):
        finish(handler)
    handler.close()


HOSTS = [
    ("example.com", "sip:a@example.com", "a domain"),
    ("example.org", "sip:a@example.org", "the other domain"),
    ("192.0.2.1", "sip:a@example.com", "an address that it listens at"),
    ("[2001:db8::1]", "sip:a@example.com", "one of IPv6"),
    ("sip.example.net", "sip:a@example.com", "what it calls itself"),
    ("phones.example.net", "sip:a@example.com", "an alias"),
    ("[2001:db8::2]", "sip:a@example.com", "an alias in brackets"),
    ("10.0.0.1", "sip:a@example.com", "an address of the machine"),
    ("example.net", None, "somebody else"),
]


@pytest.mark.parametrize("host, address", [row[:2] for row in HOSTS], ids=[row[2] for row in HOSTS])
def test_whose_users_are_ours(host: str, address: str | None) -> None:
    server = ServerSettings(
        domains=SERVER.domains,
        aliases=("phones.example.net", "[2001:db8::2]"),
        listen=(Listen("UDP", "192.0.2.1", 5060), Listen("TCP", "2001:db8::1", 5060)),
        advertise=HostPort("sip.example.net"),
    )
    domains = domains_of(Settings(server=server), frozenset({"10.0.0.1"}))
    assert domains.address_of_record(SipUri.parse(f"sip:a@{host}")) == address


def test_the_rules_are_those_of_the_settings() -> None:
    presence = PresenceSettings(
        notify_interval=1.5,
        rejection=Rejection.RESPONSE,
        registration_presence=False,
        publication_minimum_expires=61,
        subscription_minimum_expires=62,
        flow_grace=63,
        max_publications=4,
        max_document=600,
        max_subscriptions=6,
        max_subscriptions_per_watcher=5,
    )
    rules = agent_of(Settings(server=SERVER, presence=presence, sip=SipSettings(t1=0.25))).rules
    assert (rules.notify_interval, rules.patience, rules.memory) == (1.5, 63, 32)
    assert (rules.publications.minimum, rules.subscriptions.minimum) == (61, 62)
    assert (rules.max_publications, rules.max_document) == (4, 600)
    assert (rules.max_subscriptions, rules.max_subscriptions_of_one) == (6, 5)
    assert not rules.rejects_by_notify
    assert not rules.shows_registration


@pytest.mark.parametrize(
    "profile, decision", [(Profile.OPEN, Decision.ALLOW), (Profile.PRIVATE, Decision.CONFIRM)]
)
def test_the_profile_says_what_becomes_of_an_unknown_watcher(
    profile: Profile, decision: Decision
) -> None:
    agent = agent_of(Settings(server=SERVER, presence=PresenceSettings(profile=profile)))
    question = WatchQuestion("sip:a@example.com", "sip:b@example.com", "presence")
    answer = finish(agent.questions.may_watch(question, NOW))
    assert answer.decision is decision


@pytest.mark.parametrize("mode", AuthMode)
def test_a_node_is_built_with_and_without_authentication(mode: AuthMode) -> None:
    assert agent_of(Settings(server=SERVER, auth=AuthSettings(mode=mode))).boots == 1


WATCHERS = [
    (Role.ALL, WatcherMode.PROXY, True, "all of it is here"),
    (Role.WATCHER, WatcherMode.AGENT, True, "a watchers' server that is their agent"),
    (Role.WATCHER, WatcherMode.PROXY, False, "one that only passes on"),
    (Role.PRESENCE, WatcherMode.AGENT, False, "no watchers' server at all"),
]


@pytest.mark.parametrize(
    "role, mode, watches", [row[:3] for row in WATCHERS], ids=[row[3] for row in WATCHERS]
)
def test_agents_watch_where_the_settings_say_so(
    role: Role, mode: WatcherMode, *, watches: bool
) -> None:
    server = msgspec.structs.replace(SERVER, role=role)
    settings = Settings(server=server, watcher=WatcherSettings(mode))
    store, ids = MemoryStore(), CountedIds()
    node = build_server(settings, store, ids, Silence(), begin_run(store, ids), NOW)
    assert isinstance(node.application, PresenceServer)
    assert (node.application.watching is not None) is watches


@pytest.mark.parametrize("keep", [0, 5])
def test_a_node_records_what_passes_if_it_is_to(keep: int) -> None:
    store, ids = MemoryStore(), CountedIds()
    settings = Settings(server=SERVER, trace=TraceSettings(keep))
    node = build_server(settings, store, ids, Silence(), begin_run(store, ids), NOW)
    assert (node.record is not None) == bool(keep)
    answer = finish(node.application.command(b'{"command": "trace"}', NOW))
    assert (b"trace.keep" in answer) == (not keep)


def test_agents_wait_for_a_notify_as_long_as_the_settings_say() -> None:
    """Timer N is 64 T1 (6665-4.1.2.4)."""
    settings = Settings(server=SERVER, sip=SipSettings(t1=0.25))
    store, ids = MemoryStore(), CountedIds()
    node = build_server(settings, store, ids, Silence(), begin_run(store, ids), NOW)
    assert isinstance(node.application, PresenceServer)
    assert node.application.watching is not None
    assert node.application.watching.pace.patience == 16.0


BOTH, FOUR, SIX = (Kind.AAAA, Kind.A), (Kind.A,), (Kind.AAAA,)
MEANS = [
    ("udp:192.0.2.1:5060", Means(("UDP",), FOUR), "one transport, one family"),
    ("udp:[::]:5060 tls:[::]:5061", Means(("TLS", "UDP"), SIX), "by TLS first"),
    ("udp:0.0.0.0:5060 tcp:[::]:5060", Means(("TCP", "UDP"), BOTH), "3263-4.1-1: UDP is last"),
    ("tcp:sip.example.com:5060", Means(("TCP",), BOTH), "what a name stands for is not known yet"),
    ("wss:192.0.2.1:443", Means((), FOUR), "nobody can be reached by WebSockets"),
]


@pytest.mark.parametrize("listens, means", [row[:2] for row in MEANS], ids=[r[2] for r in MEANS])
def test_what_can_be_reached_by_where_we_listen(listens: str, means: Means) -> None:
    assert means_of(tuple(map(Listen.parse, listens.split()))) == means
