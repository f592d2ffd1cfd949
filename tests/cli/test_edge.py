"""`hereabouts edge`, as a process beside its server."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.command import call, is_narrow, running, serving

ALICE = "--user=alice@example.com"


def test_an_edge_registers_shows_its_devices_and_is_set_by_hand(tmp_path: Path) -> None:
    (tmp_path / "presence").write_text("closed away: idle")
    (tmp_path / "password").write_text("secret\n")
    here = "--domain=example.com"
    assert call(tmp_path, "user", "add", "alice", "--password=secret", here).code == 0
    with serving(tmp_path, transport="tcp") as (_, place):
        command = ("edge", ALICE, f"--server={place}", "--password-file=password")
        with running(tmp_path, *command, "--device=file:presence") as edge:
            edge.wait_for("registered")
            told = call(tmp_path, "edge", "set", "open", "--note=at my desk", "--activity=meeting")
            assert (told.code, told.err) == (0, "")
            assert told.out == "sip:alice@example.com is open meeting: at my desk\n"
            shown = call(tmp_path, "edge", "show")
            assert "Devices of sip:alice@example.com" in shown.out
            assert "at my desk" in shown.out
            assert is_narrow(shown.out)
            rows = json.loads(call(tmp_path, "edge", "show", "--json").out)["devices"]
            assert [(row["basic"], row["activities"]) for row in rows] == [
                ("closed", ["away"]),
                ("open", ["meeting"]),
            ]
            watchers = call(tmp_path, "watchers", "alice", here, "--store=hereabouts-edge.db")
            assert "Nobody watches alice" in watchers.out
            assert edge.end() == 0
            assert "Traceback" not in "\n".join(edge.err)


def test_a_device_that_says_nothing_is_shown_as_such(tmp_path: Path) -> None:
    with (
        serving(tmp_path, "--auth=none", transport="tcp") as (_, place),
        running(tmp_path, "edge", ALICE, f"--server={place}", "--store=a.db") as edge,
    ):
        edge.wait_for("registered")
        assert "nothing" in call(tmp_path, "edge", "show", "--store=a.db").out


def test_where_no_edge_runs_it_is_told(tmp_path: Path) -> None:
    told = call(tmp_path, "edge", "set", "open")
    assert told.code == 1
    assert "nobody takes commands at hereabouts-edge.db.sock" in told.err
    assert "start `hereabouts edge`" in told.err


def test_an_edge_that_is_refused_ends_with_the_reason(tmp_path: Path) -> None:
    here = "--domain=example.com"
    assert call(tmp_path, "user", "add", "alice", "--password=secret", here).code == 0
    with serving(tmp_path, transport="tcp") as (_, place):
        told = call(tmp_path, "edge", ALICE, f"--server={place}", "--password=guess")
        assert told.code == 1
        assert "refuses the name alice with this password" in told.err
