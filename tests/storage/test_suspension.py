from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

import pytest

from hereabouts.storage.suspension import Suspension


async def waiter(suspension: Suspension, log: list[str]) -> None:
    log.append("before")
    await suspension
    log.append("after")


def resume_with(coroutine: Coroutine[Any, Any, None]) -> None:
    with pytest.raises(StopIteration):
        coroutine.send(None)


def test_a_coroutine_goes_on_when_its_suspension_is_resumed() -> None:
    suspension, log = Suspension(), list[str]()
    coroutine = waiter(suspension, log)
    assert coroutine.send(None) is suspension
    suspension.then(lambda: resume_with(coroutine))
    assert log == ["before"]
    suspension.resume()
    assert log == ["before", "after"]


def test_what_was_resumed_before_does_not_suspend() -> None:
    suspension, log = Suspension(), list[str]()
    suspension.resume()
    resume_with(waiter(suspension, log))
    assert log == ["before", "after"]


def test_who_registers_late_goes_on_at_once() -> None:
    suspension, log = Suspension(), list[str]()
    suspension.resume()
    suspension.then(lambda: log.append("resumed"))
    assert log == ["resumed"]


def test_resuming_twice_goes_on_once() -> None:
    suspension, log = Suspension(), list[str]()
    suspension.then(lambda: log.append("resumed"))
    suspension.resume()
    suspension.resume()
    assert log == ["resumed"]
