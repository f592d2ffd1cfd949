"""Peers that are slow, silent or gone hinder nobody else, and what is kept for them has a bound."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from random import Random

import pytest

from tests.ports import free_port
from tests.process.clients import Publisher, Watcher
from tests.process.crowd import Crowd
from tests.process.peer import Peer
from tests.process.server import PATIENCE, ServerProcess

HALF = b"REGISTER sip:example.com SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1;branch=z9hG4bKhalf\r\n"
LONG = "x" * 30_000
MANY = 600
"""Subscriptions of one connection: NOTIFYs of 30 kB to each are 18 MB.

The system takes 4 to 8 MB of them, and the server waits with the rest; if the store is slow, they
are all said at once.
"""


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def server(tmp_path: Path, port: int) -> Iterator[ServerProcess]:
    with ServerProcess(tmp_path / "state.db", port) as server:
        yield server


def connected(port: int, host: str) -> socket.socket:
    """A connection from one of the loopback's addresses."""
    return socket.create_connection(("127.0.0.1", port), PATIENCE, (host, 0))


def is_closed(connection: socket.socket) -> bool:
    """Whether the server ends the connection, whatever it says before."""
    connection.settimeout(PATIENCE)
    try:
        while connection.recv(65536):
            pass
    except ConnectionError:
        return True
    return True


def check_serves(port: int, seed: int) -> None:
    """Everybody else gets everything."""
    with closing(Peer(port, host="127.0.0.9")) as peer:
        crowd = Crowd(peer, Random(seed), presentities=3)
        crowd.begin_all()
        crowd.load(100)
        crowd.settle()
        crowd.publish()
        crowd.see_that_no_lamp_is_stuck(crowd.watchers)


def test_two_hundred_silent_connections_hinder_nobody(server: ServerProcess, port: int) -> None:
    with ExitStack() as connections:
        for number in range(200):
            connections.enter_context(connected(port, f"127.0.1.{1 + number // 50}"))
        check_serves(port, 1)
    check_serves(port, 1)
    server.check_quiet()


def test_one_address_has_a_bound_of_its_own(server: ServerProcess, port: int) -> None:
    with ExitStack() as connections:
        for _ in range(100):
            connections.enter_context(connected(port, "127.0.1.1"))
        one_more = connections.enter_context(connected(port, "127.0.1.1"))
        assert is_closed(one_more)
        check_serves(port, 2)
    server.check_quiet()


def test_a_peer_that_sends_byte_by_byte_hinders_nobody(server: ServerProcess, port: int) -> None:
    with connected(port, "127.0.1.1") as slow:
        slow.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for seed, byte in enumerate(HALF[:5]):
            slow.send(bytes([byte]))
            check_serves(port, seed)
    server.check_quiet()


def test_half_a_message_and_a_hangup_leave_nothing_behind(server: ServerProcess, port: int) -> None:
    for _ in range(20):
        connected(port, "127.0.1.1").close()
        with connected(port, "127.0.1.1") as gone:
            gone.sendall(HALF)
    check_serves(port, 3)
    server.check_quiet()


def test_what_is_no_sip_ends_its_own_connection_only(server: ServerProcess, port: int) -> None:
    for nonsense in (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", bytes(20_000), b"\r\n\r\n" + HALF * 500):
        with connected(port, "127.0.1.1") as odd:
            odd.sendall(nonsense)
            assert is_closed(odd)
    check_serves(port, 4)
    assert "Traceback" not in server.log


def watched_by_stream(peer: Peer, presentity: str) -> list[Watcher]:
    """Many watchers of one presentity, all by the connection of this peer."""
    watchers = [
        Watcher(peer, "sam", f"sub{number}", is_stream=True, presentity=presentity)
        for number in range(MANY)
    ]
    for one in watchers:
        one.begin(Random(0))
        assert one.answered().status == 200
    return watchers


def test_a_peer_that_never_reads_is_dropped_and_the_others_are_told(
    server: ServerProcess, port: int
) -> None:
    with closing(Peer(port)) as reader, closing(Peer(port)) as sleeper:
        pat = Publisher(reader, "pat", "pub", is_stream=False)
        watcher = Watcher(reader, "wim", "sub", is_stream=False, presentity=pat.uri)
        reader.on_notify = watcher.take
        watched_by_stream(sleeper, pat.uri)
        watcher.begin(Random(0))  # who subscribes last is told last
        assert watcher.answered().status == 200
        stream = sleeper.stream
        assert stream is not None
        connected = sockets_of(server.pid)
        for _ in range(4):  # from here on the sleeper reads nothing
            pat.publish(LONG)
            assert pat.answered().status == 200
            reader.pump(lambda: watcher.shown == pat.note, "the change")
        assert size_of(server.pid) < 400 * 2**20
        reader.pump(lambda: sockets_of(server.pid) < connected, "the end of the connection")
        assert is_closed(stream)
        check_serves(port, 5)
    server.check_quiet()


def test_a_peer_that_reads_is_told_everything_however_much_it_is(
    server: ServerProcess, port: int
) -> None:
    with closing(Peer(port)) as reader, closing(Peer(port)) as eager:
        pat = Publisher(reader, "pat", "pub", is_stream=False)
        watchers = {watcher.call_id: watcher for watcher in watched_by_stream(eager, pat.uri)}
        eager.on_notify = lambda notify: watchers[notify["call-id"]].take(notify)
        stream = eager.stream
        pat.publish(LONG)
        assert pat.answered().status == 200
        eager.pump(lambda: all(one.shown == pat.note for one in watchers.values()), "the change")
        assert eager.stream is stream
    server.check_quiet()


def sockets_of(pid: int) -> int:
    """How many sockets a process holds."""
    held = Path(f"/proc/{pid}/fd").iterdir()
    return sum(1 for one in held if one.is_socket())


def size_of(pid: int) -> int:
    """The memory that a process holds, in bytes."""
    pages = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * 4096
