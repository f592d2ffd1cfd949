"""Bindings that live as long as their flow: a connection that is lost takes them with it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from functools import partial
from typing import Any

from hereabouts.base.deadlines import Deadlines
from hereabouts.base.units import Instant, Moment, Seconds
from hereabouts.sip.flow import Flow
from hereabouts.sip.registrar import Binding, Bindings, unbind
from hereabouts.storage.interface import Entry, Store

Run = Callable[[str, Callable[[], Coroutine[Any, Any, None]]], None]


class BoundFlows:
    """All bindings of devices that have numbered their flows (:rfc:`5626#section-7`).

    Those behind an edge proxy hang on its flow to them, which it knows of, and not on its own.
    """

    def __init__(self, store: Store, deadlines: Deadlines, run: Run, patience: Seconds) -> None:
        self._store = store
        self._deadlines = deadlines
        self._run = run
        self._patience = patience
        self._by_owner: dict[str, frozenset[int]] = {}
        self._by_connection: dict[int, set[str]] = {}

    def changed(self, owner: str, entry: Entry | None) -> None:
        """Take note of a change of somebody's bindings."""
        record = entry.record if entry is not None else Bindings()
        assert isinstance(record, Bindings)
        now = frozenset(_connections(record.contacts))
        before = self._by_owner.pop(owner, frozenset())
        if now:
            self._by_owner[owner] = now
        for connection in before - now:
            owners = self._by_connection[connection]
            owners.discard(owner)
            if not owners:
                del self._by_connection[connection]
        for connection in now - before:
            self._by_connection.setdefault(connection, set()).add(owner)

    def start(self, now: Moment) -> None:
        """Give devices whose connections a former run had some time to come back."""
        due = Instant(now.instant + self._patience)
        for connection in self._by_connection:
            self._deadlines.at(due, self._patience_over, connection)

    def _patience_over(self, connection: int, _due: Instant, _now: Moment) -> None:
        self._lose(connection)

    def flow_lost(self, flow: Flow) -> None:
        """A connection has closed: whoever was bound by it cannot be reached any more."""
        self._lose(flow.connection)

    def _lose(self, connection: int) -> None:
        for owner in sorted(self._by_connection.get(connection, ())):
            self._run(owner, partial(self._drop, owner, connection))

    async def _drop(self, owner: str, connection: int) -> None:
        await unbind(self._store, owner, lambda binding: connection in _connections([binding]))


def _connections(bindings: Iterable[Binding]) -> list[int]:
    """The connections that these bindings hang on."""
    return [
        binding.flow.connection
        for binding in bindings
        if binding.reg_id and binding.flow.connection and not binding.path
    ]
