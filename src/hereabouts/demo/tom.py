"""Tom wishes to reject all watcher requests after working hours (section 3.5 of the thesis)."""

from __future__ import annotations

from collections.abc import AsyncIterator

from hereabouts.demo.figure import Figure, decided, sip
from hereabouts.demo.office import SERVER, Office, tuesday
from hereabouts.demo.scripts import NEWCOMERS_IN_WORKING_HOURS, WORKING_HOURS
from hereabouts.demo.story import Act, Remark, Story, Told
from hereabouts.net.clock import Accelerated, Clock
from hereabouts.policy.point import Point

TOM, BOB, CAROL = "Tom", "Bob", "Carol"

LADDER = Figure(
    "",
    (BOB, CAROL, SERVER, TOM),
    (
        sip("", TOM, SERVER, "PUBLISH"),
        sip("", BOB, SERVER, "SUBSCRIBE"),
        sip("", CAROL, SERVER, "SUBSCRIBE"),
        decided("", Point.INCOMING_SUBSCRIPTION, SERVER),
        sip("", SERVER, BOB, "NOTIFY"),
        sip("", SERVER, CAROL, "NOTIFY"),
    ),
)

LIFETIME = 300
"Seconds that a watcher asks for; he asks again after 255."

BEGINS = tuesday(16, 58)


async def strict(clock: Clock) -> AsyncIterator[Told]:
    """Whatever is asked after 17:00 is rejected, a refresh too."""
    yield Remark("Tom's policy rejects every request outside Mon-Fri 9:00-17:00, Toronto time.")
    async for told in _evening(clock, ("his working hours", WORKING_HOURS)):
        yield told
    yield Remark("A refresh is a request as any other: Bob is rejected too.")


async def gentle(clock: Clock) -> AsyncIterator[Told]:
    """Who is subscribed by then stays so."""
    yield Remark("The same evening, with a policy that lets refreshes pass at any hour.")
    async for told in _evening(clock, ("newcomers", NEWCOMERS_IN_WORKING_HOURS)):
        yield told
    yield Remark("Bob goes on seeing Tom; Carol may try again in the morning.")


async def _evening(clock: Clock, policy: tuple[str, str]) -> AsyncIterator[Told]:
    assert isinstance(clock, Accelerated)
    async with Office(clock, (TOM, *policy)) as office:
        await office.join(TOM)
        for name in (BOB, CAROL):
            await office.join(name, LIFETIME)
        await office.publish(TOM, "open", "in the office")
        await office.watch(BOB, TOM)
        async for step in LADDER.played(office.stage, ("answer NOTIFY", BOB, SERVER)):
            yield step
        yield Remark("17:00 passes.")
        await office.pass_until(tuesday(17, 1))
        await office.watch(CAROL, TOM)
        async for step in LADDER.played(office.stage, ("answer NOTIFY", CAROL, SERVER)):
            yield step
        yield Remark("Bob's subscription is about to run out, and his agent refreshes it.")
        await office.pass_until(tuesday(17, 3))
        async for step in LADDER.played(office.stage, ("answer NOTIFY", BOB, SERVER)):
            yield step


STORY = Story(
    "tom",
    "Tom rejects all watcher requests after working hours (section 3.5)",
    LADDER.parties,
    (Act(strict, BEGINS), Act(gentle, BEGINS)),
)
