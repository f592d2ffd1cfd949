"""A request as it came in: the transaction that it begins, and the way back."""

from __future__ import annotations

import msgspec

from hereabouts.native.choice import messages as native
from hereabouts.sip.flow import Flow
from hereabouts.sip.headers.via import Via
from hereabouts.sip.message import Request
from hereabouts.sip.transactions.machine import Transaction


class Incoming(msgspec.Struct, eq=False):
    """A request that came in, and the way back."""

    request: Request
    sender: Flow
    "The flow the request came by."
    hop: Via
    "The topmost Via, `received` and `rport` filled in."
    via: list[str]
    "The Via rows of the answer, `received` and `rport` filled in."
    transaction: Transaction
    to_tag: str
    """The tag our answers put on To: a keyed hash of what names the request.

    So a retransmission is known again, and answered with the same tag, even by a server that has
    forgotten its transactions in a crash."""
    identity: str = ""
    "Who sent it, an address-of-record, once that is proved: it can be proved only once."
    is_counted: bool = False
    "Whether it counts already in what its sender may have: a handler may be begun again."


def told_apart_by(request: Request, key: str) -> str:
    """What tells a request from all others; `key` names its transaction."""
    get = request.headers.get
    named = (*get("from", ()), *get("call-id", ()), *get("cseq", ()))
    return "\0".join((key, request.uri, *named))


if native is not None:
    native.learn_incoming(Incoming, Via)
