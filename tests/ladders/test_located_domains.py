"""Servers of other domains that only the DNS knows: who reaches them, and what if one fails."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hereabouts.base.units import Instant, Moment
from hereabouts.config import NextHop, RoutingSettings
from hereabouts.sip.message import Request
from hereabouts.sip.reader import read
from hereabouts.sip.records import DnsAnswer, DnsQuery
from tests.ladders.conftest import Connect, routed
from tests.sip.zone import zone

A, B, SPARE = "192.0.2.11", "192.0.2.12", "192.0.2.13"
HOMES = {"watcher": "a.example", "bob": "b.example", "mallory": "c.example", "eve": "a.example"}
PASSWORDS = {"watcher": "w"}

B_ALONE = f"""
    _sip._tcp.b.example SRV 1 0 5060 one.b.example
    one.b.example A {B}
"""
DEAD_FIRST = """
    _sip._tcp.b.example SRV 0 0 5060 dead.b.example
    dead.b.example A 192.0.2.99
"""
BY_UDP = f"""
    _sip._udp.b.example SRV 1 0 5060 one.b.example
    _sip._udp.b.example SRV 2 0 5060 two.b.example
    one.b.example A {B}
    two.b.example A {SPARE}
"""
SPARE_TOO = f"""
    _sip._tcp.b.example SRV 2 0 5060 two.b.example
    two.b.example A {SPARE}
"""


class Told:
    """The DNS as one zone; what it is asked while it is slow, it answers when the test says so."""

    def __init__(self, text: str) -> None:
        self.found: Callable[[DnsQuery, DnsAnswer, Moment], None]
        self.is_slow = False
        self.open: list[DnsQuery] = []
        self._zone = zone(text)

    def known(self, query: DnsQuery, now: Instant) -> DnsAnswer | None:
        return None if self.is_slow else self.answer(query)

    def answer(self, query: DnsQuery) -> DnsAnswer:
        return self._zone.get(query, DnsAnswer())

    def ask(self, query: DnsQuery) -> None:
        self.open.append(query)

    def drop(self, query: DnsQuery) -> None:
        self.open.remove(query)


NOTIFIED = """
    watcher <- a 200
    watcher <- a NOTIFY    state=active
    watcher -> a 200
