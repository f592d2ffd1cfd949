from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.client.address import resolve, server_address, user_address
from hereabouts.client.failure import AgentFailed
from hereabouts.config import Listen
from tests.client.serving import run

USERS = [
    ("sip:alice@example.com", "sip:alice@example.com", "as it is"),
    ("alice@example.com", "sip:alice@example.com", "without the scheme"),
    ("sips:alice@Example.COM;transport=tcp", "sip:alice@example.com", "an address-of-record"),
]


@pytest.mark.parametrize("text, address", [row[:2] for row in USERS], ids=[row[2] for row in USERS])
def test_a_user_writes_his_address(text: str, address: str) -> None:
    assert user_address(text) == address


@pytest.mark.parametrize("text", ["", "alice", "sip:example.com", "tel:112", "a b@example.com"])
def test_what_is_no_address_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(AgentFailed, match=r"write it like sip:alice@example\.com"):
        user_address(text)


SERVERS = [
    (None, "UDP", "example.com", 5060, "nothing said: the user's domain"),
    ("192.0.2.1", "UDP", "192.0.2.1", 5060, "a host"),
    ("192.0.2.1:5070", "UDP", "192.0.2.1", 5070, "a host and a port"),
    ("tcp:sip.example.com", "TCP", "sip.example.com", 5060, "a transport and a host"),
    ("TCP:[2001:db8::1]:5070", "TCP", "2001:db8::1", 5070, "everything"),
    ("[2001:db8::1]", "UDP", "2001:db8::1", 5060, "an IPv6 address"),
]


@pytest.mark.parametrize(
    "text, transport, host, port", [row[:4] for row in SERVERS], ids=[row[4] for row in SERVERS]
)
def test_a_user_names_his_server(text: str | None, transport: str, host: str, port: int) -> None:
    assert server_address(text, "sip:alice@example.com") == Listen(transport, host, port)


@pytest.mark.parametrize("text", ["", "tcp:", "udp:host:port", "host:99999", "ws:host:80"])
def test_what_is_no_server_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(AgentFailed, match=r"write it like udp:192\.0\.2\.1:5060"):
        server_address(text, "sip:alice@example.com")


@given(st.text())
def test_anything_at_all_raises_only_our_own_failure(text: str) -> None:
    with suppress(AgentFailed):
        user_address(text)
    with suppress(AgentFailed):
        server_address(text, "sip:alice@example.com")


def test_a_server_on_this_machine_reaches_us_at_its_own_address() -> None:
    assert run(resolve(Listen("UDP", "127.0.0.1", 5060))) == ("127.0.0.1", "127.0.0.1")
