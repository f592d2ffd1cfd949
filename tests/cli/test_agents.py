"""`hereabouts publish` and `hereabouts watch`, as processes against a server."""

from __future__ import annotations

import json
import re
import signal
from pathlib import Path

import pytest

from hereabouts.cli import agents
from hereabouts.client.names import machine_name
from tests.cli.command import call, run, running, serving

ALICE, BOB = "--user=alice@example.com", "--user=bob@example.com"
HERS = "alice@example.com"


def watchers(folder: Path) -> list[object]:
    told = call(folder, "watchers", "alice", "--json", "--domain=example.com")
    found: list[object] = json.loads(told.out)["watchers"]
    return found


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT])
def test_what_is_published_is_watched_and_removed_when_its_publisher_leaves(
    by: signal.Signals, tmp_path: Path
) -> None:
    with serving(tmp_path, "--auth=none") as (server, place):
        there = f"--server={place}"
        with (
            running(tmp_path, "watch", HERS, BOB, "--json", there) as bob,
            running(
                tmp_path,
                *("publish", ALICE, "--note=at my desk", "--activity=meeting", there),
                *("--activity", "on-the-phone"),
            ) as alice,
        ):
            assert alice.wait_for("published") == (
                "sip:alice@example.com is published as open meeting on-the-phone: at my desk"
            )
            alice.wait_for("It stays so until Ctrl-C.")
            seen = json.loads(bob.wait_for("at my desk"))
            assert (seen["presentity"], seen["basic"]) == ("sip:alice@example.com", "open")
            assert seen["activities"] == ["meeting", "on-the-phone"]
            assert alice.end(by) == 0
            assert alice.err == []
            bob.wait_for('"basic":"closed"')
            assert len(watchers(tmp_path)) == 1
            assert bob.end(by) == 0
            assert bob.err == []
            assert all(json.loads(line) for line in bob.out)
        assert watchers(tmp_path) == []
        assert "Traceback" not in "\n".join(server.err)


def test_what_is_published_once_stays(tmp_path: Path) -> None:
    with serving(tmp_path, "--auth=none") as (_, place):
        there = f"--server={place}"
        told = call(tmp_path, "publish", ALICE, "--basic=closed", "--note=away", "--once", there)
        assert (told.code, told.err) == (0, "")
        assert told.out == "sip:alice@example.com is published as closed: away\n"
        with running(tmp_path, "watch", HERS, BOB, there) as bob:
            line = bob.wait_for("away")
            assert re.fullmatch(r"\d\d:\d\d:\d\d sip:alice@example\.com closed: away", line)


def test_what_a_file_says_is_published_whenever_it_changes(tmp_path: Path) -> None:
    said = tmp_path / "presence"
    said.write_text("open meeting: in room 7")
    with serving(tmp_path, "--auth=none") as (_, place):
        there = f"--server={place}"
        with (
            running(tmp_path, "watch", HERS, BOB, "--json", there) as bob,
            running(tmp_path, "publish", ALICE, "--device=file:presence", there) as alice,
        ):
            alice.wait_for("It follows file:")
            assert alice.wait_for("room 7").endswith("is published as open meeting: in room 7")
            seen = json.loads(bob.wait_for("in room 7"))
            assert (seen["basic"], seen["activities"]) == ("open", ["meeting"])
            said.write_text('basic = "closed')
            assert "not taken" in alice.wait_for("Unterminated")
            said.write_text('{"basic": "open", "note": "back"}')
            bob.wait_for("back")
            said.unlink()
            alice.wait_for("nothing is published")
            said.write_text("open: again")
            bob.wait_for("again")
            assert alice.end() == 0


def test_what_a_file_says_can_be_published_once(tmp_path: Path) -> None:
    command = ("publish", ALICE, "--device=file:presence", "--once")
    with serving(tmp_path, "--auth=none") as (_, place):
        missing = call(tmp_path, *command, f"--server={place}")
        assert missing.code == 1
        assert "says nothing; write a line such as open: at my desk" in missing.err
        (tmp_path / "presence").write_text("closed: away")
        told = call(tmp_path, *command, f"--server={place}")
        assert told.out == "sip:alice@example.com is published as closed: away\n"


