"""A disk that is really full, at the start and under load; it takes root to mount a small one."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from tests.ports import free_port
from tests.process.crowd import Crowd
from tests.process.peer import Peer
from tests.process.server import ServerProcess

BLOCK = 4096
SIZE = 4 * 1024 * 1024


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a file system of 4 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "none", str(folder)]
    if os.geteuid() or subprocess.run(mount, check=False).returncode:
        pytest.skip("a small disk can be mounted by root only")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(disk: Path, left: int) -> Path:
    """A file that leaves so many bytes of the disk."""
    filler = disk / "filler"
    state = os.statvfs(disk)
    filler.write_bytes(bytes(state.f_bavail * state.f_frsize - left))
    return filler


@pytest.mark.slow
@pytest.mark.parametrize("left", [0, 36 * 1024, 40 * 1024, 44 * 1024])
def test_on_a_full_disk_a_server_starts_whole_or_not_at_all(disk: Path, left: int) -> None:
    store, port = disk / "state.db", free_port()
    with closing(Peer(port)) as peer:
        crowd = Crowd(peer, Random(left), presentities=3)
        with ServerProcess(store, port) as server:
            crowd.begin_all()
            server.kill()
            crowd.struck()
        filler = fill(disk, left)
        server = ServerProcess(store, port)
        is_serving = server.is_serving()
        filler.unlink()
        if is_serving:
            crowd.check()
            server.kill()
            crowd.struck()
        else:
            assert server.exit_code() == 1
            assert "is full" in server.log
            assert "Traceback" not in server.log
        with ServerProcess(store, port):
            crowd.check()


@pytest.mark.slow
def test_a_disk_that_fills_up_costs_nothing_that_was_acknowledged(disk: Path) -> None:
    store, port = disk / "state.db", free_port()
    with closing(Peer(port)) as peer:
        crowd = Crowd(peer, Random(1), presentities=3)
        with ServerProcess(store, port) as server:
            crowd.begin_all()
            filler = fill(disk, 0)
            for publisher in crowd.publishers:
                while publisher.publish() and publisher.answered().status == 200:
                    pass  # the log has room left in its last block
            server.wait_for("is full")
            assert "Traceback" not in server.log
            filler.unlink()
            crowd.check()
            server.kill()
            crowd.struck()
        with ServerProcess(store, port):
            crowd.check()
