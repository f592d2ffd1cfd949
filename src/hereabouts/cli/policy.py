"""`hereabouts policy`: what users have said about their presence, as CPL scripts."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter
from rich.console import Console
from rich.table import Table
from rich.text import Text

from hereabouts.cli.options import Flag, Place
from hereabouts.client import CommandFailed
from hereabouts.client.operate import operate

app = App(
    name="policy",
    help="Put, get, list, search, delete and check policies, and see what they have decided; "
    "a running server obeys at once.",
)

User = Annotated[str, Parameter(help="Whose, such as alice.")]
PolicyId = Annotated[str, Parameter(name="ID", help="Such as hours.")]
Script = Annotated[Path, Parameter(allow_leading_hyphen=True)]
AsJson = Annotated[Flag, Parameter(name="--json", help="One JSON array instead of a table.")]


@app.command
def put(  # noqa: PLR0913 - what a policy has
    user: str,
    policy_id: Annotated[str, Parameter(name="ID")],
    file: Script,
    /,
    *,
    name: str | None = None,
    priority: int | None = None,
    valid_from: str | None = None,
    valid_until: str | None = None,
    place: Place = Place(),  # noqa: B008 - frozen
) -> None:
    """Keep a script as a policy, in place of the one of this id if there is one.

    Parameters
    ----------
    user
        Whose: alice, or alice@example.com; *before and *after are an administrator's, for all.
    policy_id
        Such as hours: letters, digits, dot, - and _.
    file
        The script; - reads standard input.
    name
        What people call it.
    priority
        Of two the higher is asked first.
    valid_from
        From when on it applies, such as 2026-12-01T00:00:00+01:00.
    valid_until
        Until when.
    """
    script = _text(file)
    try:
        row = operate(
            place.settings(),
            "policy put",
            owner=user,
            id=policy_id,
            script=script,
            name=name,
            priority=priority,
            valid_from=valid_from,
            valid_until=valid_until,
        )
    except CommandFailed as fault:
        _tell(file, fault.findings)
        raise
    _tell(file, row.get("findings", ()))
    print(f"{row['owner']} {row['id']}: kept, for {', '.join(row['points']) or 'no point'}")


@app.command
def get(
    user: User,
    policy_id: PolicyId,
    /,
    *,
    as_json: Annotated[Flag, Parameter(name="--json")] = False,
    place: Place = Place(),  # noqa: B008 - frozen
) -> None:
    """Print the script of a policy, as it was written.

    Parameters
    ----------
    as_json
        One JSON object with all that is known of it.
    """
    row = operate(place.settings(), "policy fetch", owner=user, id=policy_id)
    sys.stdout.write(json.dumps(row) + "\n" if as_json else row["script"])


@app.command(name="list")
def list_policies(
    user: User,
    /,
    *,
    as_json: AsJson = False,
    place: Place = Place(),  # noqa: B008 - frozen
) -> None:
    """List a user's policies, in the order in which they are asked."""
    _show(operate(place.settings(), "policy search", owner=user), as_json=as_json)


@app.command
def search(
    text: str = "",
    /,
    *,
    user: str | None = None,
    point: str | None = None,
    as_json: AsJson = False,
    place: Place = Place(),  # noqa: B008 - frozen
) -> None:
    """Find policies by a text in their id, name or script.

    Parameters
    ----------
    text
        In whatever case; without it all are found.
    user
        Whose; without it everybody's are searched.
    point
        Only those that say something there, such as incoming-subscription.
    """
    found = operate(place.settings(), "policy search", owner=user, point=point, text=text)
    _show(found, as_json=as_json)


@app.command
def enable(
    user: User,
    policy_id: PolicyId,
    /,
    *,
    place: Place = Place(),  # noqa: B008 - frozen
) -> None:
    """Have a policy asked again."""
    _switch(user, policy_id, place, is_enabled=True)


