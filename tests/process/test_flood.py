"""Floods, from addresses that are not spared: others are served, and nothing grows."""

from __future__ import annotations

import select
import socket
import time
from contextlib import ExitStack, closing
from pathlib import Path
from random import Random

import pytest

from tests.ports import free_port
from tests.process.crowd import Crowd
from tests.process.message import request
from tests.process.peer import Peer
from tests.process.server import PATIENCE, ServerProcess
from tests.process.test_slow_peers import HALF, connected, is_closed, size_of

FLOOD = 20_000
"Messages of one flood: ten times what one source is served at once after a rest, and more."

MOST = 2 * 1000 + 2 * 200 * 60
"Answers that one source can get in a minute: twice its burst, and twice its rate."

GROWTH = 64 * 2**20
"Bytes that the memory may grow by."

NOT_SPARED = "limits.exempt_loopback=false"


def subscribe(number: int, address: str) -> bytes:
    """A SUBSCRIBE with a victim's Contact, and no credentials."""
    rows = [
        f"Via: SIP/2.0/UDP {address};branch=z9hG4bKflood{number};rport",
        "From: <sip:eve@example.com>;tag=e",
        "To: <sip:pat@example.com>",
        f"Call-ID: flood{number}",
        "CSeq: 1 SUBSCRIBE",
        "Contact: <sip:victim@127.0.2.1:5060>",
        "Event: presence",
    ]
    return request("SUBSCRIBE sip:pat@example.com", rows)


def garbage(number: int, _address: str) -> bytes:
    return b"\x00\xff garbage %d\r\n\r\n" % number


def answer_to_nothing(number: int, address: str) -> bytes:
    via = f"Via: SIP/2.0/UDP {address};branch=z9hG4bKno{number}"
    return f"SIP/2.0 404 No\r\n{via}\r\nCSeq: 1 NOTIFY\r\n\r\n".encode()


KINDS = {"requests": subscribe, "garbage": garbage, "answers to nothing": answer_to_nothing}


def flood(port: int, kind: str) -> int:
    """Send all of one kind from one address; how many answers came back."""
    answers = 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as source:
        source.bind(("127.0.1.1", 0))
        source.setblocking(False)  # noqa: FBT003 - as the system calls it
        address = "{}:{}".format(*source.getsockname())
        for number in range(FLOOD):
            source.sendto(KINDS[kind](number, address), ("127.0.0.1", port))
            answers += drained(source)
        end = time.monotonic() + 1.0
        while time.monotonic() < end:
            answers += drained(source)
    return answers


def drained(source: socket.socket) -> int:
    count = 0
    while True:
        try:
            source.recv(65535)
        except BlockingIOError:
            return count
        count += 1


def check_serves(port: int, seed: int) -> None:
    """Everybody else gets everything."""
    with closing(Peer(port, host="127.0.0.9")) as peer:
        crowd = Crowd(peer, Random(seed), presentities=3)
        crowd.begin_all()
        crowd.publish()
        crowd.see_that_no_lamp_is_stuck(crowd.watchers)


@pytest.mark.parametrize("kind", KINDS)
def test_a_flood_from_one_address_is_bounded_and_others_are_served(
    tmp_path: Path, kind: str
) -> None:
    """SEC-3856-9.6-1, 3261-26.3.2.4-1, SEC-6665-6.3-1: and nothing that is kept grows."""
    port = free_port()
    with ServerProcess(tmp_path / "state.db", port, assignments=[NOT_SPARED]) as server:
        check_serves(port, 1)
        before = size_of(server.pid)
        answers = flood(port, kind)
        check_serves(port, 2)
        assert answers <= MOST
        assert bool(answers) is (kind == "requests")
        assert size_of(server.pid) - before < GROWTH
        assert "a source asks too often  source=127.0.1.1" in server.log
        server.check_quiet()


def test_connections_that_drip_are_closed_and_make_room(tmp_path: Path) -> None:
    """SEC-SIP-2: a byte now and then earns nothing, whether it begins a message or a line."""
    port = free_port()
    limits = ["limits.partial_timeout=1", "limits.silence_timeout=1", "sip.max_connections=200"]
    with (
        ServerProcess(tmp_path / "state.db", port, assignments=limits) as server,
        ExitStack() as stack,
    ):
        slow = [
            stack.enter_context(connected(port, f"127.0.1.{1 + number // 50}"))
            for number in range(200)
        ]
        end = time.monotonic() + PATIENCE
        open_still = list(slow)
        for at in range(len(HALF)):
            open_still = [each for each in open_still if dripped(each, HALF[at : at + 1])]
            if not open_still or time.monotonic() > end:
                break
            select.select(open_still, [], [], 0.2)
        assert not open_still
        check_serves(port, 3)
        server.check_quiet()


def dripped(connection: socket.socket, byte: bytes) -> bool:
    """Send a byte; whether the connection is there still."""
    try:
        connection.send(byte)
    except OSError:
        return False
    return True


def test_no_secret_is_ever_logged(tmp_path: Path) -> None:
    """SEC-SIP-1: neither a password nor an answer to a challenge, at whatever level."""
    port = free_port()
    secret = "correct-horse-battery"
    with ServerProcess(
        tmp_path / "state.db",
        port,
        auth="digest",
        assignments=["log.level=debug", f"policy.token={secret}-token"],
    ) as server:
        lines = [
            f"Authorization: Digest username=alice, response={'a' * 32}{secret}",
            f"REGISTER sip:alice:{secret}@example.com SIP/2.0",
            f"SIP/2.0 200 Authorization: Basic {secret}\r\nVia: x",
            f"password={secret} token={secret}",
        ]
        with connected(port, "127.0.1.1") as stream:
            for line in lines:
                packet = f"{line}\r\nFrom: <sip:a:{secret}@b>\r\n\r\n".encode()
                stream.sendall(packet)
            assert is_closed(stream)
        with closing(Peer(port)) as peer:
            for line in lines:
                packet = f"{line}\r\n\r\n".encode()
                peer.datagrams.sendto(packet, ("127.0.0.1", port))
            server.wait_for("dropped a message")
        assert server.terminate() == 0
        assert secret not in server.log
