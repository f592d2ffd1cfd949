"""What an address writes it can read, and what is none is refused."""

from __future__ import annotations

from contextlib import suppress

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.base.refusal import Malformed
from hereabouts.config import TRANSPORTS, HostPort, Listen, Peer, Url, load
from tests.config.given import fault_of

NO_ADDRESSES = [
    ("", "nothing"),
    ("udp", "a transport alone"),
    ("udp:127.0.0.1", "no port"),
    ("127.0.0.1:5060", "no transport"),
    ("sctp:127.0.0.1:5060", "a transport that the server has not"),
    ("udp:127.0.0.1:65536", "a port above all ports"),
    ("udp:127.0.0.1:-1", "a port below all ports"),
    ("udp:127.0.0.1:\u0665\u0660", "digits that are not ours"),
    ("udp:127.0.0:5060", "a part of an address is missing"),
    ("udp:127.0.0.256:5060", "a part of an address is too large"),
    ("udp:::1:5060", "IPv6 without brackets"),
    ("udp:[127.0.0.1.1]:5060", "no IPv6 in the brackets"),
    ("udp:[::g]:5060", "a letter that is no digit"),
    ("udp:-a.example:5060", "a name cannot begin so"),
    ("udp:a b:5060", "a space"),
]


@pytest.mark.parametrize(
    "text", [row[0] for row in NO_ADDRESSES], ids=[row[1] for row in NO_ADDRESSES]
)
def test_this_is_no_address_to_listen_at(text: str) -> None:
    with pytest.raises(Malformed):
        Listen.parse(text)


URLS = [
    ("http://127.0.0.1:8181", "http://127.0.0.1:8181", "an address and a port"),
    ("https://Policy.Example/", "https://policy.example:443", "a port of its own for TLS"),
    ("http://[::1]", "http://[::1]:80", "and one without"),
]


@pytest.mark.parametrize("text, written", [row[:2] for row in URLS], ids=[row[2] for row in URLS])
def test_a_policy_server_is_named_by_its_url(text: str, written: str) -> None:
    assert str(Url.parse(text)) == written
    assert Url.parse(written) == Url.parse(text)
    assert load(None, {}, [f"policy.server={text}"]).policy.server == Url.parse(text)


@pytest.mark.parametrize("text", ["", "127.0.0.1:8181", "ftp://a", "http://", "http://a/b"])
def test_this_is_no_url_of_a_server(text: str) -> None:
    with pytest.raises(Malformed):
        Url.parse(text)


NO_PEERS = [
    ("", "nothing"),
    ("tcp:127.0.0.12:5060", "no domain"),
    ("B.example=tcp:127.0.0.12:5060", "a capital: domains are compared as they are written here"),
    ("b.example=tcp:sip.b.example:5060", "a name: whoever forges its address would be believed"),
    ("b.example=tcp:0.0.0.0:5060", "an address to listen at"),
    ("b.example=tcp:127.0.0.12:0", "no port to send to"),
    ("b.example=tcp:127.0.0.12", "no port"),
    ("b.example=wss:127.0.0.12:443", "nobody can connect to what connects by WebSocket"),
]


@pytest.mark.parametrize("text", [row[0] for row in NO_PEERS], ids=[row[1] for row in NO_PEERS])
def test_this_is_no_peer(text: str) -> None:
    with pytest.raises(Malformed):
        Peer.parse(text)


NO_TABLES = [
    ("[{domain='b.example'}]", "nothing but a domain"),
    ("[{domain='b.example',transport='tcp',host='127.0.0.12',port=5060,x=1}]", "one thing more"),
    ("[{domain='b.example',transport='tcp',host='127.0.0.12',port='a'}]", "no port"),
]


@pytest.mark.parametrize("text", [row[0] for row in NO_TABLES], ids=[row[1] for row in NO_TABLES])
def test_this_is_no_table_of_peers(text: str) -> None:
    assert "DOMAIN=udp, tcp or tls:ADDRESS:PORT" in fault_of(f"[routing]\npeers = {text}")


hosts = st.one_of(
    st.ip_addresses().map(str), st.sampled_from(["localhost", "sip.example.com", "a-1.example"])
)

ports = st.integers(0, 65535)


@given(st.builds(Listen, st.sampled_from(TRANSPORTS), hosts, ports))
def test_what_listen_writes_it_can_read(listen: Listen) -> None:
    assert Listen.parse(str(listen)) == listen


@given(st.builds(HostPort, hosts, st.none() | ports))
def test_what_a_host_and_port_writes_it_can_read(address: HostPort) -> None:
    assert HostPort.parse(str(address)) == address


addresses = st.ip_addresses().filter(lambda each: not each.is_unspecified).map(str)


@given(
    st.builds(
        Peer,
        st.sampled_from(["b.example", "[::1]"]),
        st.sampled_from(["UDP", "TCP"]),
        addresses,
        st.integers(1, 65535),
    )
)
def test_what_a_peer_writes_it_can_read(peer: Peer) -> None:
    assert Peer.parse(str(peer)) == peer
    table = dict(msgspec.structs.asdict(peer))
    assert Peer.of_table(table) == peer


@given(st.text() | st.from_regex(r"(udp|tcp):[\[\]0-9a-f:.]*"))
def test_any_text_is_an_address_or_malformed(text: str) -> None:
    with suppress(Malformed):
        Listen.parse(text)
    with suppress(Malformed):
        Peer.parse(text)
