"""`hereabouts publish` and `hereabouts watch`: the agents."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from hereabouts.cli.options import Flag, Several
from hereabouts.cli.password import the_password
from hereabouts.client import Agent, AgentFailed, AgentSettings, ListFile, show
from hereabouts.client.following import the_device
from hereabouts.client.names import machine_name
from hereabouts.net import log

Password = Annotated[str | None, Parameter(help="Else from HEREABOUTS_PASSWORD, or asked for.")]

Authority = Annotated[
    Path | None,
    Parameter(
        env_var="HEREABOUTS_TLS_AUTHORITY",
        help="A PEM file with the certificates by which a server by tls is believed, in place of"
        " the system's.",
    ),
]


def publish(  # noqa: PLR0913 - its options
    *,
    user: str,
    basic: Literal["open", "closed"] = "open",
    note: Annotated[str, Parameter(help="A few words for people.", show_default=False)] = "",
    activity: Several = None,
    device: str | None = None,
    once: Flag = False,
    password: Password = None,
    server: str | None = None,
    authority: Authority = None,
) -> None:
    """Publish a user's presence, and keep it published until Ctrl-C.

    Parameters
    ----------
    user
        Whose presence: alice, or alice@example.com.
    basic
        Whether the user can be reached.
    activity
        What the user does, such as away or on-the-phone; may be given several times.
    device
        What says all of it instead, and again whenever it changes, such as file:PATH with a line
        like open: at my desk.
    once
        Publish and leave; it stays until its time is over.
    server
        Such as udp:192.0.2.1:5060; else the host in the user's address.
    """
    log.set_up("warning", as_json=False)
    followed = the_device(device) if device is not None else None
    if followed is not None and (basic, note, activity) != ("open", "", None):
        raise AgentFailed("the device says what is published: leave out what says it besides")
    agent = Agent(
        full_address(user),
        password=the_password(password),
        server=server,
        register=not once,
        settings=AgentSettings(keeps_publication=once, authority=_named(authority)),
    )
    if followed is not None:
        show.follow(agent, followed, once=once)
        return
    show.publish(agent, basic=basic, note=note, activities=activity or (), once=once)


def watch(
    *presentities: str,
    user: str,
    list_file: Annotated[Path | None, Parameter(name="--list")] = None,
    as_json: Annotated[Flag, Parameter(name="--json")] = False,
    password: Password = None,
    server: str | None = None,
    authority: Authority = None,
) -> None:
    """Watch any number of presentities, until Ctrl-C.

    Parameters
    ----------
    presentities
        Whom to watch: alice, or alice@example.com.
    list_file
        A file with a presentity a line, instead; it is read again when it has changed.
    user
        Who watches: bob, or bob@example.com.
    as_json
        One JSON object a line for each change.
    server
        Such as tls:sip.example.com; else the host in the user's address.
    """
    log.set_up("warning", as_json=as_json)
    if bool(presentities) is (list_file is not None):
        raise AgentFailed("say whom to watch: name them, or their list with --list")
    listing = ListFile(list_file, full_address) if list_file is not None else None
    agent = Agent(
        full_address(user),
        password=the_password(password),
        server=server,
        settings=AgentSettings(authority=_named(authority)),
    )
    watched = [full_address(name) for name in presentities]
    show.watch(agent, watched, as_json=as_json, listing=listing)


def _named(authority: Path | None) -> str | None:
    return None if authority is None else str(authority)


def full_address(text: str) -> str:
    """The address that a user writes, with this machine's name if it has no domain."""
    return text if "@" in text else f"{text}@{machine_name()}"
