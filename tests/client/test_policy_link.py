"""The way to a policy server elsewhere: good answers, bad ones, none, and its return."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Self

import pytest

from hereabouts.base.deadlines import Deadlines
from hereabouts.base.journal import Grade, Silence
from hereabouts.base.units import Instant, Moment, Timestamp
from hereabouts.client import Server
from hereabouts.client.policies import PolicyClient
from hereabouts.client.policy_link import CannotAsk, PolicyLink, policy_link
from hereabouts.config import load
from hereabouts.policy.cpl.tree import Script
from hereabouts.policy.point import Point
from hereabouts.roles.conductor import Conductor
from hereabouts.roles.policy_source import PolicyUnavailable
from hereabouts.roles.remote_policies import BETWEEN_POLLS, RETRY, RemotePolicies
from tests.client.policy_serving import TOKEN, TOM, operator, settings
from tests.client.serving import run
from tests.http.stage import Diary
from tests.roles.scripts import NOTIFYING, SCRIPT

TIMEOUT = 2.0


class Asking:
    """A node's share: handlers, and a clock that moves when the test says so."""

    def __init__(self, place: str) -> None:
        self.instant = 100.0
        self.said: list[object] = []
        self.scripts: list[Script | None] = []
        "Of the policies found last."
        self.changes: list[frozenset[str] | None] = []
        self.diary = Diary()
        self.deadlines = Deadlines()
        self.link = PolicyLink(PolicyClient(place, token=TOKEN))
        self.link.enter = self._enter
        self.policies = RemotePolicies(self.link, self.deadlines, self.diary, timeout=TIMEOUT)
        self.policies.on_changed = lambda owners, _now: self.changes.append(owners)
        self._conductor = Conductor()
        self._happened = asyncio.Event()

    @property
    def now(self) -> Moment:
        return Moment(Instant(self.instant), Timestamp(1_000_000.0))

    def _enter(self, take: Callable[[Moment], None]) -> None:
        take(self.now)
        self._happened.set()

    def ask(self) -> None:
        async def handler() -> None:
            try:
                found = await self.policies.applicable(TOM, Point.INCOMING_SUBSCRIPTION, self.now)
            except PolicyUnavailable as silence:
                self.said.append(silence.fault)
            else:
                self.said.append([policy.id for policy in found])
                self.scripts = [policy.script for policy in found]

        def fail(error: Exception) -> None:
            raise error

        self._conductor.run("tom", handler, fail)

    async def until(self, is_so: Callable[[], object]) -> None:
        while not is_so():
            self._happened.clear()
            await self._happened.wait()

    async def answer(self) -> object:
        """What a question comes to."""
        before = len(self.said)
        self.ask()
        await self.until(lambda: len(self.said) > before)
        return self.said[-1]

    def pass_time(self, seconds: float) -> None:
        self.instant += seconds
        self.deadlines.wake_due(self.now)

    async def start(self) -> None:
        self.policies.start(self.now)
        await self.until(lambda: self.changes)


@asynccontextmanager
async def asking(place: str) -> AsyncIterator[Asking]:
    made = Asking(place)
    try:
        yield made
    finally:
        await made.link.close()


def place_of(server: Server) -> str:
    return f"http://{server.http_listening}"


def test_policies_are_brought_ready_to_run_and_asked_for_once() -> None:
    async def test() -> None:
        async with operator() as (server, client), asking(place_of(server)) as node:
            await client.put(TOM, "hours", SCRIPT, priority=1)
            await client.put(TOM, "later", SCRIPT, valid_from="2027-01-01T00:00:00Z")
            await client.put("*before", "first", SCRIPT)
            await node.start()
            assert await node.answer() == ["first", "hours"]
            node.ask()
            assert node.said[-1] == ["first", "hours"], "at once, from what is kept"
            assert None not in node.scripts

    run(test())


def test_a_change_is_noticed_while_it_is_waited_for() -> None:
    async def test() -> None:
        async with operator() as (server, client), asking(place_of(server)) as node:
            await client.put(TOM, "hours", SCRIPT)
            await node.start()
            assert await node.answer() == ["hours"]
            node.pass_time(BETWEEN_POLLS)  # the poll that waits begins
            await client.put(TOM, "hours", NOTIFYING, if_match="*")
            await node.until(lambda: len(node.changes) == 2)
            assert node.changes[-1] == frozenset({TOM})
            assert await node.answer() == []

    run(test())


class Imposter:
    """A server that answers each connection with the same bytes, or with none."""

    def __init__(self, said: bytes | None) -> None:
        self.said = said
        self.port = 0
        self.asked, self.gone = asyncio.Event(), asyncio.Event()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.said is None:
            while await reader.read(1000):
                self.asked.set()
            self.gone.set()
        else:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(self.said)
        writer.close()


