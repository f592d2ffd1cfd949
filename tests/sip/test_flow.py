from __future__ import annotations

import pytest

from hereabouts.sip.flow import WITHIN, Flow
from tests.sip.packets import TCP, UDP


def test_datagrams_alone_are_unreliable() -> None:
    assert not UDP.is_reliable
    assert TCP.is_reliable
    assert Flow("TLS", "h", 1, "l:1").is_reliable


@pytest.mark.parametrize(
    "transport, contact",
    [
        pytest.param("UDP", "<sip:198.51.100.1:5060>", id="datagrams need no word"),
        pytest.param("TCP", "<sip:198.51.100.1:5060;transport=tcp>", id="streams do"),
        pytest.param("TLS", "<sip:198.51.100.1:5060;transport=tls>", id="TLS too"),
        pytest.param("WS", "<sip:198.51.100.1:5060;transport=ws>", id="and WebSockets"),
        pytest.param("WSS", "<sip:198.51.100.1:5060;transport=ws>", id="RFC 7118 section 5.2: ws"),
    ],
)
def test_the_contact_leads_back_to_us(transport: str, contact: str) -> None:
    flow = Flow(transport, "192.0.2.1", 5060, "198.51.100.1:5060")
    assert flow.contact == flow.contact_for("sip:bob@example.com") == contact


@pytest.mark.parametrize(
    "transport, contact",
    [
        pytest.param("TLS", "<sips:198.51.100.1:5060>", id="sips is TLS by itself"),
        pytest.param("WSS", "<sips:198.51.100.1:5060;transport=ws>", id="a WebSocket is named"),
        pytest.param("TCP", "<sips:198.51.100.1:5060>", id="whoever ends TLS before us"),
    ],
)
def test_who_has_a_sips_address_is_given_one(transport: str, contact: str) -> None:
    """RFC 3261 section 8.1.1.8."""
    flow = Flow(transport, "192.0.2.1", 5060, "198.51.100.1:5060")
    assert flow.contact_for("sips:bob@example.com") == contact
    assert flow.contact_for("SIPS:bob@example.com") == contact


def test_what_is_encrypted_or_never_leaves_the_node_is_secure() -> None:
    flows = [Flow(name, "h", 1, "l:1") for name in ("UDP", "TCP", "WS", "TLS", "WSS")]
    assert [flow.is_secure for flow in [*flows, WITHIN]] == [False] * 3 + [True] * 3


@pytest.mark.parametrize("flow", [UDP, TCP])
def test_another_address_is_reached_from_the_same_socket_by_no_connection_of_ours(
    flow: Flow,
) -> None:
    other = flow.towards("203.0.113.9", 5070)
    assert (other.host, other.port, other.connection) == ("203.0.113.9", 5070, 0)
    assert (other.transport, other.local, other.listener) == (
        flow.transport,
        flow.local,
        flow.listener,
    )
