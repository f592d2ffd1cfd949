"""`hereabouts trace`: what passes a running server, seen by another process."""

from __future__ import annotations

import json
import stat
import subprocess
from pathlib import Path
from subprocess import PIPE, Popen

from tests.cli.command import (
    PATIENCE,
    PROGRAM,
    Outcome,
    call,
    environment,
    is_narrow,
    run,
    running,
    serving,
)
from tests.client.captures import packets

HERE = "--domain=example.com"


def publish(folder: Path, place: str, note: str = "here") -> None:
    alice = ("publish", "--user=alice@example.com", f"--note={note}", "--once")
    told = call(folder, *alice, f"--server={place}", "--password=secret")
    assert told.code == 0, told.err


def trace(folder: Path, *arguments: str) -> Outcome:
    told = call(folder, "trace", *arguments, HERE)
    assert (told.code, told.err) == (0, ""), told
    return told


def test_what_has_passed_is_drawn_for_a_terminal_of_the_usual_width(tmp_path: Path) -> None:
    with serving(tmp_path) as (_, place):
        assert run(tmp_path, "user", "add", "alice", HERE, given="secret\n").code == 0
        publish(tmp_path, place)
        told = trace(tmp_path, "--once")
        assert is_narrow(told.out)
        assert told.out.startswith("PUBLISH sip:alice@example.com -> sip:alice@example.com")
        assert "401 Unauthorized" in told.out
        assert "200 OK" in told.out
        raw = trace(tmp_path, "--once", "--raw").out
        assert 'username="alice"' in raw
        assert f'response="{"x" * 32}' in raw
        assert trace(tmp_path, "--once", "--user=bob").out == ""


def test_it_follows_what_passes_until_it_is_asked_to_end(tmp_path: Path) -> None:
    with serving(tmp_path, "--auth=none") as (_, place):
        with running(tmp_path, "trace", "--json", "--raw", "--method=PUBLISH", HERE) as tracing:
            publish(tmp_path, place, "first")
            assert json.loads(tracing.wait_for("first"))["method"] == "PUBLISH"
            publish(tmp_path, place, "second")
            tracing.wait_for("second")
            assert tracing.end() == 0
        assert tracing.err == []


def test_a_capture_is_written_that_nobody_else_can_read(tmp_path: Path) -> None:
    with serving(tmp_path, "--auth=none") as (_, place):
        publish(tmp_path, place)
        trace(tmp_path, "--once", "--pcap=trace.pcap")
    file = tmp_path / "trace.pcap"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [found.content.split()[0] for found in packets(file.read_bytes())] == [
        b"PUBLISH",
        b"SIP/2.0",
    ]


def test_a_capture_goes_to_a_pipe(tmp_path: Path) -> None:
    with serving(tmp_path, "--auth=none") as (_, place):
        publish(tmp_path, place)
        command = [str(PROGRAM), "trace", "--once", "--pcap=-", HERE]
        told = subprocess.run(command, cwd=tmp_path, env=environment(), stdout=PIPE, check=True)
    assert len(packets(told.stdout)) == 2


def test_a_reader_who_has_gone_ends_it(tmp_path: Path) -> None:
    with serving(tmp_path, "--auth=none") as (_, place):
        publish(tmp_path, place)
        line = f"{PROGRAM} trace --json {HERE} | head -1"
        with Popen(
            ["sh", "-c", line], cwd=tmp_path, env=environment(), stdout=PIPE, stderr=PIPE
        ) as shell:
            assert shell.stdout is not None
            assert json.loads(shell.stdout.readline())["method"] == "PUBLISH"
            publish(tmp_path, place, "news that nobody reads")
            assert shell.communicate(timeout=PATIENCE) == (b"", b"")


def test_what_cannot_be_done_is_said(tmp_path: Path) -> None:
    told = call(tmp_path, "trace", "--once", HERE)
    assert told.code == 1
    assert "start `hereabouts serve`" in told.err
    told = call(tmp_path, "trace", "--once", "--pcap=nowhere/x", HERE)
    assert "nowhere/x: it cannot be written" in told.err
