"""A DNS written down as lines, for plans that never ask a real one."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

from hereabouts.sip.destination import Destination, Means
from hereabouts.sip.records import DnsAnswer, DnsQuery, Kind, NaptrRecord, Record, SrvRecord
from hereabouts.sip.targets import Ask, Located, Target, Unlocated, next_step

MOST_ROUNDS = 3


def zone(text: str) -> dict[DnsQuery, DnsAnswer]:
    """The answers of lines such as `a.example.com A 192.0.2.1`; `?` in place of data: silence."""
    records: dict[DnsQuery, DnsAnswer] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        name, kind, *fields = line.split()
        query = DnsQuery(Kind(kind), name)
        if fields == ["?"]:
            records[query] = DnsAnswer(fault="silence")
        else:
            before = records.get(query, DnsAnswer()).records
            records[query] = DnsAnswer((*before, _record(query.kind, fields)), 60.0)
    return records


def _record(kind: Kind, fields: list[str]) -> Record:
    match kind:
        case Kind.NAPTR:
            order, preference, flags, service, regexp, replacement = fields
            regexp = regexp.strip("-")
            return NaptrRecord(int(order), int(preference), flags, service, regexp, replacement)
        case Kind.SRV:
            priority, weight, port, target = fields
            return SrvRecord(int(priority), int(weight), int(port), target.removesuffix("."))
        case _:
            return fields[0]


class Search:
    """A plan carried out to its end, against a zone."""

    def __init__(
        self,
        destination: Destination,
        means: Means,
        known: dict[DnsQuery, DnsAnswer],
        draw: Callable[[int], int] = lambda most: 0,
    ) -> None:
        self.rounds: list[list[str]] = []
        "What was asked, as `KIND name`, round by round."
        self.end = self._end(destination, means, known, draw)

    def _end(
        self,
        destination: Destination,
        means: Means,
        known: dict[DnsQuery, DnsAnswer],
        draw: Callable[[int], int],
    ) -> Located | Unlocated:
        answers: dict[DnsQuery, DnsAnswer] = {}
        for number in count():
            assert number <= MOST_ROUNDS
            step = next_step(destination, means, answers, draw)
            if not isinstance(step, Ask):
                return step
            assert step.queries
            assert not answers.keys() & set(step.queries)
            self.rounds.append([f"{query.kind.value} {query.name}" for query in step.queries])
            answers |= {query: known.get(query, DnsAnswer()) for query in step.queries}
        raise AssertionError

    @property
    def asked(self) -> list[str]:
        """All questions, in order."""
        return [query for queries in self.rounds for query in queries]

    @property
    def targets(self) -> list[str]:
        """What is to be tried, as `TRANSPORT host port`; what is wrong, if nothing is."""
        if isinstance(self.end, Located):
            return [written(target) for target in self.end.targets]
        return [self.end.fault]


def written(target: Target) -> str:
    """A target as a line."""
    return f"{target.transport} {target.host} {target.port}"
