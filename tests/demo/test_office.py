from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

from hereabouts.demo.office import SERVER, Office, tuesday
from hereabouts.demo.scripts import TOM_EVERY_TEN_MINUTES
from hereabouts.demo.stage import Cue
from hereabouts.net.clock import Accelerated

POLICY = ("Alice", "not too often", TOM_EVERY_TEN_MINUTES)


def test_its_dates_are_those_of_toronto() -> None:
    assert datetime.fromtimestamp(tuesday(16, 58), UTC) == datetime(
        2026, 11, 24, 21, 58, tzinfo=UTC
    )


def test_who_has_joined_publishes_and_watches_and_time_passes_at_will() -> None:
    clock = Accelerated(1.0, tuesday(9))

    async def test() -> list[tuple[Cue, str]]:
        async with Office(clock, POLICY) as office:
            await office.join("Alice")
            await office.join("Bob", lifetime=300)
            await office.publish("Alice", "open", "here")
            await office.pass_until(tuesday(9, 30))
            await office.pass_until(tuesday(9, 10))  # which has been
            await office.watch("Bob", "Alice")
            found: list[tuple[Cue, str]] = []
            while not found or found[-1][0] != ("answer NOTIFY", "Bob", SERVER):
                event = await office.stage.next(("answer NOTIFY", "Bob", SERVER))
                found.append((event.cue, dict(event.fields)["at"]))
            return found

    started = time.monotonic()
    with asyncio.Runner(loop_factory=clock.new_loop) as runner:
        found = runner.run(test())
    assert time.monotonic() - started < 30 * 60
    assert clock.factor == 1.0
    assert found[0] == (("PUBLISH", "Alice", SERVER), found[0][1])
    assert found[0][1].startswith("Tue 09:00:")
    assert (("outgoing-notification", "4", SERVER), found[-1][1]) in found
    assert found[-1][1].startswith("Tue 09:30:")
