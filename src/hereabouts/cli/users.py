"""`hereabouts user`: who is served."""

from __future__ import annotations

import getpass
import sys
from typing import Annotated

from cyclopts import App, Parameter

from hereabouts.cli.options import Place
from hereabouts.client import CommandFailed
from hereabouts.client.operate import operate

app = App(name="user", help="Add, list and remove users; a running server obeys at once.")


@app.command
def add(
    user: str,
    *,
    password: str | None = None,
    replace: Annotated[bool, Parameter(negative="")] = False,
    place: Place = Place(),  # noqa: B008 - frozen
) -> None:
    """Add a user, such as alice or alice@example.com.

    Parameters
    ----------
    password
        Asked for, or read from standard input, if it is not given here, where others may see it.
    replace
        Give a user who is there a new password.
    """
    chosen = password if password is not None else _ask()
    added = operate(place.settings(), "user add", user=user, password=chosen, replace=replace)
    print(f"{added} is served")


@app.command(name="list")
def list_users(place: Place = Place()) -> None:  # noqa: B008 - frozen
    """List the users, one a line."""
    for user in operate(place.settings(), "user list"):
        print(user)


@app.command
def remove(user: str, place: Place = Place()) -> None:  # noqa: B008 - frozen
    """Remove a user."""
    removed = operate(place.settings(), "user remove", user=user)
    print(f"{removed} is not served any more")


def _ask() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    password = getpass.getpass("Password: ")
    if getpass.getpass("Again: ") != password:
        raise CommandFailed("the two passwords differ; nothing was changed")
    return password
