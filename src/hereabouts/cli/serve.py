"""`hereabouts serve`."""

from __future__ import annotations

import asyncio
import secrets
import signal
import string
import sys
from collections.abc import Iterator
from typing import Any

import msgspec

from hereabouts.base.journal import Grade
from hereabouts.cli.options import Flag, Place, Several
from hereabouts.client import Server
from hereabouts.client.first_start import with_more_ways
from hereabouts.client.names import machine_name
from hereabouts.config import AuthMode, LogFormat, Settings
from hereabouts.net import log
from hereabouts.sip.transports import SECURE

FIRST_USERS = ("alice", "bob")

_LETTERS = "".join(sorted(set(string.ascii_letters + string.digits) - set("0O1lI")))
"What passwords are made of: no two that look alike, and nothing that a shell reads."
_LENGTH = 12  # letters of a password: 69 random bits

_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - told apart, not bound
"Addresses that mean all of the machine's, and what reaches them from here."


def serve(
    place: Place = Place(),  # noqa: B008 - frozen
    *,
    listen: Several = None,
    auth: str | None = None,
    role: str | None = None,
    notify_interval: float | None = None,
    welcome: Flag = False,
) -> None:
    """Run a presence server, until SIGTERM or Ctrl-C; neither loses anything.

    SIGHUP has it read its certificates again, or ends it if it runs in a terminal.

    Parameters
    ----------
    listen
        Where to take SIP messages, such as udp:0.0.0.0:5060 or tls:0.0.0.0:5061; may be given
        several times.
    auth
        digest, or none in a lab: then everybody is believed.
    role
        Which parts of the system to run: all, presence, sip, watcher or policy.
    notify_interval
        Seconds in which the changes of one presentity are gathered.
    welcome
        On the first start make two users, and print what their phones need.
    """
    settings = place.settings(listen=listen, auth=auth, role=role, notify_interval=notify_interval)
    log.set_up(settings.log.level.value, as_json=settings.log.format is LogFormat.JSON)
    asyncio.run(_serve(settings, welcome=welcome))


async def _serve(settings: Settings, *, welcome: bool) -> None:
    is_welcome = welcome and settings.auth.mode is AuthMode.DIGEST
    server = with_more_ways(settings) if is_welcome else Server(settings)
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(tell_fault)
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    # A terminal that is closed says the same as an operator who wants new files to be read.
    is_in_terminal = sys.stdin is not None and sys.stdin.isatty()
    hung_up = ended.set if is_in_terminal else server.renew_certificates
    loop.add_signal_handler(signal.SIGHUP, hung_up)
    async with server:
        if is_welcome:
            await _welcome(server)
        await ended.wait()


def tell_fault(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """A fault that nobody caught goes into the log like any other."""
    error = context.get("exception") or context["message"]
    log.LogJournal().say(Grade.ERROR, "a fault of the program", what="the loop", error=error)


async def _welcome(server: Server) -> None:
    if await server.command("user list"):
        return
    passwords = {name: _password() for name in FIRST_USERS}
    for name, password in passwords.items():
        await server.command("user add", user=name, password=password)
    print("\n".join(_told(server, passwords)), flush=True)


def _password() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))


def _told(server: Server, passwords: dict[str, str]) -> Iterator[str]:
    """What the first two users need; lines that nothing folds, so that they can be copied."""
    domain, realm = server.settings.server.domains[0], server.settings.realm
    yield "Two users to begin with; their passwords are shown only now:"
    for name, password in passwords.items():
        yield f"  {name:<6} {password}   sip:{name}@{domain}"
    yield "In a phone:"
    yield f"  domain    {domain}"
    if realm != domain:
        yield f"  realm     {realm}"
    for listen in server.listening:
        is_named = listen.host not in _EVERYWHERE
        at = listen.host if is_named else "this machine's address"
        yield f"  server    {at}, port {listen.port}, {listen.transport}"
    certificate = server.settings.tls.certificate
    if certificate is not None and any(each.transport in SECURE for each in server.listening):
        yield f"  authority {certificate}, for TLS and WSS"
    yield "  and switch presence (PUBLISH, SUBSCRIBE) on"
    yield "Here:"
    way = _way(server)
    yield f"  hereabouts publish --user alice{way} --note 'at my desk'"
    yield f"  hereabouts watch alice{_at(domain)} --user bob{way}"


def _at(domain: str) -> str:
    """What a name needs behind it, for a command on this machine."""
    return "" if domain == machine_name() else f"@{domain}"


def _way(server: Server) -> str:
    """The end of a user's address, and the option `--server` where it is needed."""
    [first, *_] = server.listening
    at = _at(server.settings.server.domains[0])
    if (first.transport, first.host, first.port) == ("UDP", "0.0.0.0", 5060) and not at:  # noqa: S104
        return ""
    near = msgspec.structs.replace(first, host=_EVERYWHERE.get(first.host, first.host))
    return f"{at} --server {near}"
