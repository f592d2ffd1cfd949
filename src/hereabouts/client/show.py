"""What the commands `watch` and `publish` do: an agent run until Ctrl-C, and shown."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from datetime import UTC, datetime
from enum import Enum

import msgspec
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from hereabouts.client.agent import Agent
from hereabouts.client.failure import AgentFailed
from hereabouts.client.following import follow as follow_device
from hereabouts.client.presence import Presence
from hereabouts.client.terminal import hush, plain, until_asked
from hereabouts.client.watchlist import UNLISTED, watch_listed
from hereabouts.presence.pua import Device
from hereabouts.presence.statement import Statement
from hereabouts.sip.headers.event import Substate

Listing = Callable[[], Sequence[str]]
"Who is listed, whenever it is called."

STYLES = {"open": "bold green", "closed": "red"}


class Form(Enum):
    """How presences are shown."""

    TABLE = "table"
    "One that is redrawn, on a terminal."
    LINES = "lines"
    "A line for each change."
    JSON = "json"
    "An object a line for each change."


class Watched(msgspec.Struct, frozen=True):
    """Who is to be watched: these, or whoever is listed."""

    presentities: Sequence[str]
    listing: Listing | None = None

    def by(self, agent: Agent) -> AsyncGenerator[Presence, None]:
        """Each change that the agent sees."""
        if self.listing is not None:
            return watch_listed(agent, self.listing)
        return agent.watch(*self.presentities)


def watch(
    agent: Agent,
    presentities: Sequence[str],
    *,
    as_json: bool = False,
    console: Console | None = None,
    listing: Listing | None = None,
) -> None:
    """Show these presentities to the user until Ctrl-C, or until none can be watched any more.

    With a `listing`, those whom it names instead, whenever it is asked.

    Raises:
        AgentFailed: the server cannot be reached, or refuses; says what to do.
    """
    shown_at = console or Console()
    form = Form.TABLE if shown_at.is_terminal else Form.LINES
    form = Form.JSON if as_json else form
    until_asked(_watch(agent, Watched(presentities, listing), form, shown_at))


def publish(
    agent: Agent,
    *,
    basic: str = "open",
    note: str = "",
    activities: Iterable[str] = (),
    once: bool = False,
    console: Console | None = None,
) -> None:
    """Publish for the user until Ctrl-C; `once`: until the server has it.

    For `once` the agent is one that keeps its publication and does not register.

    Raises:
        AgentFailed: the server cannot be reached, or refuses; says what to do.
    """
    until_asked(
        _publish(agent, basic, note, tuple(activities), once=once, console=console or Console())
    )


def follow(
    agent: Agent, device: Device, *, once: bool = False, console: Console | None = None
) -> None:
    """Publish for the user what a device says, until Ctrl-C; `once`: what it says now.

    Raises:
        AgentFailed: the server cannot be reached, or refuses; or `once`, and nothing is said.
    """
    shown_at = console or Console()
    if not once:
        until_asked(_follow(agent, device, shown_at))
        return
    said = device.read(None)
    if said is None:
        raise AgentFailed(f"{device.name} says nothing; write a line such as open: at my desk")
    basic = said.basic.value if said.basic else None
    until_asked(_publish(agent, basic, said.note, said.activities, once=True, console=shown_at))


async def _publish(
    agent: Agent,
    basic: str | None,
    note: str,
    activities: tuple[str, ...],
    *,
    once: bool,
    console: Console,
) -> None:
    async with agent:
        await agent.publish(basic, note=note, activities=activities)
        _tell_published(agent, basic, note, activities, console)
        if not once:
            console.print("It stays so until Ctrl-C.", highlight=False)
            await asyncio.get_running_loop().create_future()


async def _follow(agent: Agent, device: Device, console: Console) -> None:
    def tell(said: Statement | None) -> None:
        if said is None:
            _print(f"{device.name} says nothing: nothing is published", console)
        else:
            basic = said.basic.value if said.basic else None
            _tell_published(agent, basic, said.note, said.activities, console)

    async with agent:
        _print(f"It follows {plain(device.name)} until Ctrl-C.", console)
        await follow_device(agent, device, tell=tell)


def _tell_published(
    agent: Agent, basic: str | None, note: str, activities: tuple[str, ...], console: Console
) -> None:
    words = " ".join([basic or "unknown", *activities]) + (f": {note}" if note else "")
    _print(f"{agent.address} is published as {plain(words)}", console)


def _print(line: str, console: Console) -> None:
    console.print(line, markup=False, highlight=False, soft_wrap=True)


async def _watch(agent: Agent, watched: Watched, form: Form, console: Console) -> None:
    async with agent:
        if form is Form.TABLE:
            await _draw(agent, watched, console)
            return
        async for presence in watched.by(agent):
            told = plain(f"{_clock(presence)} {presence}")
            line = json_line(presence) if form is Form.JSON else told
            try:
                console.file.write(f"{line}\n")
                console.file.flush()
            except BrokenPipeError:
                hush(console)
                return


async def _draw(agent: Agent, watched: Watched, console: Console) -> None:
    seen: dict[str, Presence | None] = dict.fromkeys(watched.presentities)
    with Live(table(seen), console=console, auto_refresh=False) as live:
        async for presence in watched.by(agent):
            name = presence.presentity
            if presence.reason == UNLISTED:
                seen.pop(name, None)
            else:
                short = name.removeprefix("sip:")
                seen[short if short in seen else name] = presence
            live.update(table(seen), refresh=True)


def table(seen: dict[str, Presence | None]) -> Table:
    """All presentities, and what was seen of each last."""
    drawn = Table("presentity", "presence", "note", "activities", "since", expand=True)
    for name, presence in seen.items():
        if presence is None:
            drawn.add_row(Text(name), Text("…", style="dim"))
            continue
        drawn.add_row(
            Text(name),
            _presence(presence),
            Text(plain(presence.note)),
            Text(plain(", ".join(presence.activities))),
            Text(_clock(presence)),
        )
    return drawn


def _presence(presence: Presence) -> Text:
    if presence.state is Substate.TERMINATED:
        return Text(
            plain(f"unknown: {presence.reason}") if presence.reason else "unknown", style="dim"
        )
    if presence.state is Substate.PENDING:
        return Text("waits for approval", style="yellow")
    said = presence.basic.value if presence.basic else "unknown"
    return Text(said, style=STYLES.get(said, "dim"))


def json_line(presence: Presence) -> str:
    """The presence as one JSON object on one line, for scripts."""
    fields = {
        "presentity": presence.presentity,
        "state": presence.state.value,
        "reason": presence.reason,
        "basic": presence.basic.value if presence.basic else None,
        "note": presence.note,
        "activities": presence.activities,
        "seen_at": datetime.fromtimestamp(presence.seen_at, UTC).isoformat(timespec="milliseconds"),
    }
    return msgspec.json.encode(fields).decode()


def _clock(presence: Presence) -> str:
    return f"{datetime.fromtimestamp(presence.seen_at, UTC).astimezone():%H:%M:%S}"
