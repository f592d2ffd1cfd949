from __future__ import annotations

import asyncio
import time

from hereabouts.base.units import Timestamp
from hereabouts.net.clock import HELD_UP, Accelerated, now

FACTOR = 1000.0


def test_both_clocks_are_read() -> None:
    before = time.monotonic(), time.time()
    moment = now()
    after = time.monotonic(), time.time()
    assert before[0] <= moment.instant <= after[0]
    assert before[1] <= moment.timestamp <= after[1]


def test_a_fast_clock_begins_at_its_date_and_runs_by_its_factor() -> None:
    clock = Accelerated(FACTOR, Timestamp(5000.0))
    before = time.monotonic()
    first = clock()
    second = clock()
    most = (time.monotonic() - before) * FACTOR
    assert first.timestamp >= 5000.0
    assert 0 <= second.timestamp - first.timestamp <= most
    assert abs((second.instant - first.instant) - (second.timestamp - first.timestamp)) < 1e-3


def test_who_sleeps_in_its_loop_sleeps_by_it() -> None:
    clock = Accelerated(FACTOR, Timestamp(0.0))

    async def sleep() -> tuple[float, float]:
        begun = clock().instant
        await asyncio.sleep(100.0)
        return begun, clock().instant

    started = time.monotonic()
    with asyncio.Runner(loop_factory=clock.new_loop) as runner:
        begun, ended = runner.run(sleep())
    assert ended - begun >= 100.0
    assert time.monotonic() - started < 100.0


def test_its_pace_can_change_while_it_runs_and_it_never_goes_back() -> None:
    clock = Accelerated(1.0, Timestamp(5000.0))

    async def sleep() -> tuple[float, float]:
        begun = clock()
        clock.run(FACTOR)
        assert clock().timestamp >= begun.timestamp
        await asyncio.sleep(100.0)
        clock.run(1.0)
        ended = clock()
        assert clock().instant >= ended.instant
        return begun.timestamp, ended.timestamp

    started = time.monotonic()
    with asyncio.Runner(loop_factory=clock.new_loop) as runner:
        begun, ended = runner.run(sleep())
    assert ended - begun >= 100.0
    assert time.monotonic() - started < 100.0


def test_it_waits_for_a_machine_that_is_busy() -> None:
    """What is due first is done first, with time between, however late both are."""
    clock = Accelerated(FACTOR, Timestamp(0.0))
    done: list[float] = []

    async def be_busy() -> None:
        loop = asyncio.get_running_loop()
        begun = clock().instant
        for seconds in (10.0, 40.0):
            loop.call_at(begun + seconds, lambda: done.append(clock().instant - begun))
        since = time.monotonic()
        while (time.monotonic() - since) * FACTOR < 100.0:
            assert clock().instant - begun <= 2 * HELD_UP
        await asyncio.sleep(50.0)

    with asyncio.Runner(loop_factory=clock.new_loop) as runner:
        runner.run(be_busy())
    assert 10.0 <= done[0] <= 10.0 + 2 * HELD_UP
    assert done[1] >= 40.0
