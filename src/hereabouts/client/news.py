"""What watches see, kept for one reader: the newest of each presentity."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from hereabouts.base.units import Moment, Seconds
from hereabouts.client.failure import AgentFailed, WrongPassword
from hereabouts.client.presence import Presence, presence_of
from hereabouts.presence.sighting import Sighting
from hereabouts.sip.leaving import Answer


class News:
    """Takes sightings, and hands presences to a reader who may be slower.

    `fail` makes the exception for an answer to a SUBSCRIBE.
    """

    def __init__(self, watched: int, fail: Callable[[str, Answer], AgentFailed]) -> None:
        self._fail = fail
        self._open = watched
        self._newest: dict[str, Presence] = {}
        self._is_news = asyncio.Event()
        self._has_seen = False
        self._failure: AgentFailed | None = None

    def seen(self, presentity: str, sighting: Sighting, now: Moment) -> None:
        """Take what a watch tells."""
        if sighting.answer is None:
            self._has_seen = True
            self._failure = None
        else:
            self._failure = self._fail(presentity, sighting.answer)
        if sighting.is_over:
            self._open -= 1
        if self._has_seen or sighting.is_over:
            self._newest[presentity] = presence_of(presentity, sighting, now.timestamp)
            self._is_news.set()

    async def next(self, patience: Seconds) -> Presence | None:
        """What has changed; `None`: nothing will any more.

        Raises:
            AgentFailed: nothing at all can be watched.
            TimeoutError: nothing was heard in `patience` seconds since the beginning.
        """
        while True:
            if isinstance(self._failure, WrongPassword):
                raise self._failure
            if self._open == 0 and not self._has_seen and self._failure is not None:
                raise self._failure
            if self._newest:
                return self._newest.pop(next(iter(self._newest)))
            if self._open == 0:
                return None
            self._is_news.clear()
            async with asyncio.timeout(None if self._has_seen else patience):
                await self._is_news.wait()
