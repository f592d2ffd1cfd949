"""Where messages come from, and how much each source may have."""

from __future__ import annotations

import pytest

from hereabouts.base.units import Instant
from hereabouts.sip.flow import WITHIN, Flow
from hereabouts.sip.rates import Rate, Verdict
from hereabouts.sip.sources import Allowance, Sources, TooOften, source_of

WELCOME, LATER, UNHEARD = Verdict
NOW = Instant(1000.0)
ONE = Rate(0.1, 1)
NARROW = Allowance(
    ONE,
    ONE,
    ONE,
    ONE,
    exempt=frozenset({"192.0.2.20"}),
    exempt_by_streams=frozenset({"192.0.2.21"}),
)


def udp(host: str) -> Flow:
    return Flow("UDP", host, 5060, "192.0.2.1:5060")


def tcp(host: str) -> Flow:
    return Flow("TCP", host, 40_000, "192.0.2.1:5060", 1, 7)


SOURCES = [
    ("192.0.2.9", "192.0.2.9", "an IPv4 address is itself"),
    ("2001:db8:1:2:3::9", "2001:db8:1:2::/64", "a customer has a whole /64"),
    ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64", "whichever of its addresses he takes"),
    ("2001:db8:1:3::9", "2001:db8:1:3::/64", "the next one is somebody else"),
    ("fe80::1%eth0", "fe80::/64", "on a link"),
    ("::ffff:192.0.2.9", "192.0.2.9", "an IPv4 address in disguise"),
    ("no:address", "no:address", "whatever else there may be"),
]


@pytest.mark.parametrize("host, source", [row[:2] for row in SOURCES], ids=[r[2] for r in SOURCES])
def test_what_is_counted_together(host: str, source: str) -> None:
    assert source_of(host) == source


EXEMPT = [
    (udp("127.0.0.1"), True, "this machine"),
    (udp("127.9.9.9"), True, "by all its names"),
    (tcp("::1"), True, "in IPv6 too"),
    (WITHIN, True, "our own agents"),
    (udp("192.0.2.20"), True, "a server that we know"),
    (tcp("192.0.2.21"), True, "one that we know by its connections"),
    (udp("192.0.2.21"), False, "and not who writes its address on a datagram"),
    (udp("192.0.2.9"), False, "a stranger"),
    (tcp("192.0.2.9"), False, "however he comes"),
]


@pytest.mark.parametrize("flow, is_exempt", [r[:2] for r in EXEMPT], ids=[r[2] for r in EXEMPT])
def test_who_may_have_everything(flow: Flow, *, is_exempt: bool) -> None:
    sources = Sources(NARROW)
    assert sources.is_exempt(flow) is is_exempt
    assert ([sources.asks(flow, NOW) for _ in range(3)] == [WELCOME] * 3) is is_exempt
    assert sources.is_unheard(flow, NOW) is not is_exempt


def test_this_machine_is_like_any_other_if_the_settings_say_so() -> None:
    sources = Sources(Allowance(ONE, exempts_loopback=False))
    assert [sources.asks(udp("127.0.0.1"), NOW) for _ in range(3)] == [WELCOME, LATER, UNHEARD]


def test_without_an_allowance_everybody_may_have_everything() -> None:
    assert Sources().is_exempt(udp("192.0.2.9"))


def test_the_addresses_of_one_customer_share_what_he_may_have() -> None:
    sources = Sources(NARROW)
    hosts = [f"2001:db8:1:2::{number}" for number in range(1, 4)]
    assert [sources.asks(udp(host), NOW) for host in hosts] == [WELCOME, LATER, UNHEARD]
    assert sources.asks(udp("2001:db8:1:3::1"), NOW) is WELCOME


def test_whoever_is_turned_away_is_told_of() -> None:
    sources, told = Sources(NARROW), list[str]()
    sources.on_excess = lambda source, _now: told.append(source)
    for _ in range(3):
        sources.asks(udp("2001:db8::5"), NOW)
    assert told == ["2001:db8::/64", "2001:db8::/64"]


def test_larger_answers_are_bounded_where_the_address_may_be_forged() -> None:
    sources = Sources(NARROW)
    assert [sources.may_say_more(udp("192.0.2.9"), NOW) for _ in range(2)] == [True, False]
    assert all(sources.may_say_more(tcp("192.0.2.9"), NOW) for _ in range(9))
    assert all(sources.may_say_more(udp("127.0.0.1"), NOW) for _ in range(9))


def test_one_watcher_subscribes_so_often_from_wherever() -> None:
    sources = Sources(NARROW)
    sources.check_subscribes("sip:bob@d", udp("192.0.2.8"), NOW)
    with pytest.raises(TooOften) as refused:
        sources.check_subscribes("sip:bob@d", tcp("192.0.2.9"), NOW)
    assert (refused.value.status, refused.value.headers()) == (503, [("Retry-After", "10")])
    sources.check_subscribes("sip:carol@d", udp("192.0.2.8"), NOW)
    sources.check_subscribes("sip:bob@d", udp("127.0.0.1"), NOW)


def test_a_target_that_asks_itself_is_nobodys_victim() -> None:
    sources = Sources(NARROW)
    for _ in range(9):
        sources.check_target(udp("192.0.2.8"), udp("192.0.2.8"), NOW)


def test_a_target_that_others_name_is_spared_whoever_they_are() -> None:
    """SEC-3856-9.5-1: the bound is the target's, however many users join in."""
    sources, victim = Sources(NARROW), udp("203.0.113.5")
    sources.check_target(udp("192.0.2.8"), victim, NOW)
    with pytest.raises(TooOften):
        sources.check_target(udp("192.0.2.9"), victim, NOW)
    sources.check_target(udp("192.0.2.9"), udp("203.0.113.6"), NOW)
    sources.check_target(udp("192.0.2.20"), victim, NOW)
