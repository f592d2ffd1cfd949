"""The answer to a NOTIFY, read with a glance: half of all that a presence server receives.

A NOTIFY's 2xx says nothing but that it arrived, and looks nearly always the same: Via first,
Content-Length 0 last. Such a one is told by two searches in 2 us; reading it whole takes 12 us
(Python 3.11, one core; the compiled twins take 0.2 and 2). Whatever looks different is left to the
reader, which decides.
"""

from __future__ import annotations

import re
from typing import Any

from hereabouts.native.choice import messages as native
from hereabouts.sip.flow import Flow
from hereabouts.sip.transactions.machine import Transaction

_TAKEN = re.compile(
    rb"SIP/2\.0 2\d\d [^\r\n]*\r\n"
    rb"Via: SIP/2\.0/[A-Z]+ (?P<sent_by>[^;,\s]+);branch=(?P<branch>z9hG4bK[0-9a-z]+)"
    rb"(?:;[^,\r\n]*)?\r\n"
)
_CSEQ = re.compile(rb"\r\nCSeq: \d{1,10} NOTIFY\r\n")
_ANOTHER_VIA = re.compile(rb"\r\n(?:via|v|[ \t])", re.IGNORECASE)
_END = b"\r\nContent-Length: 0\r\n\r\n"


def search(packet: bytes) -> tuple[str, str] | None:
    """Sent-by and branch of the one Via, if this is plainly a 2xx to a NOTIFY; else `None`."""
    found = _TAKEN.match(packet)
    if (
        found is None
        or not packet.endswith(_END)
        or packet.find(b"\r\n\r\n") != len(packet) - 4
        or _ANOTHER_VIA.search(packet, found.end() - 2)
        or not _CSEQ.search(packet, found.end() - 2)
    ):
        return None
    return found["sent_by"].decode("ascii", "replace"), found["branch"].decode()


Arrived = list[tuple[bytes, Flow]]
"Packets, and by which flows they came."


def sort_out(
    arrived: Arrived, clients: dict[str, Transaction], users: dict[str, Any]
) -> tuple[list[Any], Arrived]:
    """Who sent the NOTIFYs of ours that are answered by a 2xx here, and all other packets.

    `clients` are all transactions of requests of ours, by their branches, `users` those who sent
    them: these have ended, and are removed from both.
    """
    senders, rest = [], []
    for packet, flow in arrived:
        transaction = ended_by(packet, clients)
        sender = users.pop(transaction.key, None) if transaction is not None else None
        if transaction is None or sender is None:
            rest.append((packet, flow))
            continue
        transaction.end()
        del clients[transaction.key]
        senders.append(sender)
    return senders, rest


def ended_by(packet: bytes, clients: dict[str, Transaction]) -> Transaction | None:
    """The transaction of the NOTIFY of ours that this packet, plainly, is the 2xx to."""
    taken = notify_taken(packet)
    if taken is None:
        return None
    sent_by, branch = taken
    transaction = clients.get(branch)
    if transaction is None or transaction.method != "NOTIFY" or transaction.is_passing:
        return None
    return transaction if sent_by == transaction.flow.local else None


answered = sort_out if native is None else native.answered
"The same, by the compiled twin where it was built."

notify_taken = search if native is None else native.notify_taken
"The same, by the compiled twin where it was built."
