"""A policy's fields as commands give them and as they are shown: words, numbers and dates."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from hereabouts.base.refusal import Malformed
from hereabouts.base.units import NEVER, Timestamp
from hereabouts.policy.cpl.finding import Finding
from hereabouts.policy.library import Kept
from hereabouts.policy.point import Point
from hereabouts.policy.stored import MalformedPolicy, StoredPolicy

Arguments = Mapping[str, Any]

Row = dict[str, Any]
"Plain values, as JSON has them."

_BEGINNING = Timestamp(0.0)

_NUMBER = re.compile(r"-?[0-9]{1,12}")


def finding_row(finding: Finding) -> dict[str, object]:
    """A finding as it is said to programs."""
    return {
        "code": finding.code.value,
        "line": finding.line,
        "message": finding.message,
        "remedy": finding.remedy,
    }


def row(owner: str, kept: Kept) -> Row:
    """A policy without its script."""
    policy = kept.policy
    shown: Row = {
        "owner": owner,
        "id": kept.id,
        "name": policy.name,
        "priority": policy.priority,
        "is_enabled": policy.is_enabled,
        "valid_from": _date(policy.valid_from),
        "valid_until": _date(policy.valid_until),
        "points": [point.value for point in policy.points],
        "etag": kept.entity_tag,
    }
    if kept.findings:
        shown["findings"] = list(map(finding_row, kept.findings))
    return shown


def script_of(kept: Kept) -> str:
    """The script as it was written."""
    return kept.policy.script.decode()


def _date(date: Timestamp) -> str | None:
    if date in (_BEGINNING, NEVER):
        return None
    return datetime.fromtimestamp(date, UTC).isoformat().replace("+00:00", "Z")


def new_policy(arguments: Arguments) -> StoredPolicy:
    """A policy with what the arguments say; its name is its id unless it is given.

    Raises:
        MalformedPolicy: there is no script, or something cannot be read.
    """
    given: Row = {"name": str(arguments["id"]), **fields(arguments)}
    if "script" not in given:
        raise MalformedPolicy("a new policy needs a script")
    return StoredPolicy(**given)


def fields(arguments: Arguments) -> Row:
    """What the arguments say of a policy's fields, in the types that these have.

    Raises:
        MalformedPolicy: one cannot be read.
    """
    return {
        name: read(arguments[name], name)
        for name, read in _READERS.items()
        if arguments.get(name) is not None
    }


def _read_text(value: object, _name: str) -> str:
    return str(value)


def _read_script(value: object, _name: str) -> bytes:
    return str(value).encode()


def _read_number(value: object, name: str) -> int:
    text = str(value)
    if not _NUMBER.fullmatch(text):
        raise MalformedPolicy(f"{name} is a whole number, not {text[:80]!r}")
    return int(text)


_TRUTHS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def _read_truth(value: object, name: str) -> bool:
    truth = _TRUTHS.get(str(value).lower())
    if truth is None:
        raise MalformedPolicy(f"{name} is true or false, not {str(value)[:80]!r}")
    return truth


def _read_beginning(value: object, name: str) -> Timestamp:
    return _read_date(value, name) if value else _BEGINNING


def _read_end(value: object, name: str) -> Timestamp:
    return _read_date(value, name) if value else NEVER


def _read_date(value: object, name: str) -> Timestamp:
    try:
        date = datetime.fromisoformat(str(value))
        if date.tzinfo is None:
            raise MalformedPolicy(f"{name} needs a zone, as in 2026-11-24T17:00:00Z")
        return Timestamp(date.timestamp())
    except (ValueError, OverflowError) as error:
        raise MalformedPolicy(
            f"{name} is a date such as 2026-11-24T17:00:00Z, not {str(value)[:80]!r}"
        ) from error


_READERS: dict[str, Callable[[object, str], Any]] = {
    "name": _read_text,
    "priority": _read_number,
    "is_enabled": _read_truth,
    "valid_from": _read_beginning,
    "valid_until": _read_end,
    "script": _read_script,
}


def point_named(value: object) -> Point:
    """The point of this name.

    Raises:
        Malformed: there is none.
    """
    try:
        return Point(value)
    except ValueError:
        known = ", ".join(point.value for point in Point)
        raise Malformed(f"a point is one of {known}") from None
