"""Runs handlers to their end, parks those that wait for the store, and keeps the order of each key.

No event loop is involved: a handler is a coroutine that awaits the store and nothing else.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

from hereabouts.base.refusal import Refusal
from hereabouts.storage.interface import Conflict, StoreUnavailable

MOST_TRIES = 8
"How often a handler is begun again because another writer was faster."

MOST_WAITING = 10_000
"Inputs that may wait behind parked handlers, all keys together."

Start = Callable[[], Coroutine[Any, Any, None]]
_ENDED = object()
Steps = Iterator[Any]
"A handler under way; each step is what it waits for."
Fail = Callable[[Exception], None]


class Busy(Refusal):
    """Too much waits for the store already."""

    status = 503


class Conductor:
    """Handlers of one key never overlap; those of different keys may, if the store suspends."""

    def __init__(self) -> None:
        self._parked: dict[str, deque[tuple[Start, Fail]]] = {}
        self._waiting = 0

    @property
    def is_idle(self) -> bool:
        """Whether nobody waits for the store."""
        return not self._parked

    def run(self, key: str, start: Start, fail: Fail) -> None:
        """Run the handler that `start` makes, at once or after those of its key that are parked.

        `fail` is told of the exception that it ends with.
        """
        queue = self._parked.get(key)
        if queue is None:
            self._advance(key, start().__await__(), start, fail, MOST_TRIES)
        elif self._waiting >= MOST_WAITING:
            fail(Busy("too many requests wait for the store"))
        else:
            self._waiting += 1
            queue.append((start, fail))

    def _begin(self, key: str, start: Start, fail: Fail, tries: int) -> bool:
        """Whether the handler came to its end."""
        return self._advance(key, start().__await__(), start, fail, tries)

    def _advance(self, key: str, steps: Steps, start: Start, fail: Fail, tries: int) -> bool:
        try:
            suspension: Any = next(
                steps, _ENDED
            )  # by `send`, the end of a coroutine is an exception
        except Conflict:
            if tries > 1:
                return self._begin(key, start, fail, tries - 1)
            fault = "a record is changed by others faster than we can"
            fail(StoreUnavailable(fault, "look for a second server on the same store"))
            return True
        except Exception as error:  # noqa: BLE001 - whatever it is, its request is answered
            fail(error)
            return True
        if suspension is _ENDED:
            return True
        self._parked.setdefault(key, deque())
        suspension.then(lambda: self._resume(key, steps, start, fail, tries))
        return False

    def _resume(self, key: str, steps: Steps, start: Start, fail: Fail, tries: int) -> None:
        if not self._advance(key, steps, start, fail, tries):
            return
        queue = self._parked[key]
        while queue:
            self._waiting -= 1
            if not self._begin(key, *queue.popleft(), MOST_TRIES):
                return
        del self._parked[key]
