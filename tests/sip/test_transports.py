from __future__ import annotations

import pytest

from hereabouts.sip.transports import transport_of
from hereabouts.sip.uri import SipUri

ASKED = [
    ("sip:h", "UDP", "what says nothing"),
    ("sip:h;transport=TCP", "TCP", "what it says"),
    ("sip:h;transport=tls", "TLS", "as phones write it, though RFC 3261 deprecates it"),
    ("sip:h;transport=ws", "WS", "a browser"),
    ("sips:h", "TLS", "3261-26.2.2-1: sips is TLS"),
    ("sips:h;transport=tcp", "TLS", "over TCP, which it may say"),
    ("sips:h;transport=udp", "TLS", "never by datagrams that anybody can read"),
    ("sips:h;transport=ws", "WSS", "RFC 7118 section 5.2"),
]


@pytest.mark.parametrize("uri, transport", [row[:2] for row in ASKED], ids=[r[2] for r in ASKED])
def test_the_transport_that_a_uri_asks_for(uri: str, transport: str) -> None:
    assert transport_of(SipUri.parse(uri)) == transport
