"""Where a request or a response goes, by what the DNS says (:rfc:`3263`).

A plan, not a search: `next_step` takes all answers that are there and says what to ask next, or
that it is done. Nothing is asked, and nothing is kept, here. What the RFC leaves open:

- Of the NAPTR records that apply to us, those of the lowest order count and no others, so that a
  dead TLS server of a domain that prefers TLS is no reason to go on in clear text.
- Without NAPTR records all transports of ours that have SRV records are tried, in our own order.
- The IPv6 addresses of a host are tried before its IPv4 addresses, or as `Means` says.
- Silence is not absence. Without an answer about NAPTR the plan goes on, as that says only which
  transport is preferred. Without one about SRV it ends, or requests would reach a host of the
  domain that is no SIP server, such as its web server.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar

import msgspec

from hereabouts.sip.destination import Destination, Means, family_of, is_name
from hereabouts.sip.headers.via import DEFAULT_PORT
from hereabouts.sip.records import DnsAnswer, DnsQuery, Kind, NaptrRecord, SrvRecord
from hereabouts.sip.weights import Draw, in_turn

MOST_RULES = 4
"NAPTR records that are followed."

MOST_SERVERS = 16
"SRV records that are followed, of all transports together; those of low priority stay."

MOST_ADDRESSES = 8
"Addresses of one host and family that are tried."

MOST_TARGETS = 32
"Targets of one destination."

# WebSocket servers have no entry: no browser can ask for SRV records, so nobody makes them.
_SERVICES = {"UDP": "_sip._udp", "TCP": "_sip._tcp", "TLS": "_sips._tcp"}
_RULES = {"SIP+D2U": "UDP", "SIP+D2T": "TCP", "SIPS+D2T": "TLS"}

_Shape = TypeVar("_Shape", NaptrRecord, SrvRecord, str)
_Services = list[tuple[str, str]]  # transports, each with the name of its SRV records
_Groups = list[tuple[str, list[SrvRecord]]]  # transports, each with the servers to be weighed


class Target(msgspec.Struct, frozen=True, gc=False):
    """A server that can be tried."""

    transport: str
    "In upper case."
    host: str
    "An address, without brackets."
    port: int
    domain: str
    "The host of the destination: what its certificate must be for (:rfc:`5922#section-4`)."


class Ask(msgspec.Struct, frozen=True):
    """Questions whose answers the plan needs; all may be asked at once."""

    queries: tuple[DnsQuery, ...]


class Located(msgspec.Struct, frozen=True):
    """The end: what to try, in this order. There is at least one."""

    targets: tuple[Target, ...]


class Unlocated(msgspec.Struct, frozen=True, gc=False):
    """The end: there is nothing to try."""

    fault: str
    "What is wrong, for a person."
    may_pass: bool = False
    "Whether it may be otherwise in a while: the DNS has not said all."


Step = Ask | Located | Unlocated


def next_step(
    destination: Destination, means: Means, known: Mapping[DnsQuery, DnsAnswer], draw: Draw
) -> Step:
    """What to do next to locate `destination`, `known` being all that was answered so far.

    Ends after three rounds of questions at most, and never raises, whatever the answers hold.
    """
    obstacle = destination.obstacle(means)
    if obstacle:
        return Unlocated(obstacle)
    view = _View(known, means)
    groups = _groups(destination, means, view)
    for _, servers in groups:
        for server in servers:
            view.addresses(server.target)
    if view.missing:
        return Ask(tuple(view.missing))
    targets = dict.fromkeys(_targets(destination, groups, view, draw))
    if targets:
        return Located(tuple(targets)[:MOST_TARGETS])
    if view.faults:
        return Unlocated(f"{destination.host} cannot be found now: {view.faults[0]}", may_pass=True)
    return Unlocated(f"the DNS knows no SIP server of {destination.host}")


class _View:
    """What is known, and notes of what is missing."""

    def __init__(self, known: Mapping[DnsQuery, DnsAnswer], means: Means) -> None:
        self.missing: dict[DnsQuery, None] = {}
        self.faults: list[str] = []
        self._known = known
        self._means = means

    def records(self, kind: Kind, name: str, shape: type[_Shape]) -> list[_Shape]:
        """The records of a name; none while they are not known."""
        query = DnsQuery(kind, name)
        answer = self._known.get(query)
        if answer is None:
            self.missing[query] = None
            return []
        if answer.fault:
            self.faults.append(answer.fault)
        return [record for record in answer.records if isinstance(record, shape)]

    def is_clear(self, kind: Kind, name: str) -> bool:
        """Whether it is known which records there are."""
        answer = self._known.get(DnsQuery(kind, name))
        return answer is not None and not answer.fault

    def addresses(self, host: str) -> list[str]:
        """The addresses of a host, in the order in which they are tried."""
        if family_of(host) is not None:
            return [host] if self._means.reaches(host) else []
        found = []
        for family in self._means.families:
            addresses = self.records(family, host, str)
            fitting = [each for each in addresses if family_of(each) is family]
            found += [each for each in fitting if self._means.reaches(each)][:MOST_ADDRESSES]
        return found


# -- transports and servers


def _groups(destination: Destination, means: Means, view: _View) -> _Groups:
    """The servers by transport (section 4.2); what is missing for them is noted in the view."""
    host, port = destination.host, destination.port
    if port is not None or destination.is_numeric:
        return [_itself(host, destination.transports(means)[0], port)]
    services = _services(destination, means, view)
    if view.missing:
        return []
    found = [(each, view.records(Kind.SRV, name, SrvRecord)) for each, name in services]
    if any(records for _, records in found):
        return _usable(found)
    if not all(view.is_clear(Kind.SRV, name) for _, name in services):
        return []
    transport = services[0][0] if services else destination.transports(means)[0]
    return [_itself(host, transport, None)]


def _itself(host: str, transport: str, port: int | None) -> tuple[str, list[SrvRecord]]:
    """The host as if an SRV record named it."""
    return transport, [SrvRecord(0, 0, port or DEFAULT_PORT[transport], host)]


def _services(destination: Destination, means: Means, view: _View) -> _Services:
    """Where to look for servers, the preferred transport first (section 4.1)."""
    if destination.transport is None:
        rules = view.records(Kind.NAPTR, destination.host, NaptrRecord)
        applicable = [rule for rule in rules if _applies(rule, destination, means)]
        if applicable or view.missing:
            return _preferred(applicable)
    return [
        (transport, f"{_SERVICES[transport]}.{destination.host}")
        for transport in destination.transports(means)
        if transport in _SERVICES
    ]


def _applies(rule: NaptrRecord, destination: Destination, means: Means) -> bool:
    service = rule.service.upper()
    return (
        _RULES.get(service) in means.transports
        and (service.startswith("SIPS") or not destination.is_secure)
        and rule.flags.lower() == "s"
        and not rule.regexp
        and is_name(rule.replacement)
    )


def _preferred(rules: list[NaptrRecord]) -> _Services:
    lowest = min((rule.order for rule in rules), default=0)
    best = sorted(
        (rule for rule in rules if rule.order == lowest), key=lambda rule: rule.preference
    )
    services = ((_RULES[rule.service.upper()], rule.replacement) for rule in best)
    return list(dict.fromkeys(services))[:MOST_RULES]


def _usable(found: _Groups) -> _Groups:
    """The servers that can be tried, as many as may be."""
    room, groups = MOST_SERVERS, []
    for transport, records in found:
        usable = [
            record for record in records if 0 < record.port < 65536 and is_name(record.target)
        ]
        # By priority alone: which ones stay must not change while their addresses are asked for.
        kept = sorted(usable, key=lambda record: record.priority)[:room]
        room -= len(kept)
        groups.append((transport, kept))
    return groups


def _targets(
    destination: Destination, groups: _Groups, view: _View, draw: Draw
) -> Iterator[Target]:
    for transport, servers in groups:
        for server in in_turn(servers, draw):
            for address in view.addresses(server.target):
                yield Target(transport, address, server.port, destination.host)
