"""The local socket by which commands reach a running server: a line in, a line out."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable
from itertools import count
from pathlib import Path

from hereabouts.sip.flow import Flow

CONTROL = "CONTROL"
"The transport of flows to those who command."

LONGEST = 524288
"Bytes of a command line: the longest script fits in, with every character escaped."


class Control:
    """Listens at a path that only its owner can open."""

    def __init__(self, path: Path, take: Callable[[bytes, Flow], None]) -> None:
        self._path = path
        self._take = take
        self._numbers = count(1)
        self._writers: dict[int, asyncio.StreamWriter] = {}
        self._server: asyncio.AbstractServer | None = None

    async def start(self) -> None:
        """Begin; a socket that a killed server has left is removed.

        Raises:
            OSError: the path cannot be bound.
        """
        if self._path.is_socket():
            self._path.unlink()
        before = os.umask(0o177)
        try:
            self._server = await asyncio.start_unix_server(self._serve, self._path, limit=LONGEST)
        finally:
            os.umask(before)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = next(self._numbers)
        self._writers[number] = writer
        flow = Flow(CONTROL, "", 0, "", 0, number)
        with contextlib.suppress(OSError, ValueError, asyncio.CancelledError):
            while line := await reader.readline():
                self._take(line, flow)
        self._writers.pop(number, None)
        writer.close()

    def send(self, number: int, payload: bytes) -> None:
        """Reply to whoever asked; one who has gone is not missed."""
        writer = self._writers.get(number)
        if writer is not None:
            writer.write(payload)

    async def close(self) -> None:
        """Take no more commands, and remove the socket."""
        if self._server is not None:
            self._server.close()
        for writer in list(self._writers.values()):
            writer.close()
        with contextlib.suppress(FileNotFoundError):
            self._path.unlink()
