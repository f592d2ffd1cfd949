"""The table of transports."""

from __future__ import annotations

import pytest

from hereabouts.config import BETWEEN_SERVERS
from hereabouts.config import TRANSPORTS as SETTABLE
from hereabouts.net.bounds import Bounds, Web
from hereabouts.net.framing import StreamFraming
from hereabouts.net.transports import TRANSPORTS
from hereabouts.net.websocket import WebSocketFraming
from hereabouts.sip.headers.via import DEFAULT_PORT
from hereabouts.sip.transports import SECURE, WEB

FRAMINGS = [("TCP", StreamFraming), ("TLS", StreamFraming)] + [
    (transport, WebSocketFraming) for transport in ("WS", "WSS")
]


@pytest.mark.parametrize("transport, kind", FRAMINGS)
def test_each_connection_has_a_framing_of_its_own(transport: str, kind: type) -> None:
    framing = TRANSPORTS[transport].framing
    assert framing is not None
    make = framing(Bounds(), Web())
    assert isinstance(make(), kind)
    assert make() is not make()


def test_the_tables_that_name_transports_are_at_one() -> None:
    assert set(TRANSPORTS) == set(SETTABLE) == set(DEFAULT_PORT)
    assert {name for name, row in TRANSPORTS.items() if row.is_secure} == SECURE
    assert {name for name, row in TRANSPORTS.items() if not row.spoken_by} == WEB
    assert {name for name, row in TRANSPORTS.items() if row.spoken_by} == set(BETWEEN_SERVERS)
