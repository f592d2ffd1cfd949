"""Figure 3.2: a watcher's request on its way out."""

from __future__ import annotations

from collections.abc import AsyncIterator

from hereabouts.demo.figure import Figure, Row, policies, sip
from hereabouts.demo.parties import P_SIP, POLICY, W_PA, W_SIP, WATCHER
from hereabouts.demo.story import Act, Remark, Story, Told
from hereabouts.demo.system import Keeper, System
from hereabouts.net.clock import Clock
from hereabouts.policy.point import Point

FIGURE = Figure(
    "3.2",
    (WATCHER, W_PA, POLICY, W_SIP, P_SIP),
    (
        Row("1", WATCHER, W_PA, ("watch", W_PA)),
        *policies("3.2", Point.OUTGOING_SUBSCRIPTION, W_PA),
        sip("2", W_PA, W_SIP, "SUBSCRIBE"),
        sip("3", W_SIP, P_SIP, "SUBSCRIBE"),
    ),
)


async def play(_clock: Clock) -> AsyncIterator[Told]:
    """From the wish to the server of the presentity's domain, and the answer back."""
    async with System(Keeper.EDGE) as system:
        system.stage.clear()
        yield Remark("Basic service 2: send a watcher's subscription request.")
        await system.watch()
        answered = ("answer SUBSCRIBE", W_SIP, W_PA)
        async for step in FIGURE.played(system.stage, answered):
            yield step
        yield Remark("A watcher without policies: 1-1 to 1-4 find none, and 2 follows.")


FIGURE_3_2 = Story("figure-3.2", "A process on an outgoing SUBSCRIBE", FIGURE.parties, (Act(play),))
