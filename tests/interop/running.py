"""The server as its operators run it: a process of its own, asked over its sockets."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HOST = "127.0.0.1"
DOMAIN = "example.com"
PASSWORD = "correct horse battery"

STARTING = 30.0
"How long the server may take until it answers, in seconds."

_SERVING = re.compile(r"serving .*udp:127\.0\.0\.1:(\d+) tcp:127\.0\.0\.1:(\d+)")


class NotServing(Exception):
    """The server did not start, or not end, as it should; the text has its log."""


class RunningServer:
    """A server of this domain, listening by UDP and TCP."""

    def __init__(self, process: subprocess.Popen[bytes], folder: Path, *, is_guarded: bool) -> None:
        self.process = process
        self.is_guarded = is_guarded
        "Whether users prove who they are."
        self.ports = {"UDP": 0, "TCP": 0}
        self._folder = folder

    @property
    def log(self) -> str:
        """All it has written so far."""
        return (self._folder / "log").read_text(encoding="utf-8", errors="replace")

    def wait(self) -> None:
        """Return when it answers.

        Raises:
            NotServing: it ended, or says nothing.
        """
        deadline = time.monotonic() + STARTING
        while time.monotonic() < deadline and self.process.poll() is None:
            found = _SERVING.search(self.log)
            if found:
                self.ports = {"UDP": int(found[1]), "TCP": int(found[2])}
                assert self.answers_options()
                return
            time.sleep(0.02)
        raise NotServing(self.log)

    def answers_options(self) -> bool:
        """Whether it answers an OPTIONS with 200, asked five times at most."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            asking.bind((HOST, 0))
            asking.settimeout(2)
            for attempt in range(5):
                own = asking.getsockname()[1]
                asking.sendto(_options(own, attempt), (HOST, self.ports["UDP"]))
                try:
                    if asking.recv(65535).startswith(b"SIP/2.0 200 "):
                        return True
                except TimeoutError:
                    continue
        return False

    def add_user(self, name: str) -> None:
        """Make a user with the password of all users here; one who is there already stays."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as control:
            control.connect(str(self._folder / "control"))
            command = {"command": "user add", "user": name, "password": PASSWORD, "replace": True}
            control.sendall(json.dumps(command).encode() + b"\n")
            reply = json.loads(control.makefile("rb").readline())
        assert reply == {"ok": f"{name}@{DOMAIN}"}

    def check_faultless(self) -> None:
        """Nothing: it runs, and no fault of its own stands in its log."""
        assert self.process.poll() is None, self.log
        assert "fault of the program" not in self.log, self.log
        assert "Traceback" not in self.log, self.log


@contextmanager
def running_server(folder: Path, *options: str) -> Iterator[RunningServer]:
    """A server with its state in `folder`, ended by SIGTERM; it has answered an OPTIONS.

    Raises:
        NotServing: it did not start, or said it was ended by anything else than our signal.
    """
    program = Path(sys.executable).with_name("hereabouts")
    fixed = ["--domain", DOMAIN, "--listen", f"udp:{HOST}:0", "--listen", f"tcp:{HOST}:0"]
    kept = ["--store", str(folder / "store.db"), "--set", f"server.control={folder / 'control'}"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [program, "serve", *fixed, *kept, *options],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    is_guarded = "none" not in options and "auth.mode=none" not in options
    server = RunningServer(process, folder, is_guarded=is_guarded)
    try:
        server.wait()
        yield server
        server.check_faultless()
    finally:
        process.send_signal(signal.SIGTERM)
        status = _end(process)
    if status != 0:
        raise NotServing(f"it ended with {status}\n{server.log}")


def _end(process: subprocess.Popen[bytes]) -> int:
    try:
        return process.wait(STARTING)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def _options(own_port: int, attempt: int) -> bytes:
    lines = (
        f"OPTIONS sip:{DOMAIN} SIP/2.0",
        f"Via: SIP/2.0/UDP {HOST}:{own_port};rport;branch=z9hG4bKalive{own_port}-{attempt}",
        "Max-Forwards: 70",
        f"From: <sip:tester@{DOMAIN}>;tag=alive",
        f"To: <sip:{DOMAIN}>",
        f"Call-ID: alive-{own_port}",
        f"CSeq: {attempt + 1} OPTIONS",
        "Content-Length: 0",
        "\r\n",
    )
    return "\r\n".join(lines).encode()
