"""Reads a written message ladder: what goes between the peers and the nodes, line by line.

    watcher -> node   SUBSCRIBE  Expires=600    the peer sends
    watcher <- node   200        Expires=600    the node's next message to that peer
    watcher x- node   NOTIFY                    the same, but it is lost on the way
            600 s pass                          what is due in between happens, in order

What stands behind the peer's name, the arrow, the node's name and the word for the message are
fields, as `name=value`; a value has no blanks, and `*` is any value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum

from hereabouts.base.units import Seconds

MESSAGE = re.compile(
    r"(?P<peer>[\w-]+) +(?P<way>->|<-|x-) +(?P<node>[\w-]+) +(?P<what>\w+)"
    r"(?P<fields>(?: +[\w-]+=\S+)*)"
)
PAUSE = re.compile(r"(?P<seconds>\d+(?:\.\d+)?) s pass")

ANYTHING = "*"


class NotALadder(ValueError):
    """A line that is neither a message nor a pause; the text names it."""


class Way(Enum):
    """Which way a message goes, and whether it arrives."""

    TO_NODE = "->"
    TO_PEER = "<-"
    LOST = "x-"


@dataclass(frozen=True, slots=True)
class Note:
    """A message reduced to what a ladder says of it."""

    what: str
    "A method, or the status code of a response."
    fields: Mapping[str, str] = field(default_factory=dict)
    "What else is said of it, by name."

    def shows(self, wanted: Note) -> bool:
        """Whether this is what a ladder wants: the same word, and every field it names."""
        return self.what == wanted.what and all(
            name in self.fields and value in (ANYTHING, self.fields[name])
            for name, value in wanted.fields.items()
        )

    def __str__(self) -> str:
        return " ".join([self.what, *(f"{name}={value}" for name, value in self.fields.items())])


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a ladder."""

    peer: str
    way: Way
    node: str
    note: Note

    def __str__(self) -> str:
        return f"{self.peer} {self.way.value} {self.node} {self.note}"


@dataclass(frozen=True, slots=True)
class Pause:
    """Time goes by, and nobody says anything of his own accord."""

    seconds: Seconds

    def __str__(self) -> str:
        return f"{self.seconds:.3f} s pass"


Step = Message | Pause


def read(script: str) -> Iterator[Step]:
    """The steps of a ladder; blank lines count for nothing.

    Raises:
        NotALadder: a line is none.
    """
    return (_step(line) for line in map(str.strip, script.splitlines()) if line)


def _step(line: str) -> Step:
    if pause := PAUSE.fullmatch(line):
        return Pause(float(pause["seconds"]))
    if message := MESSAGE.fullmatch(line):
        note = Note(message["what"], _fields(message["fields"]))
        return Message(message["peer"], Way(message["way"]), message["node"], note)
    raise NotALadder(line)


def _fields(text: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    for pair in text.split():
        name, _, value = pair.partition("=")
        if name in fields:
            raise NotALadder(f"{name} twice: {text.strip()}")
        fields[name] = value
    return fields
