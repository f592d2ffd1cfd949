"""Figure 3.3: a watcher's request comes in, and a notification goes out."""

from __future__ import annotations

from collections.abc import AsyncIterator

from hereabouts.demo.figure import Figure, inside, policies, sip
from hereabouts.demo.parties import P_PA, P_SIP, POLICY, PUA, W_SIP
from hereabouts.demo.story import Act, Remark, Story, Told
from hereabouts.demo.system import STRANGER, VISITOR, WATCHER, Keeper, System
from hereabouts.net.clock import Clock
from hereabouts.policy.point import Point
from hereabouts.presence.steps import Step

FIGURE = Figure(
    "3.3",
    (W_SIP, P_SIP, P_PA, PUA, POLICY),
    (
        sip("3", W_SIP, P_SIP, "SUBSCRIBE"),
        sip("4", P_SIP, P_PA, "SUBSCRIBE"),
        *policies("3.3", Point.INCOMING_SUBSCRIPTION, P_PA),
        inside("6-1", P_PA, PUA, Step.FETCHES, "asks what is known"),
        inside("6-2", PUA, P_PA, Step.FETCHED, "tells what is known", at=P_PA),
        *policies("3.3", Point.OUTGOING_NOTIFICATION, P_PA),
        sip("8", P_PA, P_SIP, "NOTIFY"),
        sip("9", P_SIP, W_SIP, "NOTIFY"),
    ),
)

PARTS = {
    WATCHER: "Basic service 3: receive a watcher's subscription request, and send a notification"
    " back. This watcher is approved.",
    VISITOR: "About this watcher the presentity wants to be asked: a blank document says that the"
    " request is pending.",
    STRANGER: "This watcher is rejected: a blank document says so, and the subscription is over.",
}
"What is said before each watcher's request."


async def play(_clock: Clock) -> AsyncIterator[Told]:
    """One who is approved, one who has to wait, and one who is rejected."""
    async with System(Keeper.EDGE) as system:
        await system.change("open", "at my desk")
        for watcher, said in PARTS.items():
            system.stage.clear()
            yield Remark(said)
            await system.watch(watcher)
            async for step in FIGURE.played(system.stage, ("answer NOTIFY", P_SIP, P_PA)):
                yield step
        yield Remark(
            "A presentity without policies: 5-1 to 5-4 and 7-1 to 7-4 find none; every watcher is"
            " approved, and 8 follows 6-2."
        )


FIGURE_3_3 = Story(
    "figure-3.3",
    "A process on an incoming SUBSCRIBE and an outgoing NOTIFY",
    FIGURE.parties,
    (Act(play),),
)
