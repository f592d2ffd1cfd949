"""What happens in a system of several nodes, as one row of events in the order they came in.

Packets are seen on their way out of a server, and on both ways at an agent; what happens inside
of a node it tells its journal.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import msgspec

from hereabouts.base.journal import Grade
from hereabouts.base.units import Seconds
from hereabouts.demo.message import brief, summary
from hereabouts.demo.story import DemoFailed
from hereabouts.net.ids import RandomIds
from hereabouts.roles.node import Tap, Way
from hereabouts.sip.flow import Flow
from hereabouts.sip.message import Request
from hereabouts.sip.reader import read

Cue = tuple[str, ...]
"""What has happened and where: `("SUBSCRIBE", sender, receiver)`, `("answer SUBSCRIBE", sender,
receiver)`, `("incoming-subscription", "4", party)`, `("fetches", party)`."""

PATIENCE: Seconds = 20.0
"Seconds in which the next event must come; a busy machine needs a few."


def password() -> str:
    """A word that nobody guesses."""
    ids = RandomIds()
    return f"{ids.token()}{ids.token()}"


class Event(msgspec.Struct, frozen=True):
    """Something that has happened."""

    cue: Cue
    text: str = ""
    "What a person is told of it."
    fields: tuple[tuple[str, str], ...] = ()


class Stage:
    """Where the parties of a demo meet; `hosts` says whose the addresses are.

    With a `stamp`, each event tells when it was.
    """

    def __init__(
        self,
        hosts: Mapping[str, str],
        stamp: Callable[[], str] | None = None,
        patience: Seconds = PATIENCE,
    ) -> None:
        self._hosts = hosts
        self._stamp = stamp
        self._patience = patience
        self._events: asyncio.Queue[Event] = asyncio.Queue()
        self._faults: list[str] = []

    # -- what it hears

    def server(self, name: str) -> Tap:
        """A tap for a server: it is seen to send to whoever has an address of his own."""

        def tap(way: Way, packet: bytes, flow: Flow) -> None:
            if way is Way.OUT and flow.host in self._hosts:
                self.passed(name, self._hosts[flow.host], packet)

        return tap

    def agent(self, name: str) -> Tap:
        """A tap for a user's agent, which shares its address with others."""

        def tap(way: Way, packet: bytes, flow: Flow) -> None:
            ends = (name, self._hosts[flow.host])
            self.passed(*(ends if way is Way.OUT else ends[::-1]), packet)

        return tap

    def journal(self, name: str) -> Listener:
        """A journal for a node of this name."""
        return Listener(self, name)

    def passed(self, sender: str, receiver: str, packet: bytes) -> None:
        """A packet has gone from one party to another."""
        message = read(packet)
        method = message.cseq[1]
        what = method if isinstance(message, Request) else f"answer {method}"
        self.say(Event((what, sender, receiver), summary(packet), brief(packet)))

    def say(self, event: Event) -> None:
        """Have something happen."""
        if self._stamp is not None:
            fields = (("at", self._stamp()), *event.fields)
            event = msgspec.structs.replace(event, fields=fields)
        self._events.put_nowait(event)

    def fault(self, text: str) -> None:
        """Something is wrong with a node; it is told if the demo cannot go on."""
        self._faults.append(text)

    # -- what it tells

    async def next(self, cue: Cue) -> Event:
        """The next event, on the way to the one that is waited for.

        Raises:
            DemoFailed: none has come in time.
        """
        try:
            async with asyncio.timeout(self._patience):
                return await self._events.get()
        except TimeoutError:
            faults = "".join(f"; {fault}" for fault in self._faults[-3:])
            what = f"{cue[0]} ({', '.join(cue[1:])})"
            raise DemoFailed(
                f"the demo stopped: {what} did not come within {self._patience:.0f} s{faults}"
            ) from None

    async def wait_for(self, *cues: Cue) -> None:
        """Let everything pass until each of these has come."""
        for cue in cues:
            while (await self.next(cue)).cue != cue:
                pass

    def clear(self) -> None:
        """Forget what nobody has looked at."""
        while not self._events.empty():
            self._events.get_nowait()


class Listener:
    """A journal that has its stage know what happens inside of a node."""

    def __init__(self, stage: Stage, name: str) -> None:
        self._stage = stage
        self._name = name

    def say(self, grade: Grade, event: str, **fields: object) -> None:
        """Take one event."""
        if grade >= Grade.WARNING:
            self._stage.fault(f"{self._name}: {event}: {fields.get('fault', '')}")
        told = {name: str(value) for name, value in fields.items()}
        match event:
            case "policy":
                self._stage.say(_of_policy(told, self._name))
            case "presence step":
                self._stage.say(Event((told["step"], self._name)))
            case _:
                self._stage.say(Event((event, self._name)))


def _of_policy(told: dict[str, str], name: str) -> Event:
    cue = (told["point"], told["step"], name)
    match told["step"]:
        case "1":
            point = (("point", told["point"]), ("of", told["owner"]))
            return Event(cue, told["text"], point)
        case "4":
            because = (("about", told["watcher"]), ("because", told["text"]))
            return Event(cue, f"obeys: {told['decision']}", because)
    return Event(cue, told["text"])
