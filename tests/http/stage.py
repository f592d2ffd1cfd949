"""An HTTP server on a loopback port, and peers that say to it exactly what a test wants."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hereabouts.base.journal import Grade
from hereabouts.http.connection import Answer, Bounds
from hereabouts.http.message import Request, Response
from hereabouts.http.server import HttpServer
from tests.net.stage import HOST


class Diary:
    """A journal that can be read."""

    def __init__(self) -> None:
        self.events: list[tuple[Grade, str]] = []

    def say(self, grade: Grade, event: str, **fields: object) -> None:
        self.events.append((grade, event))


async def echo(request: Request) -> Response:
    """Says what was asked."""
    said = f"{request.method} {'/'.join(request.path)} {request.query} ".encode()
    return Response(200, said + request.body, "text/plain", (("X-Served-By", "echo"),))


class Stage:
    """A server, and what became of it."""

    def __init__(self, answer: Answer, bounds: Bounds | None) -> None:
        self.diary = Diary()
        self.server = HttpServer(answer, self.diary, bounds)
        self.port = 0


@asynccontextmanager
async def stage(answer: Answer = echo, bounds: Bounds | None = None) -> AsyncIterator[Stage]:
    """A server that listens, closed at the end."""
    staged = Stage(answer, bounds)
    staged.port = await staged.server.listen(HOST, 0)
    try:
        yield staged
    finally:
        await staged.server.close()


class Peer:
    """A connection to the server, byte by byte."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def say(self, text: str | bytes) -> None:
        self.writer.write(text.encode() if isinstance(text, str) else text)

    async def head(self) -> str:
        """The next response's line and headers."""
        return (await self.reader.readuntil(b"\r\n\r\n")).decode()

    async def response(self) -> tuple[int, str]:
        """The next response's status and body."""
        head = await self.head()
        status = int(head.split()[1])
        length = next(
            (line for line in head.lower().splitlines() if line.startswith("content-length:")), ""
        )
        body = await self.reader.readexactly(int(length.partition(":")[2] or "0"))
        return status, body.decode()

    async def rest(self) -> bytes:
        """What comes until the server hangs up."""
        try:
            return await self.reader.read()
        except ConnectionError:
            return b""


@asynccontextmanager
async def peer(port: int) -> AsyncIterator[Peer]:
    """A connection of a test's own."""
    reader, writer = await asyncio.open_connection(HOST, port)
    try:
        yield Peer(reader, writer)
    finally:
        writer.transport.abort()
        await asyncio.sleep(0)