"""


class World:
    """Domain a.example, whose users have passwords, and two servers of b.example, `b` and `c`."""

    def __init__(
        self,
        connect: Connect,
        text: str,
        *,
        is_open: bool = False,
        routing: RoutingSettings | None = None,
        most_of_b: int = 1_000,
    ) -> None:
        self.names = Told(text)
        nodes = {
            "a": (A, routed("a.example", A, is_open=is_open, routing=routing)),
            "b": (B, routed("b.example", B, max_subscriptions=most_of_b)),
            "c": (SPARE, routed("b.example", SPARE)),
        }
        self.network = connect(nodes, HOMES, PASSWORDS, self.names)
        self.play("""
            operator -> a user_add user=watcher password=w
            operator <- a OK
        """)

    def play(self, text: str) -> None:
        self.network.play(text)

    def subscribe(self, then: str = "", fields: str = "") -> None:
        """Have the watcher subscribe, by the password that is asked for; then this follows."""
        self.play(f"""
            watcher -> a SUBSCRIBE to=bob@b.example {fields}
            watcher <- a 407
            watcher -> a SUBSCRIBE to=bob@b.example {fields}
            {then}
        """)

    def asked(self, there: str) -> list[Request]:
        """What the server of a.example has asked of another."""
        messages = map(read, self.network.stage.between("a", there))
        return [message for message in messages if isinstance(message, Request)]


def test_a_domain_that_nobody_has_named_is_found_by_its_records(connect: Connect) -> None:
    """3263-4.1-1: by SRV; the whole dialog goes by both, there and back."""
    world = World(connect, B_ALONE)
    world.subscribe(NOTIFIED, "Expires=600")
    world.play("""
        bob     -> b PUBLISH   to=bob basic=open
        bob     <- b 200       SIP-ETag=*
        watcher <- a NOTIFY    state=active basic=open cseq=2
        watcher -> a 200
                500 s pass
        watcher -> a SUBSCRIBE to=bob@b.example Expires=0
        watcher <- a 407
        watcher -> a SUBSCRIBE to=bob@b.example Expires=0
        watcher <- a 200
        watcher <- a NOTIFY    state=terminated reason=timeout
        watcher -> a 200
    """)
    assert not world.network.stage.sites["a"].server.proxy.relays.all()
    assert [request.method for request in world.asked("b")] == ["SUBSCRIBE", "SUBSCRIBE"]


def test_a_server_that_has_proved_nothing_is_not_told_who_asks(connect: Connect) -> None:
    """RFC 3325 section 5: what goes in clear text to whom the DNS names says no more than From."""
    world = World(connect, B_ALONE)
    world.subscribe(NOTIFIED)
    [subscribe] = world.asked("b")
    hidden = {"p-asserted-identity", "authorization", "proxy-authorization"}
    assert not hidden & subscribe.headers.keys()


def test_after_a_dead_server_the_next_one_is_asked(connect: Connect) -> None:
    """3263-4.3-1: by a transaction of its own, to which all of its messages go (3263-4-1)."""
    world = World(connect, DEAD_FIRST + B_ALONE)
    world.subscribe(NOTIFIED)
    assert len(world.asked("b")) == 1


def test_after_one_that_is_out_of_order_the_next_one_is_asked(connect: Connect) -> None:
    """3263-4.3-1: 503; each has a branch of its own."""
    world = World(connect, B_ALONE + SPARE_TOO, most_of_b=1)
    world.play("""
        bob -> b SUBSCRIBE to=carol
        bob <- b 200
        bob <- b NOTIFY
        bob -> b 200
    """)
    world.subscribe(NOTIFIED)
    [one], [two] = world.asked("b"), world.asked("c")
    assert one.values("via")[0] != two.values("via")[0]
    assert one.call_id == two.call_id


def test_a_silent_server_is_asked_last_from_then_on(connect: Connect) -> None:
    """3263-4.3-1: who waited for it waits no more by then, but whoever comes next is served."""
    world = World(connect, BY_UDP)
    world.play("wire -> b MUTE")
    world.subscribe("""
                3.5 s pass
        watcher <- a 100
                28.5 s pass
    """)
    assert not world.network.stage.sites["a"].server.proxy.relays.all()
    world.play(f"watcher -> a SUBSCRIBE to=bob@b.example dialog=next {NOTIFIED}")
    assert len(world.asked("c")) == 1


def test_a_call_goes_to_the_next_server_too(connect: Connect) -> None:
    """3263-4.3-1: what follows in the call comes by the same ones."""
    world = World(connect, DEAD_FIRST + B_ALONE)
    world.play("""
        bob     -> b REGISTER
        bob     <- b 200
        watcher -> a INVITE to=bob@b.example
        watcher <- a 407
        watcher -> a ACK
        watcher -> a INVITE to=bob@b.example
        watcher <- a 100
        bob     <- b INVITE
        bob     -> b 200
        watcher <- a 200
        watcher -> a ACK
        bob     <- b ACK
        bob     -> b BYE
        watcher <- a BYE
        watcher -> a 200
        bob     <- b 200
    """)


UNFOUND = [
    ("", "404", "3263-4.1-1: the domain has no server"),
    ("_sip._tcp.b.example SRV ?", "504", "the DNS does not say"),
    (DEAD_FIRST, "500", "3263-4.3-1: the last server is dead too"),
]


@pytest.mark.parametrize("text, status", [row[:2] for row in UNFOUND], ids=[r[2] for r in UNFOUND])
def test_a_domain_without_a_server_is_said(connect: Connect, text: str, status: str) -> None:
    world = World(connect, text)
    world.subscribe(f"watcher <- a {status}")
    assert not world.network.stage.sites["a"].server.proxy.relays.all()


CLOSED = [
    ({}, "mallory", "407", "a stranger has to be a user of ours first"),
    ({"is_open": True}, "watcher", "404", "where everybody is believed, nobody is let out"),
    (
        {"routing": RoutingSettings(outbound=NextHop("TCP", "192.0.2.98", 5060))},
        "mallory",
        "407",
        "with a server for everything it is as before",
    ),
]


@pytest.mark.parametrize(
    "settings, who, answer", [row[:3] for row in CLOSED], ids=[row[3] for row in CLOSED]
)
def test_it_is_no_open_relay(
    connect: Connect, settings: dict[str, object], who: str, answer: str
) -> None:
    world = World(connect, B_ALONE, **settings)  # type: ignore[arg-type] # they fit
    world.play(f"""
        {who} -> a SUBSCRIBE to=bob@b.example
        {who} <- a {answer}
    """)
    assert not world.asked("b")


def test_a_server_for_everything_that_is_named_has_the_last_word(connect: Connect) -> None:
    """The DNS is not asked where the operator has spoken: here that server is dead."""
    outbound = NextHop("TCP", "192.0.2.98", 5060)
    world = World(connect, B_ALONE, routing=RoutingSettings(outbound=outbound))
    world.subscribe("watcher <- a 500")
    assert not world.asked("b")


def test_who_waits_for_the_dns_keeps_nobody_waiting(connect: Connect) -> None:
    world = World(connect, B_ALONE)
    world.names.is_slow = True
    world.subscribe()
    world.play("""
        watcher -> a SUBSCRIBE to=carol@c.example dialog=other
    """)
    waiting = {query.name for query in world.names.open}
    assert waiting == {"b.example", "c.example"}
    world.names.is_slow = False

    async def answered() -> None:
        for query in list(world.names.open):
            world.names.found(query, world.names.answer(query), world.network.now)

    world.network.do("a", answered)
    world.play(f"""
        watcher <- a 404
        {NOTIFIED}
    """)
