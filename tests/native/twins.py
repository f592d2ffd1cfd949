"""Holds the compiled reader to the one in Python: what it says, the other says too."""

from __future__ import annotations

from hereabouts.base.refusal import Malformed
from hereabouts.native.choice import messages
from hereabouts.sip import glance, reader
from hereabouts.sip.message import Request, Response

Said = tuple[object, ...]
"All that a message says, in its order; or why it is none."


def agree(packet: bytes) -> bool:
    """Whether the compiled reader reads this packet itself; both must say the same of it."""
    assert messages is not None
    assert glance.search(packet) == messages.notify_taken(packet)
    found = messages.scan(packet)
    if found is not None:
        assert content(found) == examined(packet)
    return found is not None


def examined(packet: bytes) -> Said:
    """What Python alone says of a packet."""
    try:
        return content(reader.examine(packet))
    except Malformed as fault:
        return (str(fault),)


def content(message: Request | Response) -> Said:
    """All that there is of a message."""
    shared = (message.rows, list(message.headers.items()), message.body, message.fault)
    if isinstance(message, Request):
        return (message.method, message.uri, *shared)
    return (message.status, message.reason, *shared)
