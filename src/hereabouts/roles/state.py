"""What a node remembers of itself between its runs."""

from __future__ import annotations

import msgspec

from hereabouts.sip.registrar import EVER
from hereabouts.storage.interface import Record, Store, Version

KEY = ("node", "", "")


class NodeState(Record, frozen=True, gc=False, kw_only=True):
    """The node's own record."""

    boots: int
    "How often it has started, this time included."
    secret: bytes
    "Keeps tags from being guessed; the same for ever, so that retransmissions are known again."
    watermark: Version
    "The newest change of which everybody had been told when this was written."


async def begin(store: Store, secret: bytes) -> NodeState:
    """The state for the run that begins now; `secret` is kept if this is the first."""
    entry = await store.get(KEY, EVER)
    if entry is None:
        state = NodeState(boots=1, secret=secret, watermark=0)
    else:
        assert isinstance(entry.record, NodeState)
        state = msgspec.structs.replace(entry.record, boots=entry.record.boots + 1)
    await store.put(KEY, state, entry)
    return state


async def mark(store: Store, state: NodeState, watermark: Version) -> Version:
    """Keep the watermark, and say what it was before; `state` is that of this run.

    A store that failed at the very start has lost this run's record: it is put again.
    """
    entry = await store.get(KEY, EVER)
    await store.put(KEY, msgspec.structs.replace(state, watermark=watermark), entry)
    before = entry.record if entry is not None else None
    return before.watermark if isinstance(before, NodeState) else 0
