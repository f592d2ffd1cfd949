"""`hereabouts presentities`: whom a user wants to watch, and what his agent shows him of them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated, Any

from cyclopts import App, Parameter
from rich.console import Console
from rich.table import Table
from rich.text import Text

from hereabouts.cli.options import Flag, Place
from hereabouts.client.operate import operate, tell_running
from hereabouts.client.show import STYLES

app = App(
    name="presentities",
    help="Keep a user's list of presentities, and show what is seen of them.",
)

Watcher = Annotated[str, Parameter(help="Who watches: bob, or bob@example.com.")]
AsJson = Annotated[Flag, Parameter(name="--json", help="A JSON array instead of a table.")]


@app.default
@app.command(name="list")
def list_presentities(
    user: Watcher,
    /,
    *,
    as_json: AsJson = False,
    place: Place = Place(),  # noqa: B008 - frozen
) -> None:
    """List whom a user wants to watch."""
    listed = operate(place.settings(), "presentities list", user=user)
    if as_json:
        print(json.dumps(listed))
    elif listed:
        table = _table(f"Presentities of {user}", "presentity", "listed since")
        for row in listed:
            table.add_row(Text(row["presentity"]), _clock(row["added_at"]))
        Console().print(table)
    else:
        print(f"{user} wants to watch nobody.")


@app.command
def add(user: Watcher, presentity: str, /, *, place: Place = Place()) -> None:  # noqa: B008 - frozen
    """Put a presentity into a user's list: it is watched from then on.

    Parameters
    ----------
    presentity
        Who is watched, such as alice, or alice@example.org.
    """
    added = operate(place.settings(), "presentities add", user=user, presentity=presentity)
    print(f"{added['watcher']} watches {added['presentity']}")


@app.command
def remove(user: Watcher, presentity: str, /, *, place: Place = Place()) -> None:  # noqa: B008 - frozen
    """Take a presentity out of a user's list.

    Parameters
    ----------
    presentity
        Who is watched no more, such as alice, or alice@example.org.
    """
    removed = operate(place.settings(), "presentities remove", user=user, presentity=presentity)
    print(f"{removed['watcher']} watches {removed['presentity']} no more")


@app.command
def show(
    user: Watcher,
    /,
    *,
    as_json: AsJson = False,
    place: Place = Place(),  # noqa: B008 - frozen
) -> None:
    """Show what a user sees of his presentities now, by the agent that watches for him."""
    settings = place.settings()
    rows = tell_running(settings, "hereabouts serve", "presentities show", user=user)
    if as_json:
        print(json.dumps(rows))
    elif rows:
        Console().print(_shown(user, rows))
    else:
        print(f"{user} watches nobody.")


def _shown(user: str, rows: list[dict[str, Any]]) -> Table:
    table = _table(f"Seen by {user}", "presentity", "presence", "note", "activities", "since")
    for row in rows:
        note = f"{row['note']} ({row['withheld']})" if row["withheld"] else row["note"]
        table.add_row(
            Text(row["presentity"]),
            _presence(row),
            Text(note.strip()),
            Text(", ".join(row["activities"])),
            _clock(row["since"]) if row["since"] else "-",
        )
    return table


def _presence(row: dict[str, Any]) -> Text:
    if row["state"] == "active":
        said = row["basic"] or "unknown"
        return Text(said, style=STYLES.get(said, "dim"))
    words = {"pending": "waits for approval", "waiting": "…"}
    return Text(words.get(row["state"], f"unknown: {row['reason']}".rstrip(": ")), style="dim")


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _clock(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC).astimezone():%Y-%m-%d %H:%M:%S}"
