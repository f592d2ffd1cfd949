"""A browser's end of a WebSocket, without a browser: `websockets` again, from the other side."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.typing import Subprotocol
from websockets.uri import parse_uri

from tests.net.stage import HOST, stream


class Browser:
    """One end of a connection; the test says what is sent, frame by frame."""

    def __init__(
        self, subprotocol: str | None = "sip", headers: Mapping[str, str] | None = None
    ) -> None:
        offered = [Subprotocol(subprotocol)] if subprotocol else None
        self.protocol = ClientProtocol(parse_uri("ws://example.com/"), subprotocols=offered)
        asked = self.protocol.connect()
        for name, value in (headers or {}).items():
            asked.headers[name] = value
        self.protocol.send_request(asked)
        self.response: Response | None = None
        self.frames: list[Frame] = []

    def said(self) -> bytes:
        """What is to be sent."""
        return b"".join(self.protocol.data_to_send())

    def hear(self, piece: bytes) -> None:
        """Take what the server has sent."""
        self.protocol.receive_data(piece)
        for event in self.protocol.events_received():
            if isinstance(event, Response):
                self.response = event
            elif isinstance(event, Frame):
                self.frames.append(event)

    @property
    def status(self) -> int:
        """What its handshake was answered."""
        assert self.response is not None
        return self.response.status_code

    def messages(self) -> list[tuple[Opcode, bytes]]:
        """What has come and is no control frame, once."""
        found = [(each.opcode, bytes(each.data)) for each in self.frames if each.opcode < 8]
        self.frames = [each for each in self.frames if each.opcode >= 8]
        return found


class Connected:
    """A browser with a real connection."""

    def __init__(
        self, browser: Browser, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.browser = browser
        self._reader = reader
        self._writer = writer
        self._waiting: list[bytes] = []

    def send(self, message: bytes) -> None:
        """Send a message as text."""
        self.browser.protocol.send_text(message)
        self.flush()

    def flush(self) -> None:
        """Send what there is to be sent."""
        self._writer.write(self.browser.said())

    async def receive(self) -> bytes:
        """The next message.

        Raises:
            EOFError: the connection is closed.
        """
        while not self._waiting:
            await self.hear()
            self._waiting += [data for _, data in self.browser.messages()]
        return self._waiting.pop(0)

    async def hear(self) -> None:
        """Wait for anything at all."""
        piece = await self._reader.read(65536)
        if not piece:
            raise EOFError
        self.browser.hear(piece)
        self.flush()


@asynccontextmanager
async def connected(
    port: int, browser: Browser | None = None, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Connected]:
    """A browser that has shaken hands, as far as it was let."""
    async with stream(port, HOST, tls) as (reader, writer):
        there = Connected(browser or Browser(), reader, writer)
        there.flush()
        while there.browser.response is None:
            await there.hear()
        yield there
