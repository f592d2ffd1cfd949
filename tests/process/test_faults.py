"""Full, locked, damaged, failing: never a wrong 200, never a crash, and words that help."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from tests.ports import free_port
from tests.process.clients import Publisher
from tests.process.crowd import Crowd
from tests.process.message import Message
from tests.process.peer import Peer
from tests.process.server import ServerProcess
from tests.process.trace import STRACE

PAGE = 4096
LONG = "x" * 20_000
"Filling for documents: five pages of the store."


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def peer(port: int) -> Iterator[Peer]:
    with closing(Peer(port)) as peer:
        yield peer


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


def publisher(peer: Peer, name: str = "pat") -> Publisher:
    return Publisher(peer, name, f"pub-{name}", is_stream=False)


def told(who: Publisher, filling: str = "") -> Message:
    """The answer to a new publication; a 200 is remembered."""
    who.publish(filling)
    return who.answered()


def check_all_live(publishers: list[Publisher]) -> None:
    """Each of their publications can be refreshed: it is there, and its entity-tag counts."""
    for one in publishers:
        one.refresh()
        assert one.answered().status == 200


def check_refused(answer: Message) -> None:
    assert answer.status == 503
    assert int(answer["retry-after"]) > 0


def check_log(server: ServerProcess, *words: str) -> None:
    """An ERROR line says each of these, and nothing looks like a crash."""
    server.wait_for(words[0])  # the log is read beside the answers: its line may come later
    lines = [line for line in server.log.splitlines() if " ERROR " in line]
    assert [line for line in lines if all(word in line for word in words)], server.log
    assert "Traceback" not in server.log


def check_start_fails(store: Path, port: int, *words: str) -> None:
    """A server on this store ends at once with code 1 and two lines that say each of these."""
    server = ServerProcess(store, port)
    assert server.exit_code() == 1
    assert server.log.startswith("hereabouts: ")
    assert "Traceback" not in server.log
    assert len(server.log.splitlines()) == 2, server.log
    for word in words:
        assert word in server.log


def filled(peer: Peer) -> list[Publisher]:
    """Publishers whose documents fill the store; the last of them was refused."""
    publishers: list[Publisher] = []
    while True:
        publishers.append(publisher(peer, f"fat{len(publishers)}"))
        answer = told(publishers[-1], LONG)
        if answer.status != 200:
            check_refused(answer)
            return publishers


def test_a_full_store_refuses_and_takes_again_what_fits(store: Path, port: int, peer: Peer) -> None:
    with ServerProcess(store, port, assignments=["server.max_store_pages=50"]) as server:
        *kept, refused = filled(peer)
        assert len(kept) > 4
        check_log(server, "is full", "free space")
        check_all_live(kept)
        for one in kept[:3]:
            one.remove()
            assert one.answered().status == 200
        assert told(refused, LONG).status == 200
    with ServerProcess(store, port):  # what was refused is not there, what was taken is
        check_all_live([*kept[3:], refused])


def test_a_full_store_is_no_reason_to_end(store: Path, port: int, peer: Peer) -> None:
    bound = ["server.max_store_pages=50"]
    with ServerProcess(store, port, assignments=bound) as server:
        *kept, _ = filled(peer)
        server.kill()
    with ServerProcess(store, port, assignments=bound):
        check_all_live(kept)


def test_while_another_program_writes_requests_are_refused_and_then_taken_again(
    store: Path, port: int, peer: Peer
) -> None:
    with ServerProcess(store, port) as server:
        crowd = Crowd(peer, Random(1), presentities=3)
        crowd.begin_all()
        pat = publisher(peer)
        with closing(sqlite3.connect(store, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            check_refused(told(pat))
            check_log(server, "locked", "fuser")
            other.execute("ROLLBACK")
        assert told(pat).status == 200
        crowd.check()


def test_a_server_does_not_start_while_another_program_writes(
    store: Path, port: int, peer: Peer
) -> None:
    with ServerProcess(store, port) as server:
        assert told(publisher(peer)).status == 200
        server.kill()
    with closing(sqlite3.connect(store, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        check_start_fails(store, port, "locked", "fuser")
        other.execute("ROLLBACK")
    with ServerProcess(store, port):
        assert told(publisher(peer, "paula")).status == 200


def test_a_second_server_is_told_who_the_first_one_is(store: Path, port: int, peer: Peer) -> None:
    with ServerProcess(store, port) as server:
        check_start_fails(store, free_port(), f"already in use by process {server.pid}")
        assert told(publisher(peer)).status == 200


def test_a_port_in_use_is_told(store: Path, port: int, tmp_path: Path) -> None:
    with ServerProcess(store, port):
        check_start_fails(tmp_path / "other.db", port, f"127.0.0.1:{port}", "ss -lntup")


def damaged(store: Path, page: int) -> None:
    """Overwrite one page of a database with nonsense."""
    with store.open("r+b") as file:
        file.seek(page * PAGE)
        file.write(bytes(Random(page).randbytes(PAGE)))


DAMAGES = [(0, "the header"), (1, "the first table"), (3, "in the middle")]


@pytest.mark.parametrize("page", [row[0] for row in DAMAGES], ids=[row[1] for row in DAMAGES])
def test_a_damaged_store_is_not_served(store: Path, port: int, peer: Peer, page: int) -> None:
    with ServerProcess(store, port) as server:
        Crowd(peer, Random(2)).begin_all()
        server.terminate()
    whole = shutil.copy(store, store.with_suffix(".bak"))
    damaged(store, page)
    check_start_fails(store, port, "damaged", ".recover")
    shutil.copy(whole, store)  # the remedy: a backup in its place
    with ServerProcess(store, port):
        assert told(publisher(peer)).status == 200


def test_damage_under_a_running_server_is_no_wrong_200(store: Path, port: int, peer: Peer) -> None:
    many = [publisher(peer, f"pat{number}") for number in range(250)]
    with ServerProcess(store, port) as server:
        for one in many:
            assert told(one, LONG).status == 200
        server.terminate()
    with ServerProcess(store, port) as server:
        for page in range(1, store.stat().st_size // PAGE):
            damaged(store, page)
        for one in many[:10]:  # they were read first, and SQLite's cache of 2 MB has lost them
            one.refresh()
            check_refused(one.answered())
        check_log(server, "damaged", "backup")
        assert server.terminate() == 0
    check_start_fails(store, port, "damaged")


@pytest.mark.needs("strace")
def test_a_failing_disk_refuses_what_it_may_have_lost(store: Path, port: int, peer: Peer) -> None:
    failing = [*STRACE, "--output=/dev/null", "--inject=fdatasync:error=EIO:when=30..34"]
    with ServerProcess(store, port, prefix=failing) as server:
        pat = publisher(peer)
        answers = [told(pat) for _ in range(40)]
        refused = [answer for answer in answers if answer.status != 200]
        assert 0 < len(refused) < 20
        for answer in refused:
            check_refused(answer)
        check_log(server, "the disk of", "fails", "dmesg")
        server.kill()
    with ServerProcess(store, port):
        check_all_live([pat])
