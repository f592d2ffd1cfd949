"""`python -m bench`: measure Hereabouts and, where it is installed, Kamailio in the same run."""

from __future__ import annotations

import importlib.metadata
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import App, Parameter
from rich.console import Console

from bench import generator, kamailio, machine, measure, report
from bench.contestants import Contestant, contestants
from bench.generator import Load, LoadFailed
from bench.measure import Bench
from bench.report import Result
from bench.server import NotServing

IDLE_WATCHERS = 10
"Watchers of each presentity while the memory is measured."

app = App(name="bench", help="Measure Hereabouts and, where it is installed, Kamailio.")


@app.default
def main(  # noqa: PLR0913 - the options of a command
    *,
    presentities: int = 1000,
    watchers: int = 10,
    outstanding: int = 32,
    rounds: int = 5,
    repeat: int = 3,
    idle: int = 100_000,
    only: str = "",
    option: Annotated[list[str] | None, Parameter(allow_leading_hyphen=True)] = None,
    folder: Path | None = None,
    json: Path | None = None,
) -> int:
    """Measure, print a table, and fail where anything was lost.

    Args:
        presentities: How many publish.
        watchers: How many watch each of them.
        outstanding: Requests at once.
        rounds: How often each presentity changes.
        repeat: How often all is run; the table shows medians.
        idle: Subscriptions held at last while memory is measured; 0 leaves that out.
        only: Measure the contestants whose name contains this, in any case.
        option: One more argument for `hereabouts serve`; may be given several times.
        folder: Where the databases are put; it must lie on a disk.
        json: Write all figures to this file too.
    """
    console = Console()
    load = Load(
        presentities=presentities, watchers=watchers, outstanding=outstanding, rounds=max(rounds, 1)
    )
    chosen = [one for one in contestants(option or []) if only.lower() in one.name.lower()]
    present = [one for one in chosen if not _left_out(console, one)]
    results = [Result(name=one.name, settings=one.settings) for one in present]
    with tempfile.TemporaryDirectory(prefix="hereabouts-load-") as build_folder:
        bench = _bench(Path(build_folder), folder)
        _tell(console, bench, load)
        for one in present:
            console.print(f"{one.name}: {one.settings}", highlight=False, markup=False)
        pairs = list(zip(present, results, strict=True))
        for _ in range(repeat):  # in turns, so that a slow minute of the machine meets them all
            for contestant, result in pairs:
                _run(console, bench, contestant, result, load)
        for contestant, result in pairs if idle else []:
            if contestant.holds_idle:
                _hold(console, bench, contestant, result, _idle_load(idle, outstanding))
    compared = list(report.ratios(results, "Hereabouts", "Kamailio"))
    report.show(console, results, compared)
    if json:
        json.write_bytes(_as_json(results, compared, load))
    return 1 if not results or any(result.failure for result in results) else 0


def _left_out(console: Console, contestant: Contestant) -> bool:
    why = contestant.missing()
    if why:
        console.print(f"left out: {contestant.name}: {why}", markup=False)
    return why is not None


def _bench(build_folder: Path, folder: Path | None) -> Bench:
    cores = machine.two_cores()
    return Bench(
        program=generator.build(build_folder),
        disk=machine.disk_folder(folder),
        server_core=cores[0] if cores else None,
        load_core=cores[1] if cores else None,
    )


def _run(
    console: Console, bench: Bench, contestant: Contestant, result: Result, load: Load
) -> None:
    def run() -> None:
        result.runs = [*result.runs, measure.throughput(bench, contestant, load)]

    _attempt(console, result, "under load", run)


def _hold(
    console: Console, bench: Bench, contestant: Contestant, result: Result, load: Load
) -> None:
    def run() -> None:
        result.bytes_per_subscription = measure.bytes_per_subscription(bench, contestant, load)

    _attempt(console, result, "idle", run)


def _attempt(console: Console, result: Result, doing: str, run: Callable[[], None]) -> None:
    """Once a contestant has failed it is not tried again."""
    if result.failure:
        return
    console.print(f"{result.name}, {doing} ...", style="dim")
    try:
        run()
    except (LoadFailed, NotServing) as problem:
        result.failure = f"{doing}: {problem}"


def _idle_load(subscriptions: int, outstanding: int) -> Load:
    """Half of the subscriptions: the load is played twice."""
    return Load(
        presentities=max(1, subscriptions // IDLE_WATCHERS // 2),
        watchers=min(subscriptions, IDLE_WATCHERS),
        outstanding=outstanding,
        rounds=0,
    )


def _settings() -> dict[str, str]:
    return {
        "hereabouts": importlib.metadata.version("hereabouts"),
        "kamailio": kamailio.version() or "not installed",
        "authentication": "off",
        "notify-interval": "0",
        "transport": "UDP on loopback",
    }


def _tell(console: Console, bench: Bench, load: Load) -> None:
    for name, value in (machine.description() | _settings()).items():
        console.print(f"{name}: {value}", highlight=False, markup=False)
    cores = f"server on core {bench.server_core}, load on core {bench.load_core}"
    console.print(cores if bench.server_core is not None else "one core for both: not comparable")
    console.print(
        f"{load.presentities} presentities, {load.watchers} watchers each, {load.outstanding}"
        f" requests at once, {load.rounds} rounds"
    )


def _as_json(results: list[Result], compared: list[report.Ratio], load: Load) -> bytes:
    document = {
        "machine": machine.description(),
        "settings": _settings(),
        "load": load,
        "contestants": [
            msgspec.structs.asdict(result) | {"median": result.median} for result in results
        ],
        "times_better": compared,
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


if __name__ == "__main__":
    sys.exit(app())
