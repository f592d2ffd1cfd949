"""A real `hereabouts serve` in a process of its own, to be killed, traced and starved."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from threading import Condition, Thread
from typing import Self

PATIENCE = 30.0
"Seconds after which what does not come is a failed test; a busy machine needs less."

COMMAND = (sys.executable, "-c", "from hereabouts.cli import main; main()")


class ServerProcess:
    """A server of `domain` on the store `store`, at one port of `host` for UDP and TCP.

    `assignments` go to `--set`.

    `before` are addresses that it listens at besides, and opens first.
    `prefix` is the program to run it under, such as strace.
    """

    def __init__(  # noqa: PLR0913 - what a server can be started with
        self,
        store: Path,
        port: int,
        *,
        assignments: Sequence[str] = (),
        before: Sequence[str] = (),
        host: str = "127.0.0.1",
        domain: str = "example.com",
        prefix: Sequence[str] = (),
        auth: str = "none",
    ) -> None:
        self.store = store
        self.port = port
        self._is_under_another = bool(prefix)
        self._lines: list[str] = []
        self._said = Condition()
        self._is_silent = False
        command = [*prefix, *COMMAND, "serve", f"--auth={auth}", f"--domain={domain}"]
        own = (f"udp:{host}:{port}", f"tcp:{host}:{port}")
        command += [f"--listen={address}" for address in (*before, *own)]
        command += [f"--store={store}", "--notify-interval=0"]
        command += [f"--set={assignment}" for assignment in assignments]
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        self.wait_for("serving")
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def log(self) -> str:
        """What it has written so far."""
        return "\n".join(self._lines)

    @property
    def pid(self) -> int:
        """The number of the server's own process, whatever it runs under."""
        return int(Path(f"{self.store}.lock").read_text(encoding="ascii"))

    def check_quiet(self) -> None:
        """It has met no error, and no fault of its own."""
        assert " ERROR " not in self.log, self.log
        assert "Traceback" not in self.log, self.log

    def wait_for(self, text: str, *, after: int = 0) -> int:
        """Wait for a line with `text` behind the first `after` lines; how many there are then."""
        with self._said:
            self._said.wait_for(lambda: self._has_said(text, after) or self._is_silent, PATIENCE)
            assert self._has_said(text, after), f"{text!r} is not in the log:\n{self.log}"
            return len(self._lines)

    def _has_said(self, text: str, after: int = 0) -> bool:
        return any(text in line for line in self._lines[after:])

    def is_serving(self) -> bool:
        """Whether it serves; waits until it does or has ended."""
        with self._said:
            self._said.wait_for(lambda: self._has_said("serving") or self._is_silent, PATIENCE)
        return self._has_said("serving")

    def kill(self) -> None:
        """End it as a power cut would; what it runs under ends with it."""
        self._signal(signal.SIGKILL)
        self._process.wait(PATIENCE)
        self._close()

    def terminate(self) -> int:
        """Ask it to end with SIGTERM; its exit code."""
        self._signal(signal.SIGTERM)
        return self.exit_code()

    def exit_code(self) -> int:
        """The code with which it ends by itself."""
        code = self._process.wait(PATIENCE)
        self._close()
        return code

    def _signal(self, number: signal.Signals) -> None:
        if self._process.poll() is not None:
            return
        if self._is_under_another:
            os.kill(self.pid, number)
        else:
            self._process.send_signal(number)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with self._said:
                self._lines.append(line.rstrip("\n"))
                self._said.notify_all()
        with self._said:
            self._is_silent = True
            self._said.notify_all()

    def _close(self) -> None:
        self._reader.join(PATIENCE)
        assert self._process.stdout is not None
        self._process.stdout.close()
