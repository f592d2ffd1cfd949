"""`hereabouts edge`: a user's presence served from his own machine, and what he says of himself."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from cyclopts import App, Parameter
from rich.console import Console
from rich.table import Table
from rich.text import Text

from hereabouts.cli.agents import full_address
from hereabouts.cli.options import Flag, Several
from hereabouts.cli.password import the_password
from hereabouts.cli.serve import tell_fault
from hereabouts.client.edge import Edge
from hereabouts.client.operate import tell_running
from hereabouts.config import LogFormat, ServerSettings, Settings, load
from hereabouts.net import log

STORE = "hereabouts-edge.db"
"Beside a server's own store, if one runs in the same folder."

COMMAND = "hereabouts edge"

app = App(
    name="edge",
    help="Serve a user's presence from his own machine, and say how he is (`hereabouts edge set`).",
)


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class EdgePlace:
    """Which edge is meant: the one with this store."""

    config: Annotated[Path | None, Parameter(env_var="HEREABOUTS_CONFIG")] = None
    "A TOML file of settings."
    store: str | None = None
    "The file that keeps its state, hereabouts-edge.db if none is given; `:memory:` keeps nothing."
    assignments: Annotated[Several, Parameter(name="--set")] = None
    "Any setting, as SECTION.KEY=VALUE; may be given several times."

    def settings(self, **options: object) -> Settings:
        """The settings: these options over the environment over the file over the defaults.

        Raises:
            BadSetting: one cannot be taken; says where it stands and what to do.
        """
        settings = load(
            self.config, os.environ, self.assignments or [], store=self.store, **options
        )
        if settings.server.store != ServerSettings().store:
            return settings
        server = msgspec.structs.replace(settings.server, store=STORE)
        return msgspec.structs.replace(settings, server=server)


@app.default
def serve_edge(
    *,
    user: str,
    device: Several = None,
    server: str | None = None,
    password: str | None = None,
    password_file: Path | None = None,
    notify_interval: float | None = None,
    place: EdgePlace = EdgePlace(),
) -> None:
    """Serve a user's presence from this machine, until SIGTERM or Ctrl-C.

    Parameters
    ----------
    user
        Whose presence: alice, or alice@example.com.
    device
        What says how the user is, such as file:PATH, or manual:open for the first choice by hand;
        may be given several times.
    server
        The SIP server of the user's domain, such as tcp:192.0.2.1:5060; else the host in the
        user's address.
    password
        Else from the password file or HEREABOUTS_PASSWORD, or asked for.
    password_file
        A file whose first line is the password.
    notify_interval
        Seconds in which the changes are gathered.
    """
    settings = place.settings(notify_interval=notify_interval)
    log.set_up(settings.log.level.value, as_json=settings.log.format is LogFormat.JSON)
    edge = Edge(
        full_address(user),
        device or (),
        password=the_password(password, password_file),
        server=server,
        settings=settings,
    )
    asyncio.run(_serve(edge))


async def _serve(edge: Edge) -> None:
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(tell_fault)
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    async with edge:
        await ended.wait()


@app.command(name="set")
def choose(
    basic: Literal["open", "closed"],
    /,
    *,
    note: Annotated[str, Parameter(help="A few words for people.", show_default=False)] = "",
    activity: Several = None,
    place: EdgePlace = EdgePlace(),
) -> None:
    """Say how the user is; it stays so until it is said otherwise.

    Parameters
    ----------
    basic
        Whether the user can be reached: open, or closed.
    activity
        What the user does, such as away or on-the-phone; may be given several times.
    """
    chosen = {"basic": basic, "note": note, "activities": activity or []}
    said = tell_running(place.settings(), COMMAND, "edge set", **chosen)
    words = " ".join([said["basic"], *said["activities"]])
    print(f"{said['presentity']} is {words}" + (f": {said['note']}" if said["note"] else ""))


@app.command
def show(
    *,
    as_json: Annotated[Flag, Parameter(name="--json")] = False,
    place: EdgePlace = EdgePlace(),
) -> None:
    """Show what each device says, and since when.

    Parameters
    ----------
    as_json
        One JSON object instead of a table.
    """
    found = tell_running(place.settings(), COMMAND, "edge show")
    if as_json:
        print(json.dumps(found))
    else:
        Console().print(_table(found["presentity"], found["devices"]))


def _table(presentity: str, devices: list[dict[str, Any]]) -> Table:
    table = Table(title=f"Devices of {presentity}")
    for column in ("device", "says", "note", "activities", "since"):
        table.add_column(column, overflow="fold")
    for row in devices:
        is_silent = row["since"] is None
        table.add_row(
            Text(row["device"]),
            "nothing" if is_silent else row["basic"] or "-",
            Text(row["note"]),
            Text(", ".join(row["activities"])),
            "-" if is_silent else _clock(row["since"]),
        )
    return table


def _clock(since: float) -> str:
    return f"{datetime.fromtimestamp(since, UTC).astimezone():%Y-%m-%d %H:%M:%S}"
