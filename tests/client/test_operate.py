"""The operator's commands: told to the running server, or done on the store of a stopped one."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from hereabouts.client import CommandFailed
from hereabouts.client.operate import operate as do
from hereabouts.client.operate import tell_running
from hereabouts.config import Settings
from hereabouts.storage.interface import StoreUnavailable
from tests.client.serving import folder, run, server


def settings_in(path: Path) -> Settings:
    return server(store=folder(path)).settings


def test_a_running_server_is_told(tmp_path: Path) -> None:
    async def test() -> None:
        async with server(store=folder(tmp_path), auth="digest") as serving:
            told = await asyncio.to_thread(
                do, serving.settings, "user add", user="alice", password="a"
            )
            assert told == "alice@example.com"
            assert await serving.command("user list") == ["alice@example.com"]

    run(test())


def test_only_one_who_runs_is_told_what_only_he_can_do(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    assert do(settings, "user add", user="alice", password="a")
    with pytest.raises(
        CommandFailed, match=r"nobody takes commands at .*; start `hereabouts edge`"
    ):
        tell_running(settings, "hereabouts edge", "user list")

    async def test() -> None:
        async with server(store=folder(tmp_path)) as serving:

            def tell(name: str) -> object:
                return tell_running(serving.settings, "hereabouts edge", name)

            assert await asyncio.to_thread(tell, "user list") == ["alice@example.com"]
            with pytest.raises(CommandFailed, match="there is no command"):
                await asyncio.to_thread(tell, "edge show")

    run(test())


def test_commands_at_once_get_each_its_own_reply(tmp_path: Path) -> None:
    async def test() -> None:
        async with server(store=folder(tmp_path)) as serving:
            names = [f"user{number}" for number in range(8)]
            told = await asyncio.gather(
                *(
                    asyncio.to_thread(do, serving.settings, "user add", user=name, password="a")
                    for name in names
                )
            )
            assert told == [f"{name}@example.com" for name in names]

    run(test())


def test_the_store_of_a_stopped_server_is_changed(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    assert do(settings, "user add", user="alice", password="a") == "alice@example.com"

    async def test() -> None:
        async with server(store=folder(tmp_path)) as serving:
            assert await serving.command("user list") == ["alice@example.com"]

    run(test())
    assert do(settings, "user remove", user="alice") == "alice@example.com"
    assert do(settings, "user list") == []


def test_a_socket_that_a_killed_server_has_left_means_that_none_runs(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as left:
        left.bind(settings.server.control_path)
    assert do(settings, "user add", user="alice", password="a") == "alice@example.com"


def test_what_is_refused_says_why_running_or_not(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    do(settings, "user add", user="alice", password="a")
    with pytest.raises(CommandFailed, match="there is no user bob@"):
        do(settings, "user remove", user="bob")

    async def test() -> None:
        async with server(store=folder(tmp_path)) as serving:
            with pytest.raises(CommandFailed, match="there is no user bob@"):
                await asyncio.to_thread(do, serving.settings, "user remove", user="bob")

    run(test())


def test_no_store_is_made_only_to_look_into_it(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    with pytest.raises(CommandFailed, match=r"no store .*h\.db; name it with --store"):
        do(settings, "user list")
    assert list(tmp_path.iterdir()) == []


def test_a_store_in_memory_is_gone_with_its_server(tmp_path: Path) -> None:
    settings = server().settings
    control = str(tmp_path / "control")
    settings = msgspec.structs.replace(
        settings, server=msgspec.structs.replace(settings.server, control=control)
    )
    with pytest.raises(CommandFailed, match="no server runs"):
        do(settings, "user add", user="alice", password="a")


def test_a_server_that_takes_commands_elsewhere_is_said(tmp_path: Path) -> None:
    async def test() -> None:
        async with server(store=folder(tmp_path)) as serving:
            other = msgspec.structs.replace(
                serving.settings.server, control=str(tmp_path / "elsewhere")
            )
            settings = msgspec.structs.replace(serving.settings, server=other)
            with pytest.raises(StoreUnavailable, match="already in use by process"):
                await asyncio.to_thread(do, settings, "user list")

    run(test())


def with_server_that(answers: Callable[[socket.socket], None], path: str) -> None:
    """Ask one that takes a connection, and then does as it is told."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
        listening.bind(path)
        listening.listen()

        def serve() -> None:
            peer, _ = listening.accept()
            with peer:
                answers(peer)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            do(settings_in(Path(path).parent), "user list")
        finally:
            thread.join()


@pytest.mark.parametrize("half", [b"", b'{"ok": '])
def test_a_server_that_hangs_up_is_said(tmp_path: Path, half: bytes) -> None:
    def answers(peer: socket.socket) -> None:
        peer.recv(100)
        peer.sendall(half)

    with pytest.raises(CommandFailed, match="hung up; its log says why"):
        with_server_that(answers, str(tmp_path / "h.db.sock"))


def test_a_server_that_is_killed_meanwhile_is_said(tmp_path: Path) -> None:
    """What it has not read makes the connection end with a reset."""
    with pytest.raises(CommandFailed, match="hung up"):
        with_server_that(lambda peer: None, str(tmp_path / "h.db.sock"))


def test_a_server_that_does_not_answer_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hereabouts.client.operate.PATIENCE", 0.1)

    def waits(peer: socket.socket) -> None:
        while peer.recv(100):
            pass

    with pytest.raises(CommandFailed, match="does not answer"):
        with_server_that(waits, str(tmp_path / "h.db.sock"))


def test_a_path_that_cannot_be_one_is_said(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 200)
    with pytest.raises(CommandFailed, match="cannot speak to the server"):
        do(settings_in(deep), "user list")


def test_a_store_that_cannot_be_written_says_what_to_do(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    small = msgspec.structs.replace(settings.server, max_store_pages=1)
    with pytest.raises(StoreUnavailable) as refused:
        do(
            msgspec.structs.replace(settings, server=small),
            "user add",
            user="alice" * 5000,
            password="a",
        )
    assert refused.value.remedy
