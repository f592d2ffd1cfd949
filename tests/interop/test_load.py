"""Many subscriptions, and many watchers of one presentity: nothing is lost; no speed asserted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench import generator
from bench.generator import Phase
from tests.interop.running import DOMAIN, HOST, RunningServer, running_server

pytestmark = pytest.mark.needs("cc")

SUBSCRIPTIONS = 10_000
WATCHERS = 1_000


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return generator.build(tmp_path_factory.mktemp("load"))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    with running_server(tmp_path, "--auth", "none", "--notify-interval", "0") as server:
        yield server


def play(program: Path, server: RunningServer, *options: str) -> dict[str, Phase]:
    """What each phase came to, when the generator has missed nothing."""
    address = f"--server={HOST}:{server.ports['UDP']}"
    arguments = [address, f"--domain={DOMAIN}", *options]
    played = generator.play(program, arguments, None, lambda _phase: None)
    assert played.ok
    assert not any(sum(phase.errors.values()) for phase in played.phases.values())
    server.check_faultless()
    assert server.answers_options()
    return played.phases


@pytest.mark.slow
def test_ten_thousand_subscriptions_are_notified_changed_and_ended(
    program: Path, server: RunningServer
) -> None:
    presentities = SUBSCRIPTIONS // 10
    phases = play(
        program, server, f"--presentities={presentities}", "--watchers=10", "--rounds=1",
        "--unsubscribe",
    )  # fmt: skip
    notified = {name: phase.counts["notifies"] for name, phase in phases.items()}
    assert notified == {
        "publish": 0,
        "subscribe": SUBSCRIPTIONS,
        "rounds": SUBSCRIPTIONS,
        "unsubscribe": SUBSCRIPTIONS,
    }


@pytest.mark.slow
def test_each_change_reaches_a_thousand_watchers(program: Path, server: RunningServer) -> None:
    phases = play(program, server, "--fan-out", f"--watchers={WATCHERS}", "--rounds=3")
    assert phases["subscribe"].counts["notifies"] == WATCHERS
    assert phases["rounds"].counts["notifies"] == 3 * WATCHERS
    assert phases["rounds"].operations == 3
