"""What a DNS server on loopback answers, as values; how long that is kept; what silence costs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import dns.asyncresolver
import dns.resolver
import pytest

from hereabouts.base.units import Instant, Moment, Timestamp
from hereabouts.net.dns import MOST_RECORDS, CannotAskDns, Resolver
from hereabouts.net.dns_cache import FAILED, LONGEST_ABSENCE
from hereabouts.sip.destination import Destination, Means
from hereabouts.sip.records import DnsAnswer, DnsQuery, Kind, NaptrRecord, SrvRecord
from hereabouts.sip.targets import Ask, Located, Step, next_step
from tests.net.name_server import Manner, NameServer
from tests.net.stage import HOST, run
from tests.sip.zone import written

ZONE = """
    example.com 300 IN SOA ns.example.com. host.example.com. 1 2 3 4 45
    example.com 300 IN NAPTR 90 50 "s" "SIP+D2T" "" _SIP._tcp.Example.com.
    _sip._tcp.example.com 120 IN SRV 0 1 5070 Server1.example.com.
    _sip._udp.plain.example.com 120 IN SRV 7 9 5080 server1.example.com.
    _sip._udp.gone.example.com 120 IN SRV 0 0 0 .
    server1.example.com 60 IN A 192.0.2.1
    server1.example.com 60 IN AAAA 2001:db8::1
    alias.example.com 20 IN CNAME server1.example.com.
    host.example.com 60 IN A 192.0.2.8
