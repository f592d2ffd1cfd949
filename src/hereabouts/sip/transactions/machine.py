"""What the four transactions share: their words, and the record of one transaction.

Each kind is a table from (state, input) to (state, what to do); a pair that is absent is ignored,
as the RFC's figures draw no arrow for it. The tables know no clock and no socket: `sip.endpoint`
keeps the timers and carries out what the tables say.
"""

from __future__ import annotations

from enum import IntEnum, auto

import msgspec

from hereabouts.base.units import Instant, Seconds
from hereabouts.native.choice import messages as native
from hereabouts.sip.flow import Flow


class State(IntEnum):
    """Where a transaction stands; IntEnum, as its hash is taken for every message."""

    CALLING = auto()
    TRYING = auto()
    PROCEEDING = auto()
    ACCEPTED = auto()
    COMPLETED = auto()
    CONFIRMED = auto()
    TERMINATED = auto()


class Input(IntEnum):
    """What can happen to a transaction."""

    REQUEST_AGAIN = auto()
    "The peer retransmitted its request (servers)."
    ACK = auto()
    "The ACK for a final response came (INVITE server)."
    PROVISIONAL = auto()
    "A 1xx: received by a client, given by the user of a server."
    SUCCESS = auto()
    "A 2xx, likewise."
    FAILURE = auto()
    "A 3xx to 6xx, likewise."
    REPEAT = auto()
    "Timer A, E or G: time to send again."
    GIVE_UP = auto()
    "Timer B, F or H: time to stop waiting."
    LINGER_OVER = auto()
    "Timer D, I, J, K, L or M: nothing more can come."
    SEND_FAILED = auto()
    "The transport could not deliver."


class Do(IntEnum):
    """What a table asks for."""

    SEND = auto()
    "Send the message given with the input, and remember it."
    RESEND = auto()
    "Send the remembered message again."
    ACKNOWLEDGE = auto()
    "Send the ACK for the failure response at hand (INVITE client)."
    TELL_USER = auto()
    "Pass the message given with the input to the transaction user."
    TELL_TIMEOUT = auto()
    "Tell the user that no answer came."
    TELL_FAILED = auto()
    "Tell the user that the transport could not deliver."
    LINGER = auto()
    "Start the timer that ends in LINGER_OVER."


_TERMINATED = State.TERMINATED  # bound once: it is set for every NOTIFY

Table = dict[tuple[State, Input], tuple[State, tuple[Do, ...]]]


class Timers(msgspec.Struct, frozen=True):
    """The base timers of :rfc:`3261#section-17.1.1.1`, in seconds; scaled by tests."""

    t1: Seconds = 0.5
    "Round-trip estimate; a request is first repeated after this."
    t2: Seconds = 4.0
    "The longest interval between repetitions."
    t4: Seconds = 5.0
    "The longest a message stays in the network."

    @property
    def patience(self) -> Seconds:
        """How long to wait for a final answer: 64 T1 (timers B, F, H)."""
        return 64 * self.t1


class Kind(msgspec.Struct, frozen=True):
    """One of the four transactions: its table and its timers."""

    name: str
    first: State
    table: Table
    repeats_in: frozenset[State]
    "States in which the message is sent again on unreliable transports."
    gives_up_in: frozenset[State]
    "States in which waiting ends after 64 T1."
    doubles_forever: bool = False
    "Timer A doubles without end; E and G stop at T2."


class Transaction(msgspec.Struct, eq=False, gc=False):
    """One transaction: what the engine keeps while it lasts.

    There are many, so the collector is spared them (`gc=False`): none may lead back to the engine.
    """

    kind: Kind
    method: str
    key: str
    flow: Flow
    "Where its messages go."
    state: State
    merged_as: str = ""
    "A server's: by what name its request is known when it comes by another way."
    payload: bytes = b""
    "The message that is repeated."
    instead: Flow | None = None
    "A client's that went by TCP for its length alone: where it goes if nobody takes it there."
    is_passing: bool = False
    "Whether a client's request is passed on for somebody else, whose Via its answers have too."
    has_left: bool = False
    "Whether its payload was released: what it says is durable."
    pending: int = 0
    "Messages handed to the outgoing queue and not released yet."
    lingers_with: int = 0
    "The bytes it keeps for retransmissions, once it waits for nothing else."
    due: Instant | None = None
    "The instant at which it is to be woken; others that come are stale."
    repeat_after: Seconds = 0.0
    "The interval to the next repetition."
    stopped_at: Instant = Instant(0.0)
    "The instant at which waiting ends."

    def takes(self, event: Input) -> bool:
        """Whether the table has a row for this input in this state."""
        return (self.state, event) in self.kind.table

    def step(self, event: Input) -> tuple[Do, ...]:
        """Take one input; what must now be done, in order."""
        found = self.kind.table.get((self.state, event))
        if found is None:
            return ()
        self.state, todo = found
        return todo

    def end(self) -> None:
        """End at once, whatever the table says; what the queue of deadlines keeps is small."""
        self.due = None
        self.state = _TERMINATED
        self.payload = b""


if native is not None:
    native.learn_transactions(Transaction, Flow, _TERMINATED)
