"""Alice would like the notification to Tom not more often than every 10 minutes (thesis, 3.5)."""

from __future__ import annotations

from collections.abc import AsyncIterator

from hereabouts.demo.figure import Figure, decided, sip
from hereabouts.demo.office import SERVER, Office, tuesday
from hereabouts.demo.scripts import TOM_EVERY_TEN_MINUTES
from hereabouts.demo.story import Act, Remark, Story, Told
from hereabouts.net.clock import Accelerated, Clock
from hereabouts.policy.point import Point

ALICE, TOM, EVE = "Alice", "Tom", "Eve"

LADDER = Figure(
    "",
    (TOM, EVE, SERVER, ALICE),
    (
        sip("", ALICE, SERVER, "PUBLISH"),
        sip("", TOM, SERVER, "SUBSCRIBE"),
        sip("", EVE, SERVER, "SUBSCRIBE"),
        decided("", Point.OUTGOING_NOTIFICATION, SERVER),
        sip("", SERVER, TOM, "NOTIFY"),
        sip("", SERVER, EVE, "NOTIFY"),
    ),
)

TOM_HAS_IT, EVE_HAS_IT = ("answer NOTIFY", TOM, SERVER), ("answer NOTIFY", EVE, SERVER)


async def play(clock: Clock) -> AsyncIterator[Told]:
    """A morning of twenty minutes."""
    assert isinstance(clock, Accelerated)
    policy = (ALICE, "not too often", TOM_EVERY_TEN_MINUTES)
    async with Office(clock, policy) as office:
        for name in (ALICE, TOM, EVE):
            await office.join(name)
        yield Remark("Tom and Eve watch Alice; her policy is about Tom alone.")
        await office.publish(ALICE, "open", "at my desk")
        await office.watch(TOM, ALICE)
        await office.watch(EVE, ALICE)
        async for step in LADDER.played(office.stage, TOM_HAS_IT, EVE_HAS_IT):
            yield step
        yield Remark(
            "Alice changes twice within ten minutes: Eve sees each at once, and for Tom the newest"
            " waits."
        )
        for minute, note in ((2, "in a meeting"), (5, "on the phone")):
            await office.pass_until(tuesday(9, minute))
            await office.publish(ALICE, "closed", note)
            async for step in LADDER.played(office.stage, EVE_HAS_IT):
                yield step
        yield Remark("Ten minutes after his last notification Tom sees the newest.")
        await office.pass_until(tuesday(9, 11))
        async for step in LADDER.played(office.stage, TOM_HAS_IT):
            yield step
        yield Remark("Once more: a change at 9:12 reaches Tom at 9:20.")
        await office.pass_until(tuesday(9, 12))
        await office.publish(ALICE, "open", "back again")
        await office.pass_until(tuesday(9, 21))
        async for step in LADDER.played(office.stage, EVE_HAS_IT, TOM_HAS_IT):
            yield step


STORY = Story(
    "alice",
    "Alice has Tom notified at most every 10 minutes (section 3.5)",
    LADDER.parties,
    (Act(play, tuesday(9)),),
)
