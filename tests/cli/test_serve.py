"""`hereabouts serve`, run as an operator runs it."""

from __future__ import annotations

import json
import re
import signal
from pathlib import Path

import pytest

from hereabouts.base.journal import Silence
from hereabouts.client import Agent, WrongPassword
from tests.cli.command import Running, call, is_narrow, run, running, serving
from tests.client.serving import QUICK
from tests.client.serving import run as run_test


def registers(name: str, password: str | None, place: str) -> None:
    """Register a user of example.com, or raise what the server says."""

    async def test() -> None:
        address = f"sip:{name}@example.com"
        agent = Agent(address, password=password, server=place, settings=QUICK, journal=Silence())
        async with agent:
            pass

    run_test(test())


def passwords(server: Running) -> dict[str, str]:
    """What it has printed of its first users."""
    server.wait_for("hereabouts watch ")
    lines = (re.fullmatch(r"  (\w+) +(\w+)   sip:\1@example\.com", line) for line in server.out)
    return {found[1]: found[2] for found in lines if found}


def test_it_welcomes_two_users_once_and_their_passwords_work(tmp_path: Path) -> None:
    with serving(tmp_path, "--welcome") as (server, place):
        found = passwords(server)
        assert set(found) == {"alice", "bob"}
        assert found["alice"] != found["bob"]
        assert is_narrow("\n".join(line for line in server.out if "--server" not in line))
        for name, password in found.items():
            registers(name, password, place)
        with pytest.raises(WrongPassword):
            registers("alice", found["bob"], place)
        assert server.end() == 0
    with serving(tmp_path, "--welcome") as (server, place):
        registers("alice", found["alice"], place)
        assert server.end() == 0
        assert server.out == []


def test_what_it_prints_to_be_typed_can_be_typed(tmp_path: Path) -> None:
    with serving(tmp_path, "--welcome") as (server, _):
        password = passwords(server)["alice"]
        line = next(line for line in server.out if "hereabouts publish" in line)
        words = [*line.replace("'at my desk'", "desk").split()[1:], "--once"]
        told = run(tmp_path, *words, variables={"HEREABOUTS_PASSWORD": password})
        assert (told.code, told.err) == (0, "")
        assert told.out == "sip:alice@example.com is published as open: desk\n"


def test_where_everybody_is_believed_nobody_is_welcomed(tmp_path: Path) -> None:
    with serving(tmp_path, "--welcome", "--auth=none") as (server, place):
        server.wait_for("authentication is off")
        registers("anybody", None, place)
        assert server.end() == 0
        assert server.out == []


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_cleanly_by_a_signal(tmp_path: Path, by: signal.Signals) -> None:
    with serving(tmp_path) as (server, _):
        assert (tmp_path / "hereabouts.db.sock").is_socket()
        assert server.end(by) == 0
        assert server.err[-1].endswith(" stopped")
        assert "Traceback" not in "\n".join(server.err)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "hereabouts.db",
        "hereabouts.db.lock",
    ]


def test_its_log_is_for_programs_if_that_is_set(tmp_path: Path) -> None:
    options = ("--auth=none", "--set=log.format=json", "--store=:memory:")
    with serving(tmp_path, *options) as (server, place):
        assert server.end() == 0
        lines = [json.loads(line) for line in server.err]
    events = [line["event"] for line in lines]
    assert events == ["serving", "authentication is off: everybody is believed", "stopped"]
    assert lines[0]["listen"] == place


def test_its_log_says_no_more_than_is_asked_for(tmp_path: Path) -> None:
    with running(
        tmp_path,
        *("serve", "--store=:memory:", "--listen=udp:127.0.0.1:0", "--set=server.control=c"),
        variables={"HEREABOUTS_LOG_LEVEL": "error"},
    ) as server:
        while not (tmp_path / "c").exists():
            server.process.poll()
            assert server.process.returncode is None
        assert server.end() == 0
        assert server.err == []


def test_it_starts_where_an_agents_password_is_in_the_environment(tmp_path: Path) -> None:
    with serving(tmp_path, variables={"HEREABOUTS_PASSWORD": "secret"}) as (server, _):
        assert server.end() == 0
        assert not any("secret" in line for line in server.err)


def test_every_option_is_heeded(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text("[presence]\nprofile = 'private'\n", encoding="utf-8")
    options = (
        *("--config=own.toml", "--store=own.db", "--domain=example.org", "--role=sip"),
        *("--listen=tcp:127.0.0.1:0", "--auth=none", "--set=log.level=debug"),
    )
    with serving(tmp_path, *options) as (server, _):
        line = server.wait_for("serving")
        assert 'domains="example.com example.org"' in line
        assert re.search(r'listen="udp:127\.0\.0\.1:\d+ tcp:127\.0\.0\.1:\d+"', line)
        assert line.endswith("store=own.db")
        server.wait_for("authentication is off")


def test_a_second_server_on_one_store_is_refused(tmp_path: Path) -> None:
    with serving(tmp_path, "--auth=none") as (server, place):
        second = call(tmp_path, "serve", "--listen=udp:127.0.0.1:0")
        assert second.code == 1
        assert f"already in use by process {server.process.pid}" in second.err
        registers("alice", None, place)
