"""What is resident: every entry by kind, owner and id, and which keys were deleted.

Three plain dictionaries inside each other, so that no key tuple is kept for an entry and all
entries of an owner lie together, in the order in which they were first put.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from hereabouts.storage.interface import Entry, Key, Version


class Placed(Entry, frozen=True, gc=False):
    """An entry that knows its place among the others."""

    first: Version
    "The version at which its key was first put: its place in the order, and its row on disk."


class Gone(msgspec.Struct, frozen=True, gc=False):
    """What remains of a deleted entry until it may be forgotten."""

    version: Version
    "The version of the deletion."

    first: Version
    "The place, and the row on disk, that the entry had; 0: it had none."


Slot = Placed | Gone | None
"What a key stands for: an entry, a remembered deletion, or nothing that anybody knows of."

Owners = dict[str, dict[str, dict[str, Placed]]]
"The entries by kind, owner and id."


class Index:
    """Slots by key."""

    def __init__(self, owners: Owners) -> None:
        self.owners = owners
        self.gone: dict[Key, Gone] = {}

    def find(self, key: Key) -> Placed | None:
        """The entry under `key`."""
        kind, owner, entry_id = key
        entries = self.owners[kind].get(owner)
        return None if entries is None else entries.get(entry_id)

    def slot(self, key: Key) -> Slot:
        """What `key` stands for."""
        kind, owner, entry_id = key  # as `find`, which costs a call: each change is asked about
        entries = self.owners[kind].get(owner)
        return (entries.get(entry_id) if entries else None) or self.gone.get(key)

    def place(self, key: Key, entry: Placed) -> None:
        """Keep `entry` under `key`; a new one comes last among those of its owner."""
        kind, owner, entry_id = key
        entries = self.owners[kind].get(owner)
        if entries is None:
            self.owners[kind][owner] = {entry_id: entry}
        else:
            entries[entry_id] = entry

    def remove(self, key: Key) -> None:
        """Keep nothing under `key`."""
        kind, owner, entry_id = key
        entries = self.owners[kind].get(owner)
        if entries is not None:
            entries.pop(entry_id, None)
            if not entries:
                del self.owners[kind][owner]

    def restore(self, slots: dict[Key, Placed | Gone]) -> None:
        """Put slots back as they were, also in their order."""
        for key, slot in slots.items():
            self.gone.pop(key, None)
            match slot:
                case Placed():
                    self.place(key, slot)
                case Gone():
                    self.remove(key)
                    self.gone[key] = slot
        for kind, owner in {(kind, owner) for kind, owner, _ in slots}:
            self._sort(kind, owner)

    def _sort(self, kind: str, owner: str) -> None:
        entries = self.owners[kind].get(owner)
        if entries is not None:
            ordered = sorted(entries.items(), key=lambda item: item[1].first)
            self.owners[kind][owner] = dict(ordered)

    def items(self) -> Iterator[tuple[Key, Placed]]:
        """All entries with their keys; nothing may be put meanwhile."""
        for kind, owners in self.owners.items():
            for owner, entries in owners.items():
                for entry_id, entry in entries.items():
                    yield (kind, owner, entry_id), entry
