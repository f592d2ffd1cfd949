"""Figure 3.5: a device registers or updates, and the presentity's agent is beside it."""

from __future__ import annotations

from collections.abc import AsyncIterator

from hereabouts.demo.figure import Figure, inside, policies, sip
from hereabouts.demo.parties import DEVICE, P_PA, P_SIP, POLICY, PUA, W_SIP
from hereabouts.demo.story import Act, Remark, Story, Told
from hereabouts.demo.system import Keeper, System
from hereabouts.net.clock import Clock
from hereabouts.policy.point import Point
from hereabouts.presence.steps import Step

FIGURE = Figure(
    "3.5",
    (DEVICE, PUA, P_PA, POLICY, P_SIP, W_SIP),
    (
        inside("1-1", DEVICE, PUA, Step.DEVICE_CHANGED, "says something else", at=P_PA),
        inside("1-2", PUA, DEVICE, Step.DEVICE_CHANGED, "has taken it", at=P_PA),
        inside("1-3", PUA, P_PA, Step.PUA_INFORMED, "informs its agent", at=P_PA),
        inside("1-4", P_PA, PUA, Step.PUA_INFORMED, "knows that there is news"),
        inside("2-1", P_PA, PUA, Step.FETCHES, "asks what is known"),
        inside("2-2", PUA, P_PA, Step.FETCHED, "tells what is known", at=P_PA),
        *policies("3.5", Point.OUTGOING_NOTIFICATION, P_PA),
        sip("4", P_PA, P_SIP, "NOTIFY"),
        sip("10", P_SIP, W_SIP, "NOTIFY"),
    ),
)


async def play(_clock: Clock) -> AsyncIterator[Told]:
    """A first word of the device, and another, while somebody watches."""
    async with System(Keeper.EDGE) as system:
        stage, answered = system.stage, ("answer NOTIFY", P_SIP, P_PA)
        await system.watch()
        await stage.wait_for(answered)
        yield Remark(
            "Basic service 4: send notifications to all watchers when presence information is"
            " registered."
        )
        await system.change("open", "at my desk")
        async for step in FIGURE.played(stage, answered):
            yield step
        yield Remark(
            "Basic service 5: send notifications to all watchers when presence information is"
            " updated."
        )
        await system.change("closed", "on the phone")
        async for step in FIGURE.played(stage, answered):
            yield step
        yield Remark("A presentity without policies: 3-1 to 3-4 are left out, and 4 follows 2-2.")


FIGURE_3_5 = Story(
    "figure-3.5",
    "A process on registration or updating, edge presence server",
    FIGURE.parties,
    (Act(play),),
)
