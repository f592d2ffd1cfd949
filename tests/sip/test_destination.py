"""What is to be located, and what stands in the way before the DNS is asked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.sip.destination import Destination, Means, family_of, is_name
from hereabouts.sip.records import Kind
from hereabouts.sip.uri import SipUri

ALL = Means(("UDP", "TCP", "TLS"))


@pytest.mark.parametrize(
    "uri, expected",
    [
        pytest.param("sip:a@Example.COM", ("example.com", None, None, False), id="the host"),
        pytest.param(
            "sip:a@example.com.:5070", ("example.com", 5070, None, False), id="a last dot"
        ),
        pytest.param("sip:a@[2001:DB8::1]", ("2001:db8::1", None, None, False), id="no brackets"),
        pytest.param("sips:a@h;transport=tcp", ("h", None, "TCP", True), id="sips is TLS"),
        pytest.param(
            "sip:a@example.com;maddr=192.0.2.7",
            ("192.0.2.7", None, None, False),
            id="section 4: maddr is the TARGET",
        ),
        pytest.param(
            "sip:a@example.com;maddr=[2001:db8::7]",
            ("2001:db8::7", None, None, False),
            id="an IPv6 maddr",
        ),
        pytest.param("sip:a@h;maddr", ("h", None, None, False), id="an empty maddr is none"),
    ],
)
def test_where_a_uri_leads(uri: str, expected: tuple[str, int | None, str | None, bool]) -> None:
    assert Destination.of(SipUri.parse(uri)) == Destination(*expected)


@pytest.mark.parametrize(
    "uri, means, transports",
    [
        pytest.param("sip:h", ALL, ("UDP", "TCP"), id="3263-4.1-1: UDP before TCP"),
        pytest.param("sips:h", ALL, ("TLS",), id="3263-4.1-2: TLS alone"),
        pytest.param("sip:h", Means(("TLS",)), ("TLS",), id="who speaks nothing else"),
        pytest.param("sip:h;transport=tcp", ALL, ("TCP",), id="3263-4.1-1: the one named"),
        pytest.param("sip:h;transport=TLS", ALL, ("TLS",), id="in any case"),
        pytest.param("sips:h;transport=tcp", ALL, ("TLS",), id="3263-4.1-2: TLS over TCP"),
        pytest.param("sips:h;transport=udp", ALL, (), id="3263-4.1-2: there is no TLS over UDP"),
        pytest.param("sip:h;transport=sctp", ALL, (), id="one that we do not speak"),
        pytest.param("sip:h;transport=ws", ALL, (), id="nor do we open WebSockets"),
        pytest.param("sips:h;transport=ws", Means(("WSS",)), ("WSS",), id="who does, can"),
        pytest.param("sips:h", Means(("UDP", "TCP")), (), id="3263-4.1-2: never in clear text"),
        pytest.param(
            "sip:h", Means(("TCP", "UDP")), ("TCP", "UDP"), id="a long request: TCP comes first"
        ),
    ],
)
def test_which_transports_may_be_chosen(
    uri: str, means: Means, transports: tuple[str, ...]
) -> None:
    destination = Destination.of(SipUri.parse(uri))
    assert destination.transports(means) == transports
    assert bool(destination.obstacle(means)) is not bool(transports)


@pytest.mark.parametrize(
    "destination, obstacle",
    [
        (Destination("example.com"), ""),
        (Destination("a_b.example.com"), ""),
        (Destination("192.0.2.1"), ""),
        (Destination("2001:db8::1"), ""),
        (Destination("x.invalid"), "x.invalid is nowhere"),
        (Destination("224.0.1.75"), "no way leads to 224.0.1.75"),
        (Destination("0.0.0.0"), "no way leads to 0.0.0.0"),  # noqa: S104 - nobody listens here
        (Destination("::"), "no way leads to ::"),
        (Destination("a..b"), "'a..b' is not a host"),
        (Destination("a" * 64), f"'{'a' * 64}' is not a host"),
        (Destination(".".join(["a" * 60] * 5)), f"'{'.'.join(['a' * 60] * 5)[:80]}' is not a host"),
        (Destination(""), "'' is not a host"),
        (Destination("h%20"), "'h%20' is not a host"),
        (Destination("h", transport="SCTP"), "no way leads to h by SCTP"),
        (Destination("h", transport="UDP", is_secure=True), "no way leads to h by UDP with TLS"),
    ],
)
def test_what_stands_in_the_way(destination: Destination, obstacle: str) -> None:
    """7118-8.1-1: a name that ends in `.invalid` is never asked for."""
    assert destination.obstacle(ALL) == obstacle


def test_an_address_of_a_family_that_we_lack_is_out_of_reach() -> None:
    means = Means(("UDP",), (Kind.A,))
    assert Destination("2001:db8::1").obstacle(means) == "no way leads to 2001:db8::1"
    assert Destination("192.0.2.1").obstacle(means) == ""


@given(
    host=st.text(),
    port=st.none() | st.integers(1, 65535),
    transport=st.none() | st.text(),
    is_secure=st.booleans(),
)
def test_anything_at_all_is_judged(
    host: str, port: int | None, transport: str | None, *, is_secure: bool
) -> None:
    destination = Destination(host, port, transport, is_secure)
    if not destination.obstacle(ALL):
        assert is_name(host) or family_of(host)
        assert destination.transports(ALL)
