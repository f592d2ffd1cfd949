from __future__ import annotations

import pytest

from hereabouts.sip.flow import Flow
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
    ],
)
def test_the_contact_leads_back_to_us(transport: str, contact: str) -> None:
    assert Flow(transport, "192.0.2.1", 5060, "198.51.100.1:5060").contact == contact


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
