"""SIGTERM: the server ends soon, and its successor goes on as if nothing had been."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from tests.ports import free_port
from tests.process.crowd import Crowd
from tests.process.peer import Peer
from tests.process.server import ServerProcess


@pytest.mark.slow
@pytest.mark.parametrize("seed", [6, 7])
def test_ended_under_load_a_server_loses_nothing_acknowledged(tmp_path: Path, seed: int) -> None:
    chance, port = Random(seed), free_port()
    with closing(Peer(port)) as peer:
        crowd = Crowd(peer, chance)
        for _ in range(2):
            with ServerProcess(tmp_path / "state.db", port) as server:
                crowd.check()
                crowd.load(chance.randrange(50, 500))
                assert server.terminate() == 0, server.log
                crowd.struck()
                server.check_quiet()
                assert server.log.endswith("stopped")
        with ServerProcess(tmp_path / "state.db", port):
            crowd.check()


def test_after_a_restart_subscriptions_go_on_being_notified(tmp_path: Path) -> None:
    port = free_port()
    with closing(Peer(port)) as peer:
        crowd = Crowd(peer, Random(8), presentities=4)
        with ServerProcess(tmp_path / "state.db", port) as server:
            crowd.begin_all()
            crowd.see_that_no_lamp_is_stuck(crowd.watchers)
            assert server.terminate() == 0
            crowd.struck()
        with ServerProcess(tmp_path / "state.db", port):
            crowd.publish()
            crowd.see_that_no_lamp_is_stuck([w for w in crowd.watchers if not w.is_stream])
            crowd.refresh()  # by a new connection
            crowd.see_that_no_lamp_is_stuck(crowd.watchers)
