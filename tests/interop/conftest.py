"""Servers to talk to; when a test that has one fails, the server's log is shown with it."""

from __future__ import annotations

from collections.abc import Generator, Iterator

import pytest

from tests.interop.running import RunningServer, running_server

SHOWN = 20_000
"Characters of the end of a log."


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed and isinstance(item, pytest.Function):
        for value in item.funcargs.values():
            if isinstance(value, RunningServer):
                report.sections.append(("log of the server", value.log[-SHOWN:]))
    return report


@pytest.fixture(scope="module")
def open_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server that believes everybody, and sends every change at once."""
    folder = tmp_path_factory.mktemp("open")
    with running_server(
        folder, "--auth", "none", "--notify-interval", "0", "--set", "log.level=debug"
    ) as server:
        yield server


@pytest.fixture(scope="module")
def digest_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server with its default authentication, that sends every change at once."""
    folder = tmp_path_factory.mktemp("digest")
    with running_server(folder, "--notify-interval", "0", "--set", "log.level=debug") as server:
        yield server
