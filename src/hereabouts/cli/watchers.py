"""`hereabouts watchers`: who watches a user, and who may."""

from __future__ import annotations

import json
from typing import Annotated, Any

from cyclopts import App, Parameter
from rich.console import Console
from rich.table import Table

from hereabouts.cli.options import Flag, Place
from hereabouts.client.operate import operate

app = App(
    name="watchers",
    help="List a user's watchers (`hereabouts watchers USER`), approve and reject them.",
)


@app.default
@app.command(name="list")
def list_watchers(
    user: str,
    /,
    *,
    as_json: Annotated[Flag, Parameter(name="--json")] = False,
    place: Place = Place(),  # noqa: B008 - frozen
) -> None:
    """List who watches a user, how they stand, and what was decided about whom.

    Parameters
    ----------
    user
        Such as alice, or alice@example.com.
    as_json
        One JSON object instead of a table.
    """
    found = operate(place.settings(), "watchers list", user=user)
    if as_json:
        print(json.dumps(found))
    elif found["watchers"] or found["decisions"]:
        Console().print(_table(user, found["watchers"], found["decisions"]))
    else:
        print(f"Nobody watches {user}, and nothing was decided about anybody.")


def _table(user: str, watching: list[dict[str, Any]], decisions: dict[str, str]) -> Table:
    table = Table(title=f"Watchers of {user}")
    for column in ("watcher", "state", "sees", "expires in", "decision"):
        table.add_column(column, overflow="fold")
    for row in watching:
        decision, left = decisions.get(row["watcher"], ""), f"{row['expires_in']} s"
        table.add_row(row["watcher"], row["state"], row["sees"], left, decision)
    for watcher in decisions.keys() - {row["watcher"] for row in watching}:
        table.add_row(watcher, "-", "-", "-", decisions[watcher])
    return table


@app.command
def approve(user: str, watcher: str, /, *, place: Place = Place()) -> None:  # noqa: B008 - frozen
    """Let a watcher see a user, now and later.

    Parameters
    ----------
    user
        Who is seen, such as alice.
    watcher
        Who sees, such as bob, or bob@example.org.
    """
    _decide(user, watcher, "allow", place)


@app.command
def reject(
    user: str,
    watcher: str,
    /,
    *,
    politely: Flag = False,
    place: Place = Place(),  # noqa: B008 - frozen
) -> None:
    """Let a watcher not see a user, now and later.

    Parameters
    ----------
    user
        Who is not seen, such as alice.
    watcher
        Who does not see, such as bob, or bob@example.org.
    politely
        The watcher is not told: to him the user looks unreachable for ever.
    """
    _decide(user, watcher, "polite-block" if politely else "reject", place)


def _decide(user: str, watcher: str, decision: str, place: Place) -> None:
    decided = operate(
        place.settings(), "watchers decide", user=user, watcher=watcher, decision=decision
    )
    print(f"{decided['watcher']}: {decided['decision']}")
