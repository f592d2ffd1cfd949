"""Figure 3.4: a notification comes to its watcher."""

from __future__ import annotations

from collections.abc import AsyncIterator

from hereabouts.demo.figure import Figure, inside, policies, sip
from hereabouts.demo.parties import P_SIP, POLICY, W_PA, W_SIP, WATCHER
from hereabouts.demo.story import Act, Remark, Story, Told
from hereabouts.demo.system import Keeper, System
from hereabouts.net.clock import Clock
from hereabouts.policy.point import Point
from hereabouts.presence.steps import Step

FIGURE = Figure(
    "3.4",
    (WATCHER, W_PA, POLICY, W_SIP, P_SIP),
    (
        sip("9", P_SIP, W_SIP, "NOTIFY"),
        sip("10", W_SIP, W_PA, "NOTIFY"),
        *policies("3.4", Point.INCOMING_NOTIFICATION, W_PA),
        inside("11", W_PA, WATCHER, Step.DISPLAYED, "displays the presence information"),
    ),
)


async def play(_clock: Clock) -> AsyncIterator[Told]:
    """The answer to a SUBSCRIBE, up to what the watcher is shown."""
    async with System(Keeper.EDGE) as system:
        await system.change("open", "at my desk")
        system.stage.clear()
        yield Remark("Basic service 3, seen from the watcher: the notification comes back.")
        await system.watch()
        shown, answered = (Step.DISPLAYED.value, W_PA), ("answer NOTIFY", W_SIP, P_SIP)
        async for step in FIGURE.played(system.stage, shown, answered):
            yield step
        yield Remark("A watcher without policies: 11-1 to 11-4 find none, and 11 follows.")


FIGURE_3_4 = Story("figure-3.4", "A process on an incoming NOTIFY", FIGURE.parties, (Act(play),))
