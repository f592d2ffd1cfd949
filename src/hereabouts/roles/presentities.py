"""The commands about watchers' lists of presentities."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from hereabouts.base.refusal import Malformed
from hereabouts.base.units import Moment
from hereabouts.presence.presentities import KIND, MOST_LISTED, Listed
from hereabouts.storage.interface import Store

Arguments = dict[str, Any]


class Lists:
    """Everything that `hereabouts presentities` does to a store.

    `user` finds the address of a user that is served, or refuses; `address` that of anybody.
    """

    def __init__(
        self,
        store: Store,
        user: Callable[[str, Moment], Awaitable[str]],
        address: Callable[[str], str],
    ) -> None:
        self.shown: Callable[[str], list[dict[str, object]]] | None = None
        "What a watcher sees of his presentities, where agents watch for him."
        self._store = store
        self._user = user
        self._address = address

    @property
    def table(self) -> dict[str, Callable[[Arguments, Moment], Awaitable[object]]]:
        """The commands by name."""
        return {
            "presentities list": self._list,
            "presentities add": self._add,
            "presentities remove": self._remove,
            "presentities show": self._show,
        }

    async def _list(self, arguments: Arguments, now: Moment) -> object:
        watcher = await self._user(str(arguments["user"]), now)
        entries = await self._store.under(KIND, watcher, now.timestamp)
        return [
            {"presentity": presentity, "added_at": entry.record.added_at}
            for presentity, entry in entries.items()
            if isinstance(entry.record, Listed)
        ]

    async def _add(self, arguments: Arguments, now: Moment) -> object:
        watcher = await self._user(str(arguments["user"]), now)
        presentity = self._address(str(arguments["presentity"]))
        listed = await self._store.under(KIND, watcher, now.timestamp)
        if presentity not in listed:
            if len(listed) >= MOST_LISTED:
                raise Malformed(f"a list has at most {MOST_LISTED} presentities; remove one")
            key = (KIND, watcher, presentity)
            await self._store.put(key, Listed(added_at=now.timestamp), None)
        return {"watcher": watcher, "presentity": presentity}

    async def _remove(self, arguments: Arguments, now: Moment) -> object:
        watcher = await self._user(str(arguments["user"]), now)
        presentity = self._address(str(arguments["presentity"]))
        key = (KIND, watcher, presentity)
        entry = await self._store.get(key, now.timestamp)
        if entry is None:
            raise Malformed(f"{presentity} is not in the list of {watcher}")
        await self._store.delete(key, entry)
        return {"watcher": watcher, "presentity": presentity}

    async def _show(self, arguments: Arguments, now: Moment) -> object:
        watcher = await self._user(str(arguments["user"]), now)
        if self.shown is None:
            raise Malformed("nobody watches for users here; set watcher.mode to agent")
        return self.shown(watcher)
