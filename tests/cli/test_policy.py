"""`hereabouts policy`: kept by a running server or in the store of a stopped one, and checked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.command import Outcome, call, is_narrow, run, running, serving
from tests.roles.scripts import DOUBTFUL, NOTIFYING, SCRIPT, WRONG

HERE = "--domain=example.com"


def policy(folder: Path, *arguments: str) -> str:
    told = call(folder, "policy", *arguments, HERE)
    assert (told.code, told.err) == (0, ""), told
    return told.out


def script(folder: Path, name: str, text: str = SCRIPT) -> str:
    (folder / name).write_text(text, encoding="utf-8")
    return name


def test_a_policy_comes_and_goes_without_a_server(tmp_path: Path) -> None:
    file = script(tmp_path, "hours.cpl")
    kept = policy(tmp_path, "put", "tom", "hours", file, "--priority=5", "--name=Office hours")
    assert kept == "sip:tom@example.com hours: kept, for incoming-subscription\n"
    assert policy(tmp_path, "get", "tom", "hours") == SCRIPT
    row = json.loads(policy(tmp_path, "get", "tom", "hours", "--json"))
    assert (row["priority"], row["name"]) == (5, "Office hours")
    listed = policy(tmp_path, "list", "tom")
    assert "Office hours" in listed
    assert "always" in listed
    assert is_narrow(listed)
    assert policy(tmp_path, "disable", "tom", "hours").endswith("hours: disabled\n")
    assert "disabled" in policy(tmp_path, "list", "tom")
    assert policy(tmp_path, "enable", "tom", "hours").endswith("hours: enabled\n")
    assert policy(tmp_path, "delete", "tom", "hours").endswith("hours: deleted\n")
    assert policy(tmp_path, "list", "tom") == "There is no such policy.\n"


def test_policies_are_found(tmp_path: Path) -> None:
    until = "--valid-until=2099-01-01T00:00:00Z"
    policy(tmp_path, "put", "tom", "hours", script(tmp_path, "a"), until)
    policy(tmp_path, "put", "*before", "breaks", script(tmp_path, "b", NOTIFYING))
    assert "2099" in policy(tmp_path, "search", "eve@")
    found = json.loads(policy(tmp_path, "search", "--point=incoming-notification", "--json"))
    assert [row["id"] for row in found] == ["breaks"]
    assert len(json.loads(policy(tmp_path, "search", "--json"))) == 2
    assert json.loads(policy(tmp_path, "search", "--user=alice", "--json")) == []


def test_a_running_server_keeps_a_long_script(tmp_path: Path) -> None:
    padding = "<!-- " + '"' * 60_000 + " -->"
    long = script(tmp_path, "long.cpl", SCRIPT.replace("</cpl>", f"{padding}</cpl>"))
    with serving(tmp_path):
        policy(tmp_path, "put", "tom", "long", long)
        assert padding in policy(tmp_path, "get", "tom", "long")


def test_a_policy_server_serves_by_command_and_by_http(tmp_path: Path) -> None:
    options = ("--role=policy", HERE, "--set=http.listen=127.0.0.1:0")
    with running(tmp_path, "serve", *options) as server:
        line = server.wait_for("serving")
        assert "http=127.0.0.1:" in line.replace('"', "")
        policy(tmp_path, "put", "tom", "hours", script(tmp_path, "a"))
        assert policy(tmp_path, "get", "tom", "hours") == SCRIPT


def test_what_was_decided_is_shown_with_its_reason(tmp_path: Path) -> None:
    with serving(tmp_path, "--auth=none") as (_, place):
        policy(tmp_path, "put", "tom", "hours", script(tmp_path, "a"))
        none = policy(tmp_path, "decisions", "tom")
        assert none == "No policy was asked for tom since the server was started.\n"
        eve = ("watch", "tom@example.com", "--user=eve@example.com", f"--server={place}", "--json")
        with running(tmp_path, *eve) as watching:
            watching.wait_for('"reason":"rejected"')
        told = policy(tmp_path, "decisions", "tom")
        assert "eve@example.com" in told
        assert "reject" in told
        assert is_narrow(told)
        newest = json.loads(policy(tmp_path, "decisions", "tom", "--json"))[0]
        assert (newest["point"], newest["decision"]) == ("incoming-subscription", "reject")
        assert "line 4" in newest["because"]


# --- what is wrong with a script


def check(folder: Path, text: str) -> Outcome:
    return call(folder, "policy", "check", script(folder, "s.cpl", text))


def test_a_good_script_is_said_to_be_good(tmp_path: Path) -> None:
    told = check(tmp_path, SCRIPT)
    assert (told.code, told.out) == (0, "s.cpl: nothing to say about it\n")


def test_a_doubtful_script_passes_with_a_warning(tmp_path: Path) -> None:
    told = check(tmp_path, DOUBTFUL)
    assert told.code == 0
    assert told.out.startswith("s.cpl:2: W-ALL-REJECT ")
    assert "; " in told.out


def test_a_wrong_script_does_not_pass_and_each_line_is_named(tmp_path: Path) -> None:
    told = check(tmp_path, WRONG)
    assert told.code == 1
    assert told.out.startswith("s.cpl:3: E-NODE ")


def test_a_wrong_script_is_not_kept_and_each_line_is_named(tmp_path: Path) -> None:
    file = script(tmp_path, "s.cpl", WRONG)
    told = call(tmp_path, "policy", "put", "tom", "hours", file, HERE)
    assert (told.code, told.out) == (1, "")
    assert told.err.startswith("s.cpl:3: E-NODE ")
    assert policy(tmp_path, "list", "tom") == "There is no such policy.\n"


def test_a_doubtful_script_is_kept_and_the_doubt_is_said(tmp_path: Path) -> None:
    file = script(tmp_path, "s.cpl", DOUBTFUL)
    told = call(tmp_path, "policy", "put", "tom", "hours", file, HERE)
    assert told.code == 0
    assert "kept" in told.out
    assert told.err.startswith("s.cpl:2: W-ALL-REJECT ")


def test_a_script_is_read_from_standard_input(tmp_path: Path) -> None:
    told = run(tmp_path, "policy", "check", "-", given=WRONG)
    assert (told.code, told.out[:4]) == (1, "-:3:")


FAULTS = [
    (("put", "tom", "hours", "nowhere.cpl"), "nowhere.cpl", "a file that is not there"),
    (("put", "tom", "hours", "latin.cpl"), "UTF-8", "a file that is no text"),
    (("get", "tom", "hours"), "no policy", "a policy that is not there"),
    (("put", "tom", "No", "a.cpl"), "is no id", "an id that is none"),
    (("put", "tom", "a", "a.cpl", "--valid-from=soon"), "a date", "a date that is none"),
    (("search", "--point=x"), "a point is one of", "a point that is none"),
    (("decisions", "tom"), "none is running", "decisions of a server that does not run"),
]


@pytest.mark.parametrize("arguments, says", [r[:2] for r in FAULTS], ids=[r[2] for r in FAULTS])
def test_what_cannot_be_done_is_said(tmp_path: Path, arguments: tuple[str, ...], says: str) -> None:
    policy(tmp_path, "put", "tom", "other", script(tmp_path, "a.cpl"))
    (tmp_path / "latin.cpl").write_bytes(b"<cpl>\xe4</cpl>")
    told = call(tmp_path, "policy", *arguments, HERE)
    assert told.code == 1
    assert says in told.err
    assert "Traceback" not in told.err
