"""`hereabouts watchers`: a watcher waits, is approved, is rejected, and sees what he may."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.cli.command import Outcome, Running, call, is_narrow, running, serving

HERE = "--domain=example.com"
PRIVATE = ("--auth=none", "--set=presence.profile=private")


def watchers(folder: Path, *arguments: str) -> Outcome:
    told = call(folder, "watchers", *arguments, HERE)
    assert (told.code, told.err) == (0, "")
    return told


@contextmanager
def bob_watches(folder: Path, place: str) -> Iterator[Running]:
    """Bob, who watches Alice of a server where she publishes."""
    alice = ("publish", "--user=alice@example.com", "--note=here", "--once", f"--server={place}")
    assert call(folder, *alice).code == 0
    bob = ("watch", "alice@example.com", "--user=bob@example.com", f"--server={place}", "--json")
    with running(folder, *bob) as watching:
        yield watching


def test_a_pending_watcher_is_approved_and_sees(tmp_path: Path) -> None:
    with serving(tmp_path, *PRIVATE) as (_, place), bob_watches(tmp_path, place) as bob:
        bob.wait_for('"state":"pending"')
        listed = watchers(tmp_path, "alice").out
        assert "Watchers of alice" in listed
        assert "sip:bob@example.com" in listed
        assert "pending" in listed
        assert is_narrow(listed)
        approved = watchers(tmp_path, "approve", "alice", "bob")
        assert approved.out == "sip:bob@example.com: allow\n"
        seen = json.loads(bob.wait_for('"state":"active"'))
        assert (seen["basic"], seen["note"]) == ("open", "here")
        [row] = json.loads(watchers(tmp_path, "list", "alice", "--json").out)["watchers"]
        assert (row["watcher"], row["state"]) == ("sip:bob@example.com", "active")


def test_a_rejected_watcher_is_told(tmp_path: Path) -> None:
    with serving(tmp_path, *PRIVATE) as (_, place), bob_watches(tmp_path, place) as bob:
        bob.wait_for('"state":"pending"')
        rejected = watchers(tmp_path, "reject", "alice", "bob")
        assert rejected.out == "sip:bob@example.com: reject\n"
        assert json.loads(bob.wait_for('"state":"terminated"'))["reason"] == "rejected"


def test_a_watcher_who_is_rejected_politely_is_not_told(tmp_path: Path) -> None:
    with serving(tmp_path, *PRIVATE) as (_, place), bob_watches(tmp_path, place) as bob:
        bob.wait_for('"state":"pending"')
        rejected = watchers(tmp_path, "reject", "alice", "bob", "--politely")
        assert rejected.out == "sip:bob@example.com: polite-block\n"
        seen = json.loads(bob.wait_for('"state":"active"'))
        assert (seen["basic"], "here" in seen["note"]) == ("closed", False)
        [row] = json.loads(watchers(tmp_path, "alice", "--json").out)["watchers"]
        assert (row["state"], row["sees"]) == ("active", "polite")


def test_a_decision_about_nobody_who_watches_yet_is_listed(tmp_path: Path) -> None:
    with serving(tmp_path, *PRIVATE):
        assert watchers(tmp_path, "alice").out == (
            "Nobody watches alice, and nothing was decided about anybody.\n"
        )
        long = f"{'extremely' * 8}.long.name@example.org"
        watchers(tmp_path, "approve", "alice", long)
        listed = watchers(tmp_path, "alice").out
        assert "allow" in listed
        assert is_narrow(listed)
    decisions = json.loads(watchers(tmp_path, "alice", "--json").out)["decisions"]
    assert decisions == {f"sip:{long}": "allow"}
