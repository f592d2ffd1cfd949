"""`hereabouts user`, with a server that runs and with one that does not."""

from __future__ import annotations

import os
import pty
from pathlib import Path

import pytest

from hereabouts.cli import users
from hereabouts.client import AgentFailed, CommandFailed
from tests.cli.command import PROGRAM, call, environment, run, serving
from tests.cli.test_serve import registers

HERE = "--domain=example.com"


def test_users_come_and_go_while_no_server_runs(tmp_path: Path) -> None:
    added = call(tmp_path, "user", "add", "alice", "--password=a", HERE)
    assert (added.code, added.out) == (0, "alice@example.com is served\n")
    assert call(tmp_path, "user", "add", "bob@example.com", "--password=b", HERE).code == 0
    assert call(tmp_path, "user", "list", HERE).out == "alice@example.com\nbob@example.com\n"
    removed = call(tmp_path, "user", "remove", "alice", HERE)
    assert removed.out == "alice@example.com is not served any more\n"
    again = call(tmp_path, "user", "remove", "alice", HERE)
    assert (again.code, again.out) == (1, "")
    assert again.err == "hereabouts: there is no user alice@example.com\n"


def test_a_running_server_obeys_at_once(tmp_path: Path) -> None:
    with serving(tmp_path) as (_, place):
        with pytest.raises(AgentFailed):
            registers("alice", "secret", place)
        assert call(tmp_path, "user", "add", "alice", "--password=secret", HERE).code == 0
        registers("alice", "secret", place)
        assert call(tmp_path, "user", "list", HERE).out == "alice@example.com\n"
        refused = call(tmp_path, "user", "add", "alice", "--password=other", HERE)
        assert refused.code == 1
        assert "--replace sets a new password" in refused.err
        registers("alice", "secret", place)
        replaced = call(tmp_path, "user", "add", "alice", "--password=new", "--replace", HERE)
        assert replaced.code == 0
        registers("alice", "new", place)
        with pytest.raises(AgentFailed):
            registers("alice", "secret", place)
        assert call(tmp_path, "user", "remove", "alice", HERE).code == 0
        with pytest.raises(AgentFailed):
            registers("alice", "new", place)


def test_a_password_can_come_by_standard_input(tmp_path: Path) -> None:
    added = run(tmp_path, "user", "add", "alice", HERE, given="correct horse\n")
    assert (added.code, added.err) == (0, "")
    with serving(tmp_path) as (_, place):
        registers("alice", "correct horse", place)


def test_nobody_gets_an_empty_password(tmp_path: Path) -> None:
    for given in (call(tmp_path, "user", "add", "alice", HERE),
                  call(tmp_path, "user", "add", "alice", "--password=", HERE)):  # fmt: skip
        assert given.code == 1
        assert "without a password" in given.err
    assert list(tmp_path.iterdir()) == []


def typed(folder: Path, *lines: str) -> tuple[int, str]:
    """The exit code and the screen of `user add alice` at a terminal where this is typed."""
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(folder)
        os.execve(PROGRAM, [str(PROGRAM), "user", "add", "alice", HERE], environment())  # noqa: S606
    screen = b""
    for prompt, line in zip((b"Password: ", b"Again: "), lines, strict=True):
        while prompt not in screen:
            screen += os.read(terminal, 1000)
        os.write(terminal, f"{line}\n".encode())
    try:
        while piece := os.read(terminal, 1000):
            screen += piece
    except OSError:  # how Linux says that the other end has closed
        pass
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), screen.decode()


def test_at_a_terminal_it_is_asked_for_twice_and_not_shown(tmp_path: Path) -> None:
    code, screen = typed(tmp_path, "typed", "typo")
    assert code == 1
    assert "the two passwords differ; nothing was changed" in screen
    assert list(tmp_path.iterdir()) == []
    code, screen = typed(tmp_path, "typed", "typed")
    assert code == 0
    assert "alice@example.com is served" in screen
    assert "typed" not in screen


def test_two_passwords_that_differ_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same without a terminal, for a debugger."""
    answers = iter(["one", "two"])
    monkeypatch.setattr("hereabouts.cli.users.getpass.getpass", lambda _: next(answers))
    monkeypatch.setattr("hereabouts.cli.users.sys.stdin.isatty", lambda: True, raising=False)
    with pytest.raises(CommandFailed, match="differ"):
        users.add("alice")
