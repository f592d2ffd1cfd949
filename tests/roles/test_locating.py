"""Handlers that wait for the DNS: who is asked what, once, and what silence costs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hereabouts.base.deadlines import Deadlines
from hereabouts.base.refusal import Refusal
from hereabouts.base.units import Instant, Moment, Timestamp
from hereabouts.roles import locating as module
from hereabouts.roles.conductor import Conductor
from hereabouts.roles.locating import Locating, NameServersSilent, NoSuchServer
from hereabouts.sip.destination import Destination, Means
from hereabouts.sip.records import DnsAnswer, DnsQuery
from tests.ladders.ids import CountedIds
from tests.sip.zone import written, zone

LIMIT = 3.0
ZONE = zone("""
    example.com NAPTR 1 1 s SIP+D2T - _sip._tcp.example.com
    _sip._tcp.example.com SRV 1 0 5060 a.example.com
    _sip._tcp.example.com SRV 2 0 5060 b.example.com
    a.example.com A 192.0.2.1
    b.example.com A 192.0.2.2
    silent.example AAAA ?
    silent.example A ?
""")
SERVERS = ["TCP 192.0.2.1 5060", "TCP 192.0.2.2 5060"]


class Wire:
    """Names that are answered when the test says so."""

    def __init__(self) -> None:
        self.found: Callable[[DnsQuery, DnsAnswer, Moment], None]
        self.kept: dict[DnsQuery, DnsAnswer] = {}
        self.open: list[DnsQuery] = []
        self.asked: list[str] = []
        self.dropped: list[str] = []

    def known(self, query: DnsQuery, now: Instant) -> DnsAnswer | None:
        return self.kept.get(query)

    def ask(self, query: DnsQuery) -> None:
        self.open.append(query)
        self.asked.append(f"{query.kind.value} {query.name}")

    def drop(self, query: DnsQuery) -> None:
        self.open.remove(query)
        self.dropped.append(f"{query.kind.value} {query.name}")


class Bench:
    """Locating with a clock, and handlers that want to go somewhere."""

    def __init__(self) -> None:
        self.instant = 100.0
        self.wire = Wire()
        self.deadlines = Deadlines()
        self.conductor = Conductor()
        means = Means(("UDP", "TCP"))
        self.locating = Locating(self.wire, means, self.deadlines, CountedIds(), limit=LIMIT)
        self.ends: list[list[str] | Refusal] = []
        "What each handler came to: its targets, or the refusal."

    @property
    def now(self) -> Moment:
        return Moment(Instant(self.instant), Timestamp(1e9 + self.instant))

    def locate(self, host: str, port: int | None = None, now: Moment | None = None) -> None:
        async def handler() -> None:
            try:
                found = await self.locating.locate(Destination(host, port), now or self.now)
            except Refusal as refusal:
                self.ends.append(refusal)
            else:
                self.ends.append([written(target) for target in found])

        def fail(error: Exception) -> None:
            raise error

        self.conductor.run(str(id(handler)), handler, fail)

    def answer(self) -> None:
        """Answer all that is asked now."""
        asked, self.wire.open = self.wire.open, []
        for query in asked:
            self.wire.found(query, ZONE.get(query, DnsAnswer()), self.now)

    def pass_time(self, seconds: float) -> None:
        self.instant += seconds
        self.deadlines.wake_due(self.now)

    def fault(self) -> str:
        [refusal] = self.ends
        assert isinstance(refusal, Refusal)
        return str(refusal)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_handler_waits_for_the_answers_round_by_round(bench: Bench) -> None:
    """3261-16.5-1: a request for a foreign domain goes where the DNS says."""
    bench.locate("example.com")
    for questions in (1, 1, 4):
        assert bench.ends == []
        assert len(bench.wire.open) == questions
        bench.answer()
    assert bench.ends == [SERVERS]
    assert bench.conductor.is_idle


def test_what_is_known_is_not_waited_for(bench: Bench) -> None:
    bench.wire.kept = {**ZONE}
    for name in ("a", "b"):
        bench.wire.kept |= zone(f"{name}.example.com AAAA nothing")
    bench.locate("example.com")
    bench.locate("192.0.2.7")
    assert bench.ends == [SERVERS, ["UDP 192.0.2.7 5060"]]
    assert bench.wire.asked == []
    assert len(bench.deadlines) == 0


def test_those_who_ask_the_same_are_one_question(bench: Bench) -> None:
    bench.locate("a.example.com", 5070)
    bench.locate("a.example.com", 5080)
    assert bench.wire.asked == ["AAAA a.example.com", "A a.example.com"]
    bench.answer()
    assert bench.ends == [["UDP 192.0.2.1 5070"], ["UDP 192.0.2.1 5080"]]


def test_answers_may_come_in_any_order(bench: Bench) -> None:
    bench.locate("a.example.com", 5070)
    bench.wire.open.reverse()
    bench.answer()
    assert bench.ends == [["UDP 192.0.2.1 5070"]]


@pytest.mark.parametrize(
    "host, status, fault",
    [
        pytest.param("x.invalid", 404, "x.invalid is nowhere", id="7118-8.1-1: nobody is asked"),
        pytest.param(
            "absent.example", 404, "the DNS knows no SIP server of absent.example", id="absence"
        ),
        pytest.param(
            "silent.example", 504, "silent.example cannot be found now: silence", id="silence"
        ),
    ],
)
def test_where_there_is_nothing_to_try(bench: Bench, host: str, status: int, fault: str) -> None:
    bench.locate(host, 5060)
    bench.answer()
    [refusal] = bench.ends
    assert isinstance(refusal, Refusal)
    assert (refusal.status, str(refusal)) == (status, fault)
    assert isinstance(refusal, NoSuchServer if status == 404 else NameServersSilent)


def test_who_is_never_answered_waits_no_longer_than_the_limit(bench: Bench) -> None:
    bench.locate("a.example.com", 5070)
    bench.pass_time(LIMIT - 0.1)
    assert bench.ends == []
    bench.pass_time(0.1)
    assert bench.fault() == "a.example.com cannot be found now: the DNS does not answer within 3 s"
    assert bench.wire.dropped == ["AAAA a.example.com", "A a.example.com"]
    assert bench.conductor.is_idle


def test_an_answer_in_time_leaves_nothing_to_the_limit(bench: Bench) -> None:
    bench.locate("a.example.com", 5070)
    bench.answer()
    bench.locate("a.example.com", 5070)
    bench.pass_time(LIMIT)
    assert bench.wire.dropped == ["AAAA a.example.com", "A a.example.com"]
    assert len(bench.ends) == 2


def test_an_answer_that_nobody_waits_for_is_let_go(bench: Bench) -> None:
    bench.locate("a.example.com", 5070)
    bench.pass_time(LIMIT)
    for query in ZONE:
        bench.wire.found(query, ZONE[query], bench.now)
    assert len(bench.ends) == 1


def test_the_limit_runs_from_the_latest_moment_that_is_known(bench: Bench) -> None:
    """A handler's own `now` is that of its request, and it may have waited since."""
    early = bench.now
    bench.pass_time(10)
    bench.locate("b.example.com", 5070)
    bench.answer()
    bench.locate("a.example.com", 5070, early)
    bench.pass_time(LIMIT - 0.1)
    assert bench.ends == [["UDP 192.0.2.2 5070"]]


def test_too_many_questions_are_refused(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_ASKED", 2)
    bench.locate("a.example.com", 5070)
    bench.locate("b.example.com", 5070)
    assert bench.fault() == "too many questions wait for the DNS"
    bench.answer()
    bench.locate("b.example.com", 5070)
    bench.answer()
    assert bench.ends[1:] == [["UDP 192.0.2.1 5070"], ["UDP 192.0.2.2 5070"]]


def test_too_many_handlers_are_refused(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_WAITING", 1)
    bench.locate("a.example.com", 5070)
    bench.locate("a.example.com", 5070)
    assert bench.fault() == "too many questions wait for the DNS"
    bench.answer()
    bench.locate("b.example.com", 5070)
    bench.answer()
    assert bench.ends[1:] == [["UDP 192.0.2.1 5070"], ["UDP 192.0.2.2 5070"]]
