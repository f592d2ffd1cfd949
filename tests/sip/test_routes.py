"""Where requests for others go, and that they go nowhere else."""

from __future__ import annotations

import pytest

from hereabouts.sip.routes import NextHop, Routes
from hereabouts.sip.uri import SipUri

B1 = NextHop("TCP", "192.0.2.12", 5060)
B2 = NextHop("UDP", "192.0.2.13", 5070)
SECURE = NextHop("TLS", "192.0.2.16", 5061, "s.example")
OUT = NextHop("TCP", "192.0.2.14", 5060)
PEERS: dict[str, tuple[NextHop, ...]] = {"b.example": (B1, B2), "s.example": (B1, SECURE)}
VIA_B1 = "<sip:192.0.2.12;transport=tcp;lr>"

TARGETS: list[tuple[NextHop | None, str, tuple[str, ...], tuple[NextHop, ...], str]] = [
    (None, "sip:bob@b.example", (), (B1, B2), "all servers of the domain, in order"),
    (None, "sip:bob@B.EXAMPLE:5061;x=y", (), (B1, B2), "whatever port or parameters it has"),
    (None, "sip:carol@c.example", (), (), "nowhere: we are no open relay"),
    (OUT, "sip:carol@c.example", (), (OUT,), "to the server for all others"),
    (OUT, "sip:bob@b.example", (), (B1, B2), "which is not asked for what a peer has"),
    (None, "sip:bob@b.example", (VIA_B1,), (B1,), "a route to a peer is followed"),
    (None, "sip:carol@c.example", (VIA_B1,), (B1,), "wherever it leads from there"),
    (None, "sip:bob@b.example", ("<sip:192.0.2.13:5070;lr>",), (B2,), "UDP if it says nothing"),
    (OUT, "sip:bob@b.example", ("<sip:192.0.2.14;transport=tcp;lr>",), (OUT,), "to that as well"),
    (OUT, "sip:bob@b.example", ("<sip:192.0.2.99;lr>",), (), "to nobody else"),
    (None, "sip:bob@b.example", ("<sip:192.0.2.12:5061;transport=tcp>",), (), "or another port"),
    (None, "sip:bob@b.example", ("<tel:1>",), (), "or no address"),
    (None, "sip:bob@s.example", (), (B1, SECURE), "by any of its servers"),
    (None, "sips:bob@s.example", (), (SECURE,), "3261-26.2.2-1: sips by TLS alone"),
    (OUT, "sips:bob@b.example", (), (), "3261-26.2.2-1: or nowhere"),
    (None, "sip:bob@s.example", ("<sip:192.0.2.16;transport=tls;lr>",), (SECURE,), "as named"),
]


@pytest.mark.parametrize(
    "outbound, uri, routes, hops", [row[:4] for row in TARGETS], ids=[row[4] for row in TARGETS]
)
def test_a_request_goes_to_servers_that_the_operator_has_named(
    outbound: NextHop | None, uri: str, routes: tuple[str, ...], hops: tuple[NextHop, ...]
) -> None:
    assert Routes(PEERS, outbound).to(SipUri.parse(uri), routes) == hops


def test_the_servers_that_are_named_are_told_who_somebody_is() -> None:
    routes = Routes(PEERS, OUT, NextHop("TCP", "192.0.2.15", 5060))
    named = {"192.0.2.12", "192.0.2.13", "192.0.2.14", "192.0.2.15", "192.0.2.16"}
    assert routes.trusted == named
    assert Routes().trusted == frozenset()


def test_a_server_is_known_by_its_place_with_the_domain_that_it_has_to_prove() -> None:
    ours = NextHop("TLS", "192.0.2.15", 5061, "a.example")
    routes = Routes(PEERS, OUT, ours)
    assert routes.known(NextHop("TLS", "192.0.2.16", 5061)) == SECURE
    assert routes.known(NextHop("TLS", "192.0.2.15", 5061)) == ours
    stranger = NextHop("TLS", "192.0.2.16", 5099)
    assert routes.known(stranger) == stranger


SERVERS = [
    ("sip:192.0.2.12", NextHop("UDP", "192.0.2.12", 5060), "3263-4.1: UDP"),
    ("sip:192.0.2.12:5070;transport=tcp", NextHop("TCP", "192.0.2.12", 5070), "as it says"),
    ("sips:h", NextHop("TLS", "h", 5061), "the port of the transport"),
    ("sips:h;transport=tcp", NextHop("TLS", "h", 5061), "sips is TLS, over TCP"),
    ("sip:[::1]", NextHop("UDP", "::1", 5060), "an address without its brackets"),
]


@pytest.mark.parametrize("uri, hop", [row[:2] for row in SERVERS], ids=[row[2] for row in SERVERS])
def test_a_uri_leads_to_a_server(uri: str, hop: NextHop) -> None:
    assert NextHop.of(SipUri.parse(uri)) == hop


DECIDED = [
    (None, "sip:bob@b.example", (), True, "a domain that has servers here"),
    (None, "sips:bob@b.example", (), True, "also if none of them will do"),
    (None, "sip:carol@c.example", (), False, "any other"),
    (None, "sip:bob@b.example", ("<sip:c.example;lr>",), False, "what follows a route of its own"),
    (OUT, "sip:carol@c.example", ("<sip:c.example;lr>",), True, "nothing, with one for all others"),
]


@pytest.mark.parametrize(
    "outbound, uri, routes, is_decided", [row[:4] for row in DECIDED], ids=[r[4] for r in DECIDED]
)
def test_what_the_operator_has_decided(
    outbound: NextHop | None, uri: str, routes: tuple[str, ...], *, is_decided: bool
) -> None:
    assert Routes(PEERS, outbound).decides(SipUri.parse(uri), routes) is is_decided
