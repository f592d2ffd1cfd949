"""The one thing a handler ever waits for: an answer of the store that is not there yet.

Whoever runs a handler's coroutine takes a step of it. It ends, or it hands back a `Suspension`:
then the runner registers with `then` what goes on (another step), and turns to other work. No event
loop is involved.
"""

from __future__ import annotations

from collections.abc import Callable, Generator


class Suspension:
    """An awaitable that suspends once, until somebody resumes it."""

    __slots__ = ("_callback", "_is_resumed")

    def __init__(self) -> None:
        self._callback: Callable[[], None] | None = None
        self._is_resumed = False

    def __await__(self) -> Generator[Suspension, None, None]:
        """Hand this suspension to the runner, unless it is resumed already."""
        if not self._is_resumed:
            yield self

    def then(self, callback: Callable[[], None]) -> None:
        """Have `callback` called on resuming; at once, if that has happened already."""
        if self._is_resumed:
            callback()
        else:
            self._callback = callback

    def resume(self) -> None:
        """Let the waiting coroutine go on; a second time does nothing."""
        callback, self._callback = self._callback, None
        self._is_resumed = True
        if callback is not None:
            callback()
