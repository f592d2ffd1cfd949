"""Figure 3.6: a device registers or updates, and the presentity's agent is beside the registrar."""

from __future__ import annotations

from collections.abc import AsyncIterator

from hereabouts.demo.figure import Figure, Row, inside, policies, sip
from hereabouts.demo.parties import DATABASE, DEVICE, P_PA, P_SIP, POLICY, PUA, REGISTRAR, W_SIP
from hereabouts.demo.story import Act, Remark, Story, Told
from hereabouts.demo.system import Keeper, System
from hereabouts.net.clock import Clock
from hereabouts.policy.point import Point
from hereabouts.presence.steps import Step

# The registrar, its database and the P-PA are one node, which the PUA knows as the registrar.
FIGURE = Figure(
    "3.6",
    (DEVICE, PUA, REGISTRAR, DATABASE, P_PA, POLICY, P_SIP, W_SIP),
    (
        inside("1-1", DEVICE, PUA, Step.DEVICE_CHANGED, "says something else", at=PUA),
        inside("1-2", PUA, DEVICE, Step.DEVICE_CHANGED, "has taken it"),
        Row("1-3", PUA, REGISTRAR, ("PUBLISH", PUA, P_PA)),
        inside("1-5", REGISTRAR, DATABASE, Step.REGISTRAR_SAVED, "saves it", at=P_PA),
        inside("1-6", REGISTRAR, P_PA, Step.AGENT_INFORMED, "informs the agent", at=P_PA),
        inside("2-1", P_PA, DATABASE, Step.FETCHES, "asks what is known"),
        inside("2-2", DATABASE, P_PA, Step.FETCHED, "tells what is known", at=P_PA),
        Row("1-4", REGISTRAR, PUA, ("answer PUBLISH", P_PA, PUA)),
        *policies("3.6", Point.OUTGOING_NOTIFICATION, P_PA),
        sip("4", P_PA, P_SIP, "NOTIFY"),
        sip("5", P_SIP, W_SIP, "NOTIFY"),
    ),
)


async def play(_clock: Clock) -> AsyncIterator[Told]:
    """A first word of the device, and another, while somebody watches."""
    async with System(Keeper.SERVER) as system:
        stage, answered = system.stage, ("answer NOTIFY", P_SIP, P_PA)
        told = ("answer PUBLISH", P_PA, PUA)
        await system.watch()
        await stage.wait_for(answered)
        yield Remark(
            "Basic services 1 and 4: store and manage presence information for a presentity; send"
            " notifications to all watchers when presence information is registered. The"
            " registrar answers (1-4) when what it says yes to is in its database."
        )
        await system.change("open", "at my desk")
        async for step in FIGURE.played(stage, told, answered):
            yield step
        yield Remark(
            "Basic services 1 and 5: the same when presence information is updated. The figure"
            " has the number 5 twice: of a question about policies, and of the last NOTIFY."
        )
        await system.change("closed", "on the phone")
        async for step in FIGURE.played(stage, told, answered):
            yield step
        yield Remark("A presentity without policies: 5 to 8 are left out, and 4 follows 2-2.")


FIGURE_3_6 = Story(
    "figure-3.6",
    "A process on registration or updating, presence server",
    FIGURE.parties,
    (Act(play),),
)
