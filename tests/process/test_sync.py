"""Under strace: no 2xx leaves before the fdatasync that makes its change durable has returned."""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from tests.ports import free_port
from tests.process.crowd import Crowd
from tests.process.peer import Peer
from tests.process.server import ServerProcess
from tests.process.trace import STRACE, Call, answers, durable_length, early, read_trace

pytestmark = [pytest.mark.slow, pytest.mark.needs("strace")]


SLOW_DISK = "--inject=fdatasync:delay_enter=50ms"
"Each sync takes so long that many changes wait for it."


def traced(store: Path, port: int, *options: str) -> ServerProcess:
    """A server that writes what it does into a file beside the store."""
    return ServerProcess(store, port, prefix=[*STRACE, f"--output={store}.trace", *options])


def calls_of(store: Path) -> list[Call]:
    """What the traced server of this store did."""
    with Path(f"{store}.trace").open(encoding="ascii") as lines:
        return read_trace(lines)


def test_alone_each_answer_waits_for_its_own_sync(tmp_path: Path) -> None:
    store, port = tmp_path / "state.db", free_port()
    with closing(Peer(port)) as peer, traced(store, port) as server:
        crowd = Crowd(peer, Random(3), presentities=4)
        for client in crowd.clients * 2:
            client.begin(crowd.chance)
            crowd.settle()
        server.terminate()
    calls = calls_of(store)
    assert early(calls) == []
    tags = {tag for _, tag in answers(calls)}
    assert len(tags) == 2 * len(crowd.publishers + crowd.phones) + len(crowd.watchers)


def test_in_a_crowd_no_answer_leaves_before_its_sync(tmp_path: Path) -> None:
    store, port = tmp_path / "state.db", free_port()
    with closing(Peer(port)) as peer, traced(store, port) as server:
        Crowd(peer, Random(4)).load(400)
        server.kill()
    calls = calls_of(store)
    assert early(calls) == []
    # What the last call sent before the kill is not written down, and it may be a whole batch.
    assert len(list(answers(calls))) >= 400 - 32


def test_the_log_cut_at_its_last_sync_holds_all_that_was_acknowledged(tmp_path: Path) -> None:
    cut_power(tmp_path, 5)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(30, 40))
def test_a_log_cut_anywhere_holds_all_that_was_acknowledged(tmp_path: Path, seed: int) -> None:
    cut_power(tmp_path, seed)


def cut_power(folder: Path, seed: int) -> None:
    """Kill a server on a slow disk, let what was not synced be lost, and check all."""
    store, port = folder / "state.db", free_port()
    with closing(Peer(port)) as peer:
        crowd = Crowd(peer, Random(seed))
        with traced(store, port, SLOW_DISK) as server:
            crowd.load(150 + seed)
            server.kill()
            crowd.struck()
        after_power_cut = cut(store, durable_length(calls_of(store)))
        with ServerProcess(after_power_cut, port):
            crowd.check()


def cut(store: Path, length: int) -> Path:
    """A copy of a database whose log has lost all but its first `length` bytes."""
    copy = store.with_name("after.db")
    shutil.copy(store, copy)
    log = Path(f"{store}-wal").read_bytes()
    assert len(log) >= length > 0
    Path(f"{copy}-wal").write_bytes(log[:length])
    return copy
