"""The load generator: a C program, built here and played step by step."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import msgspec

from bench.machine import on_core

SOURCES = tuple(
    Path(__file__).with_name(f"{name}.c")
    for name in ("load", "operations", "arrivals", "requests", "sip", "wire")
)


class LoadFailed(Exception):
    """Something was lost, refused or unexpected; the text says what came first."""


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """How much is played."""

    presentities: int
    watchers: int
    "Watchers of each presentity."
    outstanding: int
    "Requests at once."
    rounds: int
    "How often each presentity changes."

    def arguments(self) -> list[str]:
        """The same as options of the program."""
        return [f"--{name}={number}" for name, number in msgspec.structs.asdict(self).items()]


class Latency(msgspec.Struct, frozen=True):
    """From a request sent to each NOTIFY it causes, in microseconds."""

    p50: int
    p99: int
    maximum: int


class Phase(msgspec.Struct, frozen=True):
    """What one phase came to."""

    seconds: float
    operations: int
    "Requests that were answered and whose NOTIFYs are all in."
    load_cpu_seconds: float
    "CPU of the generator itself: near `seconds`, the generator is the bottleneck."
    counts: dict[str, int]
    errors: dict[str, int]
    latency_microseconds: Latency

    @property
    def sent_again(self) -> int:
        """Requests that either side sent more than once: packets were lost or late."""
        return self.counts["requests_sent_again"] + self.counts["notifies_received_again"]


class Played(msgspec.Struct, frozen=True):
    """What the program says at its end."""

    phases: dict[str, Phase]
    ok: bool


def build(folder: Path) -> Path:
    """The program, compiled into `folder`.

    Raises:
        LoadFailed: there is no C compiler, or it does not take the source.
    """
    compiler = shutil.which("cc")
    if compiler is None:
        raise LoadFailed("a C compiler is needed (Debian: apt-get install gcc libc6-dev)")
    program = folder / "load"
    result = subprocess.run(
        [compiler, "-O2", "-Wall", "-Wextra", "-o", program, *SOURCES],
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        raise LoadFailed(f"the load generator does not compile:\n{result.stderr}")
    return program


def play(
    program: Path, arguments: list[str], core: int | None, step: Callable[[str], None]
) -> Played:
    """What the load came to; `step` is called before each phase, and last with `end`.

    The generator waits, answering what still arrives, until `step` returns.

    Raises:
        LoadFailed: the generator counted an error.
    """
    with on_core(core):
        process = subprocess.Popen(
            [program, "--step", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    with process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        try:
            messages = list(_steps(process.stdin, process.stderr, step))
            output = process.stdout.read()
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        raise LoadFailed("\n".join(messages) or f"it ended with {process.returncode}")
    return msgspec.json.decode(output, type=Played)


def _steps(stdin: IO[str], stderr: IO[str], step: Callable[[str], None]) -> Iterator[str]:
    """Takes the program through its steps; yields the other lines it writes."""
    for line in stderr:
        word, _, name = line.rstrip().partition(": ")
        if word != "next":
            yield line.rstrip()
            continue
        step(name)
        stdin.write("\n")
        stdin.flush()
