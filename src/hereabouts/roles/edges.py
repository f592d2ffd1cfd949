"""Presentities' own agents, known by the feature of their registration."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from hereabouts.base.deadlines import Deadlines
from hereabouts.base.units import Instant, Moment, Seconds, Timestamp
from hereabouts.sip.feature import is_presence_agent
from hereabouts.sip.flow import Flow
from hereabouts.sip.outbound import Way, way_to
from hereabouts.sip.registrar import Binding, Bindings, unbind
from hereabouts.storage.interface import Entry, Store

Run = Callable[[str, Callable[[], Coroutine[Any, Any, None]]], None]


class Edges:
    """All presence agents that are registered here, by presentity."""

    def __init__(self, store: Store, deadlines: Deadlines, run: Run, patience: Seconds) -> None:
        self._store = store
        self._deadlines = deadlines
        self._run = run
        self._patience = patience
        self._bound: dict[str, tuple[Binding, ...]] = {}
        self._by_connection: dict[int, set[str]] = {}
        self._came: dict[str, None] = {}
        self._left: dict[tuple[str, str], None] = {}

    def __len__(self) -> int:
        return len(self._bound)

    def __contains__(self, presentity: str) -> bool:
        return presentity in self._bound

    def ways(self, presentity: str, now: Timestamp) -> tuple[Way, ...]:
        """The ways to a presentity's agents, the one that registered last first."""
        bound = self._bound.get(presentity, ())
        return tuple(way_to(each) for each in reversed(bound) if each.expires_at > now)

    def flows(self, presentity: str, now: Timestamp, edge: str = "") -> tuple[Flow, ...]:
        """The flows of these, those to the one that this Call-ID names first."""
        ways = self.ways(presentity, now)
        return tuple(way.flow for way in sorted(ways, key=lambda way: way.agent != edge))

    def changed(self, presentity: str, entry: Entry | None) -> None:
        """Take note of a change of somebody's bindings."""
        record = entry.record if entry is not None else Bindings()
        assert isinstance(record, Bindings)
        bound = tuple(filter(_is_agent, record.contacts))
        before = self._bound.get(presentity, ())
        if bound and not before:
            self._came[presentity] = None
        # One that comes back by another connection registers with the same Call-ID.
        left = {each.call_id for each in before} - {each.call_id for each in bound}
        self._left |= dict.fromkeys((presentity, edge) for edge in left)
        self._index(presentity, bound)

    def _index(self, presentity: str, bound: tuple[Binding, ...]) -> None:
        for binding in self._bound.pop(presentity, ()):
            there = self._by_connection.get(binding.flow.connection, set())
            there.discard(presentity)
            if not there:
                self._by_connection.pop(binding.flow.connection, None)
        if bound:
            self._bound[presentity] = bound
        for binding in bound:
            if binding.flow.connection:
                self._by_connection.setdefault(binding.flow.connection, set()).add(presentity)

    def take_changes(self) -> tuple[list[str], list[tuple[str, str]]]:
        """Presentities whose agents have come, and each agent that has left, once each.

        The latter by presentity and the Call-ID of its registration.
        """
        came, self._came = list(self._came), {}
        left, self._left = list(self._left), {}
        return came, left

    def start(self, now: Moment) -> None:
        """Give agents whose connections a former run had some time to come back."""
        due = Instant(now.instant + self._patience)
        for presentity, bound in self._bound.items():
            for binding in bound:
                if binding.flow.is_reliable:
                    self._deadlines.at(due, self._patience_over, (presentity, binding.flow))

    def _patience_over(self, subject: tuple[str, Flow], _due: Instant, _now: Moment) -> None:
        self._run(subject[0], lambda: self.drop(*subject))

    def flow_lost(self, flow: Flow) -> None:
        """A connection has closed: whoever was bound by it is gone."""
        for presentity in list(self._by_connection.get(flow.connection, ())):
            self.lose(presentity, flow)

    def lose(self, presentity: str, flow: Flow) -> None:
        """There is no way to an agent any more."""
        self._run(presentity, lambda: self.drop(presentity, flow))

    async def drop(self, presentity: str, flow: Flow) -> None:
        """Unbind the agents that are bound by this flow: there is no way to them."""

        def is_gone(binding: Binding) -> bool:
            by = binding.flow
            is_same = by.connection == flow.connection if flow.connection else by == flow
            return is_same and _is_agent(binding)

        await unbind(self._store, presentity, is_gone)


def _is_agent(binding: Binding) -> bool:
    return is_presence_agent(dict(binding.parameters))
