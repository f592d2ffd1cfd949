"""What a ladder can say of a message that a node has sent."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from hereabouts.presence.pidf.blank import NOTHING_KNOWN, PENDING, REJECTED
from hereabouts.presence.pidf.document import Document
from hereabouts.presence.pidf.reader import read as read_document
from hereabouts.sip.headers.address import Address
from hereabouts.sip.headers.event import SubscriptionState
from hereabouts.sip.message import Message, Request
from hereabouts.sip.reader import read
from tests.ladders.script import Note

BLANKS = {NOTHING_KNOWN: "nothing", PENDING: "pending", REJECTED: "rejected"}
"The notes of blank documents, in a word."


def note_of(packet: bytes) -> Note:
    """The message in a word, and its fields.

    A header is a field under the name that it was sent with, without blanks. Besides:

        of, cseq    the method and the number of CSeq
        uri         the Request-URI
        tag         the tag of To
        state, reason, expires    what Subscription-State says
        basic       the basic status of each tuple, in order: `open,closed`
        says        what the document's note says: `nothing`, `pending`, `rejected`; `-`: no note
    """
    if packet.startswith(b"{"):
        return _reply(packet)
    message = read(packet)
    fields = dict(_headers(message)) | dict(_common(message))
    if not isinstance(message, Request):
        return Note(str(message.status), fields)
    fields["uri"] = message.uri
    if message.method == "NOTIFY":
        fields |= _notified(message)
    return Note(message.method, fields)


def _reply(line: bytes) -> Note:
    """The answer to a command."""
    answer = msgspec.json.decode(line, type=dict[str, object])
    return Note("OK" if "ok" in answer else "ERROR")


def _headers(message: Message) -> Iterator[tuple[str, str]]:
    names = dict.fromkeys(row.partition(":")[0] for row in message.rows)
    for name in names:
        yield name, ",".join("".join(value.split()) for value in message.headers[name.lower()])


def _common(message: Message) -> Iterator[tuple[str, str]]:
    number, method = message.cseq
    yield "of", method
    yield "cseq", str(number)
    yield "tag", Address.parse(message.headers["to"][0]).tag or ""


def _notified(request: Request) -> dict[str, str]:
    state = SubscriptionState.parse(request.headers["subscription-state"][0])
    document = read_document(request.body)
    fields = {
        "state": state.substate.value,
        "basic": ",".join(each.basic.value for each in document.tuples if each.basic),
        "says": _says(document),
    }
    if state.reason is not None:
        fields["reason"] = state.reason
    if state.expires is not None:
        fields["expires"] = str(state.expires)
    return fields


def _says(document: Document) -> str:
    return ",".join(BLANKS.get(note.text, note.text) for note in document.notes) or "-"
