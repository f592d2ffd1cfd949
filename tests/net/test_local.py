"""The local socket: only its owner opens it, a line in, a line out."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import stat
from pathlib import Path

import pytest

from hereabouts.net.local import LONGEST, Control
from hereabouts.sip.flow import Flow
from tests.net.stage import closed, run


class Taken:
    """What a control socket hands on."""

    def __init__(self, path: Path) -> None:
        self.lines: asyncio.Queue[tuple[bytes, Flow]] = asyncio.Queue()
        self.control = Control(path, lambda line, flow: self.lines.put_nowait((line, flow)))


def test_nobody_else_may_open_it(tmp_path: Path) -> None:
    async def test() -> None:
        path = tmp_path / "control"
        taken = Taken(path)
        await taken.control.start()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        await taken.control.close()
        assert not path.exists()
        await taken.control.close()  # somebody removed it before us

    run(test())


def test_a_socket_that_a_killed_server_has_left_is_replaced(tmp_path: Path) -> None:
    async def test() -> None:
        path = tmp_path / "control"
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as left:
            left.bind(str(path))
        taken = Taken(path)
        await taken.control.start()
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(b"hello\n")
        assert (await taken.lines.get())[0] == b"hello\n"
        await closed(writer)
        assert await reader.read() == b""
        await taken.control.close()

    run(test())


def test_a_file_that_is_no_socket_is_left_alone(tmp_path: Path) -> None:
    async def test() -> None:
        path = tmp_path / "precious.db"
        path.write_text("users", encoding="utf-8")
        with pytest.raises(OSError, match="in use"):
            await Taken(path).control.start()
        assert path.read_text(encoding="utf-8") == "users"

    run(test())


def test_two_who_ask_at_once_get_each_his_own_reply(tmp_path: Path) -> None:
    async def test() -> None:
        path = tmp_path / "control"
        taken = Taken(path)
        await taken.control.start()
        peers = [await asyncio.open_unix_connection(path) for _ in range(2)]
        asked = {}
        for number, (_, writer) in enumerate(peers):
            writer.write(b"%d\n" % number)
            line, flow = await taken.lines.get()
            assert flow.transport == "CONTROL"
            asked[line] = flow
        for line, flow in reversed(asked.items()):
            taken.control.send(flow.connection, b"to " + line)
        for number, (reader, writer) in enumerate(peers):
            assert await reader.readline() == b"to %d\n" % number
            await closed(writer)
        await taken.control.close()

    run(test())


def test_several_commands_come_by_one_connection(tmp_path: Path) -> None:
    async def test() -> None:
        taken = Taken(tmp_path / "control")
        await taken.control.start()
        _, writer = await asyncio.open_unix_connection(tmp_path / "control")
        writer.write(b"one\ntwo\nthree")
        assert [(await taken.lines.get())[0] for _ in range(2)] == [b"one\n", b"two\n"]
        writer.write_eof()
        assert (await taken.lines.get())[0] == b"three"
        await closed(writer)
        await taken.control.close()

    run(test())


def test_one_who_has_gone_is_not_missed(tmp_path: Path) -> None:
    async def test() -> None:
        taken = Taken(tmp_path / "control")
        await taken.control.start()
        reader, writer = await asyncio.open_unix_connection(tmp_path / "control")
        writer.write(b"one\n")
        _, flow = await taken.lines.get()
        writer.write_eof()
        assert await reader.read() == b""
        taken.control.send(flow.connection, b"too late\n")
        await closed(writer)
        await taken.control.close()

    run(test())


def test_a_line_that_never_ends_is_not_collected(tmp_path: Path) -> None:
    async def test() -> None:
        taken = Taken(tmp_path / "control")
        await taken.control.start()
        reader, writer = await asyncio.open_unix_connection(tmp_path / "control")
        writer.write(b"x" * (4 * LONGEST))
        with contextlib.suppress(ConnectionResetError):
            assert await reader.read() == b""
        assert taken.lines.empty()
        await closed(writer)
        await taken.control.close()

    run(test())
