"""`kill -9` of a real server under load, again and again: nothing that was acknowledged is lost."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from tests.process.crowd import Crowd
from tests.process.peer import Peer
from tests.process.server import ServerProcess, free_port


def rounds(folder: Path, number: int, seed: int) -> None:
    """So many crashes at seeded moments, on one store; all is checked after each."""
    chance, port = Random(seed), free_port()
    with closing(Peer(port)) as peer:
        crowd = Crowd(peer, chance)
        for _ in range(number):
            with ServerProcess(folder / "state.db", port) as server:
                crowd.check()
                crowd.load(chance.randrange(50, 500))
                server.kill()
                crowd.struck()
                assert "ERROR" not in server.log, server.log
        with ServerProcess(folder / "state.db", port):
            crowd.check()


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_killed_under_load_a_server_loses_nothing_acknowledged(tmp_path: Path, seed: int) -> None:
    rounds(tmp_path, 3, seed)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(10, 16))
def test_killed_ten_times_over_a_server_loses_nothing_acknowledged(
    tmp_path: Path, seed: int
) -> None:
    rounds(tmp_path, 10, seed)
