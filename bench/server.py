"""The server under test: a process of its own on a core of its own."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.machine import on_core

STARTING = 30.0
"How long a server may take until it answers, in seconds."

ENDING = 30.0
"How long it may take to end once asked, in seconds; Kamailio waits for its workers."


class NotServing(Exception):
    """The server did not start; the text ends with the last lines it wrote."""


@contextmanager
def serving(command: list[str], port: int, folder: Path, core: int | None) -> Iterator[int]:
    """The process id of the server while it runs; it has answered an OPTIONS.

    Raises:
        NotServing: it ended, or answers nothing.
    """
    journal = folder / "server.log"
    with journal.open("wb") as output, on_core(core):
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=folder
        )
    try:
        if not _answers(process, port):
            raise NotServing(f"{' '.join(command)}\n{_tail(journal)}")
        yield process.pid
    finally:
        _end(process)


def free_port() -> int:
    """A UDP port of 127.0.0.1 that nobody uses now."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(process: subprocess.Popen[bytes], port: int) -> bool:
    """Whether an OPTIONS is answered in time, with whatever status."""
    deadline = time.monotonic() + STARTING
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.bind(("127.0.0.1", 0))
        asking.settimeout(0.1)
        attempt = 0
        while time.monotonic() < deadline and process.poll() is None:
            attempt += 1
            asking.sendto(_options(asking.getsockname()[1], port, attempt), ("127.0.0.1", port))
            try:
                return asking.recv(65535).startswith(b"SIP/2.0 ")
            except TimeoutError:
                continue
    return False


def _options(own_port: int, port: int, attempt: int) -> bytes:
    lines = (
        f"OPTIONS sip:127.0.0.1:{port} SIP/2.0",
        f"Via: SIP/2.0/UDP 127.0.0.1:{own_port};rport;branch=z9hG4bKready{attempt}",
        "Max-Forwards: 70",
        "From: <sip:bench@127.0.0.1>;tag=ready",
        f"To: <sip:127.0.0.1:{port}>",
        f"Call-ID: ready-{own_port}",
        f"CSeq: {attempt} OPTIONS",
        "Content-Length: 0",
        "\r\n",
    )
    return "\r\n".join(lines).encode()


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(ENDING)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _tail(journal: Path) -> str:
    return "\n".join(journal.read_text(errors="replace").splitlines()[-8:])
