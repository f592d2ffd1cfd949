from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.base.refusal import Refusal
from hereabouts.roles.conductor import MOST_TRIES, MOST_WAITING, Busy, Conductor
from hereabouts.storage.interface import Conflict, StoreUnavailable
from hereabouts.storage.suspension import Suspension


class Stage:
    """Handlers that note what they do, and a store that suspends when asked to."""

    def __init__(self) -> None:
        self.conductor = Conductor()
        self.log: list[str] = []
        self.faults: list[Exception] = []
        self.suspensions: list[Suspension] = []

    async def suspend(self) -> None:
        suspension = Suspension()
        self.suspensions.append(suspension)
        await suspension

    def run(self, key: str, name: str, suspending: int = 0, fault: Exception | None = None) -> None:
        async def handler() -> None:
            self.log.append(f"{name} begins")
            for _ in range(suspending):
                await self.suspend()
            if fault is not None:
                raise fault
            self.log.append(f"{name} ends")

        self.conductor.run(key, handler, self.faults.append)

    def resume(self) -> None:
        self.suspensions.pop(0).resume()


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_a_handler_that_does_not_wait_ends_at_once(stage: Stage) -> None:
    stage.run("k", "a")
    assert stage.log == ["a begins", "a ends"]
    assert stage.conductor.is_idle


def test_a_handler_that_waits_goes_on_when_it_is_resumed(stage: Stage) -> None:
    stage.run("k", "a", suspending=2)
    assert stage.log == ["a begins"]
    assert not stage.conductor.is_idle
    stage.resume()
    stage.resume()
    assert stage.log == ["a begins", "a ends"]
    assert stage.conductor.is_idle


def test_handlers_of_one_key_run_one_after_the_other(stage: Stage) -> None:
    stage.run("k", "a", suspending=1)
    stage.run("k", "b", suspending=1)
    stage.run("k", "c")
    stage.resume()
    assert stage.log == ["a begins", "a ends", "b begins"]
    stage.resume()
    assert stage.log[2:] == ["b begins", "b ends", "c begins", "c ends"]
    assert stage.conductor.is_idle


def test_handlers_of_other_keys_do_not_wait_for_them(stage: Stage) -> None:
    stage.run("k", "a", suspending=1)
    stage.run("l", "b")
    assert stage.log == ["a begins", "b begins", "b ends"]


def test_a_fault_is_told_and_the_next_goes_on(stage: Stage) -> None:
    fault = ValueError("odd")
    stage.run("k", "a", suspending=1, fault=fault)
    stage.run("k", "b", fault=Refusal("no"))
    stage.run("k", "c")
    stage.resume()
    assert stage.log == ["a begins", "b begins", "c begins", "c ends"]
    assert stage.faults[0] is fault
    assert isinstance(stage.faults[1], Refusal)
    assert stage.conductor.is_idle


def test_a_handler_that_waits_for_anything_but_the_store_is_a_mistake_found_at_once(
    stage: Stage,
) -> None:
    async def handler() -> None:
        await asyncio.sleep(0)

    with pytest.raises(AttributeError):
        stage.conductor.run("k", handler, stage.faults.append)


@pytest.mark.parametrize("suspending", [0, 1])
@pytest.mark.parametrize(
    "conflicts, is_told",
    [
        pytest.param(1, False, id="once: begun again"),
        pytest.param(MOST_TRIES - 1, False, id="as often as it may be"),
        pytest.param(MOST_TRIES, True, id="once too often"),
    ],
)
def test_a_conflict_begins_the_handler_again(
    stage: Stage, conflicts: int, suspending: int, *, is_told: bool
) -> None:
    tries = 0

    async def handler() -> None:
        nonlocal tries
        tries += 1
        for _ in range(suspending):
            await stage.suspend()
        if tries <= conflicts:
            raise Conflict

    stage.conductor.run("k", handler, stage.faults.append)
    while stage.suspensions:
        stage.resume()
    assert tries == min(conflicts + 1, MOST_TRIES)
    assert [type(fault) for fault in stage.faults] == [StoreUnavailable] * is_told
    assert stage.conductor.is_idle


def test_whoever_was_queued_may_be_begun_again_too(stage: Stage) -> None:
    tries = 0

    async def handler() -> None:
        nonlocal tries
        tries += 1
        if tries < MOST_TRIES:
            raise Conflict

    stage.run("k", "a", suspending=1)
    stage.conductor.run("k", handler, stage.faults.append)
    stage.resume()
    assert (tries, stage.faults) == (MOST_TRIES, [])


def test_too_many_that_wait_are_refused(stage: Stage) -> None:
    stage.run("k", "a", suspending=1)
    stage.run("l", "b", suspending=1)
    for number in range(MOST_WAITING):
        stage.run("k" if number else "l", "c")
    assert stage.faults == []
    stage.run("k", "d")
    (busy,) = stage.faults
    assert isinstance(busy, Busy)
    assert busy.status == 503
    stage.run("m", "e")
    assert stage.log[-1] == "e ends"
    stage.resume()
    stage.run("l", "f")
    assert len(stage.faults) == 1


def test_a_suspension_that_is_over_already_does_not_stop_anybody(stage: Stage) -> None:
    class Over(Suspension):
        """One that is resumed between being awaited and being waited for."""

        def then(self, callback: Callable[[], None]) -> None:
            self.resume()
            super().then(callback)

    async def handler() -> None:
        await Over()
        stage.log.append("over")

    stage.conductor.run("k", handler, stage.faults.append)
    assert stage.log == ["over"]
    assert stage.conductor.is_idle


KEYS = st.sampled_from("klm")
RUNS = st.lists(st.tuples(KEYS, st.integers(0, 3), st.booleans()), max_size=12)


@given(runs=RUNS, order=st.randoms(use_true_random=False))
def test_handlers_of_one_key_never_overlap_and_all_end(
    runs: list[tuple[str, int, bool]], order: Random
) -> None:
    stage = Stage()
    running: set[str] = set()
    ended: list[int] = []

    def handler(key: str, number: int, suspending: int) -> Coroutine[Any, Any, None]:
        async def handle() -> None:
            assert key not in running
            running.add(key)
            for _ in range(suspending):
                await stage.suspend()
            running.remove(key)
            ended.append(number)

        return handle()

    for number, (key, suspending, resumes) in enumerate(runs):
        stage.conductor.run(key, partial(handler, key, number, suspending), stage.faults.append)
        if resumes and stage.suspensions:
            stage.suspensions.pop(order.randrange(len(stage.suspensions))).resume()
    while stage.suspensions:
        stage.suspensions.pop(order.randrange(len(stage.suspensions))).resume()
    assert stage.faults == []
    assert stage.conductor.is_idle
    assert sorted(ended) == list(range(len(runs)))
    for key in "klm":
        of_key = [number for number in ended if runs[number][0] == key]
        assert of_key == sorted(of_key)
