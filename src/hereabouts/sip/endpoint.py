"""The engine of layer 1: messages in, transactions kept, messages out.

It does no I/O. Packets leave through `outbox`; whoever drives it releases them when the turn they
belong to is durable, and says so with `released`: a transaction's timers start there
(`docs/decisions/0003-turns.md`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from hashlib import blake2b
from typing import Any

from hereabouts.base.deadlines import Deadlines
from hereabouts.base.ids import Ids
from hereabouts.base.refusal import Malformed
from hereabouts.base.units import Instant, Moment, Seconds
from hereabouts.native.choice import messages as native
from hereabouts.sip.datagram import LONGEST, Datagrams
from hereabouts.sip.flow import Flow
from hereabouts.sip.glance import Arrived, answered, ended_by
from hereabouts.sip.headers.via import COOKIE, Via
from hereabouts.sip.hop import acknowledgement, hop_by_hop, request_bytes, stamp
from hereabouts.sip.incoming import Incoming, told_apart_by
from hereabouts.sip.leaving import Answer, Failure, Packet, Told, User, Written, released
from hereabouts.sip.lingering import Lingering, linger_length
from hereabouts.sip.message import Request, Response, first_line, write_response
from hereabouts.sip.parameters import split_values
from hereabouts.sip.rates import Verdict
from hereabouts.sip.reader import read
from hereabouts.sip.sources import Sources
from hereabouts.sip.transactions import (
    ACK_CLIENT,
    INVITE_CLIENT,
    INVITE_SERVER,
    NON_INVITE_CLIENT,
    NON_INVITE_SERVER,
)
from hereabouts.sip.transactions.machine import Do, Input, State, Timers, Transaction

# Members bound once: looking one up in its enumeration costs 0.1 us, several times a message.
_SEND, _RESEND, _TELL_USER, _LINGER = Do.SEND, Do.RESEND, Do.TELL_USER, Do.LINGER
_PROVISIONAL, _SUCCESS, _FAILURE = Input.PROVISIONAL, Input.SUCCESS, Input.FAILURE
_TERMINATED, _ACCEPTED, _COMPLETED = State.TERMINATED, State.ACCEPTED, State.COMPLETED
_WELCOME, _UNHEARD = Verdict.WELCOME, Verdict.UNHEARD
_RESPONSE = b"SIP/2.0 "
TAKEN = Response(200, "OK", [], {}, b"")
"What the sender of a NOTIFY is told of any 2xx."


_BY_UDP, _BY_TCP = b"\r\nVia: SIP/2.0/UDP ", b"\r\nVia: SIP/2.0/TCP "
RETRY_AFTER = 5
"Seconds after which a request is welcome that found too many others here."


_CLIENT_KINDS = {"INVITE": INVITE_CLIENT, "ACK": ACK_CLIENT}
_CANCELLABLE = ("INVITE", "SUBSCRIBE", "NOTIFY", "PUBLISH", "REGISTER", "OPTIONS", "MESSAGE")


class Endpoint:
    """All transactions of a node.

    `deliver` is given each new request, once; it answers with `respond`, at once or later.
    `secret` (up to 64 bytes, the same after a restart) keeps tags from being guessed.
    """

    def __init__(  # noqa: PLR0913 - its bounds
        self,
        ids: Ids,
        deadlines: Deadlines,
        deliver: Callable[[Incoming, Moment], None],
        *,
        secret: bytes,
        timers: Timers | None = None,
        max_lingering: int = 100_000,
        max_servers: int = 120_000,
        max_head: int = 16_384,
        sources: Sources | None = None,
    ) -> None:
        self.outbox: list[Packet] = []
        self.sources = sources or Sources()
        "Who may have how much."
        self.take_ack: Callable[[Incoming, Moment], None] = lambda _incoming, _now: None
        "Given each ACK that no transaction of ours waits for: of a 2xx, it goes end to end."
        self.on_taken: Callable[[list[User]], list[User]] = lambda senders: senders
        """Told of all whose NOTIFYs were taken, by what a burst has brought; gives back those who
        still are to be told, one by one."""
        self.branches: Iterator[str] = map(COOKIE.__add__, iter(ids.token, ""))
        "What names requests of ours, each as long as it lasts (:rfc:`3261#section-8.1.1.7`)."
        self._deadlines = deadlines
        self._deliver = deliver
        self._keyed = blake2b(key=secret, digest_size=10)
        self._timers = timers or Timers()
        self._patience = self._timers.patience
        self._max_servers = max_servers
        self._max_head = max_head
        self._datagrams = Datagrams()
        self._servers: dict[str, Transaction] = {}
        self._clients: dict[str, Transaction] = {}
        self._users: dict[str, User] = {}
        self._merging: dict[str, str] = {}
        self._lingering = Lingering(max_lingering)
        self._wake = self._woken  # bound once: it goes into the queue for every message

    @property
    def kept(self) -> int:
        """How many transactions there are, of both kinds."""
        return len(self._servers) + len(self._clients)

    # -- messages in

    def receive(self, packet: bytes, flow: Flow, now: Moment) -> None:
        """Take one message as it came by `flow`.

        Raises:
            Malformed: it cannot be read, nor be answered; it is best dropped, and logged.
        """
        if packet.startswith(_RESPONSE):
            ended = ended_by(packet, self._clients) if packet[8:9] == b"2" else None
            if ended is not None:
                self._end_with(ended, TAKEN, now)
                return
            if self.sources.is_unheard(flow, now.instant):
                return
            self._receive_response(packet, flow, now)
            return
        verdict = self.sources.asks(flow, now.instant)
        if verdict is _UNHEARD:
            if flow.is_reliable:  # so that the connection is closed after some of them
                raise Malformed("the source asks far too often")
            return
        servers = self._servers
        is_served = len(packet) <= self._max_head and len(servers) < self._max_servers
        if native is not None and is_served and verdict is _WELCOME:
            incoming = native.arrive(packet, flow, servers, self._keyed)
            if incoming is not None:  # it is new, and ordinary
                servers[incoming.transaction.key] = incoming.transaction
                self._deliver(incoming, now)
                return
        message = read(packet)
        if isinstance(message, Response):  # one that begins in small letters, or with a line break
            self._is_stray(message, now)
            return
        head = len(packet) - len(message.body)
        self._receive_request(message, head, flow, now, is_welcome=verdict is _WELCOME)

    def sort_out(self, arrived: Arrived) -> tuple[list[User], Arrived]:
        """Of what a burst has brought: whom to tell that their NOTIFYs were taken, and the rest.

        The transactions of those have ended: TELL_USER and LINGER, which takes no time (see
        `linger_length`). Each is to be told of `TAKEN`, but for those of whom `on_taken` knows.
        """
        senders, left = answered(arrived, self._clients, self._users)
        return self.on_taken(senders), left

    def _receive_response(self, packet: bytes, flow: Flow, now: Moment) -> None:
        """Take an answer; one of no use to anybody counts as if its source had asked something."""
        try:
            response = read(packet)
            assert isinstance(response, Response)
            if self._is_stray(response, now):
                self.sources.asks(flow, now.instant)
        except Malformed:
            self.sources.asks(flow, now.instant)
            raise

    def _is_stray(self, response: Response, now: Moment) -> bool:
        """Have a transaction take an answer; whether there is none: it is late, or doubled."""
        rows = response.headers.get("via")
        if not rows:
            raise Malformed("a response without Via")
        values = split_values(rows[0])
        via = Via.parse(values[0])
        method = response.cseq[1]
        transaction = self._clients.get(_client_key(method, via.branch or ""))
        if transaction is None or method != transaction.method:
            return True
        if via.sent_by != transaction.flow.local.lower():
            raise Malformed("the Via of a response is not ours")
        if (len(rows) + len(values) > 2) is not transaction.is_passing:
            raise Malformed("a response has fewer or more Vias than its request")
        self._step(transaction, _class_of(response.status), now, response)
        return False

    def _receive_request(
        self, request: Request, head: int, flow: Flow, now: Moment, *, is_welcome: bool
    ) -> None:
        via, rows, key = stamp(request, flow)
        transaction = self._servers.get(key)
        method = request.method
        is_ack = method == "ACK"
        if transaction is not None and not (is_ack and transaction.state is _ACCEPTED):
            self._step(transaction, Input.ACK if is_ack else Input.REQUEST_AGAIN, now, request)
            return
        kind = INVITE_SERVER if method == "INVITE" else NON_INVITE_SERVER
        parameters = via.parameters
        is_plain = parameters.get("rport") and "maddr" not in parameters
        way_back = flow if is_plain else self._way_back(via, flow)
        transaction = Transaction(kind, method, key, way_back, kind.first)
        tag = self.seal(told_apart_by(request, key))
        incoming = Incoming(request, flow, via, rows, transaction, tag)
        if is_ack:
            if is_welcome and head <= self._max_head:
                self.take_ack(incoming, now)
        elif not is_welcome:
            self._turn_away(incoming, self.sources.wait(flow, now.instant))
        elif len(self._servers) >= self._max_servers:
            self._turn_away(incoming, RETRY_AFTER)
        elif head > self._max_head:  # RFC 3261 section 21.5.7
            self.respond_statelessly(incoming, 513)
        else:
            self._servers[key] = transaction
            self._deliver(incoming, now)

    def _turn_away(self, incoming: Incoming, seconds: Seconds) -> None:
        """Have a sender come later, and keep nothing of what he has sent."""
        headers = [("Retry-After", f"{seconds:.0f}")]
        self.respond_statelessly(incoming, 503, headers=headers)

    def _way_back(self, via: Via, flow: Flow) -> Flow:
        """Where the answer to a request goes, by its Via.

        :rfc:`3261#section-18.2.2`; `maddr` comes before `rport` (:rfc:`3581#section-4`). Only
        who may have everything has his answers sent to somebody else.
        """
        if flow.is_reliable:
            return flow
        maddr = via.parameters.get("maddr")
        if maddr is not None and not self.sources.is_exempt(flow):
            maddr = None
        if via.parameters.get("rport") and not maddr:
            return flow
        host = maddr.strip("[]") if maddr else flow.host
        port = via.sent_port
        return flow if (host, port) == (flow.host, flow.port) else flow.towards(host, port)

    def seal(self, text: str) -> str:
        """Letters and digits that stand for `text`, and that nobody else can make."""
        hashed = self._keyed.copy()
        hashed.update(text.encode("utf-8", "surrogateescape"))
        return hashed.hexdigest()

    def is_merged(self, incoming: Incoming) -> bool:
        """Whether this request came before by another way (:rfc:`3261#section-8.2.2.2`)."""
        request, transaction = incoming.request, incoming.transaction
        headers = request.headers
        name = f"{request.call_id} {headers['cseq'][0]} {headers['from'][0]}"
        first = self._merging.get(name)
        if first is not None and first != transaction.key and first in self._servers:
            return True
        self._merging[name] = transaction.key
        transaction.merged_as = name
        return False

    def matching_server(self, cancel: Incoming) -> Transaction | None:
        """The transaction that a CANCEL means (:rfc:`3261#section-9.2`)."""
        name = cancel.transaction.key.removeprefix("CANCEL ")
        found = (self._servers.get(f"{method} {name}") for method in _CANCELLABLE)
        return next((transaction for transaction in found if transaction is not None), None)

    # -- messages out

    def respond(
        self,
        incoming: Incoming,
        status: int,
        now: Moment,
        *,
        reason: str = "",
        headers: Iterable[tuple[str, str]] = (),
        body: bytes = b"",
    ) -> None:
        """Answer a request; the answer is remembered for its retransmissions.

        An answer after the final one is dropped, as that is what retransmissions are due.
        """
        if native is not None and status >= 200:
            start = first_line(status, reason)
            if native.respond(incoming, start, headers, body, self.outbox):
                return  # it was the first answer to an ordinary request
        event = _class_of(status)
        transaction = incoming.transaction
        if not transaction.takes(event):
            return
        payload = write_response(
            incoming.request,
            status,
            reason=reason,
            via=incoming.via,
            to_tag=incoming.to_tag if status > 100 else None,
            headers=headers,
            body=body,
        )
        self._answer(transaction, event, payload, now)

    def respond_with(self, incoming: Incoming, status: int, payload: bytes, now: Moment) -> None:
        """Answer a request with the bytes of a response that somebody else has made."""
        event, transaction = _class_of(status), incoming.transaction
        if transaction.takes(event):
            self._answer(transaction, event, payload, now)

    def _answer(self, transaction: Transaction, event: Input, payload: bytes, now: Moment) -> None:
        transaction.payload = payload
        if transaction.has_left:  # that was a provisional one
            transaction.has_left = False
        self._step(transaction, event, now, None)

    def leave_unanswered(self, incoming: Incoming) -> None:
        """Forget a request that nobody will answer any more (:rfc:`4320#section-4.2`)."""
        if incoming.transaction.takes(_FAILURE):
            self._end(incoming.transaction)

    def respond_statelessly(
        self,
        incoming: Incoming,
        status: int,
        *,
        reason: str = "",
        headers: Iterable[tuple[str, str]] = (),
    ) -> None:
        """Answer a request and remember nothing of it (:rfc:`3261#section-8.2.7`)."""
        transaction = incoming.transaction
        payload = write_response(
            incoming.request,
            status,
            reason=reason,
            via=incoming.via,
            to_tag=incoming.to_tag,
            headers=headers,
        )
        self._end(transaction)
        self.outbox.append((transaction.flow, payload, None))

    def request(
        self,
        method: str,
        uri: str,
        rows: str,
        body: bytes,
        flow: Flow,
        user: User,
        *,
        branch: str = "",
    ) -> Transaction:
        """Send a request by a new client transaction.

        `rows` are all its header rows, each ended by CRLF, but Via and Content-Length.
        `user` is told of each answer, or of the failure. `branch` names a request that is passed
        on for somebody else: `rows` have his Via. What is too long for a datagram goes by TCP, as
        long as the peer takes connections.
        """
        is_passing = bool(branch)
        branch = COOKIE + branch if branch else next(self.branches)
        payload = request_bytes(method, uri, rows, body, flow, branch)
        return self.begin(method, branch, flow, payload, user, is_passing=is_passing)

    def begin(
        self,
        method: str,
        key: str,
        flow: Flow,
        payload: bytes,
        user: User,
        *,
        is_passing: bool = False,
    ) -> Transaction:
        """Send a request that is written already by a new client transaction.

        `key` is the branch in its topmost Via; a CANCEL has its method before it.
        """
        told, subject = user
        written = [(key, flow, payload, subject)]
        return self.begin_all(method, written, told, is_passing=is_passing)[0]

    def begin_all(
        self, method: str, written: list[Written], told: Told, *, is_passing: bool = False
    ) -> list[Transaction]:
        """Send requests of one method, each as `begin` does; one is told of all their answers."""
        kind = _CLIENT_KINDS.get(method, NON_INVITE_CLIENT)
        clients, users, outbox = self._clients, self._users, self.outbox
        if native is not None and kind is NON_INVITE_CLIENT and not is_passing:
            usual = native.begin(method, written, told, clients, users, outbox, LONGEST)
            if usual is not None:  # none of them is too long
                return usual
        begun = []
        for key, flow, payload, subject in written:
            transaction = Transaction(kind, method, key, flow, kind.first, payload=payload)
            transaction.is_passing = is_passing
            if len(payload) > LONGEST:
                self._choose_way(transaction)
            clients[key] = transaction
            users[key] = (told, subject)
            self._send(transaction)
            begun.append(transaction)
        return begun

    def _choose_way(self, transaction: Transaction) -> None:
        """Have a long request go as its peer can take it."""
        flow = transaction.flow
        way = self._datagrams.way(flow, len(transaction.payload))
        if way is not flow:
            _redirect(transaction, way, _BY_UDP, _BY_TCP)
            transaction.instead = flow

    def cancel(self, invite: Transaction, reason: str = "") -> None:
        """Cancel an INVITE of ours that something provisional was answered to.

        `reason` is the value of a Reason header, if any (:rfc:`3261#section-9.1`).
        """
        if not invite.payload:
            return  # it has ended meanwhile
        more = [("Reason", reason)] if reason else []
        payload = hop_by_hop(invite, "CANCEL", more=more)
        key = _client_key("CANCEL", invite.key)
        self.begin("CANCEL", key, invite.flow, payload, (_nobody, None))

    def abandon(self, transaction: Transaction) -> None:
        """Wait no longer for the answer to a request of ours, whatever comes."""
        self._end(transaction)

    def _send(self, transaction: Transaction) -> None:
        transaction.pending += 1
        self.outbox.append((transaction.flow, transaction.payload, transaction))

    # -- what became of messages

    def released(self, packets: list[Packet], now: Moment) -> None:
        """These packets have left: the timers of their transactions run from here."""
        start, first = now.instant, self._timers.t1
        repeat_at, stop_at = Instant(start + first), Instant(start + self._patience)
        asking, lingering, others = released(packets, first, repeat_at, stop_at)
        if asking:
            self._deadlines.wait_together(first, start, self._wake, asking)
        if lingering:
            self._linger_together(lingering, self._patience, now)
        for transaction in others:
            self._begin_waiting(transaction, start, stop_at)

    def _begin_waiting(self, transaction: Transaction, start: Instant, stop_at: Instant) -> None:
        """Begin the timers of a transaction that is not one of most."""
        kind = transaction.kind
        if transaction.state in kind.gives_up_in:
            transaction.stopped_at = stop_at
            transaction.repeat_after = self._timers.t1 if kind.repeats_in else self._patience
            self._sleep(transaction, start)

    def discarded(self, transaction: Transaction, now: Moment) -> None:
        """A packet of this transaction will never leave: the turn it belongs to has failed.

        A repetition is no loss, for the request itself has left before.
        """
        transaction.pending -= 1
        if not self.is_server(transaction) and not transaction.has_left:
            self._end_with(transaction, Failure.WITHDRAWN, now)

    def is_server(self, transaction: Transaction) -> bool:
        """Whether the transaction is one of requests that came in."""
        kind = transaction.kind
        return kind is NON_INVITE_SERVER or kind is INVITE_SERVER

    def undeliverable(self, transaction: Transaction, now: Moment) -> None:
        """The transport could not deliver a packet (:rfc:`3261#section-17.1.4`).

        What went by TCP for its length alone goes as a datagram then, as it would have gone before.
        """
        instead, transaction.instead = transaction.instead, None
        if instead is None or transaction.state is _TERMINATED:
            self._step(transaction, Input.SEND_FAILED, now, None)
            return
        self._datagrams.refused(instead)
        _redirect(transaction, instead, _BY_TCP, _BY_UDP)
        self._send(transaction)

    def flow_lost(self, flow: Flow, now: Moment) -> None:
        """A connection has closed: no answer comes by it any more (:rfc:`3261#section-18.4`)."""
        number = flow.connection
        waiting = [each for each in self._clients.values() if each.flow.connection == number]
        for transaction in waiting:
            self.undeliverable(transaction, now)

    # -- the machine

    def _step(
        self,
        transaction: Transaction,
        event: Input,
        now: Moment,
        message: Response | Request | None,
    ) -> None:
        before, kind = transaction.state, transaction.kind
        todo = transaction.step(event)
        state = transaction.state
        if state is not before and state not in kind.gives_up_in and transaction.due is not None:
            transaction.due = None
        for do in todo:
            # What a request costs most often comes first; the names are bound once.
            if do is _SEND or do is _RESEND:
                if transaction.payload:  # an INVITE may come again before there is any answer
                    self._send(transaction)
            elif do is _LINGER:
                self._linger(transaction, now)
            elif do is _TELL_USER:
                self._tell(transaction, message, now)
            else:
                self._carry_out(do, transaction, now, message)
        if state is _TERMINATED:
            self._end(transaction)

    def _carry_out(
        self, do: Do, transaction: Transaction, now: Moment, message: Response | Request | None
    ) -> None:
        """What is asked for less often."""
        match do:
            case Do.TELL_TIMEOUT:
                self._tell(transaction, Failure.TIMED_OUT, now)
            case Do.TELL_FAILED:
                self._tell(transaction, Failure.UNDELIVERABLE, now)
            case Do.ACKNOWLEDGE:
                assert isinstance(message, Response)
                ack = acknowledgement(transaction, message)
                self.outbox.append((transaction.flow, ack, None))

    def _linger(self, transaction: Transaction, now: Moment) -> None:
        """Keep a transaction for what may still come; an answered one once its answer has left."""
        if transaction.kind is NON_INVITE_SERVER and transaction.flow.transport == "UDP":
            return  # timer J, which `released` starts; the most frequent by far
        length = linger_length(transaction, self._timers)
        if length == 0:
            transaction.step(Input.LINGER_OVER)
            self._end(transaction)
        else:
            transaction.due = Instant(now.instant + length)
            self._linger_together([transaction], length, now)

    def _linger_together(
        self, transactions: list[Transaction], length: Seconds, now: Moment
    ) -> None:
        """Wait for the end of these: `due` is set already, to just that time from now."""
        self._lingering.add(transactions)
        self._deadlines.wait_together(length, now.instant, self._wake, transactions)
        for transaction in self._lingering.surplus():
            self._end(transaction)

    def _sleep(self, transaction: Transaction, start: Instant) -> None:
        """Wait for the next repetition or for the end of patience, whichever comes first."""
        length = transaction.repeat_after
        if start + length < transaction.stopped_at:
            transaction.due = self._deadlines.wait(length, start, self._wake, transaction)
            return
        # What is left is of any length, and would be a lane of its own.
        transaction.due = transaction.stopped_at
        self._deadlines.at(transaction.due, self._wake, transaction)

    def _woken(self, transaction: Transaction, due: Instant, now: Moment) -> None:
        if transaction.due != due:
            return  # it went on to something else meanwhile
        transaction.due = None
        if transaction.state not in transaction.kind.gives_up_in:
            self._step(transaction, Input.LINGER_OVER, now, None)
            return
        if due >= transaction.stopped_at:
            self._step(transaction, Input.GIVE_UP, now, None)
            return
        if not transaction.flow.is_reliable and transaction.pending == 0:
            self._step(transaction, Input.REPEAT, now, None)
        doubled = 2 * transaction.repeat_after
        transaction.repeat_after = (
            doubled if transaction.kind.doubles_forever else min(doubled, self._timers.t2)
        )
        if transaction.state is State.PROCEEDING:
            transaction.repeat_after = self._timers.t2
        self._sleep(transaction, due)

    def _tell(self, transaction: Transaction, what: Any, now: Moment) -> None:  # noqa: ANN401 - its
        user = self._users.get(transaction.key)
        if user is not None:
            callback, subject = user
            callback(subject, what, now)

    def _end_with(self, transaction: Transaction, answer: Answer, now: Moment) -> None:
        """End a request of ours, and tell who asked for it."""
        user = self._let_go(transaction)
        if user is not None:
            callback, subject = user
            callback(subject, answer, now)

    def _let_go(self, transaction: Transaction) -> User | None:
        """End a request of ours; who asked for it, if that is not known to be over already."""
        transaction.end()
        key = transaction.key
        if self._clients.get(key) is not transaction:
            return None
        del self._clients[key]
        return self._users.pop(key, None)

    def _end(self, transaction: Transaction) -> None:
        if not self.is_server(transaction):
            self._let_go(transaction)
            return
        transaction.due = None
        transaction.state = _TERMINATED
        if self._servers.get(transaction.key) is not transaction:
            return  # it ended before, and the same request has begun another since
        del self._servers[transaction.key]
        self._merging.pop(transaction.merged_as, None)


def _redirect(transaction: Transaction, way: Flow, before: bytes, after: bytes) -> None:
    """Have a request of ours go another way: the topmost Via says which."""
    transaction.flow = way
    transaction.payload = transaction.payload.replace(before, after, 1)


def _class_of(status: int) -> Input:
    if status < 200:
        return _PROVISIONAL
    return _SUCCESS if status < 300 else _FAILURE


def _client_key(method: str, branch: str) -> str:
    """The name of a client transaction: a CANCEL has the branch of what it cancels."""
    return f"CANCEL {branch}" if method == "CANCEL" else branch


def _nobody(_subject: object, _answer: Answer, _now: Moment) -> None:
    """Whoever cares for no answer."""
