"""What was measured, as a table for a person and as values for a program."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import Enum
from statistics import median

import msgspec
from rich.console import Console
from rich.table import Table

from bench.measure import Figures


class Result(msgspec.Struct, kw_only=True):
    """All that is known of one contestant; filled as the runs end."""

    name: str
    settings: str
    runs: list[Figures] = []
    bytes_per_subscription: float | None = None
    failure: str | None = None
    "Why it has no figures, or not all."

    @property
    def median(self) -> Figures | None:
        """The median of each figure over all runs."""
        return median_of(self.runs) if self.runs else None


class Better(Enum):
    """Which way a figure is better."""

    MORE = "more"
    LESS = "less"


class Row(msgspec.Struct, frozen=True):
    """One figure as it is shown."""

    title: str
    value: Callable[[Result], float | None]
    better: Better
    digits: int = 0


class Ratio(msgspec.Struct, frozen=True):
    """How many times better `ours` is than `theirs`; above 1 is better, whatever the figure."""

    ours: str
    theirs: str
    times: dict[str, float]


def _of_median(name: str) -> Callable[[Result], float | None]:
    def value(result: Result) -> float | None:
        middle = result.median
        return None if middle is None else float(getattr(middle, name))

    return value


ROWS = (
    Row("SUBSCRIBEs/s", _of_median("subscribes_per_second"), Better.MORE),
    Row("NOTIFYs/s", _of_median("notifies_per_second"), Better.MORE),
    Row("CPU us/SUBSCRIBE", _of_median("cpu_microseconds_per_subscribe"), Better.LESS, 1),
    Row("CPU us/NOTIFY", _of_median("cpu_microseconds_per_notify"), Better.LESS, 1),
    Row("p50, ms", _of_median("p50_milliseconds"), Better.LESS, 1),
    Row("p99, ms", _of_median("p99_milliseconds"), Better.LESS, 1),
    Row("bytes/subscription", lambda result: result.bytes_per_subscription, Better.LESS),
)

SENT_AGAIN = Row("sent again", _of_median("sent_again"), Better.LESS)
"Shown, but no merit of a server: above 0, packets were lost and p99 measures that."


CAPTION = """\
CPU is the server's, over all its threads and processes; per NOTIFY it includes the PUBLISHes.
p50 and p99 run from a PUBLISH sent to each of its NOTIFYs received."""


def median_of(runs: list[Figures]) -> Figures:
    """Each figure's own median."""
    kept = [msgspec.structs.asdict(run) for run in runs]
    return Figures(**{name: median(run[name] for run in kept) for name in kept[0]})


def ratios(results: list[Result], ours: str, theirs: str) -> Iterator[Ratio]:
    """Each contestant whose name begins with `ours` against each that begins with `theirs`."""
    for own in results:
        for other in results:
            if own.name.startswith(ours) and other.name.startswith(theirs):
                times = {row.title: _times(row, own, other) for row in ROWS}
                known = {title: number for title, number in times.items() if number is not None}
                if known:
                    yield Ratio(own.name, other.name, known)


def _times(row: Row, own: Result, other: Result) -> float | None:
    mine, yours = row.value(own), row.value(other)
    if not mine or not yours:
        return None
    return mine / yours if row.better is Better.MORE else yours / mine


def show(console: Console, results: list[Result], compared: list[Ratio]) -> None:
    """Both tables, and what went wrong."""
    console.print(_figures_table(results))
    if compared:
        console.print(_ratio_table(compared))
    for result in results:
        if result.failure:
            console.print(f"{result.name}: {result.failure}", style="red", markup=False)


def _figures_table(results: list[Result]) -> Table:
    table = Table(title="Measured (medians)", caption=CAPTION)
    table.add_column(no_wrap=True)
    for result in results:
        table.add_column(_in_lines(result.name), justify="right")
    for row in (*ROWS, SENT_AGAIN):
        values = [row.value(result) for result in results]
        table.add_row(row.title, *("-" if v is None else f"{v:,.{row.digits}f}" for v in values))
    return table


def _ratio_table(compared: list[Ratio]) -> Table:
    table = Table(title="Times better")
    table.add_column(no_wrap=True)
    for ratio in compared:
        table.add_column(_in_lines(f"{ratio.ours}, to {ratio.theirs}"), justify="right")
    for row in ROWS:
        numbers = [ratio.times.get(row.title) for ratio in compared]
        table.add_row(row.title, *("-" if n is None else f"{n:.2f}" for n in numbers))
    return table


def _in_lines(name: str) -> str:
    return name.replace(", ", ",\n")
