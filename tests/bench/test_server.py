from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from bench.server import NotServing, free_port, serving

ANSWERING = """
import socket, sys
own = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
own.bind(("127.0.0.1", int(sys.argv[1])))
while True:
    request, peer = own.recvfrom(65535)
    own.sendto(b"SIP/2.0 404 Not Here\\r\\n\\r\\n", peer)
"""


def test_a_server_runs_until_its_time_is_over(tmp_path: Path) -> None:
    port = free_port()
    with serving([sys.executable, "-c", ANSWERING, str(port)], port, tmp_path, None) as pid:
        os.kill(pid, 0)  # signal 0 only asks whether it is there
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_server_that_ends_at_once_is_told_with_its_last_words(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "raise SystemExit('no such option')"]
    with (
        pytest.raises(NotServing, match="no such option"),
        serving(command, free_port(), tmp_path, None),
    ):
        pytest.fail("it does not serve")
