"""What a person or a script writes about somebody's presence: JSON, TOML, or plain words.

open: at my desk
closed vacation: back on Monday

basic = "open"
note = "at my desk"
activities = ["meeting"]

{"basic": "open", "note": "at my desk", "activities": ["meeting"]}
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping

from hereabouts.base.refusal import Malformed
from hereabouts.presence.pidf.document import Basic
from hereabouts.presence.statement import Statement

LONGEST = 4096
"Characters: even if each needs an entity of its own in XML, a server takes the document."

MOST_ACTIVITIES = 16

KEYS = ("basic", "note", "activities")

_PLAIN = re.compile(
    r"(?P<basic>open|closed)(?P<activities>(?:[ \t]+[\w-]+)*)[ \t]*(?::(?P<note>.*))?"
)
_LINE = re.compile(r"line (\d+)")


class BadWords(Malformed):
    """Words that say nothing; the text is the fault and the remedy."""

    def __init__(self, line: int, fault: str, remedy: str) -> None:
        super().__init__(f"line {line}: {fault}; {remedy}")
        self.line = line
        "Where it stands, counted from 1."
        self.told = f"{fault}; {remedy}"
        "The same for words that stand in no file."


def read_words(text: str) -> Statement:
    """What the words say.

    Raises:
        BadWords: they say nothing; says in which line, why, and what to write.
    """
    if len(text) > LONGEST:
        raise BadWords(1, f"it has more than {LONGEST} characters", "write less")
    text = text.removeprefix("\ufeff")
    stripped = text.strip()
    if not stripped:
        raise BadWords(1, "it is empty", "write a line such as open: at my desk")
    if plain := _PLAIN.fullmatch(stripped):
        return _statement(text, plain.groupdict() | {"activities": plain["activities"].split()})
    return _statement(text, _json(text) if stripped.startswith("{") else _toml(text))


def read_table(table: Mapping[str, object]) -> Statement:
    """What a table with these keys says.

    Raises:
        BadWords: it says nothing.
    """
    return read_words(json.dumps(table))


def _json(text: str) -> Mapping[str, object]:
    try:
        table = json.loads(text)
    except json.JSONDecodeError as fault:
        raise BadWords(fault.lineno, fault.msg, "write a JSON object") from None
    except (RecursionError, ValueError):
        raise BadWords(1, "it is too deep or has too large numbers", "write less") from None
    assert isinstance(table, dict)
    return table


def _toml(text: str) -> Mapping[str, object]:
    try:
        return tomllib.loads(text)
    except (RecursionError, ValueError) as fault:
        said = str(fault).partition(" (at ")[0]
        place = _LINE.search(str(fault))
        last = text.rstrip().count("\n") + 1  # where tomllib says "end of document"
        remedy = 'write open: a note, or lines such as note = "at my desk"'
        raise BadWords(int(place[1]) if place else last, said, remedy) from None


def _statement(text: str, table: Mapping[str, object]) -> Statement:
    for key in table:
        if key not in KEYS:
            _refuse(text, key, "is not known", f"leave it out; there are {', '.join(KEYS)}")
    said = Statement(
        _basic(text, table.get("basic")),
        _note(text, table.get("note")),
        _activities(text, table.get("activities")),
    )
    if said == Statement():
        raise BadWords(1, "it says nothing", "write a line such as open: at my desk")
    return said


def _basic(text: str, value: object) -> Basic | None:
    if value is None:
        return None
    if value not in ("open", "closed"):
        _refuse(text, "basic", "is neither open nor closed", "write one of them")
    return Basic(value)


def _note(text: str, value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str) or not _is_shown(value):
        _refuse(text, "note", "is no text that can be shown", "write a few words in quotes")
    return " ".join(str(value).split())


def _activities(text: str, value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    named = tuple(value) if isinstance(value, list) else ()
    are_words = all(isinstance(each, str) and each.strip() and _is_shown(each) for each in named)
    if not isinstance(value, list) or not are_words or len(named) > MOST_ACTIVITIES:
        remedy = f'write a list of at most {MOST_ACTIVITIES}, such as ["meeting"]'
        _refuse(text, "activities", "is no list of words", remedy)
    return tuple([" ".join(str(each).split()) for each in named])


def _is_shown(text: str) -> bool:
    """Whether XML can hold it and a screen show it."""
    return all(each.isprintable() or each.isspace() for each in text)


def _refuse(text: str, key: str, fault: str, remedy: str) -> None:
    before, found, _ = text.partition(key)
    line = before.count("\n") + 1 if found else 1
    raise BadWords(line, f"{key} {fault}", remedy)
