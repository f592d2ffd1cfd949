"""RFC 3263, rule by rule: what is asked, and what is tried."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.sip.destination import Destination, Means
from hereabouts.sip.records import DnsAnswer, DnsQuery, Kind, NaptrRecord, SrvRecord
from hereabouts.sip.targets import (
    MOST_ADDRESSES,
    MOST_RULES,
    MOST_SERVERS,
    MOST_TARGETS,
    Located,
    Unlocated,
)
from hereabouts.sip.uri import SipUri
from tests.sip.zone import Search, zone

ALL = Means(("UDP", "TCP", "TLS"))
CLEAR = Means(("UDP", "TCP"))
NO_IPV6 = Means(("UDP", "TCP", "TLS"), (Kind.A,))

# The example of RFC 3263 section 4.1, with addresses.
EXAMPLE = """
    example.com NAPTR 50  50 s SIPS+D2T - _sips._tcp.example.com
    example.com NAPTR 90  50 s SIP+D2T  - _sip._tcp.example.com
    example.com NAPTR 100 50 s SIP+D2U  - _sip._udp.example.com
    _sip._tcp.example.com SRV 0 1 5060 server1.example.com
    _sip._tcp.example.com SRV 0 2 5060 server2.example.com
    _sips._tcp.example.com SRV 0 1 5061 server1.example.com
    server1.example.com A 192.0.2.1
    server2.example.com A 192.0.2.2
"""

# A domain without NAPTR records.
PLAIN = """
    _sip._udp.example.com SRV 10 0 5070 backup.example.com
    _sip._udp.example.com SRV 5  0 5080 a.example.com
    _sip._tcp.example.com SRV 5  0 5090 a.example.com
    _sips._tcp.example.com SRV 5 0 5091 a.example.com
    a.example.com A 192.0.2.1
    backup.example.com A 192.0.2.9
    example.com A 192.0.2.80
"""

HOST = """
    example.com A 192.0.2.80
    example.com A 192.0.2.81
    example.com AAAA 2001:db8::80
"""

ODD = """
    example.com NAPTR 1 1 u SIP+D2T - _sip._tcp.u-flag.example.com
    example.com NAPTR 2 1 s SIP+D2S - _sip._sctp.example.com
    example.com NAPTR 3 1 s SIP+D2W - _sip._ws.example.com
    example.com NAPTR 4 1 s E2U+sip - _sip._tcp.enum.example.com
    example.com NAPTR 5 1 s SIP+D2T !^.*$!x! _sip._tcp.regexp.example.com
    example.com NAPTR 6 1 s SIP+D2T - not..a.name
    example.com NAPTR 7 2 S sip+d2t - _sip._tcp.second.example.org
    example.com NAPTR 7 1 S sip+d2u - _sip._udp.first.example.org
    example.com NAPTR 8 1 s SIP+D2T - _sip._tcp.higher-order.example.com
    _sip._udp.first.example.org SRV 0 0 5060 one.example.org
    _sip._tcp.second.example.org SRV 0 0 5060 two.example.org
    one.example.org A 192.0.2.1
    two.example.org A 192.0.2.2