MISUSES = [
    (("--device=phone:1",), "write one of file:PATH"),
    (("--device=file:x", "--note=here"), "leave out what says it besides"),
]


@pytest.mark.parametrize("options, told", MISUSES)
def test_a_device_that_cannot_be_followed_is_told(
    options: tuple[str, ...], told: str, tmp_path: Path
) -> None:
    outcome = call(tmp_path, "publish", ALICE, *options)
    assert outcome.code == 1
    assert told in outcome.err


def test_several_are_watched_by_one_command(tmp_path: Path) -> None:
    with serving(tmp_path, "--auth=none") as (_, place):
        whom = (HERS, "sip:carol@example.com")
        with running(tmp_path, "watch", *whom, BOB, f"--server={place}") as bob:
            bob.wait_for("sip:alice@example.com")
            bob.wait_for("sip:carol@example.com")


def test_those_in_a_list_are_watched_and_the_list_is_read_again(tmp_path: Path) -> None:
    friends = tmp_path / "friends"
    friends.write_text(f"{HERS}  # at work\n")
    with serving(tmp_path, "--auth=none") as (_, place):
        command = ("watch", "--list=friends", BOB, "--json", f"--server={place}")
        with running(tmp_path, *command) as bob:
            bob.wait_for("sip:alice@example.com")
            friends.write_text("carol@example.com\n")
            bob.wait_for("sip:carol@example.com")
            bob.wait_for("not listed any more")
            assert bob.end() == 0
            assert bob.err == []


@pytest.mark.parametrize("whom", [(), (HERS, "--list=friends")])
def test_whom_to_watch_is_said_in_one_way(whom: tuple[str, ...], tmp_path: Path) -> None:
    told = call(tmp_path, "watch", *whom, BOB)
    assert told.code == 1
    assert "name them, or their list with --list" in told.err


def test_the_password_is_an_option_or_in_the_environment_or_missed(tmp_path: Path) -> None:
    here = "--domain=example.com"
    assert call(tmp_path, "user", "add", "alice", "--password=secret", here).code == 0
    with serving(tmp_path) as (_, place):
        command = ("publish", ALICE, "--once", f"--server={place}")
        assert call(tmp_path, *command, "--password=secret").code == 0
        assert run(tmp_path, *command, variables={"HEREABOUTS_PASSWORD": "secret"}).code == 0
        wrong = call(tmp_path, *command, "--password=guess")
        assert wrong.code == 1
        assert "refuses the name alice with this password" in wrong.err
        missed = call(tmp_path, *command)
        assert missed.code == 1
        assert "give it with --password" in missed.err


class Told:
    """What the commands hand on, instead of agents that do it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.agents: list[tuple[str, object]] = []
        self.watched: list[str] = []
        monkeypatch.delenv("HEREABOUTS_PASSWORD", raising=False)
        monkeypatch.setattr("hereabouts.cli.agents.Agent", self._agent)
        monkeypatch.setattr("hereabouts.cli.agents.show.publish", lambda *_, **__: None)
        monkeypatch.setattr("hereabouts.cli.agents.show.watch", self._watch)

    def _agent(self, address: str, *, password: str | None, **_: object) -> None:
        self.agents.append((address, password))

    def _watch(self, _agent: None, presentities: list[str], **_: object) -> None:
        self.watched += presentities


def test_at_a_terminal_the_password_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    told = Told(monkeypatch)
    monkeypatch.setattr("hereabouts.cli.password.sys.stdin.isatty", lambda: True, raising=False)
    typed = iter(["typed", ""])
    monkeypatch.setattr("hereabouts.cli.password.getpass.getpass", lambda _: next(typed))
    agents.publish(user=HERS)
    agents.publish(user=HERS)
    agents.publish(user=HERS, password="given")
    assert told.agents == [(HERS, "typed"), (HERS, None), (HERS, "given")]


def test_a_name_alone_is_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    told = Told(monkeypatch)
    agents.watch("alice", HERS, f"sip:{HERS}", user="bob", password="p")
    assert told.agents == [(f"bob@{machine_name()}", "p")]
    assert told.watched == [f"alice@{machine_name()}", HERS, f"sip:{HERS}"]
