"""The control socket is found beside the store."""

from __future__ import annotations

import pytest

from hereabouts.config import ServerSettings

CONTROL = [
    (ServerSettings(), "hereabouts.db.sock", "beside the store"),
    (ServerSettings(store="/var/lib/h/h.db"), "/var/lib/h/h.db.sock", "beside the store there"),
    (ServerSettings(store=":memory:"), "hereabouts.sock", "no store to be beside"),
    (ServerSettings(control="/run/h.sock"), "/run/h.sock", "as it was set"),
]


@pytest.mark.parametrize(
    "server, path", [row[:2] for row in CONTROL], ids=[row[2] for row in CONTROL]
)
def test_the_control_socket_is(server: ServerSettings, path: str) -> None:
    assert server.control_path == path
