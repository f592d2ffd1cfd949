"""One measurement: a server, the load, and what the server used meanwhile."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from bench import generator
from bench.contestants import DOMAIN, Contestant
from bench.generator import Load, Phase
from bench.server import free_port, serving
from bench.usage import Usage, usage_of

SETTLING = 0.3
"How long a server gets after a phase for what it does behind the answers, in seconds."

LINGERING = 35
"After this time without a request no transaction is left (Timer J, 32 s), in seconds."


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What one run, or the median of several, came to."""

    subscribes_per_second: float
    notifies_per_second: float
    "In the rounds."
    cpu_microseconds_per_subscribe: float
    "With its 200 and its first NOTIFY."
    cpu_microseconds_per_notify: float
    "All CPU of the rounds, their PUBLISHes included, by their NOTIFYs."
    p50_milliseconds: float
    "From a PUBLISH sent to each of its NOTIFYs received."
    p99_milliseconds: float
    sent_again: float
    "Requests that either side had to send again, in all phases."


class Bench(msgspec.Struct, frozen=True, kw_only=True):
    """What every measurement shares."""

    program: Path
    "The load generator."
    disk: Path
    "Where the servers' folders are made."
    server_core: int | None
    load_core: int | None


def throughput(bench: Bench, contestant: Contestant, load: Load) -> Figures:
    """How fast the contestant takes the load, and what it costs it.

    Raises:
        NotServing: it did not start.
        LoadFailed: something was lost, refused or unexpected.
    """
    with _server(bench, contestant) as (pid, port):
        return figures(*_play(bench, pid, port, load.arguments()))


def bytes_per_subscription(bench: Bench, contestant: Contestant, load: Load) -> float:
    """What one more idle subscription takes, of a load without rounds.

    The load is played twice, the second time with other users, and only what the second adds is
    counted: what the first one needed for its transactions is kept by most servers and serves
    the second again, so it belongs to the rate and not to the subscriptions.

    Raises:
        NotServing: it did not start.
        LoadFailed: something was lost, refused or unexpected.
    """
    arguments = [*load.arguments(), f"--idle={LINGERING}"]
    subscriptions = load.presentities * load.watchers
    with _server(bench, contestant) as (pid, port):
        _play(bench, pid, port, arguments)
        _, readings = _play(bench, pid, port, [*arguments, f"--first={subscriptions}"])
    return (readings["end"].memory_bytes - readings["subscribe"].memory_bytes) / subscriptions


def figures(phases: dict[str, Phase], readings: dict[str, Usage]) -> Figures:
    """The figures of a run whose server used `readings` up to the begin of each phase."""
    subscribe, rounds = phases["subscribe"], phases["rounds"]
    notifies = rounds.counts["notifies"]
    latency = rounds.latency_microseconds
    return Figures(
        subscribes_per_second=subscribe.operations / subscribe.seconds,
        notifies_per_second=notifies / rounds.seconds,
        cpu_microseconds_per_subscribe=_cpu(readings, "subscribe") / subscribe.operations * 1e6,
        cpu_microseconds_per_notify=_cpu(readings, "rounds") / notifies * 1e6,
        p50_milliseconds=latency.p50 / 1e3,
        p99_milliseconds=latency.p99 / 1e3,
        sent_again=sum(phase.sent_again for phase in phases.values()),
    )


def _cpu(readings: dict[str, Usage], phase: str) -> float:
    """CPU seconds between the begin of this phase and that of the one after it."""
    names = list(readings)
    after = names[names.index(phase) + 1]
    return readings[after].cpu_seconds - readings[phase].cpu_seconds


def _play(
    bench: Bench, pid: int, port: int, arguments: list[str]
) -> tuple[dict[str, Phase], dict[str, Usage]]:
    readings: dict[str, Usage] = {}

    def step(name: str) -> None:
        time.sleep(SETTLING)
        readings[name] = usage_of(pid)

    target = [f"--server=127.0.0.1:{port}", f"--domain={DOMAIN}"]
    played = generator.play(bench.program, [*target, *arguments], bench.load_core, step)
    return played.phases, readings


@contextmanager
def _server(bench: Bench, contestant: Contestant) -> Iterator[tuple[int, int]]:
    """A new server with an empty folder: its process id and its port."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="hereabouts-bench-", dir=bench.disk) as name:
        folder = Path(name)
        command = contestant.command(folder, port)
        with serving(command, port, folder, bench.server_core) as pid:
            yield pid, port
