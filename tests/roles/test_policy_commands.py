"""Commands about policies: created, written anew, changed, deleted, searched, fetched, checked."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.base.units import Instant, Moment, Timestamp
from hereabouts.roles import policy_commands as module
from hereabouts.roles.build import finish
from hereabouts.roles.commands import Commands
from hereabouts.sip.domains import Domains
from hereabouts.storage.memory import MemoryStore
from tests.roles.scripts import DOUBTFUL, NOTIFYING, SCRIPT, WRONG

NOW = Moment(Instant(1.0), Timestamp(1000.0))
DOMAINS = Domains(("example.com",), frozenset({"192.0.2.1"}))
TOM = "sip:tom@example.com"


class Office:
    def __init__(self) -> None:
        self.store = MemoryStore()
        self.commands = Commands(self.store, DOMAINS, "example.com")

    def say(self, command: str, /, **arguments: object) -> dict[str, Any]:
        line = msgspec.json.encode({"command": f"policy {command}", **arguments})
        reply = finish(self.commands.answer(line, NOW))
        return msgspec.json.decode(reply, type=dict[str, Any])

    def ask(self, command: str, /, owner: str = "tom", **arguments: object) -> Any:  # noqa: ANN401 - as the command
        reply = self.say(command, owner=owner, **arguments)
        assert "ok" in reply, reply
        return reply["ok"]

    def status(self, command: str, /, owner: str = "tom", **arguments: object) -> int:
        """The status of a refusal."""
        status = self.say(command, owner=owner, **arguments)["status"]
        assert isinstance(status, int)
        return status

    def put(self, policy_id: str = "hours", owner: str = "tom", **arguments: object) -> str:
        """Put a policy; its entity-tag."""
        given = {"owner": owner, "id": policy_id, "script": SCRIPT, **arguments}
        etag = self.say("put", **given)["ok"]["etag"]
        assert isinstance(etag, str)
        return etag


def ids(rows: list[dict[str, Any]]) -> list[str]:
    return [f"{row['owner']} {row['id']}" for row in rows]


# --- writing


def test_a_new_policy_has_defaults_for_what_is_not_said() -> None:
    assert Office().ask("put", id="hours", script=SCRIPT) == {
        "owner": TOM,
        "id": "hours",
        "name": "hours",
        "priority": 0,
        "is_enabled": True,
        "valid_from": None,
        "valid_until": None,
        "points": ["incoming-subscription"],
        "etag": "1",
        "is_new": True,
    }


def test_what_is_doubtful_about_a_script_is_said_with_its_line() -> None:
    [finding] = Office().ask("put", id="hours", script=DOUBTFUL)["findings"]
    assert (finding["code"], finding["line"]) == ("W-ALL-REJECT", 2)
    assert finding["message"]
    assert finding["remedy"]


def test_a_policy_that_is_written_anew_keeps_what_is_not_said() -> None:
    office = Office()
    office.put(priority=7, name="Office hours", valid_until="2027-01-01T00:00:00Z")
    row = office.ask("put", id="hours", script=NOTIFYING, is_enabled=False)
    assert not row["is_new"]
    assert (row["priority"], row["name"], row["is_enabled"]) == (7, "Office hours", False)
    assert (row["points"], row["valid_until"]) == (
        ["incoming-notification"],
        "2027-01-01T00:00:00Z",
    )


def test_an_update_leaves_the_script_alone() -> None:
    office = Office()
    office.put(valid_from="2026-01-01T00:00:00Z")
    row = office.ask("update", id="hours", priority=3, valid_from="")
    assert (row["priority"], row["valid_from"]) == (3, None)
    assert office.ask("fetch", id="hours")["script"] == SCRIPT


def test_what_is_created_must_not_be_there() -> None:
    office = Office()
    office.ask("create", id="hours", script=SCRIPT)
    assert office.status("create", id="hours", script=SCRIPT) == 412


def test_what_is_deleted_is_gone() -> None:
    office = Office()
    office.put()
    assert office.ask("delete", id="hours") == {"owner": TOM, "id": "hours"}
    assert office.status("fetch", id="hours") == 404


# Entity-tags: what is there (a policy with the tag 1, or nothing), and what the writer demands.
TAGS = [
    ("put", True, {"if_match": "1"}, None, "the version that was read"),
    ("put", True, {"if_match": ["0", "1"]}, None, "one of several"),
    ("put", True, {"if_match": "*"}, None, "whatever is there"),
    ("put", True, {"if_match": "0"}, 412, "another version"),
    ("put", True, {"if_match": []}, 412, "no version at all"),
    ("put", False, {"if_match": "*"}, 412, "nothing is there"),
    ("put", False, {"if_match": "1"}, 412, "nothing is there any more"),
    ("put", True, {"if_none_match": "*"}, 412, "nothing was to be there"),
    ("put", True, {"if_none_match": "1"}, 412, "anything but this was to be there"),
    ("put", False, {"if_none_match": "*"}, None, "nothing is there, as it should"),
    ("put", True, {}, None, "who does not care may overwrite"),
    ("put", True, {"is_careful": True}, 428, "who must care has to say what he has read"),
    ("put", True, {"is_careful": True, "if_match": "1"}, None, "and does"),
    ("put", False, {"is_careful": True}, None, "where nothing is there is nothing to lose"),
    ("update", True, {"if_match": "0"}, 412, "an update of another version"),
    ("update", False, {}, 404, "an update of nothing"),
    ("delete", True, {"if_match": "0"}, 412, "a deletion of another version"),
    ("delete", True, {"if_match": "1"}, None, "a deletion of the very one"),
    ("delete", False, {"if_match": "*"}, 404, "a deletion of nothing"),
]


@pytest.mark.parametrize(
    "command, is_there, demands, status", [row[:4] for row in TAGS], ids=[row[4] for row in TAGS]
)
def test_what_a_writer_demands_is_held_against_what_is_there(
    command: str,
    is_there: bool,  # noqa: FBT001 - a table
    demands: dict[str, object],
    status: int | None,
) -> None:
    office = Office()
    if is_there:
        assert office.put() == "1"
    script = {"script": NOTIFYING} if command == "put" else {}
    reply = office.say(command, owner="tom", id="hours", **script, **demands)
    assert reply.get("status") == status, reply


REFUSED = [
    ({"id": "hours"}, 400, "a script", "no script"),
    ({"id": "hours", "script": ""}, 400, "XML", "an empty one"),
    ({"id": "hours", "script": "x" * 70_000}, 413, "longer", "one that is too long"),
    ({"id": "No Id", "script": SCRIPT}, 400, "is no id", "an id that is none"),
    ({"id": "a", "script": SCRIPT, "priority": "high"}, 400, "whole number", "no number"),
    ({"id": "a", "script": SCRIPT, "priority": 2_000_000}, 400, "priority", "one too high"),
    ({"id": "a", "script": SCRIPT, "is_enabled": "perhaps"}, 400, "true or false", "no truth"),
    ({"id": "a", "script": SCRIPT, "valid_from": "soon"}, 400, "a date", "no date"),
    ({"id": "a", "script": SCRIPT, "valid_from": "2026-01-01T00:00"}, 400, "zone", "no zone"),
    (
        {
            "id": "a",
            "script": SCRIPT,
            "valid_from": "2027-01-01T00:00:00Z",
            "valid_until": "2026-01-01T00:00:00Z",
        },
        400,
        "ends before",
        "an end before the beginning",
    ),
    ({"script": SCRIPT}, 400, "id", "no id at all"),
    ({"id": "a", "script": SCRIPT, "owner": "@"}, 400, "", "an owner who is none"),
]


@pytest.mark.parametrize(
    "arguments, status, says", [row[:3] for row in REFUSED], ids=[row[3] for row in REFUSED]
)
def test_what_cannot_be_kept_is_refused_with_a_reason(
    arguments: dict[str, object], status: int, says: str
) -> None:
    office = Office()
    reply = office.say("put", **{"owner": "tom", **arguments})
    assert (reply["status"], says in reply["error"]) == (status, True), reply
    assert office.ask("search") == []


def test_a_script_that_is_refused_is_refused_with_all_that_was_found() -> None:
    reply = Office().say("put", owner="tom", id="a", script=WRONG)
    assert reply["status"] == 400
    assert [(each["code"], each["line"]) for each in reply["findings"]] == [("E-NODE", 3)]
    assert "line 3" in reply["error"]


def test_one_policy_too_many_is_a_conflict() -> None:
    office = Office()
    for number in range(20):
        office.put(f"p{number}")
    assert office.status("put", id="p20", script=SCRIPT) == 409


# --- reading


def test_owners_are_written_as_users_are() -> None:
    office = Office()
    for owner in ("tom", "tom@example.com", "sip:tom@192.0.2.1", TOM):
        office.put(owner=owner)
    assert ids(office.ask("search")) == [f"{TOM} hours"]


def searched() -> Office:
    office = Office()
    office.put("a", priority=1)
    office.put("b", priority=2, script=NOTIFYING, name="Breaks")
    office.put("c", owner="alice@elsewhere.com")
    office.put("d", owner="*before")
    return office


FOUND = [
    ({"owner": "tom"}, ["tom b", "tom a"], "those of an owner, by priority"),
    ({"owner": "tom", "point": "incoming-notification"}, ["tom b"], "those about a point"),
    ({"owner": "tom", "text": "break"}, ["tom b"], "those with a text, whatever its case"),
    ({"text": "eve@"}, ["*before d", "alice c", "tom a"], "of all owners"),
    ({"point": "incoming-notification"}, ["tom b"], "of all owners, about a point"),
    ({"owner": "*before"}, ["*before d"], "an administrator's"),
    ({"owner": "nobody"}, [], "of somebody who has none"),
]


@pytest.mark.parametrize("sought, found", [row[:2] for row in FOUND], ids=[row[2] for row in FOUND])
def test_policies_are_searched(sought: dict[str, object], found: list[str]) -> None:
    rows = searched().say("search", **sought)["ok"]
    assert [f"{row['owner'].removeprefix('sip:').split('@')[0]} {row['id']}" for row in rows] == (
        found
    )
    assert all("script" not in row for row in rows)


def test_a_search_of_all_owners_knows_what_came_and_went_since() -> None:
    office = searched()
    office.say("search")
    office.put("e", owner="zoe")
    office.ask("delete", id="a")
    office.ask("delete", id="b")
    found = ids(office.say("search")["ok"])
    assert found == ["*before d", "sip:alice@elsewhere.com c", "sip:zoe@example.com e"]


def test_a_search_that_finds_too_much_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_FOUND", 3)
    assert "search for less" in searched().say("search")["error"]


@pytest.mark.parametrize("command", ["search", "applicable"])
def test_an_unknown_point_is_refused_with_those_there_are(command: str) -> None:
    reply = Office().say(command, owner="tom", point="somewhere")
    assert "outgoing-notification" in reply["error"]


def test_what_applies_is_handed_out_in_order_with_the_scripts() -> None:
    office = Office()
    office.put("low", priority=-1)
    office.put("high", priority=5)
    office.put("off", is_enabled=False)
    office.put("over", valid_until="1970-01-01T00:16:40Z")
    office.put("later", valid_from="2027-01-01T00:00:00Z")
    office.put("other", script=NOTIFYING)
    office.put("first", owner="*before")
    office.put("last", owner="*after")
    rows = office.ask("applicable", point="incoming-subscription")
    assert [row["id"] for row in rows] == ["first", "high", "later", "low", "last"]
    assert {row["script"] for row in rows} == {SCRIPT}


def test_a_script_is_checked_without_being_kept() -> None:
    office = Office()
    assert office.say("check", script=SCRIPT)["ok"] == {"is_accepted": True, "findings": []}
    doubtful = office.say("check", script=DOUBTFUL)["ok"]
    assert (doubtful["is_accepted"], len(doubtful["findings"])) == (True, 1)
    wrong = office.say("check", script=WRONG)["ok"]
    assert (wrong["is_accepted"], len(wrong["findings"])) == (False, 1)


# --- whatever is said

VALUES = st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text(), max_size=3)
FIELDS = ["name", "priority", "is_enabled", "valid_from", "valid_until"]
CONDITIONS = ["if_match", "if_none_match", "is_careful"]
NAMES = st.sampled_from(["owner", "id", "script", "point", "text", *FIELDS, *CONDITIONS])
COMMANDS = ["create", "put", "update", "delete", "fetch", "search", "applicable", "check"]


@given(st.sampled_from(COMMANDS), st.dictionaries(NAMES, VALUES))
def test_anything_at_all_has_a_reply(name: str, arguments: dict[str, object]) -> None:
    office = Office()
    office.put("a", owner="0")
    given_too = {"owner": "0", "id": "a", "script": SCRIPT, **arguments}
    for said in (arguments, given_too):
        reply = office.say(name, **said)
        assert "ok" in reply or reply["status"] in (400, 404, 409, 412, 413, 428)
