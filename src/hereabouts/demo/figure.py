"""A figure of the thesis as a table: which event is which of its steps.

The thesis uses some numbers twice, so a step is named by figure and number, `3.3/5-2`. Answers of
SIP, which the thesis does not number, are drawn without.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec

from hereabouts.demo.parties import POLICY
from hereabouts.demo.stage import Cue, Event, Stage
from hereabouts.demo.story import Step
from hereabouts.policy.point import STEPS, Point
from hereabouts.presence import steps


class Row(msgspec.Struct, frozen=True):
    """One step: what the thesis calls it, who it is drawn between, and which event it is."""

    number: str
    sender: str
    receiver: str
    cue: Cue
    text: str = ""
    "What a person is told of it; empty: what the event says."


class Figure(msgspec.Struct, frozen=True):
    """A figure: who takes part, from left to right, and its steps in their order."""

    number: str
    "Such as `3.3`; empty: its steps are named without."
    parties: tuple[str, ...]
    rows: tuple[Row, ...]

    def steps(self, event: Event) -> list[Step]:
        """What is drawn of an event; nothing, where it is no part of this figure."""
        drawn = [
            Step(row.sender, row.receiver, self._label(row, event), event.fields)
            for row in self.rows
            if row.cue == event.cue
        ]
        if not drawn and self._is_answer(event.cue):
            drawn.append(Step(event.cue[1], event.cue[2], event.text))
        return drawn

    def _label(self, row: Row, event: Event) -> str:
        name = f"{self.number}/{row.number}" if self.number else row.number
        return f"{name} {row.text or event.text}".lstrip()

    def _is_answer(self, cue: Cue) -> bool:
        """Whether it answers a request of this figure."""
        what, *ends = cue
        asked = (what.removeprefix("answer "), *reversed(ends))
        return what.startswith("answer ") and any(row.cue == asked for row in self.rows)

    async def played(self, stage: Stage, *until: Cue) -> AsyncIterator[Step]:
        """The steps of this figure as they happen, until each of these events has come."""
        waiting = list(until)
        while waiting:
            event = await stage.next(waiting[0])
            if event.cue in waiting:
                waiting.remove(event.cue)
            for step in self.steps(event):
                yield step


def sip(number: str, sender: str, receiver: str, method: str) -> Row:
    """A request on its way."""
    return Row(number, sender, receiver, (method, sender, receiver))


def decided(number: str, point: Point, at: str) -> Row:
    """A decision of a node that asks itself; drawn beside it."""
    return Row(number, at, at, (point.value, "4", at))


def inside(
    number: str, sender: str, receiver: str, step: steps.Step, text: str, at: str = ""
) -> Row:
    """What happens inside of the node that is called `at`; the sender, if nobody else is."""
    return Row(number, sender, receiver, (step.value, at or sender), text)


def policies(figure: str, point: Point, agent: str) -> tuple[Row, ...]:
    """The four steps in which an agent asks the policy server, and obeys."""
    ends = ((agent, POLICY), (POLICY, POLICY), (POLICY, agent), (agent, agent))
    names = [name.partition("/")[2] for name in STEPS[figure, point]]
    return tuple(
        Row(name, *pair, (point.value, str(place), agent))
        for place, (name, pair) in enumerate(zip(names, ends, strict=True), 1)
    )
