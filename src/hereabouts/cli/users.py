"""`hereabouts user`: who is served."""

from __future__ import annotations

import getpass
import sys

from cyclopts import App

from hereabouts.cli.options import Flag, Place
from hereabouts.client import CommandFailed
from hereabouts.client.operate import operate

app = App(name="user", help="Add, list and remove users; a running server obeys at once.")


@app.command
def add(
    user: str,
    /,
    *,
    password: str | None = None,
    replace: Flag = False,
    place: Place = Place(),  # noqa: B008 - frozen
) -> None:
    """Add a user.

    Parameters
    ----------
    user
        Such as alice, or alice@example.com.
    password
        Asked for, or read from standard input, if it is not given here, where others may see it.
    replace
        Give a user who is there a new password.
    """
    settings = place.settings()
    chosen = password if password is not None else _ask()
    if not chosen:
        raise CommandFailed("a user without a password cannot be told from others; give one")
    added = operate(settings, "user add", user=user, password=chosen, replace=replace)
    print(f"{added} is served")


@app.command(name="list")
def list_users(place: Place = Place()) -> None:  # noqa: B008 - frozen
    """List the users, one a line."""
    for user in operate(place.settings(), "user list"):
        print(user)


@app.command
def remove(user: str, /, *, place: Place = Place()) -> None:  # noqa: B008 - frozen
    """Remove a user.

    Parameters
    ----------
    user
        Such as alice, or alice@example.com.
    """
    removed = operate(place.settings(), "user remove", user=user)
    print(f"{removed} is not served any more")


def _ask() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    password = getpass.getpass("Password: ")
    if getpass.getpass("Again: ") != password:
        raise CommandFailed("the two passwords differ; nothing was changed")
    return password
