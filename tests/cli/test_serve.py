"""`hereabouts serve`, run as an operator runs it."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import re
import signal
from pathlib import Path

import pytest

from hereabouts.base.journal import Silence
from hereabouts.client import Agent, WrongPassword
from hereabouts.net.driver import Driver
from tests.cli.command import Running, call, is_narrow, run, running, serving
from tests.client.serving import QUICK
from tests.client.serving import run as run_test
from tests.net.authority import Authority


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


def test_a_hangup_has_it_read_its_certificates_again(tmp_path: Path) -> None:
    own = Authority(tmp_path).sign("example.com")
    options = ("--listen=tls:127.0.0.1:0", f"--set=tls.certificate={own}", "--auth=none")
    with serving(tmp_path, *options) as (server, _):
        server.process.send_signal(signal.SIGHUP)
        server.wait_for("took new certificates")
        assert server.end() == 0


def test_in_a_terminal_it_ends_with_it(tmp_path: Path) -> None:
    kept, given = pty.openpty()
    with running(tmp_path, "serve", "--listen=udp:127.0.0.1:0", stdin=given) as server:
        server.wait_for("serving")
        assert server.end(signal.SIGHUP) == 0
        assert server.err[-1].endswith(" stopped")
    os.close(kept)
    os.close(given)


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
        assert "store=own.db " in line
        server.wait_for("authentication is off")


def test_a_second_server_on_one_store_is_refused(tmp_path: Path) -> None:
    with serving(tmp_path, "--auth=none") as (server, place):
        second = call(tmp_path, "serve", "--listen=udp:127.0.0.1:0")
        assert second.code == 1
        assert f"already in use by process {server.process.pid}" in second.err
        registers("alice", None, place)


WELCOMES = [
    (
        ("--listen=udp:127.0.0.1:0",),
        r"server    127\.0\.0\.1, port \d+, UDP",
        r"--user alice@example\.com --server udp:127\.0\.0\.1:\d+",
        "an address",
    ),
    (
        ("--listen=tcp:0.0.0.0:0", "--listen=udp:0.0.0.0:0"),
        r"server    this machine's address, port \d+, UDP",
        r"--user alice@example\.com --server tcp:127\.0\.0\.1:\d+",
        "every address",
    ),
    (
        ("--listen=udp:[::]:0",),
        r"server    this machine's address, port \d+, UDP",
        r"--user alice@example\.com --server udp:\[::1\]:\d+",
        "every address of IPv6",
    ),
    (
        ("--listen=udp:[::1]:0", "--set=auth.realm=Our House"),
        r"realm     Our House",
        r"--user alice@example\.com --server udp:\[::1\]:\d+",
        "a realm that is not the domain",
    ),
]


@pytest.mark.parametrize(
    "options, phone, here", [row[:3] for row in WELCOMES], ids=[row[3] for row in WELCOMES]
)
def test_the_welcome_says_what_reaches_it(
    options: tuple[str, ...], phone: str, here: str, tmp_path: Path
) -> None:
    serve = ("serve", "--welcome", "--domain=example.com", "--store=:memory:", *options)
    told = call(tmp_path, *serve, until="hereabouts watch ")
    assert told.code == 0
    assert re.search(phone, told.out)
    assert re.search(f"hereabouts publish {here} --note 'at my desk'", told.out)
    assert re.search(here.replace("alice", "bob"), told.out)
    assert told.err.splitlines()[-1].endswith(" stopped")


def test_on_this_machine_a_name_is_enough_for_the_usual_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Port 5060 may be in use here, so the server only says that it listens there."""

    async def somewhere(self: Driver, transport: str, host: str, port: int, _: object) -> int:
        return port

    monkeypatch.setattr(Driver, "listen", somewhere)
    told = call(tmp_path, "serve", "--welcome", "--store=:memory:", until="hereabouts watch ")
    assert told.out.splitlines()[-2:] == [
        "  hereabouts publish --user alice --note 'at my desk'",
        "  hereabouts watch alice --user bob",
    ]


def test_on_a_first_start_phones_by_tls_and_browsers_are_told_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def somewhere(self: Driver, transport: str, host: str, port: int, _: object) -> int:
        return port

    monkeypatch.setattr(Driver, "listen", somewhere)
    told = call(tmp_path, "serve", "--welcome", until="hereabouts watch ")
    ways = [line.split(", ", 1)[1] for line in told.out.splitlines() if "  server " in line]
    ports = ("5060, UDP", "5060, TCP", "5061, TLS", "8088, WS", "8089, WSS")
    assert ways == [f"port {port}" for port in ports]
    assert "  authority hereabouts-tls.crt, for TLS and WSS" in told.out
    assert is_narrow(told.out)


def test_a_fault_that_nobody_caught_is_in_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(self: Driver) -> None:
        asyncio.get_running_loop().call_soon(divmod, 1, 0)

    monkeypatch.setattr(Driver, "begin", fails)
    serve = ("serve", "--auth=none", "--store=:memory:", "--listen=udp:127.0.0.1:0")
    told = call(tmp_path, *serve, "--set=log.format=json", until='"a fault of the program"')
    [fault] = [line for line in map(json.loads, told.err.splitlines()) if line["level"] == "error"]
    assert fault["what"] == "the loop"
    assert fault["traceback"].endswith("by zero")
