from __future__ import annotations

import io

import msgspec
import pytest
from rich.console import Console

from bench.measure import Figures
from bench.report import Result, median_of, ratios, show

RUN = Figures(
    subscribes_per_second=1000,
    notifies_per_second=10_000,
    cpu_microseconds_per_subscribe=100,
    cpu_microseconds_per_notify=20,
    p50_milliseconds=4,
    p99_milliseconds=8,
    sent_again=0,
)


def run(**changes: float) -> Figures:
    return msgspec.structs.replace(RUN, **changes)


def result(name: str, *runs: Figures, memory: float | None = None) -> Result:
    return Result(name=name, settings="", runs=list(runs), bytes_per_subscription=memory)


def test_each_figure_has_its_own_median() -> None:
    runs = [
        run(notifies_per_second=1, p99_milliseconds=30),
        run(notifies_per_second=9, p99_milliseconds=10),
        run(notifies_per_second=5, p99_milliseconds=20),
    ]
    assert median_of(runs) == run(notifies_per_second=5, p99_milliseconds=20)


@pytest.mark.parametrize(
    "title, times, why",
    [
        ("NOTIFYs/s", 3, "three times as many are three times better"),
        ("CPU us/NOTIFY", 4, "a quarter of the CPU is four times better"),
        ("bytes/subscription", 0.5, "twice the memory is half as good"),
        ("p99, ms", 1, "the same is neither"),
    ],
)
def test_above_one_is_better_whatever_the_figure(title: str, times: float, why: str) -> None:
    ours = result(
        "Hereabouts", run(notifies_per_second=30, cpu_microseconds_per_notify=5), memory=8
    )
    theirs = result("Kamailio", run(notifies_per_second=10), memory=4)
    (ratio,) = ratios([ours, theirs], "Hereabouts", "Kamailio")
    assert ratio.times[title] == times, why


def test_each_mode_of_ours_is_compared_to_each_of_theirs() -> None:
    names = ("Hereabouts, a", "Hereabouts, b", "Kamailio, c", "Kamailio, d")
    compared = ratios([result(name, RUN) for name in names], "Hereabouts", "Kamailio")
    pairs = [(ratio.ours[-1], ratio.theirs[-1]) for ratio in compared]
    assert pairs == [("a", "c"), ("a", "d"), ("b", "c"), ("b", "d")]


def test_who_has_no_figures_is_not_compared() -> None:
    results = [result("Hereabouts"), result("Kamailio", RUN)]
    assert not list(ratios(results, "Hereabouts", "Kamailio"))


def test_the_tables_show_figures_ratios_and_failures() -> None:
    results = [result("Hereabouts", RUN, memory=1234), result("Kamailio", RUN)]
    results[1].failure = "idle: w7 [never] answered"
    console = Console(file=io.StringIO(), width=80)
    show(console, results, list(ratios(results, "Hereabouts", "Kamailio")))
    assert isinstance(console.file, io.StringIO)
    shown = console.file.getvalue()
    for piece in ("10,000", "1,234", "1.00", "w7 [never] answered"):
        assert piece in shown
