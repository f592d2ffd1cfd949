"""The typed client of the policy API, against a real server."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.client.policies import ANY, Checked, Declined, PolicyClient, PolicyRecord
from hereabouts.http.client import HttpClient, NoAnswer
from hereabouts.http.message import Response
from hereabouts.http.news import News
from tests.client.policy_serving import POINT, TOM, operator, policy_server, url
from tests.client.serving import run
from tests.roles.scripts import NOTIFYING, SCRIPT, WRONG


def test_a_policy_lives_from_its_creation_to_its_deletion() -> None:
    async def test() -> None:
        async with operator() as (_, client):
            made = await client.put(TOM, "hours", SCRIPT, priority=3, name="Office hours")
            assert made == PolicyRecord(
                owner=TOM,
                id="hours",
                name="Office hours",
                priority=3,
                is_enabled=True,
                valid_from=None,
                valid_until=None,
                points=(POINT,),
                etag=made.etag,
            )
            until = "2027-01-01T00:00:00Z"
            changed = await client.update(TOM, "hours", is_enabled=False, valid_until=until)
            assert (changed.is_enabled, changed.valid_until, changed.priority) == (False, until, 3)
            again = await client.put(TOM, "hours", NOTIFYING, valid_until="", if_match=changed.etag)
            assert (again.points, again.valid_until) == (("incoming-notification",), None)
            fetched = await client.fetch(TOM, "hours")
            assert (fetched.script, fetched.etag) == (NOTIFYING, again.etag)
            assert [row.id for row in await client.list("tom")] == ["hours"]
            await client.delete(TOM, "hours", if_match=ANY)
            assert await client.list(TOM) == ()

    run(test())


def test_a_user_has_his_password_and_his_own_policies() -> None:
    async def test() -> None:
        async with policy_server() as server:
            async with PolicyClient(url(server), user="tom", password="pw") as tom:
                assert (await tom.put("tom", "hours", SCRIPT)).owner == TOM
                with pytest.raises(Declined) as refused:
                    await tom.list("alice")
                assert refused.value.status == 403
            async with PolicyClient(url(server), user="tom", password="wrong") as other:
                with pytest.raises(Declined) as refused:
                    await other.list("tom")
                assert refused.value.status == 401
            async with PolicyClient(url(server)) as nobody:
                with pytest.raises(Declined) as refused:
                    await nobody.list("tom")
                assert refused.value.status == 401

    run(test())


def test_policies_are_searched() -> None:
    async def test() -> None:
        async with operator() as (_, client):
            await client.put(TOM, "hours", SCRIPT)
            await client.put("*before", "breaks", NOTIFYING)
            assert len(await client.search()) == 2
            assert [row.id for row in await client.search(text="eve@")] == ["hours"]
            assert [row.id for row in await client.search(point="incoming-notification")] == [
                "breaks"
            ]
            assert await client.search("alice") == ()

    run(test())


def test_what_applies_is_told_once() -> None:
    async def test() -> None:
        async with operator() as (_, client):
            await client.put(TOM, "hours", SCRIPT)
            tag, found = await client.applicable(TOM, POINT)
            assert [row.script for row in found or ()] == [SCRIPT]
            assert await client.applicable(TOM, POINT, unless=tag) == (tag, None)

    run(test())


def test_a_change_is_told_to_who_waits_for_it() -> None:
    async def test() -> None:
        async with operator() as (_, client):
            news = await client.changes()
            assert news.everybody
            assert await client.changes(news.version) == News(news.version)
            waiting = asyncio.create_task(client.changes(news.version, wait=20))
            await client.put(TOM, "hours", SCRIPT)
            assert (await waiting).owners == {TOM: (POINT,)}

    run(test())


def test_a_script_is_checked_and_one_that_is_refused_comes_back_with_findings() -> None:
    async def test() -> None:
        async with operator() as (_, client):
            assert await client.check(SCRIPT) == Checked(is_accepted=True, findings=())
            with pytest.raises(Declined) as refused:
                await client.put(TOM, "hours", WRONG)
            assert refused.value.status == 400
            assert [found.line for found in refused.value.findings] == [3]

    run(test())


@pytest.mark.parametrize(
    "response",
    [
        pytest.param(Response(500, b"oops"), id="an error that is no problem of ours"),
        pytest.param(Response(200, b"<html>"), id="a page of something else"),
        pytest.param(Response(200, b'{"policies": [{"owner": 1}]}'), id="JSON of another shape"),
        pytest.param(Response(200, b"[" * 100_000), id="JSON deeper than anybody reads"),
        pytest.param(Response(302, b""), id="another place"),
    ],
)
def test_what_no_policy_server_answers_is_no_answer(
    response: Response, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def ask(*_: object, **__: object) -> Response:
        return response

    monkeypatch.setattr(HttpClient, "ask", ask)
    with pytest.raises(NoAnswer):
        run(PolicyClient("http://127.0.0.1:9").list("tom"))


@given(st.integers(200, 599), st.binary())
def test_any_answer_is_taken_declined_or_none(status: int, body: bytes) -> None:
    async def ask(*_: object, **__: object) -> Response:
        return Response(status, body)

    client = PolicyClient("http://127.0.0.1:9")
    client._client.ask = ask  # type: ignore[method-assign] # noqa: SLF001 - no server says such things
    with suppress(NoAnswer, Declined):
        run(client.applicable("tom", POINT))