def http(status: int, body: str) -> bytes:
    return f"HTTP/1.1 {status} Whatever\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()


DATE = (
    '{"policies":[{"owner":"o","id":"i","name":"n","priority":0,"is_enabled":true,'
    '"valid_from":"soon","valid_until":null,"points":[],"etag":"1","script":"<cpl/>"}]}'
)
IMPOSTERS = [
    (b"", "hung up", "one that closes"),
    (http(500, ""), "500", "one that fails"),
    (http(500, '{"detail":"the disk is full"}'), "disk is full", "one that says why"),
    (http(401, '{"detail":"wrong token"}'), "wrong token", "one that does not know us"),
    (b"\x00garbage\r\n\r\n", "not HTTP", "one that speaks something else"),
    (http(200, "[]"), "does not answer as", "one that answers something else"),
    (http(200, DATE), "soon", "one that has other dates"),
    (http(304, ""), "still the same", "one that says nothing is new to who knows nothing"),
]


@pytest.mark.parametrize(
    "said, fault", [row[:2] for row in IMPOSTERS], ids=[row[2] for row in IMPOSTERS]
)
def test_a_server_that_answers_badly_fails_the_question_at_once(said: bytes, fault: str) -> None:
    async def test() -> None:
        async with Imposter(said) as server, asking(f"http://127.0.0.1:{server.port}") as node:
            assert fault in str(await node.answer())
            node.ask()
            assert len(node.said) == 2, "and from then on all of them"

    run(test())


def test_where_nobody_listens_the_question_fails_at_once() -> None:
    async def test() -> None:
        async with Imposter(b"") as server:
            place = f"http://127.0.0.1:{server.port}"
        async with asking(place) as node:
            assert "nobody listens" in str(await node.answer())

    run(test())


def test_a_server_that_never_answers_is_waited_for_as_long_as_is_set_and_then_left() -> None:
    async def test() -> None:
        async with Imposter(None) as server, asking(f"http://127.0.0.1:{server.port}") as node:
            node.ask()
            await asyncio.sleep(0)
            node.pass_time(TIMEOUT - 0.01)
            assert node.said == []
            node.pass_time(0.01)
            assert "2 s" in str(node.said[0])

    run(test())


def test_who_is_given_up_is_hung_up_on() -> None:
    async def test() -> None:
        async with Imposter(None) as server, asking(f"http://127.0.0.1:{server.port}") as node:
            node.ask()
            await server.asked.wait()
            assert not server.gone.is_set()
            node.pass_time(TIMEOUT)
            await server.gone.wait()

    run(test())


def test_a_server_that_comes_back_is_noticed_by_the_next_probe() -> None:
    async def test() -> None:
        server = Server(settings(), Silence())
        await server.start()
        assert server.http_listening is not None
        async with asking(place_of(server)) as node:
            await node.start()
            assert await node.answer() == []
            await server.stop()
            node.pass_time(BETWEEN_POLLS)
            await node.until(lambda: (Grade.ERROR, "out of order") in node.diary.events)
            assert "nobody listens" in str(await node.answer())
            async with Server(settings(f"http.listen={server.http_listening}"), Silence()):
                assert node.changes == [None]
                node.pass_time(RETRY)
                await node.until(lambda: len(node.changes) > 1)
                assert node.changes == [None, None]
                assert await node.answer() == []

    run(test())


# --- settings


def test_without_a_server_there_is_no_way() -> None:
    assert policy_link(load(None, {}, [])) is None


WAYS = [
    (("policy.server=http://127.0.0.1:8181",), True, "this machine"),
    (("policy.server=http://localhost:8181",), True, "by its name"),
    (("policy.server=http://192.0.2.1:8181",), False, "another without TLS"),
    (("policy.server=http://policy.example.com",), False, "another by its name"),
    (("policy.server=http://192.0.2.1", "http.insecure=true"), True, "in a lab"),
    (("policy.server=https://192.0.2.1",), True, "with TLS"),
    (("policy.server=https://192.0.2.1", "policy.authority=/nowhere"), False, "and no authority"),
]


@pytest.mark.parametrize(
    "assignments, is_taken", [row[:2] for row in WAYS], ids=[row[2] for row in WAYS]
)
def test_a_token_does_not_travel_in_clear_text(
    assignments: tuple[str, ...],
    is_taken: bool,  # noqa: FBT001 - a table
) -> None:
    if is_taken:
        assert policy_link(load(None, {}, assignments)) is not None
    else:
        with pytest.raises(CannotAsk) as refused:
            policy_link(load(None, {}, assignments))
        assert refused.value.remedy
