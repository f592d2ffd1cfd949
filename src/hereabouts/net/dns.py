"""Asks the DNS, by dnspython.

Whoever needs none of it does not import this: dnspython takes over half a second to load.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import dns.asyncresolver
import dns.exception
import dns.name
import dns.nameserver
import dns.rdata
import dns.resolver
from dns.rdtypes.IN.A import A
from dns.rdtypes.IN.AAAA import AAAA
from dns.rdtypes.IN.NAPTR import NAPTR
from dns.rdtypes.IN.SRV import SRV

from hereabouts.base.refusal import Unavailable
from hereabouts.base.units import Instant, Moment, Seconds
from hereabouts.net.dns_cache import DnsCache
from hereabouts.sip.destination import family_of
from hereabouts.sip.records import DnsAnswer, DnsQuery, Kind, NaptrRecord, Record, SrvRecord

MOST_RECORDS = 64
"Records taken of one answer."

LOOPBACK = {Kind.A: "127.0.0.1", Kind.AAAA: "::1"}
"The addresses of `localhost`, for which no server is asked (:rfc:`6761#section-6.3`)."

Found = Callable[[DnsQuery, DnsAnswer, Moment], None]
"Told of an answer, and now."

Enter = Callable[[Callable[[Moment], None]], None]
"Has a node take what comes from elsewhere."


class CannotAskDns(Unavailable):
    """There is no DNS server that we could ask."""


class Resolver:
    """The DNS as some servers know it: asked at most once for what still holds.

    `servers` are addresses and ports; none: those of this machine. Names are taken as they are,
    without the machine's search list and its `/etc/hosts`.

    Raises:
        CannotAskDns: one is given by name, or none is and this machine has none.
    """

    def __init__(
        self,
        servers: Sequence[tuple[str, int]] = (),
        *,
        timeout: Seconds,
        clock: Callable[[], Instant],
    ) -> None:
        self.found: Found
        "Told of what `ask` asks for; to be set before that."
        self.enter: Enter
        "As above."
        self._resolver = _stub(servers, timeout)
        self._timeout = timeout
        self._clock = clock
        self._cache = DnsCache()
        self._tasks: dict[DnsQuery, asyncio.Task[None]] = {}

    def known(self, query: DnsQuery, now: Instant) -> DnsAnswer | None:
        """The answer, if it is known without asking."""
        if query.name == "localhost" or query.name.endswith(".localhost"):
            address = LOOPBACK.get(query.kind)
            return DnsAnswer(() if address is None else (address,))
        return self._cache.get(query, now)

    def ask(self, query: DnsQuery) -> None:
        """Have `found` told of the answer, later than this call returns."""
        if query not in self._tasks:
            self._tasks[query] = asyncio.get_running_loop().create_task(self._ask(query))

    def drop(self, query: DnsQuery) -> None:
        """Nobody waits for this answer any more."""
        task = self._tasks.pop(query, None)
        if task is not None:
            task.cancel()

    async def addresses(self, host: str) -> tuple[str, ...]:
        """All addresses of a host, those of IPv6 first; none: it has none, or nobody says."""
        name = host.lower().removesuffix(".")
        queries = [DnsQuery(kind, name) for kind in (Kind.AAAA, Kind.A)]
        answers = await asyncio.gather(*map(self.find, queries))
        return tuple(each for answer in answers for each in answer.records if isinstance(each, str))

    async def find(self, query: DnsQuery) -> DnsAnswer:
        """The answer, known already or not; a failure is one too."""
        answer = self.known(query, self._clock())
        if answer is None:
            answer = await self._asked(query)
            self._cache.keep(query, answer, self._clock())
        return answer

    async def close(self) -> None:
        """Give up what is under way."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _ask(self, query: DnsQuery) -> None:
        answer = await self.find(query)
        self._tasks.pop(query, None)
        self.enter(lambda now: self.found(query, answer, now))

    async def _asked(self, query: DnsQuery) -> DnsAnswer:
        try:
            name = dns.name.from_text(query.name)
        except (dns.exception.DNSException, UnicodeError):
            return DnsAnswer()  # a name that cannot be one has no records
        try:
            answer = await self._resolver.resolve(
                name,
                query.kind.value,
                raise_on_no_answer=False,
                lifetime=self._timeout,
                search=False,
            )
        except dns.resolver.NXDOMAIN as absence:
            return _absent(absence, name)
        except dns.resolver.LifetimeTimeout:
            return DnsAnswer(fault=f"the DNS does not answer within {self._timeout:g} s")
        except (dns.exception.DNSException, OSError):
            # Servers that fail or refuse, and answers that cannot be read.
            return DnsAnswer(fault="the DNS answers with an error")
        records = tuple(answer)[:MOST_RECORDS] if answer.rrset is not None else ()
        lifetime = float(answer.chaining_result.minimum_ttl)
        return DnsAnswer(tuple(map(_record, records)), lifetime)


def _stub(servers: Sequence[tuple[str, int]], timeout: Seconds) -> dns.asyncresolver.Resolver:
    for host, _ in servers:
        if family_of(host) is None:
            fault = f"the DNS server {host} is named by what only the DNS can tell"
            raise CannotAskDns(fault, "give its address in dns.servers")
    try:
        stub = dns.asyncresolver.Resolver(configure=not servers)
    except dns.resolver.NoResolverConfiguration as error:
        fault = "this machine has no DNS server: /etc/resolv.conf names none"
        raise CannotAskDns(fault, "name one in dns.servers, or set dns.enabled to false") from error
    if servers:
        stub.nameservers = [dns.nameserver.Do53Nameserver(*server) for server in servers]
    stub.timeout = timeout / 2  # of one datagram: there is time to repeat one that is lost
    return stub


def _absent(absence: dns.resolver.NXDOMAIN, name: dns.name.Name) -> DnsAnswer:
    response = absence.responses()[name]  # type: ignore[no-untyped-call] # dnspython's gap
    return DnsAnswer(lifetime=float(response.resolve_chaining().minimum_ttl))


def _record(record: dns.rdata.Rdata) -> Record:
    if isinstance(record, A | AAAA):
        return str(record.address)
    if isinstance(record, SRV):
        return SrvRecord(record.priority, record.weight, record.port, _name(record.target))
    assert isinstance(record, NAPTR)  # nothing else is asked for
    return NaptrRecord(
        record.order,
        record.preference,
        record.flags.decode("ascii", "replace"),
        record.service.decode("ascii", "replace"),
        record.regexp.decode("ascii", "replace"),
        _name(record.replacement),
    )


def _name(name: dns.name.Name) -> str:
    return name.to_text(omit_final_dot=True).lower().removesuffix(".")