@app.command
def disable(
    user: User,
    policy_id: PolicyId,
    /,
    *,
    place: Place = Place(),  # noqa: B008 - frozen
) -> None:
    """Keep a policy, and have it not asked any more."""
    _switch(user, policy_id, place, is_enabled=False)


@app.command
def delete(
    user: User,
    policy_id: PolicyId,
    /,
    *,
    place: Place = Place(),  # noqa: B008 - frozen
) -> None:
    """Delete a policy."""
    gone = operate(place.settings(), "policy delete", owner=user, id=policy_id)
    print(f"{gone['owner']} {gone['id']}: deleted")


@app.command
def check(file: Script, /) -> None:
    """Say what is wrong with a script, or doubtful; no server is needed.

    Parameters
    ----------
    file
        The script; - reads standard input.
    """
    from hereabouts.net.clock import now
    from hereabouts.roles.policy_commands import check as check_script
    from hereabouts.roles.policy_fields import finding_row

    findings, is_accepted = check_script(_read(file), now().timestamp)
    _tell(file, map(finding_row, findings), to_error=False)
    if not is_accepted:
        sys.exit(1)
    if not findings:
        print(f"{file}: nothing to say about it")


@app.command
def decisions(
    user: User,
    /,
    *,
    as_json: AsJson = False,
    place: Place = Place(),  # noqa: B008 - frozen
) -> None:
    """Show what policies have decided for a user lately, the newest first, and why."""
    found = operate(place.settings(), "policy decisions", user=user)
    if as_json:
        print(json.dumps(found["decisions"]))
    elif found["decisions"]:
        Console().print(_decisions(user, found["decisions"]))
    else:
        print(f"No policy was asked for {user} since the server was started.")


def _read(file: Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise CommandFailed(f"{file}: it cannot be read ({error.strerror})") from error


def _text(file: Path) -> str:
    try:
        return _read(file).decode()
    except UnicodeDecodeError as error:
        raise CommandFailed(f"{file}: it is not text in UTF-8; save it as UTF-8") from error


def _tell(file: Path, findings: Iterable[Mapping[str, Any]], *, to_error: bool = True) -> None:
    """What the checker says, in the form in which editors find the line."""
    for found in findings:
        place = f"{file}:{found['line']}"
        text = f"{place}: {found['code']} {found['message']}; {found['remedy']}"
        print(text, file=sys.stderr if to_error else sys.stdout)


def _switch(user: str, policy_id: str, place: Place, *, is_enabled: bool) -> None:
    row = operate(
        place.settings(), "policy update", owner=user, id=policy_id, is_enabled=is_enabled
    )
    print(f"{row['owner']} {row['id']}: {'enabled' if is_enabled else 'disabled'}")


def _show(rows: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(rows))
    elif rows:
        Console().print(_table(rows))
    else:
        print("There is no such policy.")


def _table(rows: list[dict[str, Any]]) -> Table:
    table = Table(title="Policies")
    for column in ("owner", "id", "name", "priority", "points", "applies"):
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(
            row["owner"].removeprefix("sip:"),
            row["id"],
            row["name"],
            str(row["priority"]),
            "\n".join(row["points"]),
            _applies(row),
        )
    return table


def _decisions(user: str, rows: list[dict[str, Any]]) -> Table:
    table = Table(title=f"Decisions for {user}")
    for column in ("at", "point", "watcher", "decision", "because"):
        table.add_column(column, overflow="fold")
    for row in rows:
        at = f"{datetime.fromtimestamp(row['at'], UTC).astimezone():%H:%M:%S}"
        watcher = row["watcher"].removeprefix("sip:")
        table.add_row(*map(Text, (at, row["point"], watcher, row["decision"], row["because"])))
    return table


def _applies(row: dict[str, Any]) -> str:
    if not row["is_enabled"]:
        return "disabled"
    dates = [
        f"{word} {row[name]}"
        for word, name in (("from", "valid_from"), ("until", "valid_until"))
        if row[name]
    ]
    return "\n".join(dates) or "always"
