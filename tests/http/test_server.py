"""The server: where it listens, whom it admits, and how it ends."""

from __future__ import annotations

import asyncio
import socket

import pytest

from hereabouts.base.journal import Grade
from hereabouts.http import server as module
from hereabouts.http.connection import Bounds, Connection
from hereabouts.http.message import Problem, Request, Response
from hereabouts.http.server import CannotServe, HttpServer
from tests.http.stage import Diary, echo, peer, stage
from tests.net.stage import HOST, run

GET = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n"


async def decline(_request: Request) -> Response:
    raise Problem(409, "not now")


async def fail(_request: Request) -> Response:
    raise ZeroDivisionError


async def never(_request: Request) -> Response:
    await asyncio.Event().wait()
    raise AssertionError


def test_what_is_declined_is_said_as_a_problem() -> None:
    async def test() -> None:
        async with stage(decline) as staged, peer(staged.port) as client:
            client.say(GET)
            assert await client.response() == (
                409,
                '{"title":"Conflict","status":409,"detail":"not now"}',
            )

    run(test())


def test_a_fault_of_ours_is_a_500_without_its_reason_and_in_the_log() -> None:
    async def test() -> None:
        async with stage(fail) as staged, peer(staged.port) as client:
            client.say(GET)
            status, body = await client.response()
            assert status == 500
            assert "ZeroDivision" not in body
            assert staged.diary.events == [(Grade.ERROR, "a fault of the program")]

    run(test())


def test_an_answer_that_is_not_found_in_time_is_a_503(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LONGEST_ANSWER", 0.02)

    async def test() -> None:
        async with stage(never) as staged, peer(staged.port) as client:
            client.say(GET)
            head = await client.head()
            assert head.startswith("HTTP/1.1 503 ")
            assert "retry-after: 5" in head.lower()

    run(test())


@pytest.mark.parametrize(
    "bounds",
    [
        pytest.param(Bounds(max_connections=2), id="in all"),
        pytest.param(Bounds(max_connections_per_source=2), id="from one address"),
    ],
)
def test_one_connection_too_many_is_closed_and_the_others_are_served(bounds: Bounds) -> None:
    async def test() -> None:
        async with stage(bounds=bounds) as staged:
            async with peer(staged.port) as first, peer(staged.port) as second:
                for client in (first, second):
                    client.say(GET)
                    assert (await client.response())[0] == 200
                async with peer(staged.port) as third:
                    assert await third.rest() == b""
            async with peer(staged.port) as again:
                again.say(GET)
                assert (await again.response())[0] == 200

    run(test())


# --- where it listens


def test_a_port_in_use_is_said_with_its_remedy() -> None:
    async def test() -> None:
        async with stage() as staged:
            with pytest.raises(CannotServe, match="in use") as refused:
                await HttpServer(echo, Diary()).listen(HOST, staged.port)
            assert "http.listen" in refused.value.remedy

    run(test())


WHERE = [
    ("0.0.0.0", False, False, "all addresses of a machine are not its own alone"),  # noqa: S104
    ("0.0.0.0", True, True, "unless the operator says that it is a lab"),  # noqa: S104
    ("127.0.0.1", False, True, "what stays on the machine needs no TLS"),
    ("localhost", False, True, "by its name as well"),
]


@pytest.mark.parametrize(
    "host, insecure, is_served", [row[:3] for row in WHERE], ids=[row[3] for row in WHERE]
)
def test_passwords_do_not_travel_in_clear_text(
    host: str,
    insecure: bool,  # noqa: FBT001 - a table
    is_served: bool,  # noqa: FBT001 - a table
) -> None:
    async def test() -> None:
        server = HttpServer(echo, Diary())
        if is_served:
            assert await server.listen(host, 0, insecure=insecure)
        else:
            with pytest.raises(CannotServe, match="clear text") as refused:
                await server.listen(host, 0, insecure=insecure)
            assert "http.certificate" in refused.value.remedy
        await server.close()

    run(test())


# --- the end


def test_an_answer_under_way_still_leaves_and_silent_connections_do_not_delay_the_end() -> None:
    async def test() -> None:
        begun, going_on = asyncio.Event(), asyncio.Event()

        async def slow(request: Request) -> Response:
            begun.set()
            await going_on.wait()
            return await echo(request)

        async with stage(slow) as staged, peer(staged.port) as client, peer(staged.port) as silent:
            client.say(GET)
            await begun.wait()
            ending = asyncio.create_task(staged.server.close())
            assert await silent.rest() == b""
            going_on.set()
            head = await client.head()
            assert head.startswith("HTTP/1.1 200 ")
            assert "connection: close" in head.lower()
            client.writer.close()
            silent.writer.close()
            await ending

    run(test())


def test_who_comes_while_it_ends_is_not_served() -> None:
    """Else a node that asks would take an ended server for one that has no news."""

    async def test() -> None:
        async with stage() as staged:
            late = Connection(staged.server)
            assert staged.server.admit(late, HOST)
            staged.server.lost(late)
            await staged.server.close()
            assert not staged.server.admit(late, HOST)

    run(test())


def test_nobody_keeps_the_server_from_ending(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FAREWELL", 0.02)

    async def test() -> None:
        async with stage(never) as staged, peer(staged.port) as client:
            client.say(GET)
            await staged.server.close()
            assert await client.rest() == b""
            with socket.socket() as free:
                free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                free.bind((HOST, staged.port))

    run(test())
