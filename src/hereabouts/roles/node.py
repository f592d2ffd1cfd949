"""A node: the engine, the handlers, the store and the clock's queue, in turns.

It is all of a server but its sockets: bytes go in with `receive`, packets come out of `end_turn`
and `flush`, and whoever drives it reads the clock. Refusals become responses here, and only here.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from enum import Enum
from functools import partial
from typing import Any, Protocol

import msgspec

from hereabouts.base.deadlines import Deadlines
from hereabouts.base.ids import Ids
from hereabouts.base.journal import Grade, Journal
from hereabouts.base.refusal import Malformed, Refusal, Unavailable
from hereabouts.base.units import Instant, Moment
from hereabouts.roles.conductor import Conductor
from hereabouts.roles.outgoing import Outgoing
from hereabouts.sip.digest import Unauthorized
from hereabouts.sip.endpoint import TAKEN, Endpoint
from hereabouts.sip.flow import WITHIN, Flow
from hereabouts.sip.glance import Arrived
from hereabouts.sip.incoming import Incoming
from hereabouts.sip.leaving import Packet, common_listener, said
from hereabouts.sip.message import Request, reason_phrase, write_response
from hereabouts.sip.rates import Verdict
from hereabouts.sip.reader import read
from hereabouts.sip.sources import Sources
from hereabouts.sip.transactions.machine import Timers, Transaction
from hereabouts.storage.interface import StoreUnavailable, Turns

CONTROL = "CONTROL"
"The transport of the local socket by which commands reach a node."


TELL_EVERY = 10.0
"Seconds between two log lines about a store that goes on failing, or a source that insists."


class Way(Enum):
    """Which way a packet passes a node."""

    IN = "in"
    OUT = "out"


_IN, _OUT = Way.IN, Way.OUT  # for each packet: a look into the Enum costs as much as an append

Tap = Callable[[Way, bytes, Flow], None]
"Shown which way a packet passes, the packet, and the flow that it came or goes by."

Record = Callable[[Way, Arrived, Moment], object]
"Keeps packets that have come or gone together."


class ServerError(Refusal):
    """A fault of our own program; the log has it."""

    status = 500


class Application(Protocol):
    """What a node does with what comes in: the roles."""

    def key(self, request: Request) -> str:
        """Requests of one key are handled one after the other."""
        ...

    async def serve(self, incoming: Incoming, now: Moment) -> None:
        """Answer a request, or raise the refusal that answers it."""
        ...

    async def command(self, line: bytes, now: Moment) -> bytes:
        """The reply to one command from the local socket."""
        ...

    def flow_lost(self, flow: Flow, now: Moment) -> None:
        """A connection has closed."""
        ...

    def work(self, now: Moment) -> bool:
        """Do a slice of what the turn asks for besides answers; whether something is left."""
        ...


class Node:
    """One node of the system."""

    def __init__(  # noqa: PLR0913 - what a node is made of
        self,
        turns: Turns,
        ids: Ids,
        journal: Journal,
        *,
        secret: bytes,
        timers: Timers | None = None,
        max_lingering: int = 100_000,
        max_servers: int = 120_000,
        max_head: int = 16_384,
        sources: Sources | None = None,
    ) -> None:
        self.deadlines = Deadlines()
        self.conductor = Conductor()
        self.endpoint = Endpoint(
            ids,
            self.deadlines,
            self._deliver,
            secret=secret,
            timers=timers,
            max_lingering=max_lingering,
            max_servers=max_servers,
            max_head=max_head,
            sources=sources,
        )
        self.sources = self.endpoint.sources
        self.sources.on_excess = self._tell_excess
        self.application: Application
        self.journal = journal
        self.on_release: Callable[[], None] = lambda: None
        "Called when packets can leave that could not before; the driver then calls `flush`."
        self.on_work: Callable[[], None] = lambda: None
        "Called when a turn is to be taken of what the driver knows nothing of."
        self.on_keep_alive: Callable[[bytes, Flow, Moment], None] = lambda _payload, _flow, _now: (
            None
        )
        "Called with what may be the answer to a keep-alive, and the flow that it came by."
        self.drop: Callable[[Flow], None] = lambda _flow: None
        "Closes the connection to a peer; whoever drives the node knows how."
        self.reach: Callable[[str, str, int], Flow]
        "The flow to a transport, an address and a port; whoever drives the node knows it."
        self.tap: Tap | None = None
        "Shown each packet that passes; for demos and tests."
        self.record: Record | None = None
        "Keeps the packets that pass, to be shown later."
        self._turns = turns
        self._outgoing = Outgoing()
        self._failed: StoreUnavailable | None = None  # and nobody was told of it yet
        self._discarded: list[Transaction] = []  # whose requests were undone with it
        self._failures = 0
        self._tell_next = Instant(float("-inf"))
        self._turned_away = 0
        self._tell_excess_next = Instant(float("-inf"))
        self._has_work = False
        turns.listen(self._durable, self._undone, partial(self._fault, "what the store tells"))

    # -- what comes in

    def receive(self, packet: bytes, flow: Flow, now: Moment) -> None:
        """Take one SIP message; what cannot be answered is dropped, and told to the journal.

        Raises:
            Malformed: it was dropped.
        """
        self._show(_IN, [(packet, flow)], now)
        self.handle(packet, flow, now)

    def sift(self, arrived: Arrived, now: Moment) -> Arrived:
        """Take of a burst what can be taken at a glance; what is left is to be handled singly."""
        self._has_work = True
        self._show(_IN, arrived, now)
        senders, left = self.endpoint.sort_out(arrived)
        for told, subject in senders:
            try:
                told(subject, TAKEN, now)
            except Exception as error:  # noqa: BLE001 - a fault of ours costs what it hit alone
                self._fault("an answer", error)
        return left

    def handle(self, packet: bytes, flow: Flow, now: Moment) -> None:
        """As `receive`, of what `sift` has left."""
        self._has_work = True
        try:
            self.endpoint.receive(packet, flow, now)
        except Malformed as fault:
            peer = f"{flow.transport} {flow.host}:{flow.port}"
            self.journal.say(Grade.DEBUG, "dropped a message", peer=peer, fault=str(fault))
            raise

    def _show(self, way: Way, packets: Arrived, now: Moment) -> None:
        """Show packets to those who look on."""
        if self.record is not None and packets:
            self.record(way, packets, now)
        if self.tap is not None:
            for packet, flow in packets:
                self.tap(way, packet, flow)

    def is_welcome(self, flow: Flow, now: Moment) -> bool:
        """Whether a source may ask for one more thing that costs next to nothing."""
        return self.sources.asks(flow, now.instant) is Verdict.WELCOME

    def keep_alive(self, payload: bytes, flow: Flow, now: Moment) -> None:
        """Take what may be the answer to a keep-alive of ours."""
        self._has_work = True
        self.on_keep_alive(payload, flow, now)

    def command(self, line: bytes, flow: Flow, now: Moment) -> None:
        """Take one command from the local socket; the reply goes back by the same flow."""
        self._has_work = True

        async def reply() -> None:
            answer = await self.application.command(line, now)
            self.endpoint.outbox.append((flow, answer, None))

        def fail(error: Exception) -> None:
            self._fault("a command", error)
            answer = _control_error(error) if isinstance(error, Unavailable) else _FAULT
            self.endpoint.outbox.append((flow, answer, None))

        self.conductor.run("control", reply, fail)

    def handle_timer(self, now: Moment) -> None:
        """Wake all whose deadline has come."""
        self._has_work = True
        self.deadlines.wake_due(now)

    def undeliverable(self, transaction: Transaction, now: Moment) -> None:
        """The transport could not deliver a packet of this transaction."""
        self._has_work = True
        self.endpoint.undeliverable(transaction, now)

    def flow_lost(self, flow: Flow, now: Moment) -> None:
        """A connection has closed."""
        self._has_work = True
        self.application.flow_lost(flow, now)

    # -- turns

    def settle(self) -> None:
        """Have packets released that can leave by now, in the midst of much that arrives."""
        self._turns.settle()

    def next_deadline(self) -> Instant | None:
        """When `handle_timer` is to be called; in the past when work is left over from a turn."""
        return Instant(0.0) if self._has_work else self.deadlines.next()

    def end_turn(self, now: Moment) -> None:
        """Hand on what came of all that arrived, and then of a slice of the work that it made.

        The first is being synced while the second is done, which mostly writes nothing.
        """
        self._hand_on()
        self._has_work = self.application.work(now)
        self._hand_on()
        if self._failed is not None:
            self._tell_undone(self._failed, now)

    def _hand_on(self) -> None:
        """Seal what was written, and have leave behind it what was said."""
        turn = self._turns.seal()
        outbox = self.endpoint.outbox
        if outbox:
            self._outgoing.add(turn, outbox.copy())
            outbox.clear()

    def flush(self, now: Moment) -> list[Packet]:
        """The packets that leave now; the timers of their transactions start."""
        packets = self._outgoing.take()
        if not packets:
            return packets
        self.endpoint.released(packets, now)
        if common_listener(packets) is not None:  # nearly always
            self._show(_OUT, said(packets), now)
            return packets
        shown = [each for each in said(packets) if each[1].transport != CONTROL]
        self._show(_OUT, shown, now)
        return self._without_own(packets, now)

    def _without_own(self, packets: list[Packet], now: Moment) -> list[Packet]:
        """The packets that leave the node; what it says to itself comes in again."""
        leaving = []
        for packet in packets:
            if packet[0] == WITHIN:
                self._hear_own(packet[1], now)
            else:
                leaving.append(packet)
        return leaving

    def _hear_own(self, packet: bytes, now: Moment) -> None:
        """Take a message of our own; a fault costs it alone, and not what leaves with it."""
        try:
            self.receive(packet, WITHIN, now)
        except Malformed:
            pass
        except Exception as error:  # noqa: BLE001 - whatever it is, the log has it
            self._fault("a message of our own", error)

    def _tell_excess(self, source: str, now: Instant) -> None:
        """One line about those who ask too often, and no more than one in ten seconds."""
        self._turned_away += 1
        if now < self._tell_excess_next:
            return
        self.journal.say(
            Grade.WARNING,
            "a source asks too often",
            source=source,
            turned_away=self._turned_away,
            remedy="if these are many phones at one address, raise limits.requests_per_second",
        )
        self._tell_excess_next = Instant(now + TELL_EVERY)
        self._turned_away = 0

    def _durable(self, turn: int) -> None:
        self._outgoing.durable(turn)
        self.on_release()

    def _undone(self, turn: int, fault: StoreUnavailable) -> None:
        """Nothing that the undone turns said may be heard: their requests are answered 503.

        That is so from now on, for what comes next is of a turn that stands: it is not withdrawn,
        and a request that comes again finds the 503.
        """
        outbox = self.endpoint.outbox
        self._outgoing.add(turn, outbox.copy())
        outbox.clear()
        self._outgoing.withdraw(turn, partial(self._refusal, fault))
        self._failed = fault
        self._failures += 1
        self._has_work = True
        self.on_work()

    def _refusal(self, fault: StoreUnavailable, packet: Packet) -> Packet | None:
        """What leaves in place of a packet that was undone."""
        flow, payload, transaction = packet
        if flow.transport == CONTROL:
            return flow, _control_error(fault), None
        if transaction is None or transaction.has_left or payload.startswith(_PROVISIONAL):
            # It acknowledges nothing (a 401, an ACK, a 100), or repeats what is durable.
            return packet
        if self.endpoint.is_server(transaction):
            transaction.payload = _unavailable(payload, fault)
            return flow, transaction.payload, transaction
        self._discarded.append(transaction)
        return None

    def _tell_undone(self, fault: StoreUnavailable, now: Moment) -> None:
        """Tell the operator, and those whose requests will not leave."""
        self._failed = None
        self._tell_failure(fault, now)
        discarded, self._discarded = self._discarded, []
        for transaction in discarded:
            self._has_work = True
            self.endpoint.discarded(transaction, now)

    def _tell_failure(self, fault: StoreUnavailable, now: Moment) -> None:
        """One line for the operator, and no more than one in ten seconds: peers set the pace."""
        if now.instant >= self._tell_next:
            self.journal.say(
                Grade.ERROR,
                "the store failed",
                fault=fault.fault,
                remedy=fault.remedy,
                turns_undone=self._failures,
            )
            self._tell_next = Instant(now.instant + TELL_EVERY)
            self._failures = 0

    # -- requests

    def _deliver(self, incoming: Incoming, now: Moment) -> None:
        application = self.application
        self.conductor.run(
            application.key(incoming.request),
            partial(application.serve, incoming, now),
            partial(self._refuse, incoming, now),
        )

    def go_on(
        self,
        incoming: Incoming,
        key: str,
        start: Callable[[], Coroutine[Any, Any, None]],
        now: Moment,
    ) -> None:
        """Run a handler that answers a request, or raises the refusal that does."""
        self._has_work = True
        self.conductor.run(key, start, partial(self._refuse, incoming, now))

    def run(self, key: str, start: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run a handler that no request is waiting for."""
        self._has_work = True
        self.conductor.run(key, start, lambda error: self._fault(key, error))

    def _refuse(self, incoming: Incoming, now: Moment, error: Exception) -> None:
        if not isinstance(error, Refusal):
            self._fault(f"a {incoming.request.method}", error)
            error = ServerError()
        elif isinstance(error, Unavailable):
            self._fault(f"a {incoming.request.method}", error)
        detail = "" if isinstance(error, Unavailable) else str(error)
        reason = reason_phrase(error.status, detail)
        # A refused INVITE is repeated until its ACK: not towards whoever a stranger calls himself.
        is_strange = incoming.request.method == "INVITE" and not incoming.identity
        if is_strange or isinstance(error, Unauthorized):
            if not self.sources.may_say_more(incoming.sender, now.instant):
                self.endpoint.leave_unanswered(incoming)
                return
            headers = error.headers()
            self.endpoint.respond_statelessly(
                incoming, error.status, reason=reason, headers=headers
            )
            return
        self.endpoint.respond(incoming, error.status, now, reason=reason, headers=error.headers())

    def _fault(self, what: str, error: Exception) -> None:
        if isinstance(error, Unavailable):
            self.journal.say(
                Grade.ERROR, "out of order", what=what, fault=error.fault, remedy=error.remedy
            )
        else:
            self.journal.say(Grade.ERROR, "a fault of the program", what=what, error=error)


def _unavailable(payload: bytes, fault: StoreUnavailable) -> bytes:
    """The 503 in place of a response that must not be sent; made from that response."""
    answer = read(payload)
    request = Request("", "", [], answer.headers, b"")
    return write_response(request, fault.status, headers=fault.headers())


_PROVISIONAL = b"SIP/2.0 1"
_FAULT = b'{"error":"a fault of the program; the log has it","status":500}\n'


def _control_error(fault: Unavailable) -> bytes:
    said = {"error": f"{fault.fault}; {fault.remedy}", "status": fault.status}
    return msgspec.json.encode(said) + b"\n"
