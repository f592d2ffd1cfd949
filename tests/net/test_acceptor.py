"""Connections as they come to a listening socket."""

from __future__ import annotations

import asyncio
import errno
import socket
from typing import ClassVar

import pytest

from hereabouts.net import acceptor
from hereabouts.net.acceptor import Acceptor
from tests.net.stage import HOST, run


class Exhausted(socket.socket):
    """A listening socket of a machine that has no room for some time, or of one that fails."""

    faults: ClassVar[list[OSError]] = []
    asked = asyncio.Event()

    def accept(self) -> tuple[socket.socket, tuple[str, int]]:
        Exhausted.asked.set()
        if Exhausted.faults:
            raise Exhausted.faults.pop()
        return super().accept()


async def accepted_after(*faults: OSError) -> str:
    """The address of a peer who comes after these faults."""
    Exhausted.faults[:] = faults
    came: asyncio.Queue[tuple[socket.socket, str]] = asyncio.Queue()
    with Exhausted() as opened:
        opened.setblocking(False)  # noqa: FBT003 - positional only
        opened.bind((HOST, 0))
        taking = Acceptor(opened, lambda taken, host: came.put_nowait((taken, host)))
        taking.start()
        with socket.create_connection(opened.getsockname()):
            taken, host = await came.get()
            assert not taken.getblocking()
            taken.close()
        taking.stop()
    return host


def test_each_connection_is_handed_on_with_the_address_of_its_peer() -> None:
    assert run(accepted_after()) == HOST


def test_a_machine_without_room_is_asked_again_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acceptor, "PAUSE", 0.01)
    assert run(accepted_after(OSError(errno.EMFILE, "too many open files"))) == HOST


def test_who_hung_up_before_he_was_taken_is_not_missed() -> None:
    assert run(accepted_after(ConnectionAbortedError())) == HOST


def test_another_fault_is_told_to_the_loop_and_the_next_connection_taken() -> None:
    async def test() -> list[object]:
        faults: list[object] = []
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: faults.append(context["exception"]))
        assert await accepted_after(fault) == HOST
        return faults

    fault = OSError(errno.EPERM, "a firewall")
    assert run(test()) == [fault]


def test_nothing_is_taken_once_it_has_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acceptor, "PAUSE", 0.0)

    async def test() -> None:
        Exhausted.faults[:] = [OSError(errno.EMFILE, "too many open files")]
        Exhausted.asked = asyncio.Event()
        with Exhausted() as opened:
            opened.setblocking(False)  # noqa: FBT003 - positional only
            opened.bind((HOST, 0))
            came: list[str] = []
            taking = Acceptor(opened, lambda _taken, host: came.append(host))
            taking.start()
            with socket.create_connection(opened.getsockname()):
                await Exhausted.asked.wait()
                taking.stop()  # during its pause
                for _ in range(3):  # rounds of the loop, in which it would go on
                    await asyncio.sleep(0)
            assert came == []

    run(test())