"""
PATIENT, HASTY = 20.0, 0.2
"Seconds until the DNS is silent: where it is not, and where it is."


class Clock:
    def __init__(self) -> None:
        self.instant = Instant(1000.0)

    def __call__(self) -> Instant:
        return self.instant


@asynccontextmanager
async def asking(
    manners: dict[str, Manner] | None = None, patience: float = PATIENT, zone: str = ZONE
) -> AsyncIterator[tuple[Resolver, NameServer, Clock]]:
    clock = Clock()
    async with NameServer(zone, manners) as server:
        resolver = Resolver([(HOST, server.port)], timeout=patience, clock=clock)
        try:
            yield resolver, server, clock
        finally:
            await resolver.close()


@pytest.mark.parametrize(
    "kind, name, answer",
    [
        pytest.param(Kind.A, "server1.example.com", DnsAnswer(("192.0.2.1",), 60.0), id="A"),
        pytest.param(
            Kind.AAAA, "server1.example.com", DnsAnswer(("2001:db8::1",), 60.0), id="AAAA"
        ),
        pytest.param(
            Kind.SRV,
            "_sip._udp.plain.example.com",
            DnsAnswer((SrvRecord(7, 9, 5080, "server1.example.com"),), 120.0),
            id="SRV",
        ),
        pytest.param(
            Kind.SRV,
            "_sip._udp.gone.example.com",
            DnsAnswer((SrvRecord(0, 0, 0, ""),), 120.0),
            id="the target `.` is empty",
        ),
        pytest.param(
            Kind.NAPTR,
            "example.com",
            DnsAnswer((NaptrRecord(90, 50, "s", "SIP+D2T", "", "_sip._tcp.example.com"),), 300.0),
            id="NAPTR, its name in lower case",
        ),
        pytest.param(
            Kind.A, "alias.example.com", DnsAnswer(("192.0.2.1",), 20.0), id="the shortest TTL"
        ),
        pytest.param(Kind.A, "nobody.example.com", DnsAnswer((), 45.0), id="NXDOMAIN, by its SOA"),
        pytest.param(Kind.SRV, "host.example.com", DnsAnswer((), 45.0), id="no such records"),
        pytest.param(Kind.A, "a..b", DnsAnswer(), id="a name that cannot be one"),
        pytest.param(Kind.A, "\udcff" * 70, DnsAnswer(), id="nor this"),
    ],
)
def test_an_answer_becomes_a_value(kind: Kind, name: str, answer: DnsAnswer) -> None:
    async def test() -> None:
        async with asking() as (resolver, _, _):
            assert await resolver.find(DnsQuery(kind, name)) == answer

    run(test())


@pytest.mark.parametrize("manner", [Manner.SERVFAIL, Manner.REFUSED])
def test_a_failure_is_an_answer_too_and_is_not_tried_again_at_once(manner: Manner) -> None:
    async def test() -> None:
        async with asking({"A host.example.com": manner}) as (resolver, server, clock):
            query = DnsQuery(Kind.A, "host.example.com")
            failed = DnsAnswer(fault="the DNS answers with an error")
            assert await resolver.find(query) == failed
            server.manners.clear()
            assert await resolver.find(query) == failed
            assert server.asked == ["A host.example.com"]
            clock.instant = Instant(clock.instant + FAILED)
            assert (await resolver.find(query)).records == ("192.0.2.8",)

    run(test())


@pytest.mark.parametrize("manner", [Manner.SILENCE, Manner.GARBAGE])
def test_silence_costs_one_time_limit_and_no_more(manner: Manner) -> None:
    """Bytes that are no answer count as silence: anybody could have sent them."""

    async def test() -> None:
        async with asking({"A host.example.com": manner}, HASTY) as (resolver, server, clock):
            query = DnsQuery(Kind.A, "host.example.com")
            silent = DnsAnswer(fault="the DNS does not answer within 0.2 s")
            assert await resolver.find(query) == silent
            assert resolver.known(query, clock.instant) == silent
            assert set(server.asked) == {"A host.example.com"}

    run(test())


def test_a_truncated_answer_is_asked_for_by_tcp() -> None:
    async def test() -> None:
        manners = {"A host.example.com": Manner.TRUNCATED}
        async with asking(manners) as (resolver, server, _):
            answer = await resolver.find(DnsQuery(Kind.A, "host.example.com"))
            assert answer.records == ("192.0.2.8",)
            assert server.asked == ["A host.example.com", "A host.example.com by TCP"]

    run(test())


def test_the_next_server_is_asked_where_one_fails() -> None:
    async def test() -> None:
        manners = {"A host.example.com": Manner.SERVFAIL}
        async with NameServer(ZONE, manners) as broken, NameServer(ZONE) as sound:
            servers = [(HOST, broken.port), (HOST, sound.port)]
            resolver = Resolver(servers, timeout=PATIENT, clock=Clock())
            answer = await resolver.find(DnsQuery(Kind.A, "host.example.com"))
            assert answer.records == ("192.0.2.8",)
            assert broken.asked == sound.asked == ["A host.example.com"]

    run(test())


def test_names_are_absolute() -> None:
    async def test() -> None:
        async with asking() as (resolver, server, _):
            assert await resolver.find(DnsQuery(Kind.A, "host")) == DnsAnswer((), LONGEST_ABSENCE)
            assert server.asked == ["A host"]

    run(test())


def test_an_endless_answer_is_cut() -> None:
    async def test() -> None:
        hosts = [f"many.example.com 60 IN A 192.0.2.{at}" for at in range(2 * MOST_RECORDS)]
        manners = {"A many.example.com": Manner.TRUNCATED}
        async with asking(manners, zone="\n".join(hosts)) as (resolver, _, _):
            answer = await resolver.find(DnsQuery(Kind.A, "many.example.com"))
            assert len(answer.records) == MOST_RECORDS

    run(test())


def test_what_holds_is_not_asked_again() -> None:
    async def test() -> None:
        async with asking() as (resolver, server, clock):
            query = DnsQuery(Kind.A, "host.example.com")
            assert resolver.known(query, clock.instant) is None
            answer = await resolver.find(query)
            clock.instant = Instant(clock.instant + 59.9)
            assert await resolver.find(query) == answer == resolver.known(query, clock.instant)
            assert len(server.asked) == 1
            clock.instant = Instant(clock.instant + 0.1)
            assert resolver.known(query, clock.instant) is None
            await resolver.find(query)
            assert len(server.asked) == 2

    run(test())


def test_localhost_is_here_and_no_server_is_asked() -> None:
    async def test() -> None:
        async with asking() as (resolver, server, _):
            assert await resolver.addresses("LocalHost.") == ("::1", "127.0.0.1")
            assert await resolver.addresses("a.localhost") == ("::1", "127.0.0.1")
            assert await resolver.find(DnsQuery(Kind.SRV, "localhost")) == DnsAnswer()
            assert server.asked == []

    run(test())


@pytest.mark.parametrize(
    "host, addresses",
    [
        ("Server1.Example.com", ("2001:db8::1", "192.0.2.1")),
        ("host.example.com.", ("192.0.2.8",)),
        ("nobody.example.com", ()),
    ],
)
def test_a_driver_is_told_all_addresses_of_a_host(host: str, addresses: tuple[str, ...]) -> None:
    async def test() -> None:
        async with asking() as (resolver, _, _):
            assert await resolver.addresses(host) == addresses

    run(test())


# -- as a node asks


class Node:
    """Takes what the resolver brings in."""

    def __init__(self, resolver: Resolver) -> None:
        self.found: list[tuple[DnsQuery, DnsAnswer]] = []
        self.happened = asyncio.Event()
        resolver.found = self._found
        resolver.enter = self._enter

    def _enter(self, take: Callable[[Moment], None]) -> None:
        take(Moment(Instant(0.0), Timestamp(0.0)))

    def _found(self, query: DnsQuery, answer: DnsAnswer, _now: Moment) -> None:
        self.found.append((query, answer))
        self.happened.set()


def test_a_node_is_told_later_and_once() -> None:
    async def test() -> None:
        async with asking() as (resolver, server, _):
            node, query = Node(resolver), DnsQuery(Kind.A, "host.example.com")
            resolver.ask(query)
            resolver.ask(query)
            assert node.found == []
            await node.happened.wait()
            assert node.found == [(query, DnsAnswer(("192.0.2.8",), 60.0))]
            assert len(server.asked) == 1

    run(test())


def test_what_was_dropped_is_not_told() -> None:
    async def test() -> None:
        async with asking({"A host.example.com": Manner.SILENCE}) as (resolver, _, _):
            node = Node(resolver)
            dropped, other = (
                DnsQuery(Kind.A, f"{name}.example.com") for name in ("host", "server1")
            )
            resolver.ask(dropped)
            resolver.ask(other)
            resolver.drop(dropped)
            resolver.drop(dropped)
            await node.happened.wait()
            assert [query for query, _ in node.found] == [other]

    run(test())


def test_closing_gives_up_what_is_under_way() -> None:
    async def test() -> None:
        manners = {"A host.example.com": Manner.SILENCE}
        async with asking(manners) as (resolver, _, _):
            node = Node(resolver)
            resolver.ask(DnsQuery(Kind.A, "host.example.com"))
            await resolver.close()
            assert node.found == []
            assert len(asyncio.all_tasks()) == 1

    run(test())


@pytest.mark.parametrize(
    "host, targets, asked",
    [
        pytest.param(
            "example.com",
            ["TCP 2001:db8::1 5070", "TCP 192.0.2.1 5070"],
            ["NAPTR example.com", "SRV _sip._tcp.example.com"],
            id="3263-4.1-1: NAPTR, SRV, addresses",
        ),
        pytest.param(
            "plain.example.com",
            ["UDP 2001:db8::1 5080", "UDP 192.0.2.1 5080"],
            [
                "NAPTR plain.example.com",
                "SRV _sip._udp.plain.example.com",
                "SRV _sip._tcp.plain.example.com",
            ],
            id="3263-4.1-1: SRV alone",
        ),
        pytest.param(
            "host.example.com",
            ["UDP 192.0.2.8 5060"],
            [
                "NAPTR host.example.com",
                "SRV _sip._udp.host.example.com",
                "SRV _sip._tcp.host.example.com",
            ],
            id="3263-4.1-1: A alone",
        ),
    ],
)
def test_a_plan_is_carried_out_by_a_real_server(
    host: str, targets: list[str], asked: list[str]
) -> None:
    async def test() -> None:
        async with asking() as (resolver, server, _):
            end = await carried_out(resolver, Destination(host))
            assert isinstance(end, Located)
            assert [written(target) for target in end.targets] == targets
            assert sorted(server.asked[: len(asked)]) == sorted(asked)

    run(test())


async def carried_out(resolver: Resolver, destination: Destination) -> Step:
    known: dict[DnsQuery, DnsAnswer] = {}
    while True:
        step = next_step(destination, Means(("UDP", "TCP")), known, lambda _: 0)
        if not isinstance(step, Ask):
            return step
        for query in step.queries:
            known[query] = await resolver.find(query)


# -- the servers to ask


def test_without_servers_those_of_the_machine_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        async with NameServer(ZONE) as server:
            of_machine = dns.asyncresolver.Resolver(configure=False)
            of_machine.nameservers, of_machine.port = [HOST], server.port
            monkeypatch.setattr(dns.asyncresolver, "Resolver", lambda *, configure: of_machine)
            resolver = Resolver(timeout=PATIENT, clock=Clock())
            assert await resolver.addresses("host.example.com") == ("192.0.2.8",)

    run(test())


def test_a_machine_without_dns_servers_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_configuration(*, configure: bool) -> None:
        assert configure
        raise dns.resolver.NoResolverConfiguration

    monkeypatch.setattr(dns.asyncresolver, "Resolver", no_configuration)
    with pytest.raises(CannotAskDns) as refusal:
        Resolver(timeout=2.0, clock=Clock())
    assert "dns.servers" in refusal.value.remedy


def test_a_dns_server_is_given_by_its_address() -> None:
    with pytest.raises(CannotAskDns, match="DNS server ns"):
        Resolver([("ns.example.com", 53)], timeout=2.0, clock=Clock())
