"""The client: what it makes of answers, good and bad, and which connections it keeps."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.base.refusal import Malformed
from hereabouts.http import client as module
from hereabouts.http.client import HttpClient, NoAnswer, Place
from hereabouts.http.connection import Bounds
from hereabouts.http.message import Request, Response
from tests.http.stage import stage
from tests.net.stage import HOST, run

PLACES = [
    ("http://127.0.0.1:8181", Place("127.0.0.1", 8181, is_secure=False), "an address and a port"),
    ("http://policy.example.com/", Place("policy.example.com", 80, is_secure=False), "a name"),
    ("https://[::1]", Place("::1", 443, is_secure=True), "TLS has a port of its own"),
]


@pytest.mark.parametrize("text, place", [r[:2] for r in PLACES], ids=[r[2] for r in PLACES])
def test_a_url_names_a_place(text: str, place: Place) -> None:
    assert Place.parse(text) == place


NO_PLACES = ["", "127.0.0.1:8181", "ftp://a", "http://", "http://a:b", "http://a/b", "http://a?b"]


@pytest.mark.parametrize("text", [*NO_PLACES, "http://u:p@a", "http://a:70000", "http://[::1"])
def test_what_names_no_place_is_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        Place.parse(text)


@given(st.text())
def test_any_text_is_a_place_or_malformed(text: str) -> None:
    with contextlib.suppress(Malformed):
        Place.parse(text)


def test_the_authority_of_an_address_has_brackets_where_they_belong() -> None:
    assert Place("::1", 80, is_secure=False).authority == "[::1]:80"


@asynccontextmanager
async def asking(port: int) -> AsyncIterator[HttpClient]:
    client = HttpClient(Place(HOST, port, is_secure=False))
    try:
        yield client
    finally:
        await client.close()


def test_what_is_asked_is_answered_with_status_headers_and_body() -> None:
    async def test() -> None:
        async with stage() as staged, asking(staged.port) as client:
            said = await client.ask("PUT", "/a?b=c", [("If-Match", "*")], b"body")
            assert (said.status, said.body) == (200, b"PUT a {'b': 'c'} body")
            assert (said.content_type, said.header("x-served-by")) == ("text/plain", "echo")

    run(test())


def test_one_connection_serves_one_question_after_the_other() -> None:
    async def test() -> None:
        async with stage(bounds=Bounds(max_connections=1)) as staged, asking(staged.port) as client:
            for _ in range(3):
                assert (await client.ask("GET", "/")).status == 200

    run(test())


def test_questions_at_once_do_not_wait_for_each_other() -> None:
    async def test() -> None:
        both = asyncio.Barrier(2)

        async def together(_request: Request) -> Response:
            await both.wait()
            return Response(204)

        async with stage(together) as staged, asking(staged.port) as client:
            said = await asyncio.gather(client.ask("GET", "/"), client.ask("GET", "/"))
            assert [response.status for response in said] == [204, 204]

    run(test())


def test_a_kept_connection_that_has_closed_is_not_missed() -> None:
    async def test() -> None:
        async with stage() as staged, asking(staged.port) as client:
            await client.ask("GET", "/")
            await staged.server.close()
            assert await staged.server.listen(HOST, staged.port)
            assert (await client.ask("GET", "/")).status == 200
            await staged.server.close()
            assert await staged.server.listen(HOST, staged.port)
            assert (await client.ask("POST", "/")).status == 200

    run(test())


def test_who_gives_up_leaves_no_connection_behind() -> None:
    async def test() -> None:
        gone = asyncio.Event()

        async def endless(_request: Request) -> Response:
            try:
                await asyncio.Event().wait()
            finally:
                gone.set()
            raise AssertionError

        async with stage(endless) as staged, asking(staged.port) as client:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.02):
                    await client.ask("GET", "/")
            await gone.wait()

    run(test())


BAD = [
    (b"", "a server that hangs up"),
    (b"HTTP/1.1 200 OK\r\nContent-Le", "or does so in the middle of the head"),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", "or of the body"),
    (b"SSH-2.0-OpenSSH\r\n", "a server of something else"),
    (b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 4000, "a head without an end"),
    (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 2000, "a body without an end"),
    (b"HTTP/1.1 101 Switching\r\n\r\n", "an offer that nobody asked for"),
]


@pytest.mark.parametrize("said", [row[0] for row in BAD], ids=[row[1] for row in BAD])
def test_what_is_no_answer_is_said_so(said: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BODY", 1000)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(said)
        writer.close()

    async def test() -> None:
        async with await asyncio.start_server(talk, HOST, 0) as server:
            port = server.sockets[0].getsockname()[1]
            async with asking(port) as client:
                with pytest.raises(NoAnswer):
                    await client.ask("GET", "/")

    run(test())


@pytest.mark.parametrize(
    "host, says",
    [
        pytest.param(HOST, "nobody listens", id="a port without a server"),
        pytest.param(64 * "x", "no connection", id="a name that cannot be one"),
    ],
)
def test_where_there_is_no_server_it_is_said(host: str, says: str) -> None:
    async def test() -> None:
        async with stage() as staged:
            port = staged.port
        with pytest.raises(NoAnswer, match=says):
            await HttpClient(Place(host, port, is_secure=False)).ask("GET", "/")

    run(test())
