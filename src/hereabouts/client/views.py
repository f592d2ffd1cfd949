"""What has passed, shown: as ladders for people, as lines for programs, as a capture."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import BinaryIO, Protocol

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from hereabouts.base.units import Timestamp
from hereabouts.client.conversations import Conversation, Conversations, Seen
from hereabouts.client.ladder import Drawing, Remark, Step
from hereabouts.client.pcap import HEADER, Capture
from hereabouts.client.terminal import plain
from hereabouts.roles.decisions import Decided
from hereabouts.roles.tracing import Shown

MARGIN = len("18:20:01.123 ")

Event = Shown | Decided | int
"A packet, a decision, or how many packets have gone unseen."

STYLES = {
    "REGISTER": "cyan",
    "SUBSCRIBE": "yellow",
    "NOTIFY": "green",
    "PUBLISH": "magenta",
    "OPTIONS": "white",
    "MESSAGE": "blue",
    "INVITE": "bright_blue",
}
"Arrows by method; those of an answer are its request's, unless it refuses."

REFUSED = "red"

_BRIEF = ("event", "expires", "subscription-state", "sip-if-match", "sip-etag", "retry-after")
"Headers that a person wants to see below an arrow."


class View(Protocol):
    """Shows what has passed."""

    def show_kept(self, events: Iterable[Event]) -> None:
        """What had been kept when somebody asked first."""
        ...

    def show(self, event: Event) -> None:
        """What has passed since."""
        ...


class Ladders:
    """A ladder for each dialog; a list of them first, where there are several."""

    def __init__(self, console: Console, *, raw: bool = False) -> None:
        self._console = console
        self._raw = raw
        self._conversations = Conversations()
        self._drawn: tuple[Conversation, tuple[str, ...]] | None = None
        self._drawing: Drawing

    def show_kept(self, events: Iterable[Event]) -> None:
        """Sort what is kept, list it, and draw each dialog whole."""
        dialogs: dict[Conversation, list[Seen | Decided]] = {}
        for event in events:
            found = self._understood(event)
            if found is not None:
                dialogs.setdefault(found[0], []).append(found[1])
        if len(dialogs) > 1:
            self._console.print(_table(dialogs))
        for conversation, parts in dialogs.items():
            for part in parts:
                self._draw(conversation, part)

    def show(self, event: Event) -> None:
        """Draw it on the ladder of its dialog, which begins again below another's."""
        if isinstance(event, int):
            self._drawn = None
            missed = f"{event} packets have gone before they were seen; trace.keep keeps more"
            self._console.print(Text(missed, style=REFUSED))
            return
        found = self._understood(event)
        if found is not None:
            self._draw(*found)

    def _understood(self, event: Event) -> tuple[Conversation, Seen | Decided] | None:
        """Which dialog it belongs to, and what it is there; `None`: to none."""
        match event:
            case Shown():
                seen = Seen.of(event)
                return self._conversations.add(seen), seen
            case Decided():
                about = self._conversations.about(event)
                return None if about is None else (about, event)
        return None

    def _draw(self, conversation: Conversation, part: Seen | Decided) -> None:
        if self._drawn != (conversation, conversation.parties):
            if self._drawn is not None:
                self._console.print()
            self._drawn = (conversation, conversation.parties)
            self._drawing = Drawing(
                conversation.parties, self._console, margin=MARGIN, is_dense=True
            )
            self._drawing.begin(conversation.title)
        if isinstance(part, Decided):
            text = f"{part.point}: {part.decision} - {plain(part.because)}"
            self._drawing.show(Remark(text))
            return
        self._drawing.show(_step(part, raw=self._raw))


def _step(seen: Seen, *, raw: bool) -> Step:
    style = REFUSED if seen.status >= 300 else STYLES.get(seen.method, "white")
    fields = tuple(("", line) for line in _lines(seen)) if raw else _brief(seen)
    return Step(*seen.ends, seen.label, fields, style, _clock(seen.shown.at))


def _lines(seen: Seen) -> list[str]:
    text = seen.shown.packet.decode("utf-8", "replace")
    return [plain(line) for line in text.splitlines()]


def _brief(seen: Seen) -> tuple[tuple[str, str], ...]:
    said = [f"{name}: {plain(seen.headers[name][0])}" for name in _BRIEF if name in seen.headers]
    return (("", "  ".join(said)),) if said else ()


def _table(dialogs: dict[Conversation, list[Seen | Decided]]) -> Table:
    table = Table(title="Dialogs")
    for column in ("Call-ID", "begins with", "from", "to", "messages", "last"):
        table.add_column(column, overflow="fold")
    for each in dialogs:
        cells = (each.call_id or "-", each.begins_with, each.sender, each.receiver)
        table.add_row(*map(Text, (*cells, str(each.count), each.last.label)))
    return table


class JsonLines:
    """An object a line for each thing that has passed, for programs."""

    def __init__(self, console: Console, *, raw: bool = False) -> None:
        self._console = console
        self._raw = raw

    def show_kept(self, events: Iterable[Event]) -> None:
        """In the order in which it came."""
        for event in events:
            self.show(event)

    def show(self, event: Event) -> None:
        """One line."""
        self._console.file.write(f"{msgspec.json.encode(self._object(event)).decode()}\n")
        self._console.file.flush()

    def _object(self, event: Event) -> dict[str, object]:
        match event:
            case int():
                return {"missed": event}
            case Decided():
                return msgspec.structs.asdict(event) | {"at": _date(event.at)}
        seen = Seen.of(event)
        said: dict[str, object] = {
            "at": _date(event.at),
            "number": event.number,
            "way": event.way.value,
            "peer": seen.peer,
            "local": event.local,
            "label": seen.label,
            "method": seen.method,
            "status": seen.status or None,
            "call_id": seen.call_id,
            "from": seen.sender,
            "to": seen.receiver,
        }
        if self._raw:
            said["message"] = event.packet.decode("utf-8", "replace")
        return said


class CaptureFile:
    """Writes what passes as a capture."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._capture = Capture()
        file.write(HEADER)
        file.flush()

    def show_kept(self, events: Iterable[Event]) -> None:
        """In the order in which it came."""
        for event in events:
            self.show(event)

    def show(self, event: Event) -> None:
        """The packet; what is none is not in a capture."""
        if isinstance(event, Shown):
            self._file.writelines(self._capture.records(event))
            self._file.flush()


def _clock(at: Timestamp) -> str:
    return f"{datetime.fromtimestamp(at, UTC).astimezone():%H:%M:%S.%f}"[: MARGIN - 1]


def _date(at: Timestamp) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="microseconds")
