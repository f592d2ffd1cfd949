"""The timers of calls and messages in real time, on the sockets of a real server.

Each of them is tested exactly, on a clock of ours, in `tests/ladders/test_timers.py`; this shows
that the server's own clock runs as fast.
"""

from __future__ import annotations

import select
import socket
import time
from pathlib import Path

import pytest

from tests.ports import free_port
from tests.process.message import Message, request
from tests.process.server import ServerProcess

PATIENCE = 68.0
"Seconds until everything here is over: 32 for each of two timers, one behind the other."

LATE = 0.4
"By how many seconds a busy machine may miss a time."

TIMER_C = 12


class Device:
    """A phone that says only what it is told to, and notes when it hears what."""

    def __init__(self, name: str, server: int) -> None:
        self.name = name
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.socket.getsockname()[1]}"
        self.heard: list[tuple[float, Message]] = []
        self._server = server

    def ask(self, method: str, to: str, uri: str) -> float:
        """Send a request; when."""
        rows = [
            f"Via: SIP/2.0/UDP {self.address};branch=z9hG4bK{self.name}{method}",
            f"From: <sip:{self.name}@example.com>;tag={self.name}",
            f"To: <sip:{to}@example.com>",
            f"Call-ID: {self.name}{method}",
            f"CSeq: 1 {method}",
            f"Contact: <sip:{self.name}@{self.address}>",
        ]
        self.send(request(f"{method} {uri}", rows))
        return time.monotonic()

    def answer(self, status: int, asked: Message) -> None:
        """Send an answer."""
        said = asked.accepted().replace(b"200 OK", b"%d So" % status, 1)
        self.send(said if asked.to_tag else said.replace(b"\r\ncall-id", b";tag=t\r\ncall-id", 1))

    def send(self, packet: bytes) -> None:
        self.socket.sendto(packet, ("127.0.0.1", self._server))

    def times(self, word: str, since: float) -> list[float]:
        """When it has heard this method or status, in seconds since then."""
        return [at - since for at, message in self.heard if _word(message) == word]


def listen(devices: list[Device], seconds: float) -> None:
    """Let them hear what comes; whoever is called `ringing` rings, and takes a CANCEL."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        ready, _, _ = select.select([each.socket for each in devices], [], [], left)
        for device in devices:
            if device.socket not in ready:
                continue
            message = Message.parse(device.socket.recv(65535))
            device.heard.append((time.monotonic(), message))
            if device.name == "ringing" and _word(message) in ("INVITE", "CANCEL"):
                device.answer(180 if _word(message) == "INVITE" else 200, message)


def _word(message: Message) -> str:
    """A method, or a status."""
    return str(message.status or message.first.partition(" ")[0])


def about(times: list[float], expected: list[float]) -> bool:
    """Whether these are the times, none of them early, and none late by much."""
    assert len(times) == len(expected), times
    return all(-0.01 <= at - due < LATE for at, due in zip(times, expected, strict=True))


@pytest.mark.soak
def test_all_timers_run_as_fast_as_the_clock(tmp_path: Path) -> None:
    """3261-17.1.1.2-1 (A, B), 3261-17.2.1-1 (G, H), 3261-16.6-6 (C), 4320-4.1-2, 4320-4.2-1."""
    port = free_port()
    store = tmp_path / "store.db"
    with ServerProcess(store, port, assignments=[f"calls.timer_c={TIMER_C}"]):
        names = ("dead", "ringing", "caller", "writer", "waiter")
        devices = {name: Device(name, port) for name in names}
        everybody = list(devices.values())
        for name in ("dead", "ringing"):
            devices[name].ask("REGISTER", name, "sip:example.com")
        listen(everybody, 1)
        began = {
            "caller": devices["caller"].ask("INVITE", "dead", "sip:dead@example.com"),
            "writer": devices["writer"].ask("MESSAGE", "dead", "sip:dead@example.com"),
            "waiter": devices["waiter"].ask("INVITE", "ringing", "sip:ringing@example.com"),
        }
        listen(everybody, PATIENCE)
        for device in everybody:
            device.socket.close()
    repeated = [0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
    dead, caller, writer = devices["dead"], devices["caller"], devices["writer"]
    assert about(dead.times("INVITE", began["caller"]), [0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5])
    assert about(dead.times("MESSAGE", began["writer"]), repeated)
    assert about(caller.times("408", began["caller"]), [32 + each for each in repeated])
    assert about(writer.times("100", began["writer"]), [3.5])
    assert len(writer.heard) == 1
    ringing = devices["ringing"].times("CANCEL", began["waiter"])
    assert about(ringing, [TIMER_C])
    assert about(devices["waiter"].times("408", began["waiter"])[:1], [TIMER_C + 32])
