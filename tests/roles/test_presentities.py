"""The commands about watchers' lists."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from hereabouts.presence.presentities import KIND, MOST_LISTED, Listed
from hereabouts.roles.build import finish
from hereabouts.roles.commands import Commands
from hereabouts.sip.domains import Domains
from hereabouts.storage.memory import MemoryStore
from tests.ladders.player import START

ALICE = "sip:alice@example.com"


class Office:
    def __init__(self) -> None:
        self.store = MemoryStore()
        self.commands = Commands(self.store, Domains(("example.com",)), "example.com")

    def ask(self, command: str, /, **arguments: str) -> Any:  # noqa: ANN401 - as the command
        line = msgspec.json.encode({"command": f"presentities {command}", **arguments})
        return msgspec.json.decode(finish(self.commands.answer(line, START)))


def test_a_list_has_what_was_added_and_not_removed() -> None:
    office = Office()
    added = office.ask("add", user="alice", presentity="bob")
    assert added == {"ok": {"watcher": ALICE, "presentity": "sip:bob@example.com"}}
    office.ask("add", user="alice", presentity="sip:carol@elsewhere.example")
    office.ask("add", user="alice", presentity="bob")
    office.ask("add", user="dave", presentity="alice")
    listed = office.ask("list", user="alice")["ok"]
    assert listed == [
        {"presentity": "sip:bob@example.com", "added_at": START.timestamp},
        {"presentity": "sip:carol@elsewhere.example", "added_at": START.timestamp},
    ]
    assert "ok" in office.ask("remove", user="alice", presentity="bob")
    assert len(office.ask("list", user="alice")["ok"]) == 1


WRONG = [
    ("remove", {"presentity": "bob"}, "sip:bob@example.com is not in the list", "not listed"),
    ("add", {"user": "alice@example.org", "presentity": "b"}, "example.org is not served", "whose"),
    ("add", {"presentity": "@"}, "", "nobody's address"),
    ("add", {}, "presentity", "nobody"),
    ("show", {}, "nobody watches for users here; set watcher.mode to agent", "no agents"),
]


@pytest.mark.parametrize(
    "command, arguments, told", [row[:3] for row in WRONG], ids=[row[3] for row in WRONG]
)
def test_what_cannot_be_done_is_told(command: str, arguments: dict[str, str], told: str) -> None:
    assert told in Office().ask(command, **{"user": "alice"} | arguments)["error"]


def test_a_list_has_an_end() -> None:
    office = Office()
    for number in range(MOST_LISTED):
        key = (KIND, ALICE, f"sip:{number}@example.com")
        finish(office.store.put(key, Listed(added_at=START.timestamp), None))
    assert "at most 1000 presentities" in office.ask("add", user="alice", presentity="b")["error"]
    assert "ok" in office.ask("add", user="alice", presentity="1")


def test_where_agents_watch_it_is_shown_what_they_see() -> None:
    office = Office()
    office.commands.lists.shown = lambda watcher: [{"watcher": watcher}]
    assert office.ask("show", user="alice") == {"ok": [{"watcher": ALICE}]}
