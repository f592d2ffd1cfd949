"""One connection: requests in, responses out, and what a peer may not do."""

from __future__ import annotations

import asyncio
import re

import pytest

from hereabouts.http.connection import Bounds
from hereabouts.http.message import Request, Response
from tests.http.stage import peer, stage
from tests.net.stage import run

GET = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n"
NARROW = Bounds(max_head=512, max_body=64)


def test_requests_on_one_connection_are_answered_in_order() -> None:
    async def test() -> None:
        async with stage() as staged, peer(staged.port) as client:
            client.say(GET)
            assert await client.response() == (200, "GET a {} ")
            client.say("PUT /b?c=d HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nxyz")
            assert await client.response() == (200, "PUT b {'c': 'd'} xyz")

    run(test())


def test_requests_that_come_at_once_are_answered_one_after_the_other() -> None:
    async def test() -> None:
        async with stage() as staged, peer(staged.port) as client:
            client.say(GET + GET.replace("/a", "/b") + GET.replace("/a", "/c"))
            answers = [(await client.response())[1] for _ in range(3)]
            assert answers == ["GET a {} ", "GET b {} ", "GET c {} "]

    run(test())


def test_what_comes_while_an_answer_is_sought_waits() -> None:
    async def test() -> None:
        begun, going_on = asyncio.Event(), asyncio.Event()
        asked: list[str] = []

        async def slow(request: Request) -> Response:
            asked.append(request.path[0])
            begun.set()
            await going_on.wait()
            return Response(204)

        async with stage(slow) as staged, peer(staged.port) as client:
            client.say(GET)
            await begun.wait()
            client.say(GET.replace("/a", "/b"))
            for _ in range(20):
                await asyncio.sleep(0)
            assert asked == ["a"]
            going_on.set()
            assert (await client.response())[0] == 204
            assert (await client.response())[0] == 204

    run(test())


def test_a_body_in_chunks_is_whole() -> None:
    async def test() -> None:
        async with stage() as staged, peer(staged.port) as client:
            client.say("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
            client.say("2\r\nab\r\n1\r\nc\r\n0\r\n\r\n")
            assert (await client.response())[1].endswith("abc")

    run(test())


def test_a_response_says_its_reason_and_date_and_that_nobody_is_to_keep_it() -> None:
    async def test() -> None:
        async with stage() as staged, peer(staged.port) as client:
            client.say(GET)
            head = await client.head()
            assert head.startswith("HTTP/1.1 200 OK\r\n")
            assert re.search(r"\r\nDate: \w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT\r\n", head)
            assert "\r\nCache-Control: no-store\r\n" in head

    run(test())


def test_head_has_the_length_and_not_the_body() -> None:
    async def test() -> None:
        async with stage() as staged, peer(staged.port) as client:
            client.say(GET.replace("GET", "HEAD") + GET)
            assert "content-length: 10\r\n" in (await client.head()).lower()
            assert (await client.head()).startswith("HTTP/1.1 200 ")

    run(test())


def test_who_waits_to_be_told_to_go_on_is_told() -> None:
    async def test() -> None:
        async with stage() as staged, peer(staged.port) as client:
            client.say("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n")
            client.say("Expect: 100-continue\r\n\r\n")
            assert (await client.head()).startswith("HTTP/1.1 100 ")
            client.say("hi")
            assert (await client.response())[1].endswith("hi")

    run(test())


REFUSED = [
    ("what is this\r\n\r\n", 400, "no HTTP at all"),
    ("GET / HTTP/1.1\r\n\r\n", 400, "a request without Host"),
    ("GET nowhere HTTP/1.1\r\nHost: h\r\n\r\n", 400, "a target that is no path"),
    ("GET /" + "a" * 600, 431, "a head that goes on for ever"),
    ("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 65\r\n\r\n", 413, "a body too long"),
    (
        "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n41\r\n" + "a" * 65,
        413,
        "a body too long that has not said so",
    ),
    ("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\n\r\n", 400, "a length that is none"),
    (
        "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: gzip\r\n\r\n",
        501,
        "an encoding that nobody knows",
    ),
]


@pytest.mark.parametrize("said, status", [row[:2] for row in REFUSED], ids=[r[2] for r in REFUSED])
def test_what_cannot_be_taken_is_answered_and_the_connection_closed(said: str, status: int) -> None:
    async def test() -> None:
        async with stage(bounds=NARROW) as staged, peer(staged.port) as client:
            client.say(said)
            got, body = await client.response()
            assert got == status
            assert f'"status":{status}' in body
            client.say(GET)
            assert await client.rest() == b""

    run(test())


def test_who_asks_for_it_is_hung_up_on() -> None:
    async def test() -> None:
        async with stage() as staged, peer(staged.port) as client:
            client.say("GET / HTTP/1.0\r\n\r\n")
            assert (await client.rest()).startswith(b"HTTP/1.1 200 ")

    run(test())


SLOW = [
    ("GET / HTTP/1.1\r\nHos", "a head that stops"),
    ("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc", "a body that stops"),
    ("", "a connection on which nothing comes"),
]


@pytest.mark.parametrize("said", [row[0] for row in SLOW], ids=[row[1] for row in SLOW])
def test_what_does_not_arrive_in_time_is_given_up(said: str) -> None:
    async def test() -> None:
        bounds = Bounds(arrival=0.05)
        async with stage(bounds=bounds) as staged, peer(staged.port) as client:
            client.say(said)
            assert await client.rest() == b""

    run(test())


def test_drops_of_a_request_do_not_lengthen_its_time() -> None:
    async def test() -> None:
        bounds = Bounds(arrival=0.1)
        async with stage(bounds=bounds) as staged, peer(staged.port) as client:
            while not client.reader.at_eof():
                client.say("X")
                with_end = asyncio.create_task(client.rest())
                await asyncio.wait({with_end}, timeout=0.02)
                if with_end.done():
                    break
                with_end.cancel()

    run(test())


def test_a_connection_that_is_silent_between_requests_is_closed() -> None:
    async def test() -> None:
        bounds = Bounds(idle=0.05)
        async with stage(bounds=bounds) as staged, peer(staged.port) as client:
            client.say(GET)
            assert (await client.response())[0] == 200
            assert await client.rest() == b""

    run(test())


def test_nobody_goes_on_for_a_peer_who_has_gone() -> None:
    async def test() -> None:
        begun, ended = asyncio.Event(), asyncio.Event()

        async def endless(_request: Request) -> Response:
            begun.set()
            try:
                await asyncio.Event().wait()
            finally:
                ended.set()
            raise AssertionError

        async with stage(endless) as staged:
            async with peer(staged.port) as client:
                client.say(GET)
                await begun.wait()
            await ended.wait()

    run(test())
