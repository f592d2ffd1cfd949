"""What leaves: requests of ours as they are begun, and packets once they have left.

Each is done with many at once, as a change is told to many watchers; the compiled twins do what is
ordinary.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum
from typing import Any

from hereabouts.base.units import Instant, Moment, Seconds
from hereabouts.native.choice import messages as native
from hereabouts.sip.flow import Flow
from hereabouts.sip.message import Response
from hereabouts.sip.transactions import NON_INVITE_CLIENT, NON_INVITE_SERVER
from hereabouts.sip.transactions.machine import State, Transaction

Packet = tuple[Flow, bytes, Transaction | None]
"Where to, what, and whose timers start when it has left."

_TRYING, _COMPLETED = State.TRYING, State.COMPLETED


class Failure(Enum):
    """How a request of ours can end without an answer."""

    TIMED_OUT = "no answer in 64 T1"
    UNDELIVERABLE = "the transport could not deliver it"
    WITHDRAWN = "the turn that it belongs to was undone before it left"


Answer = Response | Failure
Told = Callable[[Any, Answer, Moment], None]
"Who is told of the answers to a request: called with its subject, the answer, and now."
User = tuple[Told, Any]
"Who is told of them, and the subject."
Written = tuple[str, Flow, bytes, Any]
"A request as `Endpoint.begin` takes it: its key, where it goes, its bytes; and the subject."
Left = tuple[list[Transaction], list[Transaction], list[Transaction]]
"Transactions of requests but INVITEs, those of answers to such, and all others."


def sort_left(
    packets: Iterable[Packet], first: Seconds, repeat_at: Instant, stop_at: Instant
) -> Left:
    """Count packets as left, and sort those whose timers begin now.

    Those of the first two groups know already when they are due. Requests are repeated first after
    `first`, at `repeat_at`; the answer is waited for until `stop_at` (timers E and F of
    :rfc:`3261#section-17.1.2.2`), and so long an answer of ours is kept (timer J).
    """
    asking, lingering, others = [], [], []
    for _, _, transaction in packets:
        if transaction is None:
            continue
        transaction.pending -= 1
        transaction.has_left = True
        if transaction.due is not None:
            continue
        kind, state = transaction.kind, transaction.state
        if kind is NON_INVITE_CLIENT and state is _TRYING:
            transaction.stopped_at = stop_at
            transaction.repeat_after = first
            transaction.due = repeat_at
            asking.append(transaction)
        elif kind is NON_INVITE_SERVER and state is _COMPLETED:
            transaction.due = stop_at
            lingering.append(transaction)
        else:
            others.append(transaction)
    return asking, lingering, others


def listener_of(packets: list[Packet]) -> int | None:
    """The listener by which all of them leave as datagrams; `None`: they go by several ways."""
    flows = [flow for flow, _, _ in packets]
    listeners = {flow.listener for flow in flows}
    is_one = len(listeners) == 1 and all(flow.transport == "UDP" for flow in flows)
    return listeners.pop() if is_one else None


def contents(packets: list[Packet]) -> list[tuple[bytes, Flow]]:
    """What they say, each with the flow that it goes by."""
    return [(payload, flow) for flow, payload, _ in packets]


released = sort_left if native is None else native.released
common_listener = listener_of if native is None else native.common_listener
said = contents if native is None else native.said
"The same, by the compiled twins where they were built."
