"""An edge presence server as a process: it, and its server, are killed and come back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.cli.command import Running, call, running
from tests.ports import free_port
from tests.process.server import ServerProcess

ALICE, BOB = "--user=alice@example.com", "--user=bob@example.com"
NOBODY_KNOWS = "No presence information is available."


@contextmanager
def edge(folder: Path, port: int) -> Iterator[Running]:
    """Alice's, which says what is in the file `presence`."""
    options = (f"--server=tcp:127.0.0.1:{port}", "--device=file:presence", "--notify-interval=0")
    with running(folder, "edge", ALICE, *options) as process:
        process.wait_for("registered")
        yield process


@contextmanager
def bob_watches(folder: Path, port: int) -> Iterator[Running]:
    server = f"--server=tcp:127.0.0.1:{port}"
    with running(folder, "watch", "alice@example.com", BOB, "--json", server) as process:
        yield process


def kill(process: Running) -> None:
    process.process.kill()
    process.process.wait()


def says(folder: Path, words: str) -> None:
    """Have the file say this, all at once."""
    (folder / "new").write_text(words)
    (folder / "new").rename(folder / "presence")


def test_an_edge_that_is_killed_is_replaced_until_it_is_back(tmp_path: Path) -> None:
    port = free_port()
    says(tmp_path, "open: here")
    with ServerProcess(tmp_path / "state.db", port) as server:
        with edge(tmp_path, port) as first, bob_watches(tmp_path, port) as bob:
            bob.wait_for('"note":"here"')
            says(tmp_path, "closed: away")
            bob.wait_for('"note":"away"')
            chosen = call(tmp_path, "edge", "set", "open", "--note=chosen by hand")
            assert chosen.code == 0
            bob.wait_for('"note":"chosen by hand"')
            kill(first)
            bob.wait_for(NOBODY_KNOWS)
            says(tmp_path, "closed: gone home")
            with edge(tmp_path, port) as second:
                seen = json.loads(bob.wait_for('"note":"gone home"'))
                assert seen["basic"] == "open", "what was chosen by hand was kept"
                assert second.end() == 0
                assert "Traceback" not in "\n".join(second.err)
        server.check_quiet()


def test_a_server_that_is_killed_is_found_again_and_nothing_is_missed(tmp_path: Path) -> None:
    port, store = free_port(), tmp_path / "state.db"
    says(tmp_path, "open: here")
    with (
        ServerProcess(store, port) as server,
        edge(tmp_path, port) as alices,
        bob_watches(tmp_path, port) as bob,
    ):
        bob.wait_for('"note":"here"')
        server.kill()
        says(tmp_path, "closed: away")
        alices.wait_for("an agent has trouble")
        with ServerProcess(store, port) as another:
            bob.wait_for('"note":"away"')
            another.check_quiet()


def test_an_edge_that_leaves_takes_its_presence_with_it(tmp_path: Path) -> None:
    port = free_port()
    says(tmp_path, "open: here")
    with (
        ServerProcess(tmp_path / "state.db", port),
        edge(tmp_path, port) as alices,
        bob_watches(tmp_path, port) as bob,
    ):
        bob.wait_for('"note":"here"')
        assert alices.end() == 0
        bob.wait_for(NOBODY_KNOWS)