"""

ROWS = [
    # -- 4.1: the transport
    pytest.param(
        "sip:w@example.com;transport=tcp",
        ALL,
        PLAIN,
        ["TCP 192.0.2.1 5090"],
        id="3263-4.1-1: the transport that is named, by its SRV",
    ),
    pytest.param(
        "sip:w@example.com;transport=tls",
        ALL,
        PLAIN,
        ["TLS 192.0.2.1 5091"],
        id="3263-4.1-1: who wants TLS for a sip URI asks for _sips",
    ),
    pytest.param(
        "sip:w@192.0.2.5", ALL, "", ["UDP 192.0.2.5 5060"], id="3263-4.1-1: numeric is UDP"
    ),
    pytest.param(
        "sips:w@192.0.2.5", ALL, "", ["TLS 192.0.2.5 5061"], id="3263-4.1-1: numeric sips is TLS"
    ),
    pytest.param(
        "sip:w@[2001:db8::5]:5070",
        ALL,
        "",
        ["UDP 2001:db8::5 5070"],
        id="3263-4.1-1: numeric with a port",
    ),
    pytest.param(
        "sip:w@192.0.2.5;transport=tcp",
        ALL,
        "",
        ["TCP 192.0.2.5 5060"],
        id="3263-4.1-1: numeric with a transport",
    ),
    pytest.param(
        "sip:w@example.com:5070",
        NO_IPV6,
        HOST,
        ["UDP 192.0.2.80 5070", "UDP 192.0.2.81 5070"],
        id="3263-4.1-1: a port without a transport is UDP",
    ),
    pytest.param(
        "sips:w@example.com:5070",
        NO_IPV6,
        HOST,
        ["TLS 192.0.2.80 5070", "TLS 192.0.2.81 5070"],
        id="3263-4.1-1: a port without a transport is TLS for sips",
    ),
    pytest.param(
        "sip:w@example.com",
        CLEAR,
        EXAMPLE,
        ["TCP 192.0.2.1 5060", "TCP 192.0.2.2 5060"],
        id="3263-4.1-1: NAPTR prefers D2T over D2U: TCP at the port of the SRV",
    ),
    pytest.param(
        "sip:w@example.com",
        ALL,
        EXAMPLE,
        ["TLS 192.0.2.1 5061"],
        id="3263-4.1-1: SIPS records are kept for a sip URI by who speaks TLS",
    ),
    pytest.param(
        "sips:w@example.com",
        ALL,
        EXAMPLE,
        ["TLS 192.0.2.1 5061"],
        id="3263-4.1-2: for sips the SIPS record counts",
    ),
    pytest.param(
        "sips:w@example.com",
        ALL,
        "example.com NAPTR 1 1 s SIP+D2U - _sip._udp.example.com" + PLAIN,
        ["TLS 192.0.2.1 5091"],
        id="3263-4.1-2: only SIP+D2U for a sips URI: TLS by SRV, never UDP",
    ),
    pytest.param(
        "sips:w@example.com",
        CLEAR,
        EXAMPLE,
        ["no way leads to example.com with TLS"],
        id="3263-4.1-2: sips without TLS of ours goes nowhere",
    ),
    pytest.param(
        "sip:w@example.com",
        ALL,
        ODD,
        ["UDP 192.0.2.1 5060", "TCP 192.0.2.2 5060"],
        id="3263-4.1-1: what does not apply is discarded; then the lowest order, by preference",
    ),
    pytest.param(
        "sip:w@example.com",
        ALL,
        PLAIN,
        ["UDP 192.0.2.1 5080", "UDP 192.0.2.9 5070", "TCP 192.0.2.1 5090"],
        id="3263-4.1-1: no NAPTR: SRV of each transport, _sip for sip",
    ),
    pytest.param(
        "sip:w@example.com",
        Means(("TCP", "UDP")),
        PLAIN,
        ["TCP 192.0.2.1 5090", "UDP 192.0.2.1 5080", "UDP 192.0.2.9 5070"],
        id="3263-4.1-1: in our own order",
    ),
    pytest.param(
        "sips:w@example.com",
        ALL,
        PLAIN,
        ["TLS 192.0.2.1 5091"],
        id="3263-4.1-1: no NAPTR: _sips for sips",
    ),
    pytest.param(
        "sip:w@example.com",
        NO_IPV6,
        HOST,
        ["UDP 192.0.2.80 5060", "UDP 192.0.2.81 5060"],
        id="3263-4.1-1: neither NAPTR nor SRV: UDP",
    ),
    pytest.param(
        "sips:w@example.com",
        NO_IPV6,
        HOST,
        ["TLS 192.0.2.80 5061", "TLS 192.0.2.81 5061"],
        id="3263-4.1-1: neither NAPTR nor SRV: TLS for sips",
    ),
    pytest.param(
        "sip:w@example.com",
        Means(("TCP", "UDP"), (Kind.A,)),
        HOST,
        ["TCP 192.0.2.80 5060", "TCP 192.0.2.81 5060"],
        id="section 4.1: a request beyond the path MTU goes by TCP",
    ),
    # -- 4.2: the port and the address
    pytest.param(
        "sip:w@example.com:5070;transport=udp",
        ALL,
        PLAIN,
        ["UDP 192.0.2.80 5070"],
        id="3263-4.2-1: a port in the URI: its own A record, whatever SRV says",
    ),
    pytest.param(
        "sip:w@example.com:5060",
        ALL,
        PLAIN,
        ["UDP 192.0.2.80 5060"],
        id="3263-4.2-1: 5060 too, if it is written",
    ),
    pytest.param(
        "sip:w@example.com;transport=tcp",
        NO_IPV6,
        HOST,
        ["TCP 192.0.2.80 5060", "TCP 192.0.2.81 5060"],
        id="section 4.2: no SRV: the host itself at the default port",
    ),
    pytest.param(
        "sip:w@example.com",
        NO_IPV6,
        "example.com NAPTR 1 1 s SIP+D2T - _sip._tcp.example.org" + HOST,
        ["TCP 192.0.2.80 5060", "TCP 192.0.2.81 5060"],
        id="section 4.2: NAPTR without SRV: its transport, at the default port",
    ),
    pytest.param(
        "sip:w@elsewhere.org;maddr=example.com:5070",
        ALL,
        PLAIN,
        ["'example.com:5070' is not a host"],
        id="a port has no place in maddr",
    ),
    pytest.param(
        "sip:w@elsewhere.org;maddr=example.com;transport=tcp",
        ALL,
        PLAIN,
        ["TCP 192.0.2.1 5090"],
        id="section 4: maddr is the TARGET",
    ),
    pytest.param(
        "sip:w@example.com:5070",
        ALL,
        HOST,
        ["UDP 2001:db8::80 5070", "UDP 192.0.2.80 5070", "UDP 192.0.2.81 5070"],
        id="IPv6 before IPv4",
    ),
    pytest.param(
        "sip:w@example.com:5070",
        Means(("UDP",), (Kind.A, Kind.AAAA)),
        HOST,
        ["UDP 192.0.2.80 5070", "UDP 192.0.2.81 5070", "UDP 2001:db8::80 5070"],
        id="IPv4 before IPv6, for who prefers it",
    ),
    pytest.param(
        "sip:w@example.com;transport=ws",
        Means(("WS",), (Kind.A,)),
        "_sip._ws.example.com SRV 0 0 1 example.com" + HOST,
        ["WS 192.0.2.80 80", "WS 192.0.2.81 80"],
        id="RFC 7118 section 5.5: WebSockets at their default port, never by SRV",
    ),
    # -- odd answers
    pytest.param(
        "sip:w@example.com;transport=udp",
        ALL,
        "_sip._udp.example.com SRV 0 0 0 ." + HOST,
        ["the DNS knows no SIP server of example.com"],
        id="RFC 2782: the target `.` says that the service is decidedly not there",
    ),
    pytest.param(
        "sip:w@example.com;transport=udp",
        ALL,
        """
        _sip._udp.example.com SRV 0 0 0 a.example.com
        _sip._udp.example.com SRV 1 0 5060 b..example.com
        _sip._udp.example.com SRV 2 0 5060 c.example.com
        _sip._udp.example.com SRV 3 0 5060 x.invalid
        a.example.com A 192.0.2.1
        c.example.com A 224.0.0.1
        c.example.com A 0.0.0.0
        c.example.com A 2001:db8::1
        c.example.com A nonsense
        c.example.com A 192.0.2.3
        """,
        ["UDP 192.0.2.3 5060"],
        id="no port 0, no name that is none, no address of nobody or of many",
    ),
    pytest.param(
        "sip:w@example.com",
        ALL,
        "example.com NAPTR ?" + PLAIN,
        ["UDP 192.0.2.1 5080", "UDP 192.0.2.9 5070", "TCP 192.0.2.1 5090"],
        id="silence about NAPTR: SRV is asked all the same",
    ),
    pytest.param(
        "sip:w@example.com;transport=udp",
        ALL,
        "_sip._udp.example.com SRV ?" + HOST,
        ["example.com cannot be found now: silence"],
        id="silence about SRV: the web server is not tried",
    ),
    pytest.param(
        "sip:w@example.com",
        CLEAR,
        """
        _sip._udp.example.com SRV ?
        _sip._tcp.example.com SRV 0 0 5060 a.example.com
        a.example.com A 192.0.2.1
        """,
        ["TCP 192.0.2.1 5060"],
        id="silence about one transport: the other",
    ),
    pytest.param(
        "sip:w@example.com:5070",
        ALL,
        "example.com AAAA ?\nexample.com A 192.0.2.80",
        ["UDP 192.0.2.80 5070"],
        id="silence about IPv6: IPv4",
    ),
    pytest.param(
        "sip:w@nowhere.example",
        ALL,
        "",
        ["the DNS knows no SIP server of nowhere.example"],
        id="a domain that is not there",
    ),
]


@pytest.mark.parametrize("uri, means, records, targets", ROWS)
def test_where_a_request_goes(uri: str, means: Means, records: str, targets: list[str]) -> None:
    search = Search(Destination.of(SipUri.parse(uri)), means, zone(records))
    assert search.targets == targets


@pytest.mark.parametrize(
    "uri, records, rounds",
    [
        pytest.param("sip:w@192.0.2.1", "", [], id="an address: nothing"),
        pytest.param("sip:w@x.invalid;transport=ws", "", [], id="7118-8.1-1: not x.invalid"),
        pytest.param(
            "sip:w@h.example:5060",
            "",
            [["AAAA h.example", "A h.example"]],
            id="3263-4.2-1: a port: addresses alone",
        ),
        pytest.param(
            "sip:w@h.example;transport=tcp",
            "",
            [["SRV _sip._tcp.h.example"], ["AAAA h.example", "A h.example"]],
            id="3263-4.1-1: a transport: no NAPTR",
        ),
        pytest.param(
            "sip:w@example.com",
            EXAMPLE,
            [
                ["NAPTR example.com"],
                ["SRV _sips._tcp.example.com"],
                ["AAAA server1.example.com", "A server1.example.com"],
            ],
            id="3263-4.1-1: NAPTR, then SRV, then addresses",
        ),
        pytest.param(
            "sip:w@h.example",
            "",
            [
                ["NAPTR h.example"],
                ["SRV _sip._udp.h.example", "SRV _sip._tcp.h.example"],
                ["AAAA h.example", "A h.example"],
            ],
            id="3263-4.1-1: no NAPTR: all SRV at once",
        ),
    ],
)
def test_what_is_asked(uri: str, records: str, rounds: list[list[str]]) -> None:
    assert Search(Destination.of(SipUri.parse(uri)), ALL, zone(records)).rounds == rounds


def test_the_certificate_is_to_be_for_the_domain_not_for_its_server() -> None:
    """RFC 5922 section 7.3: what was asked for counts, whatever the DNS has made of it."""
    end = Search(Destination("example.com"), ALL, zone(EXAMPLE)).end
    assert isinstance(end, Located)
    assert {target.domain for target in end.targets} == {"example.com"}


@pytest.mark.parametrize(
    "lot, first", [(0, "192.0.2.1"), (1, "192.0.2.1"), (2, "192.0.2.2"), (3, "192.0.2.2")]
)
def test_the_lots_decide_among_equals(lot: int, first: str) -> None:
    """3263-4.1-1: the first server has the weight 1, the second 2."""
    destination = Destination("example.com")
    search = Search(destination, CLEAR, zone(EXAMPLE), lambda most: min(lot, most))
    assert search.targets[0] == f"TCP {first} 5060"


def test_silence_may_pass_and_absence_does_not() -> None:
    silent = Search(Destination("h.example", 5060), ALL, zone("h.example A ?")).end
    absent = Search(Destination("h.example", 5060), ALL, {}).end
    assert isinstance(silent, Unlocated)
    assert isinstance(absent, Unlocated)
    assert (silent.may_pass, absent.may_pass) == (True, False)


# -- bounds


def test_a_domain_cannot_make_us_ask_and_try_without_end() -> None:
    lines = [
        f"example.com NAPTR 1 {at} s SIP+D2U - _sip._udp.n{at}.example.com" for at in range(100)
    ]
    lines += [
        f"_sip._udp.n{rule}.example.com SRV {at} 0 5060 h{at}.example.com"
        for rule in range(100)
        for at in range(100)
    ]
    lines += [
        f"h{host}.example.com A 192.0.{host}.{at}" for host in range(100) for at in range(100)
    ]
    search = Search(Destination("example.com"), ALL, zone("\n".join(lines)))
    rules, servers, hosts = search.rounds
    assert len(rules) == 1
    assert len(servers) == MOST_RULES
    assert len(hosts) == 2 * MOST_SERVERS
    assert len(search.targets) == MOST_TARGETS
    assert search.targets[MOST_ADDRESSES] == "UDP 192.0.1.0 5060"


def test_servers_of_the_lowest_priorities_stay_whatever_the_lots_say() -> None:
    lines = [f"_sip._udp.e.com SRV {100 - at} 9 5060 192.0.2.{at}" for at in range(100)]
    search = Search(Destination("e.com", transport="UDP"), ALL, zone("\n".join(lines)))
    assert search.targets == [f"UDP 192.0.2.{at} 5060" for at in range(99, 99 - MOST_SERVERS, -1)]


def test_a_target_that_comes_twice_is_tried_once() -> None:
    records = "_sip._udp.e.com SRV 0 0 5060 a.com\n_sip._udp.e.com SRV 1 0 5060 b.com\n"
    records += "a.com A 192.0.2.1\nb.com A 192.0.2.1"
    search = Search(Destination("e.com", transport="UDP"), ALL, zone(records))
    assert search.targets == ["UDP 192.0.2.1 5060"]


# -- anything at all

NAMES = st.sampled_from(["a.example", "b.example", "_sip._udp.a.example", "", ".", "x.invalid"])
NUMBERS = st.integers(-1, 65536)
RECORDS = st.one_of(
    st.builds(
        NaptrRecord,
        NUMBERS,
        NUMBERS,
        st.sampled_from(["s", "S", "", "u"]),
        st.sampled_from(["SIP+D2U", "SIP+D2T", "SIPS+D2T", "sips+d2u", "\u0130"]),
        st.sampled_from(["", "!x!y!"]),
        NAMES | st.text(),
    ),
    st.builds(SrvRecord, NUMBERS, st.integers(0, 65535), NUMBERS, NAMES | st.text()),
    st.sampled_from(["192.0.2.1", "2001:db8::1", "fe80::1%1", "::ffff:192.0.2.1"]),
    st.text(),
)
ANSWERS = st.builds(DnsAnswer, st.lists(RECORDS, max_size=5).map(tuple), st.just(1.0), st.text())


class Anything(dict[DnsQuery, DnsAnswer]):
    """A DNS that answers every question as the test draws it, but always alike."""

    def __init__(self, data: st.DataObject) -> None:
        super().__init__()
        self._data = data

    def get(self, query: DnsQuery, default: object = None) -> DnsAnswer:
        if query not in self:
            self[query] = self._data.draw(ANSWERS)
        return self[query]


@given(
    destination=st.builds(
        Destination,
        NAMES | st.sampled_from(["192.0.2.1", "::1"]) | st.text(),
        st.none() | st.integers(1, 65535),
        st.none() | st.sampled_from(["UDP", "TCP", "TLS", "WS"]) | st.text(),
        st.booleans(),
    ),
    means=st.builds(
        Means,
        st.lists(st.sampled_from(["UDP", "TCP", "TLS", "WS", "WSS"]), unique=True).map(tuple),
        st.lists(st.sampled_from([Kind.A, Kind.AAAA]), unique=True).map(tuple),
    ),
    data=st.data(),
)
def test_any_answers_lead_to_an_end(
    destination: Destination, means: Means, data: st.DataObject
) -> None:
    end = Search(destination, means, Anything(data)).end
    if isinstance(end, Unlocated):
        assert end.fault
        return
    assert 0 < len(end.targets) <= MOST_TARGETS
    for target in end.targets:
        assert target.transport in means.transports
        assert means.reaches(target.host)
        assert 0 < target.port < 65536
        assert not destination.is_secure or target.transport in {"TLS", "WSS"}
