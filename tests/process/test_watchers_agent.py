"""Watchers' agents of a server that is killed: the list stays, and what is seen is the truth."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.cli.command import call
from tests.ports import free_port
from tests.process.server import ServerProcess

MOST_LOOKS = 2000
"Looks after which what does not come is a failed test; a busy machine needs few."


def ask(folder: Path, *command: str) -> str:
    told = call(folder, *command, f"--store={folder / 'state.db'}", "--domain=example.com")
    assert (told.code, told.err) == (0, "")
    return told.out


def seen(folder: Path, note: str) -> dict[str, Any]:
    """What Bob sees of Alice, as soon as it has this note."""
    for _ in range(MOST_LOOKS):
        rows = json.loads(ask(folder, "presentities", "show", "bob", "--json"))
        if rows and note in rows[0]["note"]:
            row: dict[str, Any] = rows[0]
            return row
    raise AssertionError(f"{note} is not in {rows}")


def publish(folder: Path, port: int, note: str) -> None:
    server = f"--server=tcp:127.0.0.1:{port}"
    user = "--user=alice@example.com"
    told = call(folder, "publish", user, f"--note={note}", "--once", server)
    assert told.code == 0


def test_a_list_is_watched_again_after_a_crash(tmp_path: Path) -> None:
    port = free_port()
    with ServerProcess(tmp_path / "state.db", port) as server:
        publish(tmp_path, port, "here")
        ask(tmp_path, "presentities", "add", "bob", "alice")
        assert seen(tmp_path, "here")["state"] == "active"
        server.kill()
    with ServerProcess(tmp_path / "state.db", port) as server:
        assert seen(tmp_path, "here")["basic"] == "open"
        publish(tmp_path, port, "still here")
        seen(tmp_path, "still here")
        ask(tmp_path, "presentities", "remove", "bob", "alice")
        assert json.loads(ask(tmp_path, "presentities", "show", "bob", "--json")) == []
        server.check_quiet()
