"""`kill -9` of a real server under load, again and again: nothing that was acknowledged is lost."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from tests.ports import free_port
from tests.process.crowd import Crowd
from tests.process.peer import Peer
from tests.process.server import ServerProcess


def rounds(folder: Path, number: int, seed: int, most: int = 500) -> None:
    """So many crashes at seeded moments, on one store; all is checked after each.

    Each run answers at most `most` requests before it is killed.
    """
    chance, port = Random(seed), free_port()
    with closing(Peer(port)) as peer:
        crowd = Crowd(peer, chance)
        for _ in range(number):
            with ServerProcess(folder / "state.db", port) as server:
                crowd.check()
                crowd.load(chance.randrange(most // 10, most))
                server.kill()
                crowd.struck()
                server.check_quiet()
        with ServerProcess(folder / "state.db", port) as server:
            crowd.check()
            server.check_quiet()


def many_at(port: int) -> list[str]:
    """Addresses that are listened at before the usual ones."""
    return [
        f"{transport}:127.0.0.{host}:{port}" for host in (2, 3, 4) for transport in ("udp", "tcp")
    ]


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_killed_under_load_a_server_loses_nothing_acknowledged(tmp_path: Path, seed: int) -> None:
    rounds(tmp_path, 3, seed)


def test_what_is_owed_from_before_leaves_when_all_sockets_are_open(tmp_path: Path) -> None:
    store, port = tmp_path / "state.db", free_port()
    many = many_at(port)
    with closing(Peer(port)) as peer:
        crowd = Crowd(peer, Random(3), presentities=3)
        with ServerProcess(store, port, before=many) as server:
            crowd.begin_all()
            server.kill()
            crowd.struck()
        with ServerProcess(store, port, before=many) as server:
            crowd.check()
            server.check_quiet()


def test_what_is_owed_to_a_socket_that_is_gone_hinders_nobody(tmp_path: Path) -> None:
    store, port = tmp_path / "state.db", free_port()
    many = many_at(port)
    with closing(Peer(port)) as peer:
        crowd = Crowd(peer, Random(3), presentities=3)
        with ServerProcess(store, port, before=many) as server:
            crowd.begin_all()
            server.kill()
            crowd.struck()
        with ServerProcess(store, port) as server:
            crowd.refresh()
            crowd.see_that_no_lamp_is_stuck(crowd.watchers)
            server.check_quiet()


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(10, 16))
def test_killed_ten_times_over_a_server_loses_nothing_acknowledged(
    tmp_path: Path, seed: int
) -> None:
    rounds(tmp_path, 10, seed)


@pytest.mark.soak
@pytest.mark.parametrize("seed", [20, 21])
def test_killed_after_its_log_was_copied_a_server_loses_nothing_acknowledged(
    tmp_path: Path, seed: int
) -> None:
    """A log is copied into the database after 4,096 pages."""
    rounds(tmp_path, 3, seed, most=30_000)
