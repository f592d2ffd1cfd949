"""The policy API: who may do what, entity-tags, representations, and polls."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.base.refusal import Malformed
from hereabouts.http import api as module
from hereabouts.http.message import CPL, JSON, Response, write_target
from tests.http.desk import ALICE, AS_SCRIPT, OPERATOR, TOM, Desk, as_user, said
from tests.net.stage import run
from tests.roles.scripts import DOUBTFUL, NOTIFYING, SCRIPT, WRONG

HOURS = f"/policies/{TOM}/hours"
BODY = SCRIPT.encode()
ABOUT = ["incoming-subscription"]


def desk() -> Desk:
    """A desk where Tom has one policy, of the entity-tag 1."""
    made = Desk()
    run(made.command("policy put", owner=TOM, id="hours", script=SCRIPT, priority=7))
    return made


def ask(
    at: Desk,
    method: str,
    target: str,
    *headers: tuple[str, str],
    body: bytes = b"",
    asker: tuple[str, str] = OPERATOR,
) -> Response:
    return run(at.ask(method, target, *headers, body=body, asker=asker))


# --- who may do what

AUTHORISED = [
    ("GET", "/policies", b"", 200, "a user searches among his own"),
    ("GET", f"/policies?owner={TOM}", b"", 200, "his own by name"),
    ("GET", f"/policies?owner={ALICE}", b"", 403, "and not another's"),
    ("GET", f"/policies/{TOM}", b"", 200, "he lists his own"),
    ("GET", "/policies/tom", b"", 200, "by his name alone too"),
    ("GET", f"/policies/{ALICE}", b"", 403, "and not another's list"),
    ("GET", HOURS, b"", 200, "he fetches one"),
    ("PUT", f"/policies/{TOM}/new", BODY, 201, "he creates one"),
    ("PUT", f"/policies/{ALICE}/new", BODY, 403, "and none for another"),
    ("PUT", "/policies/*before/new", BODY, 403, "nor for everybody"),
    ("PATCH", f"{HOURS}?enabled=no", b"", 200, "he switches one off"),
    ("DELETE", HOURS, b"", 204, "he deletes one"),
    ("GET", f"/applicable?owner={TOM}&point=incoming-subscription", b"", 200, "his agent asks"),
    ("GET", f"/applicable?owner={ALICE}&point=incoming-subscription", b"", 403, "for him alone"),
    ("GET", "/changes?wait=0", b"", 200, "and follows changes"),
    ("POST", "/check", BODY, 200, "anybody has a script checked"),
]


@pytest.mark.parametrize(
    "method, target, body, status", [r[:4] for r in AUTHORISED], ids=[r[4] for r in AUTHORISED]
)
def test_a_user_may_do_what_concerns_him(
    method: str, target: str, body: bytes, status: int
) -> None:
    assert ask(desk(), method, target, AS_SCRIPT, body=body, asker=as_user("tom")).status == status


@pytest.mark.parametrize(
    "method, target, body", [row[:3] for row in AUTHORISED], ids=[row[4] for row in AUTHORISED]
)
def test_the_operator_may_do_everything(method: str, target: str, body: bytes) -> None:
    assert ask(desk(), method, target, AS_SCRIPT, body=body).status in (200, 201, 204)


@pytest.mark.parametrize(
    "target", [*{row[1] for row in AUTHORISED}, "/nowhere"], ids=lambda target: target
)
def test_a_stranger_learns_nothing_not_even_what_there_is(target: str) -> None:
    assert ask(desk(), "GET", target, asker=as_user("tom", "wrong")).status == 401


def test_a_user_finds_his_own_alone() -> None:
    at = desk()
    ask(at, "PUT", f"/policies/{ALICE}/a", AS_SCRIPT, body=BODY)
    [row] = said(ask(at, "GET", "/policies?text=eve", asker=as_user("alice")))["policies"]
    assert row["owner"] == ALICE
    assert len(said(ask(at, "GET", "/policies?text=eve"))["policies"]) == 2


# --- entity-tags

NEW = f"/policies/{TOM}/new"
TAGS = [
    ("PUT", HOURS, ("if-match", '"1"'), 200, "the version that was read is replaced"),
    ("PUT", HOURS, ("if-match", '"0", "1"'), 200, "one of several versions"),
    ("PUT", HOURS, ("if-match", "*"), 200, "whatever is there"),
    ("PUT", HOURS, ("if-match", '"0"'), 412, "another version is not"),
    ("PUT", HOURS, ("if-match", 'W/"1"'), 412, "a weak tag proves nothing"),
    ("PUT", HOURS, ("if-match", "1"), 400, "a tag without quotes is none"),
    ("PUT", HOURS, ("if-none-match", "*"), 412, "nothing was to be there"),
    ("PUT", HOURS, ("accept", "*/*"), 428, "nothing is overwritten unread"),
    ("PUT", NEW, ("accept", "*/*"), 201, "what is not there is created"),
    ("PUT", NEW, ("if-none-match", "*"), 201, "on condition that it is not there"),
    ("PUT", NEW, ("if-match", "*"), 412, "something was to be there"),
    ("PATCH", HOURS, ("if-match", '"0"'), 412, "another version is not changed"),
    ("PATCH", HOURS, ("if-match", '"1"'), 200, "this one is changed"),
    ("PATCH", NEW, ("accept", "*/*"), 404, "nothing cannot be changed"),
    ("DELETE", HOURS, ("if-match", '"0"'), 412, "another version is not deleted"),
    ("DELETE", HOURS, ("if-match", '"1"'), 204, "this one is deleted"),
    ("DELETE", NEW, ("accept", "*/*"), 404, "nothing cannot be deleted"),
    ("GET", HOURS, ("if-none-match", '"1"'), 304, "what is known is not told again"),
    ("GET", HOURS, ("if-none-match", 'W/"1"'), 304, "a weak tag is enough to read"),
    ("GET", HOURS, ("if-none-match", '"0"'), 200, "what is not known is"),
]


@pytest.mark.parametrize(
    "method, target, header, status", [row[:4] for row in TAGS], ids=[row[4] for row in TAGS]
)
def test_a_condition_is_held_against_what_is_there(
    method: str, target: str, header: tuple[str, str], status: int
) -> None:
    body = NOTIFYING.encode() if method == "PUT" else b""
    assert ask(desk(), method, target, AS_SCRIPT, header, body=body).status == status


def test_of_two_who_write_at_once_the_second_is_told() -> None:
    at = desk()
    read = ask(at, "GET", HOURS).header("etag")
    assert read == '"1"'
    first = ask(at, "PUT", HOURS, AS_SCRIPT, ("if-match", read), body=NOTIFYING.encode())
    second = ask(at, "PUT", HOURS, AS_SCRIPT, ("if-match", read), body=BODY)
    assert (first.status, second.status) == (200, 412)
    assert ask(at, "GET", HOURS).body == NOTIFYING.encode()


# --- representations


def test_a_policy_is_its_script_or_all_that_is_known_of_it() -> None:
    at = desk()
    script = ask(at, "GET", HOURS)
    assert (script.content_type, script.body) == (CPL, BODY)
    row = ask(at, "GET", HOURS, ("accept", "application/json"))
    assert row.content_type == JSON
    assert (said(row)["script"], said(row)["priority"]) == (SCRIPT, 7)
    assert script.header("vary") == row.header("vary") == "Accept"


def test_what_stands_beside_a_script_is_in_the_query() -> None:
    at = Desk()
    query = "name=At+work&priority=5&enabled=no&valid-from=2026-01-01T00:00:00Z&valid-until="
    row = said(ask(at, "PUT", f"{NEW}?{query}", AS_SCRIPT, body=BODY))
    assert (row["name"], row["priority"], row["is_enabled"]) == ("At work", 5, False)
    assert (row["valid_from"], row["valid_until"]) == ("2026-01-01T00:00:00Z", None)


def test_what_is_doubtful_about_a_script_comes_with_its_acceptance() -> None:
    response = ask(Desk(), "PUT", NEW, AS_SCRIPT, body=DOUBTFUL.encode())
    assert response.status == 201
    assert said(response)["findings"][0]["code"] == "W-ALL-REJECT"


def test_a_script_that_is_refused_comes_back_with_lines_and_remedies() -> None:
    response = ask(Desk(), "PUT", NEW, AS_SCRIPT, body=WRONG.encode())
    assert (response.status, response.content_type) == (400, "application/problem+json")
    [finding] = said(response)["findings"]
    assert finding["line"] == 3
    assert finding.keys() == {"code", "line", "message", "remedy"}


def test_a_check_keeps_nothing() -> None:
    at = Desk()
    checked = said(ask(at, "POST", "/check", AS_SCRIPT, body=WRONG.encode()))
    assert not checked["is_accepted"]
    assert said(ask(at, "GET", "/policies"))["policies"] == []


BODIES = [
    (("content-type", "application/json"), BODY, 415, "a script that says it is something else"),
    (("content-type", ""), BODY, 415, "or does not say what it is"),
    (("content-type", "text/xml; charset=utf-8"), BODY, 201, "XML is what it is"),
    (AS_SCRIPT, b"", 400, "nothing"),
    (AS_SCRIPT, b"\xff\xfe<", 400, "no UTF-8"),
    (AS_SCRIPT, b"<cpl/>" + b" " * 70_000, 413, "more than a script may have"),
]


@pytest.mark.parametrize(
    "header, body, status", [row[:3] for row in BODIES], ids=[row[3] for row in BODIES]
)
def test_which_bodies_are_taken(header: tuple[str, str], body: bytes, status: int) -> None:
    assert ask(Desk(), "PUT", NEW, header, body=body).status == status


BAD = [
    ("GET", "/applicable?owner=tom", 400, "no point"),
    ("GET", "/applicable?point=incoming-subscription", 400, "no owner"),
    ("GET", "/applicable?owner=tom&point=x", 400, "an unknown point"),
    ("GET", "/policies?point=x", 400, "the same in a search"),
    ("GET", "/policies/@/a", 400, "an owner who is none"),
    ("GET", "/changes?wait=long", 400, "a wait that is no number"),
    ("PATCH", f"{HOURS}?priority=high", 400, "a priority that is none"),
    ("PATCH", f"{HOURS}?prioritee=1", 400, "a parameter that is none"),
    ("GET", f"/policies/{TOM}/none", 404, "a policy that is not there"),
    ("POST", "/policies", 405, "a method that is not there"),
]


@pytest.mark.parametrize(
    "method, target, status", [row[:3] for row in BAD], ids=[row[3] for row in BAD]
)
def test_what_cannot_be_done_is_said(method: str, target: str, status: int) -> None:
    response = ask(desk(), method, target)
    assert response.status == status
    assert said(response)["detail"]


# --- what applies

APPLICABLE = f"/applicable?owner={TOM}&point=incoming-subscription"


def test_what_applies_has_an_entity_tag_of_its_own() -> None:
    at = desk()
    first = ask(at, "GET", APPLICABLE)
    tag = first.header("etag")
    assert tag is not None
    assert [row["script"] for row in said(first)["policies"]] == [SCRIPT]
    unchanged = ask(at, "GET", APPLICABLE, ("if-none-match", tag))
    assert (unchanged.status, unchanged.body) == (304, b"")
    ask(at, "PUT", "/policies/*after/a", AS_SCRIPT, body=BODY)
    assert ask(at, "GET", APPLICABLE, ("if-none-match", tag)).status == 200


# --- changes


def test_who_knows_nothing_is_told_at_once_and_who_does_not_wait_too() -> None:
    at = desk()
    news = said(ask(at, "GET", "/changes"))
    assert news == {"version": "run.1", "owners": {TOM: ABOUT}, "everybody": True}
    assert said(ask(at, "GET", "/changes?since=run.1&wait=0")) == {"version": "run.1"}


def test_a_poll_is_answered_by_the_change_that_it_waits_for() -> None:
    at = desk()

    async def test() -> None:
        polls = [
            asyncio.create_task(at.ask("GET", "/changes?since=run.1", asker=asker))
            for asker in (OPERATOR, as_user("tom"), as_user("alice"))
        ]
        for _ in range(20):
            await asyncio.sleep(0)
        assert not any(poll.done() for poll in polls)
        await at.command("policy update", owner=TOM, id="hours", priority=1)
        for poll in polls[:2]:
            assert said(await poll) == {"version": "run.2", "owners": {TOM: ABOUT}}
        assert not polls[2].done(), "it does not concern her"
        await at.command("policy put", owner="*before", id="a", script=SCRIPT)
        assert said(await polls[2]) == {"version": "run.3", "owners": {"*before": ABOUT}}

    run(test())


def test_a_poll_ends_after_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LONGEST_POLL", 0.02)
    assert said(ask(desk(), "GET", "/changes?since=run.1&wait=9")) == {"version": "run.1"}


def test_the_end_of_the_server_ends_all_polls() -> None:
    at = desk()

    async def test() -> None:
        poll = asyncio.create_task(at.ask("GET", "/changes?since=run.1"))
        for _ in range(20):
            await asyncio.sleep(0)
        at.api.close()
        assert said(await poll) == {"version": "run.1"}
        assert said(await at.ask("GET", "/changes?since=run.1")) == {"version": "run.1"}

    run(test())


# --- whatever is asked

PATHS = st.lists(
    st.sampled_from(["policies", "applicable", "changes", "check", TOM, "hours", "*before", ""])
    | st.text(max_size=5),
    max_size=4,
)
QUERIES = st.dictionaries(
    st.sampled_from(["owner", "point", "text", "since", "priority", "enabled", "valid-from"]),
    st.text(max_size=8) | st.sampled_from(["tom", "incoming-subscription", "1"]),
    max_size=3,
)
HEADERS = st.dictionaries(
    st.sampled_from(["if-match", "if-none-match", "content-type", "accept"]),
    st.text(max_size=8) | st.sampled_from([CPL, "*", '"1"']),
)


@given(
    st.sampled_from(["GET", "PUT", "PATCH", "DELETE", "POST", "HEAD", "BREW"]),
    PATHS,
    QUERIES,
    HEADERS,
    st.binary() | st.sampled_from([BODY, WRONG.encode()]),
)
def test_anything_at_all_is_answered(
    method: str, path: list[str], query: dict[str, str], headers: dict[str, str], body: bytes
) -> None:
    query = {**query, "wait": "0"} if "changes" in path else query
    try:
        response = ask(
            desk(), method, write_target(tuple(path), query), *headers.items(), body=body
        )
    except Malformed:
        return
    assert response.status in {200, 201, 204, 304, 400, 404, 405, 412, 413, 415, 428}
