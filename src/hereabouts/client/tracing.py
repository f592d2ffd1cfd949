"""What has passed a running node, asked for again and again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from typing import Any

import msgspec

from hereabouts.base.units import Seconds
from hereabouts.client.conversations import in_order
from hereabouts.client.views import Event, View
from hereabouts.roles.decisions import Decided
from hereabouts.roles.tracing import Look

PAUSE: Seconds = 0.25
"Between two looks at a node that has nothing new to show."

MOST_DECISIONS = 10_000
"Decisions that are known to have been shown."

Ask = Callable[..., Any]
"The answer of a running node to the command `trace`, with `since` as its argument."


async def trace(ask: Ask, views: Iterable[View], *, follow: bool) -> None:
    """Show what is kept, and then, if we follow, what passes, until this is cancelled."""
    shown = list(views)
    is_first = True
    async for events in look(ask, follow=follow):
        for view in shown:
            if is_first:
                view.show_kept(events)
            else:
                for event in events:
                    view.show(event)
        is_first = False


async def look(ask: Ask, *, follow: bool, pause: Seconds = PAUSE) -> AsyncIterator[list[Event]]:
    """All that is kept, and then, if we follow, what passes, as it is seen."""
    news = _News(ask)
    first = news.next()
    events, newest = first, news.newest
    while news.last < newest:
        events = events + news.next()
    yield events
    while follow:
        if news.last >= news.newest:
            await asyncio.sleep(pause)
        yield news.next()


class _News:
    """What a node has to show, each thing once."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._decided: dict[bytes, None] = {}
        self.last = 0
        "The number of the packet that was looked at last."
        self.newest = 0
        "And of the newest that there is."

    def next(self) -> list[Event]:
        """What has come since the last look."""
        found = msgspec.convert(self._ask(since=self.last), Look)
        # Before the first look nothing could be missed.
        missed = [found.missed] if found.missed and self.last else []
        self.last, self.newest = found.next, found.newest
        return [*missed, *in_order(found.passed, list(self._new(found.decisions)))]

    def _new(self, decisions: list[Decided]) -> Iterator[Decided]:
        for decided in decisions:
            key = msgspec.json.encode(decided)
            if key not in self._decided:
                self._decided[key] = None
                yield decided
        while len(self._decided) > MOST_DECISIONS:
            del self._decided[next(iter(self._decided))]
