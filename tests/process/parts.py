"""The parts of the thesis' figure 3.1 as processes of their own, to be cut off and to come back."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hereabouts.cli.edge import STORE as EDGE_STORE
from hereabouts.config import ServerSettings
from tests.cli.command import PROGRAM, environment

STARTING = 60.0
"Seconds that a process may take until it serves; a busy machine needs less."

PATIENT = 10.0
"A test waits for so many times the time in which a watcher must learn the truth."

Found = Callable[[], object]


def wait_until(is_so: Found, seconds: float, what: Callable[[], object]) -> None:
    """Return when it is so; after `seconds` it is a failed test, and `what` is its complaint."""
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, what()
        time.sleep(0.05)


class Part:
    """A `hereabouts` command in a folder of its own, `ready` once it has said so."""

    def __init__(
        self,
        folder: Path,
        ready: str,
        arguments: Sequence[str],
        *,
        store: str = "",
        prefix: Sequence[str] = (),
    ) -> None:
        self.folder = folder
        self._ready = ready
        self._command = [*prefix, str(PROGRAM), *arguments]
        self._control = folder / f"{store}.sock"
        self._begun = 0  # what was in the log when it began
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir()

    @property
    def log(self) -> str:
        """All that it and its forerunners have written."""
        log = self.folder / "log"
        return log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The one that is under way."""
        assert self._process is not None
        return self._process

    def begin(self) -> None:
        """Start it, or another on its store."""
        with (self.folder / "log").open("ab") as log:
            self._begun = log.tell()
            self._process = subprocess.Popen(
                self._command,
                cwd=self.folder,
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def wait(self) -> None:
        """Return when it is ready."""

        def is_ready() -> bool:
            assert self.process.poll() is None, self.log
            return self._ready.encode() in self.log.encode()[self._begun :]

        wait_until(is_ready, STARTING, lambda: self.log)

    def wait_for(self, text: str) -> None:
        """Return when it has written this since it began."""
        sought = text.encode()
        wait_until(lambda: sought in self.log.encode()[self._begun :], STARTING, lambda: self.log)

    def start(self) -> None:
        """Start it, or another on its store, and wait until it is ready."""
        self.begin()
        self.wait()

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.wait()

    def halt(self) -> None:
        """Have it do nothing any more; whoever asks it is heard by the system, and not answered."""
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it go on as if no time had passed."""
        if self.is_alive:
            self.process.send_signal(signal.SIGCONT)

    @property
    def is_alive(self) -> bool:
        """Whether it is under way, be it halted."""
        return self._process is not None and self._process.poll() is None

    def end(self) -> None:
        """End it at last, however it stands."""
        if self.is_alive:
            self.kill()

    def ask(self, command: str, **arguments: object) -> Any:  # noqa: ANN401 - as the command
        """What it answers to an operator's command."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as control:
            control.settimeout(STARTING)
            control.connect(str(self._control))
            control.sendall(json.dumps({"command": command, **arguments}).encode() + b"\n")
            reply = json.loads(control.makefile("rb").readline())
        assert "ok" in reply, reply
        return reply["ok"]

    def check_faultless(self) -> None:
        """No fault of the program stands in its log."""
        assert "fault of the program" not in self.log, self.log
        assert "Traceback" not in self.log, self.log


class Parts:
    """Processes that are under way, by what they do; their folders are in `folder`."""

    def __init__(self, folder: Path, port: int) -> None:
        self.port = port
        self._folder = folder
        self._parts: list[Part] = []

    def server(
        self, name: str, host: str, domains: str, *settings: str, prefix: Sequence[str] = ()
    ) -> Part:
        """`hereabouts serve` at this address, not started yet."""
        arguments = ["serve", "--auth=none", "--notify-interval=0"]
        arguments += [f"--domain={each}" for each in domains.split(",")]
        arguments += [f"--listen={kind}:{host}:{self.port}" for kind in ("udp", "tcp")]
        arguments += [f"--set={setting}" for setting in settings]
        part = Part(
            self._place(name), "serving", arguments, store=ServerSettings().store, prefix=prefix
        )
        return self._added(part)

    def edge(self, user: str, host: str, *settings: str, prefix: Sequence[str] = ()) -> Part:
        """`hereabouts edge` for a user of the server at this host; a file says how he is."""
        arguments = ["edge", f"--user={user}", f"--server=tcp:{host}:{self.port}"]
        arguments += ["--device=file:presence", "--notify-interval=0"]
        arguments += [f"--set={setting}" for setting in settings]
        part = Part(self._place("edge"), "registered", arguments, store=EDGE_STORE, prefix=prefix)
        return self._added(part)

    def device(self, user: str, host: str, *, prefix: Sequence[str] = ()) -> Part:
        """`hereabouts publish` for a user of the server at this host; a file says how he is."""
        arguments = ["publish", f"--user={user}", f"--server=tcp:{host}:{self.port}"]
        arguments += ["--device=file:presence"]
        return self._added(Part(self._place("device"), "is published as", arguments, prefix=prefix))

    def watcher(
        self, user: str, presentity: str, server: str, *, prefix: Sequence[str] = ()
    ) -> Part:
        """`hereabouts watch`, which writes what it sees to its log."""
        arguments = ["watch", presentity, f"--user={user}", "--json", f"--server={server}"]
        return self._added(Part(self._place("watcher"), "", arguments, prefix=prefix))

    def _place(self, name: str) -> Path:
        """A folder that no other part has."""
        return self._folder / f"{len(self._parts)}-{name}"

    def _added(self, part: Part) -> Part:
        self._parts.append(part)
        return part

    def end(self) -> None:
        """End all of them; what each has written is shown where the test has failed."""
        for part in self._parts:
            part.end()
        for part in self._parts:
            sys.stdout.write(f"-- {part.folder.name}\n{part.log}\n")

    def check_faultless(self) -> None:
        """No fault of the program stands in any log."""
        for part in self._parts:
            part.check_faultless()


@contextmanager
def parts_in(folder: Path, port: int) -> Iterator[Parts]:
    """Parts that are ended when the block ends, and have met no fault of their own."""
    parts = Parts(folder, port)
    try:
        yield parts
    finally:
        parts.end()
    parts.check_faultless()


def start(*parts: Part) -> None:
    """Start parts beside each other."""
    for part in parts:
        part.begin()
    for part in parts:
        part.wait()


def says(part: Part, words: str) -> None:
    """Have the file of an edge or a device say this, all at once."""
    new = part.folder / "new"
    new.write_text(words, encoding="utf-8")
    new.rename(part.folder / "presence")
