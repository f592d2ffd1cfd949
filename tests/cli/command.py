"""The installed `hereabouts`, run as its users run it: a process of its own, and what it says."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Condition, Thread

import msgspec
import pytest

from hereabouts.cli import main

PROGRAM = Path(sys.executable).with_name("hereabouts")
PATIENCE = 60.0
"Seconds after which what does not come is a failed test; a busy machine needs less."

WIDTH = 80
"Columns of the terminal that people are taken to have at least."


class Outcome(msgspec.Struct, frozen=True):
    """What a command that has ended leaves."""

    code: int
    out: str
    err: str


def environment(**variables: str) -> dict[str, str]:
    """The environment of a command: nothing of ours from outside, and a narrow terminal."""
    usual = {name: text for name, text in os.environ.items() if "HEREABOUTS" not in name}
    return {**usual, "COLUMNS": str(WIDTH), "PYTHONUNBUFFERED": "1", **variables}


def run(
    folder: Path,
    *arguments: str,
    given: str = "",
    variables: Mapping[str, str] | None = None,
) -> Outcome:
    """Run a command in a folder to its end, with what it is given on standard input."""
    ended = subprocess.run(
        [PROGRAM, *arguments],
        cwd=folder,
        env=environment(**(variables or {})),
        input=given,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    return Outcome(ended.returncode, ended.stdout, ended.stderr)


class _Screen(io.StringIO):
    """What is written; when `until` is on it, the command is asked to end."""

    def __init__(self, until: str) -> None:
        super().__init__()
        self._until = until

    def write(self, text: str) -> int:
        written = super().write(text)
        if self._until and self._until in self.getvalue():
            self._until = ""
            os.kill(os.getpid(), signal.SIGTERM)
        return written


def call(folder: Path, *arguments: str, until: str = "") -> Outcome:
    """The same in this process, which is quicker.

    A command that does not end by itself needs `until`: text on either output that it ends after.
    """
    out, err = _Screen(until), _Screen(until)
    code: object = 0
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        patch.chdir(folder)
        patch.setattr("sys.stdin", io.StringIO())
        patch.setattr("os.environ", environment())
        try:
            main(list(arguments))
        except SystemExit as ended:
            code = ended.code
    assert isinstance(code, int)
    return Outcome(code, out.getvalue(), err.getvalue())


class Running:
    """A command under way."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.out: list[str] = []
        self.err: list[str] = []
        self._said = Condition()
        self._open = 2
        assert process.stdout is not None
        assert process.stderr is not None
        self._readers = [
            Thread(target=self._read, args=(process.stdout, self.out), daemon=True),
            Thread(target=self._read, args=(process.stderr, self.err), daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    def _read(self, pipe: Iterator[str], lines: list[str]) -> None:
        for line in pipe:
            with self._said:
                lines.append(line.rstrip("\n"))
                self._said.notify_all()
        with self._said:
            self._open -= 1
            self._said.notify_all()

    def wait_for(self, text: str) -> str:
        """The first line with this text, on either output; waits until it is there."""

        def found() -> list[str]:
            return [line for line in (*self.out, *self.err) if text in line]

        with self._said:
            self._said.wait_for(lambda: found() or not self._open, PATIENCE)
            assert found(), f"{text!r} is not in {self.out} nor in {self.err}"
            return found()[0]

    def end(self, by: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end; its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(by)
        code = self.process.wait(PATIENCE)
        for reader in self._readers:
            reader.join(PATIENCE)
        for pipe in (self.process.stdout, self.process.stderr):
            assert pipe is not None
            pipe.close()
        return code


@contextmanager
def running(
    folder: Path,
    *arguments: str,
    variables: Mapping[str, str] | None = None,
    stdin: int = subprocess.DEVNULL,
) -> Iterator[Running]:
    """A command that runs until it is asked to end, or until the block ends."""
    process = subprocess.Popen(
        [PROGRAM, *arguments],
        cwd=folder,
        env=environment(**(variables or {})),
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    command = Running(process)
    try:
        yield command
    finally:
        command.end()


@contextmanager
def serving(
    folder: Path,
    *options: str,
    variables: Mapping[str, str] | None = None,
    transport: str = "udp",
) -> Iterator[tuple[Running, str]]:
    """A server of example.com in a folder, and where it listens, for `--server`."""
    usual = ("--domain=example.com", f"--listen={transport}:127.0.0.1:0", "--notify-interval=0")
    with running(folder, "serve", *usual, *options, variables=variables) as server:
        line = server.wait_for("serving")
        place = line.partition(f"{transport}:127.0.0.1:")[2].split()[0].strip('",')
        yield server, f"{transport}:127.0.0.1:{place}"


def is_narrow(text: str) -> bool:
    """Whether it fits a terminal of the usual width."""
    return max(map(len, text.splitlines()), default=0) <= WIDTH
