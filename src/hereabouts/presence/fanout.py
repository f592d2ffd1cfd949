"""From a change to its NOTIFYs: composed once, rendered once a view, sent in slices."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Coroutine, Iterator
from itertools import islice
from operator import length_hint
from typing import Any

import msgspec

from hereabouts.base.deadlines import Deadlines
from hereabouts.base.units import Instant, Moment, Seconds
from hereabouts.presence.notify import Delivery, Notifier
from hereabouts.presence.questions import Trigger
from hereabouts.presence.settlement import Settlement
from hereabouts.presence.subscription import KIND, Standing
from hereabouts.presence.view import View, Views
from hereabouts.storage.interface import Store, Version

_ACTIVE = Standing.ACTIVE  # bound once: it is compared with for each watcher

SLICE = 64
"NOTIFYs between two looks at what arrives: more, and their answers overflow the receive buffer."


class Wave(msgspec.Struct, gc=False):
    """One change on its way."""

    left: Iterator[Delivery]
    "Who is still to be told of it."
    view: View
    trigger: Trigger


class FanOut:
    """Which presentities have changed, and which watchers are still to be told.

    A change goes out at once and opens a window of `interval` seconds; what changes inside it
    goes out, newest, at its end (:rfc:`3856#section-6.10`).
    """

    def __init__(
        self,
        notifier: Notifier,
        settlement: Settlement,
        views: Views,
        store: Store,
        deadlines: Deadlines,
        run: Callable[[str, Callable[[], Coroutine[Any, Any, None]]], None],
        interval: Seconds,
    ) -> None:
        self._notifier = notifier
        self._settlement = settlement
        self._views = views
        self._store = store
        self._deadlines = deadlines
        self._run = run
        self._interval = interval
        self._changed: dict[str, Version] = {}  # to go out now
        self._windows: dict[str, Version] = {}  # open: the change that waits for its end, or 0
        self._registered: set[str] = set()  # something new is among what waits
        self._backlog: deque[Wave] = deque()

    def mark(self, presentity: str, version: Version, trigger: Trigger) -> None:
        """The presentity's state has changed; `trigger` says whether it is new, or another."""
        if trigger is Trigger.REGISTRATION:
            self._registered.add(presentity)
        if presentity in self._windows:
            if not self._windows[presentity]:
                self._windows[presentity] = version
                self._settlement.owe(version)
        elif presentity not in self._changed:
            self._changed[presentity] = version
            self._settlement.owe(version)

    def work(self, now: Moment) -> bool:
        """Tell a slice of the watchers who are to be told; whether some are left."""
        changed, self._changed = self._changed, {}
        for presentity, version in changed.items():
            self._spread_soon(presentity, version, now)
        self._send_slice(now)
        return bool(self._backlog)

    def _spread_soon(self, presentity: str, version: Version, now: Moment) -> None:
        self._run(presentity, lambda: self._spread(presentity, version, now))

    async def _spread(self, presentity: str, version: Version, now: Moment) -> None:
        """Line up everybody who is to see the change."""
        if presentity in self._windows:  # it opened while this waited for the store
            self.mark(presentity, version, Trigger.UPDATE)  # what it was for is noted already
            self._settlement.settle(version)
            return
        trigger = self._trigger(presentity)
        watching = await self._watching(presentity, now)
        if watching:
            view = await self._views.of(presentity, _ACTIVE, now)
            shown = view.fingerprint
            due = [each for each in watching if each.in_flight or each.shown != shown]
            if due:
                self._notifier.owe_all(due, version)
                self._open_window(presentity, now)
                self._backlog.append(Wave(iter(due), view, trigger))
        self._settlement.settle(version)

    def _trigger(self, presentity: str) -> Trigger:
        """What the newest state goes out for: what is new stays so until it is told."""
        if presentity in self._registered:
            self._registered.remove(presentity)
            return Trigger.REGISTRATION
        return Trigger.UPDATE

    async def _watching(self, presentity: str, now: Moment) -> list[Delivery]:
        """Who sees what the presentity is: for nobody its state need not be composed."""
        entries = await self._store.under(KIND, presentity, now.timestamp)
        deliveries = map(self._notifier.deliveries.get, entries)
        return [
            delivery
            for delivery in deliveries
            if delivery is not None and delivery.subscription.standing is _ACTIVE
        ]

    def _open_window(self, presentity: str, now: Moment) -> None:
        if self._interval > 0:
            self._windows[presentity] = 0
            self._deadlines.wait(self._interval, now.instant, self._window_over, presentity)

    def _window_over(self, presentity: str, _due: Instant, _now: Moment) -> None:
        version = self._windows.pop(presentity)
        if version:
            self._changed[presentity] = version

    def _send_slice(self, now: Moment) -> None:
        left = SLICE
        while left and self._backlog:
            wave = self._backlog[0]
            waiting = length_hint(wave.left)  # exact, of a list's iterator
            self._notifier.spread(islice(wave.left, left), wave.view, wave.trigger, now)
            if waiting <= left:
                self._backlog.popleft()
            left -= min(left, waiting)
