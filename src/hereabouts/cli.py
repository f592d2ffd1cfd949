"""The `hereabouts` command."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Annotated, Any

import msgspec
from cyclopts import App, Parameter

from hereabouts import __version__
from hereabouts.base.refusal import Unavailable
from hereabouts.client import Server
from hereabouts.config import BadSetting, LogFormat, Settings, load
from hereabouts.net import log

app = App(
    name="hereabouts",
    help="Who is reachable, where and how: a SIP presence system.",
    version=__version__,
)


def main() -> None:
    """Run the command line; faults are told in a sentence, not as a traceback."""
    try:
        app()
    except (BadSetting, Unavailable) as fault:
        remedy = f"\n  {fault.remedy}" if isinstance(fault, Unavailable) else ""
        print(f"hereabouts: {fault}{remedy}", file=sys.stderr)
        sys.exit(1)


@app.command
def serve(
    *,
    config: Path | None = None,
    domain: Annotated[list[str] | None, Parameter(negative="")] = None,
    listen: Annotated[list[str] | None, Parameter(negative="")] = None,
    store: str | None = None,
    auth: str | None = None,
    role: str | None = None,
    notify_interval: float | None = None,
    assignments: Annotated[list[str] | None, Parameter(name="--set", negative="")] = None,
) -> None:
    """Run a presence server.

    Parameters
    ----------
    config
        A TOML file of settings.
    domain
        A domain to serve; may be given several times.
    listen
        Where to take SIP messages, such as udp:0.0.0.0:5060; may be given several times.
    store
        The file that keeps the server's state; `:memory:` keeps nothing.
    auth
        `digest`, or `none` in a lab.
    role
        Which parts of the system to run.
    notify_interval
        Seconds in which the changes of one presentity are gathered.
    assignments
        Any setting, as SECTION.KEY=VALUE; may be given several times.
    """
    settings = load(
        config,
        os.environ,
        assignments or [],
        domain=domain,
        listen=listen,
        store=store,
        auth=auth,
        role=role,
        notify_interval=notify_interval,
    )
    log.set_up(settings.log.level.value, as_json=settings.log.format is LogFormat.JSON)
    asyncio.run(_serve(settings))


async def _serve(settings: Settings) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    async with Server(settings):
        await ended.wait()
