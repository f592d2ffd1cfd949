"""Two domains on two addresses of this machine, each with a server of its own as a process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.cli.command import Running, running
from tests.ports import free_port
from tests.process.server import ServerProcess

A, B = "127.0.0.11", "127.0.0.12"
WATCHER, BOB = "--user=watcher@a.example", "--user=bob@b.example"


def a(folder: Path, port: int) -> ServerProcess:
    peer = f"routing.peers=b.example=tcp:{B}:{port}"
    return ServerProcess(folder / "a.db", port, host=A, domain="a.example", assignments=[peer])


def b(folder: Path, port: int) -> ServerProcess:
    peer = f"routing.peers=a.example=tcp:{A}:{port}"
    return ServerProcess(folder / "b.db", port, host=B, domain="b.example", assignments=[peer])


@contextmanager
def watching(folder: Path, port: int, transport: str) -> Iterator[Running]:
    server = f"--server={transport}:{A}:{port}"
    with running(folder, "watch", "bob@b.example", WATCHER, "--json", server) as process:
        yield process


@contextmanager
def publishing(folder: Path, port: int, note: str) -> Iterator[Running]:
    server = f"--server=tcp:{B}:{port}"
    with running(folder, "publish", BOB, f"--note={note}", server) as process:
        yield process


def test_a_watcher_sees_across_domains_and_either_server_may_be_killed(tmp_path: Path) -> None:
    """Over UDP to his own server and TCP between the two; nothing is forgotten by either."""
    port = free_port()
    with (
        a(tmp_path, port) as first,
        b(tmp_path, port) as other,
        watching(tmp_path, port, "udp") as watcher,
    ):
        with publishing(tmp_path, port, "here"):
            seen = json.loads(watcher.wait_for('"note":"here"'))
            assert seen["presentity"] == "sip:bob@b.example"
        first.kill()
        with a(tmp_path, port) as second, publishing(tmp_path, port, "still here"):
            watcher.wait_for('"note":"still here"')
            other.kill()
            with b(tmp_path, port) as another, publishing(tmp_path, port, "here again"):
                watcher.wait_for('"note":"here again"')
                another.check_quiet()
            second.check_quiet()


def test_a_watcher_on_a_connection_of_his_own_sees_across_domains(tmp_path: Path) -> None:
    port = free_port()
    with a(tmp_path, port) as ours, b(tmp_path, port) as theirs:
        with watching(tmp_path, port, "tcp") as watcher:
            with publishing(tmp_path, port, "here"):
                watcher.wait_for('"note":"here"')
            assert watcher.end() == 0
        ours.check_quiet()
        theirs.check_quiet()
