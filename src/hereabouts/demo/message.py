"""A SIP message as the thesis' tables show it."""

from __future__ import annotations

from hereabouts.presence.pidf.document import Document
from hereabouts.presence.pidf.reader import read as read_document
from hereabouts.sip.message import Request
from hereabouts.sip.reader import read

_SHOWN = (
    "Via", "To", "From", "Call-ID", "CSeq", "Max-Forwards", "Event", "Accept",
    "Subscription-State", "Contact", "Expires", "Content-Type", "Content-Length",
)  # fmt: skip
"The headers of tables 3.1 to 3.6."

_BRIEF = {
    "SUBSCRIBE": ("To", "From", "Expires"),
    "NOTIFY": ("To", "Subscription-State", "PIDF"),
    "PUBLISH": ("Expires", "PIDF"),
}
"What a person must know of a request to follow a figure."


def summary(packet: bytes) -> str:
    """The method of a request, or the status line of a response without the version."""
    message = read(packet)
    if isinstance(message, Request):
        return message.method
    return f"{message.status} {message.reason}"


def fields(packet: bytes) -> tuple[tuple[str, str], ...]:
    """First line, headers of the tables, and what the presence document says."""
    message = read(packet)
    first = packet.split(b"\r\n", 1)[0].decode("utf-8", "replace")
    rows = [("", first)]
    rows += [(name, value) for name in _SHOWN for value in message.headers.get(name.lower(), ())]
    if message.body:
        rows.append(("PIDF", _told(read_document(message.body))))
    return tuple(rows)


def brief(packet: bytes) -> tuple[tuple[str, str], ...]:
    """The few of its fields that a figure is about; none of an answer."""
    names = _BRIEF.get(summary(packet), ())
    return tuple(
        (name, value.partition(";tag=")[0]) for name, value in fields(packet) if name in names
    )


def _told(document: Document) -> str:
    """What the first tuple says, and the notes."""
    first = next(iter(document.tuples), None)
    notes = [*(first.notes if first else ()), *document.notes]
    basic = first.basic.value if first and first.basic else "unknown"
    return " - ".join([f"{document.entity} is {basic}", *(note.text for note in notes)])
