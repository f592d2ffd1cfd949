"""`hereabouts presentities`: a list is kept, and its agent shows what it sees."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.command import Outcome, call, is_narrow, running, serving

HERE = "--domain=example.com"

MOST_LOOKS = 2000
"Looks after which what does not come is a failed test; a busy machine needs few."


def presentities(folder: Path, *arguments: str) -> Outcome:
    told = call(folder, "presentities", *arguments, HERE)
    assert (told.code, told.err) == (0, "")
    return told


def shown(folder: Path, text: str, *options: str) -> str:
    """What Bob is shown, as soon as this text is in it: his agent needs a moment."""
    for _ in range(MOST_LOOKS):
        told = presentities(folder, "show", "bob", *options).out
        if text in told:
            return told
    raise AssertionError(f"{text!r} is not in {told}")


def test_what_is_listed_is_watched_and_shown_until_it_is_removed(tmp_path: Path) -> None:
    assert presentities_of_a_new_store(tmp_path) == "bob wants to watch nobody.\n"
    with serving(tmp_path, "--auth=none") as (server, place):
        added = presentities(tmp_path, "add", "bob", "alice")
        assert added.out == "sip:bob@example.com watches sip:alice@example.com\n"
        alice = ("publish", "--user=alice@example.com", "--note=here", f"--server={place}")
        with running(tmp_path, *alice) as publishing:
            publishing.wait_for("published")
            [row] = json.loads(shown(tmp_path, "here", "--json"))
            assert (row["state"], row["basic"], row["note"]) == ("active", "open", "here")
            table = shown(tmp_path, "here")
            assert "Seen by bob" in table
            assert is_narrow(table)
        listed = presentities(tmp_path, "bob").out
        assert "Presentities of bob" in listed
        assert is_narrow(listed)
        removed = presentities(tmp_path, "remove", "bob", "alice")
        assert removed.out == "sip:bob@example.com watches sip:alice@example.com no more\n"
        assert presentities(tmp_path, "show", "bob").out == "bob watches nobody.\n"
        assert server.end() == 0
        assert "Traceback" not in "\n".join(server.err)


def presentities_of_a_new_store(folder: Path) -> str:
    """What is said about Bob's list where a store has only just been made."""
    assert call(folder, "user", "add", "bob", "--password=b", HERE).code == 0
    return presentities(folder, "list", "bob").out


def test_a_list_is_kept_while_no_server_runs(tmp_path: Path) -> None:
    presentities_of_a_new_store(tmp_path)
    presentities(tmp_path, "add", "bob", "carol@example.org")
    [row] = json.loads(presentities(tmp_path, "list", "bob", "--json").out)
    assert row["presentity"] == "sip:carol@example.org"
    told = call(tmp_path, "presentities", "show", "bob", HERE)
    assert told.code == 1
    assert "start `hereabouts serve`" in told.err


def test_what_is_not_seen_is_shown_with_the_reason(tmp_path: Path) -> None:
    private = "--set=presence.profile=private"
    with serving(tmp_path, "--auth=none", private):
        presentities(tmp_path, "add", "bob", "alice")
        shown(tmp_path, "approval")
        assert call(tmp_path, "watchers", "reject", "alice", "bob", HERE).code == 0
        shown(tmp_path, "rejected")


def test_where_nobody_watches_for_users_it_is_told(tmp_path: Path) -> None:
    with serving(tmp_path, "--auth=none", "--role=presence"):
        told = call(tmp_path, "presentities", "show", "bob", HERE)
        assert told.code == 1
        assert "set watcher.mode to agent" in told.err
