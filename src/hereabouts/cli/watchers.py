"""`hereabouts watchers`: who watches a user, and who may."""

from __future__ import annotations

import json
from typing import Annotated

from cyclopts import App, Parameter
from rich.console import Console
from rich.table import Table

from hereabouts.cli.options import Place
from hereabouts.client.operate import operate

app = App(
    name="watchers",
    help="List a user's watchers (`hereabouts watchers USER`), approve and reject them.",
)


@app.default
@app.command(name="list")
def list_watchers(
    user: str,
    *,
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
    place: Place = Place(),  # noqa: B008 - frozen
) -> None:
    """List who watches a user, how they stand, and what was decided about whom.

    Parameters
    ----------
    as_json
        One JSON object instead of a table.
    """
    found = operate(place.settings(), "watchers list", user=user)
    if as_json:
        print(json.dumps(found))
        return
    table = Table(title=f"Watchers of {user}")
    for column in ("watcher", "state", "sees", "expires in", "decision"):
        table.add_column(column)
    decisions: dict[str, str] = dict(found["decisions"])
    for row in found["watchers"]:
        decision = decisions.get(row["watcher"], "")
        left = f"{row['expires_in']} s"
        table.add_row(row["watcher"], row["state"], row["sees"], left, decision)
    watching = {row["watcher"] for row in found["watchers"]}
    for watcher, decision in decisions.items():
        if watcher not in watching:
            table.add_row(watcher, "-", "-", "-", decision)
    Console().print(table)


@app.command
def approve(user: str, watcher: str, place: Place = Place()) -> None:  # noqa: B008 - frozen
    """Let a watcher see a user, now and later."""
    _decide(user, watcher, "allow", place)


@app.command
def reject(
    user: str,
    watcher: str,
    *,
    politely: Annotated[bool, Parameter(negative="")] = False,
    place: Place = Place(),  # noqa: B008 - frozen
) -> None:
    """Let a watcher not see a user, now and later.

    Parameters
    ----------
    politely
        He is not told: the user looks unreachable to him for ever.
    """
    _decide(user, watcher, "polite-block" if politely else "reject", place)


def _decide(user: str, watcher: str, decision: str, place: Place) -> None:
    decided = operate(
        place.settings(), "watchers decide", user=user, watcher=watcher, decision=decision
    )
    print(f"{decided['watcher']}: {decided['decision']}")
