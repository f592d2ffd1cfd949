"""The command line as a whole: its help, and what it says to somebody who gets it wrong."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import pytest

from hereabouts import __version__
from tests.cli.command import call, is_narrow, run

HELP = [
    ((), ["serve", "user", "watchers", "publish", "watch", "demo"]),
    (
        ("serve",),
        [
            "--config", "--store", "--domain", "--set", "--listen", "--auth", "--role",
            "--notify-interval", "--welcome",
        ],
    ),
    (("user",), ["add", "list", "remove"]),
    (("user", "add"), ["USER", "--password", "--replace", "--store", "--domain", "--config"]),
    (("user", "list"), ["--store", "--domain", "--config"]),
    (("user", "remove"), ["USER", "--store"]),
    (("watchers",), ["list", "approve", "reject", "USER"]),
    (("watchers", "list"), ["USER", "--json"]),
    (("watchers", "approve"), ["USER", "WATCHER"]),
    (("watchers", "reject"), ["USER", "WATCHER", "--politely"]),
    (("presentities",), ["list", "add", "remove", "show", "USER"]),
    (("presentities", "list"), ["USER", "--json", "--store"]),
    (("presentities", "add"), ["USER", "PRESENTITY"]),
    (("presentities", "remove"), ["USER", "PRESENTITY"]),
    (("presentities", "show"), ["USER", "--json"]),
    (("edge",), ["set", "show", "--user", "--device", "--server", "--password-file", "--store"]),
    (("edge", "set"), ["BASIC", "--note", "--activity", "--store"]),
    (("edge", "show"), ["--json", "--store"]),
    (("publish",), ["--user", "--basic", "--note", "--activity", "--device", "--once"]),
    (("watch",), ["PRESENTITIES", "--user", "--list", "--json", "--password", "--server"]),
    (("demo",), ["figure-3.7"]),
]  # fmt: skip


def helped(folder: Path, command: tuple[str, ...]) -> str:
    told = call(folder, *command, "--help")
    assert (told.code, told.err) == (0, "")
    return told.out


@pytest.mark.parametrize("command, words", HELP, ids=[" ".join(row[0]) or "all" for row in HELP])
def test_help_says_what_there_is(
    command: tuple[str, ...], words: list[str], tmp_path: Path
) -> None:
    told = helped(tmp_path, command)
    assert is_narrow(told)
    missing = [word for word in words if not re.search(rf"[\s│]{re.escape(word)}\b", told)]
    assert missing == []
    assert "--no-" not in told
    assert list(tmp_path.iterdir()) == []


def test_every_option_has_its_explanation(tmp_path: Path) -> None:
    lines = [line for command, _ in HELP[1:] for line in helped(tmp_path, command).splitlines()]
    options = [line.strip("│ *") for line in lines if re.match(r"│[* ]*--[a-z]", line)]
    assert len(options) > 30
    assert [line for line in options if not re.fullmatch(r"--\S+( [A-Z.]+)? {2,}\w.*", line)] == []


def test_the_version_is_told(tmp_path: Path) -> None:
    assert run(tmp_path, "--version").out.strip() == __version__


MISUSE = [
    ("fly", "Available commands: serve", "hereabouts --help", "no such command"),
    ("serve --fly", "--fly", "hereabouts serve --help", "no such option"),
    ("serve --notify-interval soon", "soon", "hereabouts serve --help", "not a number"),
    ("user fly", "Available commands: add", "hereabouts user --help", "no such command of user"),
    ("user add", "USER", "hereabouts user add --help", "nobody to add"),
    ("user remove", "USER", "hereabouts user remove --help", "nobody to remove"),
    ("watchers", "USER", "hereabouts watchers --help", "nobody whose watchers"),
    (
        "watchers approve alice",
        "WATCHER",
        "hereabouts watchers approve --help",
        "nobody to approve",
    ),
    ("publish", "--user", "hereabouts publish --help", "nobody to publish for"),
    ("publish --user a --basic ajar", '"open", "closed"', "hereabouts publish --help", "no status"),
    ("watch alice", "--user", "hereabouts watch --help", "nobody who watches"),
    ("edge set ajar", '"open", "closed"', "hereabouts edge set --help", "no status either"),
    ("presentities add bob", "PRESENTITY", "hereabouts presentities add --help", "nobody to list"),
]


@pytest.mark.parametrize("line, says, remedy", [r[:3] for r in MISUSE], ids=[r[3] for r in MISUSE])
def test_misuse_is_said_in_a_sentence_with_its_remedy(
    line: str, says: str, remedy: str, tmp_path: Path
) -> None:
    told = call(tmp_path, *line.split())
    assert (told.code, told.out) == (2, "")
    assert told.err.startswith("hereabouts: ")
    assert says in " ".join(told.err.split())
    assert told.err.endswith(f"\n  see `{remedy}`\n")
    assert is_narrow(told.err)


WRONG = [
    ("serve --auth maybe", '--auth: auth.mode cannot be "maybe"; give one of digest, none'),
    ("serve --role king", '--role: server.role cannot be "king"; give one of all, sip, presence'),
    ("serve --listen here", "udp:HOST:PORT or tcp:HOST:PORT"),
    ("serve --set sip.t3=1", "--set sip.t3: there is no setting sip.t3; the settings of"),
    ("serve --set nonsense", "write --set SECTION.KEY=VALUE"),
    ("serve --domain Example.COM", "a domain in small letters"),
    ("serve --config nothing.toml", "nothing.toml: it cannot be read"),
    ("serve --store no/where.db", "let the server's user write no/where.db and its folder"),
    ("serve --store :memory: --listen udp:192.0.2.7:5060", "name an address of this machine"),
    ("serve --store :memory: --listen udp:127.0.0.1:0 --set server.control=no/c", "server.control"),
    ("user add a@b.example --password p --domain example.com", "the domains are example.com"),
    ("user list", "no server runs, and there is no store hereabouts.db; name it with --store"),
    ("user list --store :memory:", "no server runs, and a store in memory"),
    ("watchers approve alice b:c@d --store :memory:", "no server runs"),
    ("demo nonsense", "there is no demo 'nonsense'; there are figure-3.1, "),
    ("watch alice --user bob@", "write it like sip:alice@example.com"),
    ("publish --user a@example.com --server nowhere:x", "write it like udp:192.0.2.1:5060"),
    ("publish --user a@nowhere.invalid", "there is no way to udp:nowhere.invalid:5060"),
]  # fmt: skip


@pytest.mark.parametrize("line, says", WRONG, ids=[row[0] for row in WRONG])
def test_what_cannot_be_is_said_in_a_sentence_with_its_remedy(
    line: str, says: str, tmp_path: Path
) -> None:
    told = call(tmp_path, *line.split())
    assert (told.code, told.out) == (1, "")
    assert told.err.startswith("hereabouts: ")
    assert says in " ".join(told.err.split())
    assert "Traceback" not in told.err
    assert len(told.err.splitlines()) <= 2


def test_a_port_in_use_is_said_with_its_remedy(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        listen = f"udp:127.0.0.1:{other.getsockname()[1]}"
        told = call(tmp_path, "serve", "--store", ":memory:", "--listen", listen)
    assert told.code == 1
    assert told.err.splitlines() == [
        f"hereabouts: cannot listen at {listen}: Address already in use",
        "  see who uses the port (`ss -lntup`), or set another with --listen",
    ]
