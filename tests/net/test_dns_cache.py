from __future__ import annotations

import pytest

from hereabouts.base.units import Instant, Seconds
from hereabouts.net.dns_cache import FAILED, LONGEST, LONGEST_ABSENCE, SHORTEST, DnsCache
from hereabouts.sip.records import DnsAnswer, DnsQuery, Kind

QUERY = DnsQuery(Kind.A, "example.com")


@pytest.mark.parametrize(
    "answer, lifetime",
    [
        pytest.param(DnsAnswer(("192.0.2.1",), 60.0), 60.0, id="as long as its TTL"),
        pytest.param(DnsAnswer(("192.0.2.1",), 0.0), SHORTEST, id="a TTL of 0: for a moment"),
        pytest.param(DnsAnswer(("192.0.2.1",), 9e9), LONGEST, id="not for years"),
        pytest.param(DnsAnswer((), 60.0), 60.0, id="absence, as long as the SOA says"),
        pytest.param(DnsAnswer((), 86400.0), LONGEST_ABSENCE, id="absence, not for a day"),
        pytest.param(DnsAnswer(fault="silence"), FAILED, id="a failure, for a breath"),
        pytest.param(DnsAnswer((), 900.0, "error"), FAILED, id="a failure has no lifetime"),
    ],
)
def test_an_answer_is_kept_as_long_as_it_holds(answer: DnsAnswer, lifetime: Seconds) -> None:
    cache = DnsCache()
    cache.keep(QUERY, answer, Instant(100.0))
    assert cache.get(QUERY, Instant(100.0 + lifetime - 0.01)) == answer
    assert cache.get(QUERY, Instant(100.0 + lifetime)) is None


def test_another_question_has_another_answer() -> None:
    cache = DnsCache()
    cache.keep(QUERY, DnsAnswer(("192.0.2.1",), 60.0), Instant(0.0))
    assert cache.get(DnsQuery(Kind.AAAA, "example.com"), Instant(0.0)) is None
    assert cache.get(DnsQuery(Kind.A, "example.org"), Instant(0.0)) is None


def test_the_oldest_answers_go_first() -> None:
    cache = DnsCache(most=2)
    queries = [DnsQuery(Kind.A, name) for name in "abc"]
    cache.keep(queries[0], DnsAnswer(), Instant(0.0))
    cache.keep(queries[1], DnsAnswer(), Instant(0.0))
    cache.keep(queries[0], DnsAnswer(), Instant(0.0))  # young again
    cache.keep(queries[2], DnsAnswer(), Instant(0.0))
    kept = [query.name for query in queries if cache.get(query, Instant(0.0)) is not None]
    assert kept == ["a", "c"]
