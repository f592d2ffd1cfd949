"""Waiting for the disk before a node begins."""

from __future__ import annotations

import asyncio

from hereabouts.roles.build import Backend
from hereabouts.storage.interface import StoreUnavailable


async def have_durable(store: Backend) -> None:
    """Wait until what was written is on disk: a run that was not counted repeats CSeqs.

    Raises:
        StoreUnavailable: it cannot be written; says what to do.
    """
    is_durable = asyncio.get_running_loop().create_future()

    def settle(fault: StoreUnavailable | None = None) -> None:
        if is_durable.done():
            return
        if fault is None:
            is_durable.set_result(None)
        else:
            is_durable.set_exception(fault)

    store.listen(lambda _turn: settle(), lambda _turn, fault: settle(fault))
    store.seal()
    await is_durable
