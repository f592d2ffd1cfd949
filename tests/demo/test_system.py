"""The whole system: the presentity's agent beside his PUA, and beside the registrar."""

from __future__ import annotations

import asyncio

import pytest

from hereabouts.demo.parties import P_PA, P_SIP, PUA, W_PA, W_SIP
from hereabouts.demo.stage import Cue
from hereabouts.demo.system import VISITOR, Keeper, System

CHANGES: dict[Keeper, list[Cue]] = {
    Keeper.EDGE: [("device_changed", P_PA), ("pua_informed", P_PA)],
    Keeper.SERVER: [("device_changed", PUA), ("PUBLISH", PUA, P_PA)],
}
"How a change begins."


@pytest.mark.parametrize("keeper", list(Keeper))
def test_a_watcher_is_shown_each_change_by_every_node_between(keeper: Keeper) -> None:
    async def test() -> None:
        async with System(keeper) as system:
            system.stage.clear()
            await system.watch()
            await system.stage.wait_for(
                ("watch", W_PA),
                ("SUBSCRIBE", W_PA, W_SIP),
                ("SUBSCRIBE", W_SIP, P_SIP),
                ("SUBSCRIBE", P_SIP, P_PA),
                ("NOTIFY", P_PA, P_SIP),
                ("displayed", W_PA),
            )
            await system.change("open", "here")
            cues = (*CHANGES[keeper], ("NOTIFY", P_SIP, W_SIP), ("displayed", W_PA))
            await system.stage.wait_for(*cues)

    asyncio.run(test())


def test_another_watcher_is_asked_about() -> None:
    async def test() -> None:
        async with System(Keeper.EDGE) as system:
            await system.watch(VISITOR)
            cue = ("incoming-subscription", "4", P_PA)
            while (event := await system.stage.next(cue)).cue != cue:
                pass
            assert event.text == "obeys: confirm"

    asyncio.run(test())


def test_two_of_them_run_at_once() -> None:
    async def test() -> None:
        async with System(Keeper.EDGE) as one, System(Keeper.SERVER) as other:
            for system in (one, other):
                await system.watch()
            for system in (one, other):
                await system.stage.wait_for(("displayed", W_PA))

    asyncio.run(test())
