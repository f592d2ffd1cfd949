"""What this machine does not allow is left out, and said at the end in plain words.

    @pytest.mark.needs("sipp")     left out where the program is missing
    @pytest.mark.needs("netns")    left out where no network namespaces can be made

`HEREABOUTS_REQUIRE_ALL=1` turns what would be left out into a failure: for a machine that is
known to have everything.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Generator, Iterator, Sequence

import pytest
from hypothesis import HealthCheck, settings

# No test asserts a speed, and Hypothesis does not either: a busy machine is no fault.
settings.register_profile(
    "unhurried", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("unhurried")

PACKAGES = {
    "baresip": "baresip-core",
    "cc": "gcc",
    "ip": "iproute2",
    "kamailio": "kamailio",
    "node": "nodejs",
    "npm": "npm",
    "openssl": "openssl",
    "sipp": "sip-tester",
    "strace": "strace",
    "tshark": "tshark",
}
"The Debian package of each program that a test may need."

NAMESPACES = "netns"
"What a test needs that makes hosts of its own."

REQUIRE_ALL = "HEREABOUTS_REQUIRE_ALL"

CHOSEN_AWAY = pytest.StashKey[Counter[str]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[CHOSEN_AWAY] = Counter()


def pytest_runtest_setup(item: pytest.Item) -> None:
    for mark in item.iter_markers("needs"):
        for thing in mark.args:
            lack = _no_namespaces() if thing == NAMESPACES else _no_program(thing)
            if lack:
                pytest.skip(lack)


def _no_program(program: str) -> str:
    """What keeps a program from being run."""
    if shutil.which(program) is not None:
        return ""
    return f"{program} is not installed (Debian package {PACKAGES[program]})"


@functools.cache
def _no_namespaces() -> str:
    """What keeps network namespaces from being made; one is made, and removed."""
    lack = _no_program("ip")
    if lack:
        return lack
    name = f"hereabouts-{os.getpid()}-probe"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True, check=False)
    subprocess.run(["ip", "netns", "delete", name], capture_output=True, check=False)
    if made.returncode == 0:
        return ""
    return "no network namespaces can be made here (that takes root, and may be forbidden to it)"


def pytest_deselected(items: Sequence[pytest.Item]) -> None:
    for item in items:
        kind = "soak" if item.get_closest_marker("soak") else "other"
        item.config.stash[CHOSEN_AWAY][kind] += 1


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _require(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _require(report)
    return report


def _require(report: pytest.TestReport | pytest.CollectReport) -> None:
    # An expected failure is reported as skipped too; it ran.
    if os.environ.get(REQUIRE_ALL) and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"left out, but {REQUIRE_ALL} is set: {_reason(report)}"


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    text = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return text.removeprefix("Skipped: ")


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    reasons = Counter(_reason(report) for report in terminalreporter.getreports("skipped"))
    terminalreporter.section("left out on this machine")
    for line in _left_out(reasons, config.stash[CHOSEN_AWAY]):
        terminalreporter.line(line)


def _left_out(reasons: Counter[str], chosen_away: Counter[str]) -> Iterator[str]:
    if not reasons:
        yield "Nothing: this machine allows every test that was asked for."
    for reason, count in reasons.most_common():
        yield f"{_tests(count)}: {reason}"
    if count := chosen_away["soak"]:
        yield f"Not asked for: {_tests(count)} that run for long (make soak)."
    if count := chosen_away["other"]:
        yield f"Not asked for: {_tests(count)} that -k or -m leaves aside."


def _tests(count: int) -> str:
    return "1 test" if count == 1 else f"{count} tests"
