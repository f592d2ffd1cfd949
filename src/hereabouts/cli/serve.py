"""`hereabouts serve`."""

from __future__ import annotations

import asyncio
import secrets
import signal
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console
from rich.table import Table

from hereabouts.cli.options import Place, Several
from hereabouts.client import Server
from hereabouts.config import AuthMode, LogFormat, Settings
from hereabouts.net import log

FIRST_USERS = ("alice", "bob")


def serve(
    place: Place = Place(),  # noqa: B008 - frozen
    *,
    listen: Several = None,
    auth: str | None = None,
    role: str | None = None,
    notify_interval: float | None = None,
    welcome: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Run a presence server, until SIGTERM or Ctrl-C; neither loses anything.

    Parameters
    ----------
    listen
        Where to take SIP messages, such as udp:0.0.0.0:5060; may be given several times.
    auth
        digest, or none in a lab: then everybody is believed.
    role
        Which parts of the system to run.
    notify_interval
        Seconds in which the changes of one presentity are gathered.
    welcome
        On the first start make two users, and print what their phones need.
    """
    settings = place.settings(listen=listen, auth=auth, role=role, notify_interval=notify_interval)
    log.set_up(settings.log.level.value, as_json=settings.log.format is LogFormat.JSON)
    asyncio.run(_serve(settings, welcome=welcome))


async def _serve(settings: Settings, *, welcome: bool) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    async with Server(settings) as server:
        if welcome and settings.auth.mode is AuthMode.DIGEST:
            await _welcome(server)
        await ended.wait()


async def _welcome(server: Server) -> None:
    if await server.command("user list"):
        return
    passwords = {name: secrets.token_urlsafe(9) for name in FIRST_USERS}
    for name, password in passwords.items():
        await server.command("user add", user=name, password=password)
    domain = server.settings.server.domains[0]
    table = Table(title="Two users to begin with; their passwords are shown only now")
    for column in ("user", "password", "address", "domain and realm", "server"):
        table.add_column(column, overflow="fold")
    addresses = "\n".join(map(str, server.listening))
    for name, password in passwords.items():
        table.add_row(name, password, f"sip:{name}@{domain}", server.settings.realm, addresses)
    console = Console()
    console.print(table)
    console.print(
        f"In a phone: user name and password as above, domain [bold]{domain}[/], this machine's"
        " address as proxy or registrar; switch presence (PUBLISH, SUBSCRIBE) on.\n"
        f"Here: [bold]hereabouts watch sip:alice@{domain} --user bob[/]   and"
        f"   [bold]hereabouts publish --user alice --note 'at my desk'[/]"
    )
