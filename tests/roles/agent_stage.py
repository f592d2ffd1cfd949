"""An agent's node on a stage: its user, and a server that says what the ladder says.

    user    -> agent  REGISTER | UNREGISTER | PUBLISH note=x | UNPUBLISH | WATCH | UNWATCH | LEAVE
    user    <- agent  REGISTERED | PUBLISHED | SEEN | LEFT     what the agent tells
    server  <- agent  SUBSCRIBE  call=1 CSeq=1 Expires=1000
    server  -> agent  200        Expires=1000                  to its oldest request without answer
    server  -> agent  NOTIFY     state=active expires=1000 note=x
    wire    -> agent  BREAK                                    the connection to the server is lost
    wire    -> agent  BLOCK | OPEN                             no connection can be made | it can
    server  <- agent  PING | STUN                              a keep-alive, over TCP | over UDP
    server  -> agent  PONG | STUN                              its answer

Call-IDs are counted in the order in which they are first seen. A server's message speaks of the
newest SUBSCRIBE that it has heard; `call`, `tag`, `to-tag` and `CSeq` say otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import count

from hereabouts.base.journal import Silence
from hereabouts.base.units import Instant, Moment
from hereabouts.presence.pidf.document import Basic
from hereabouts.presence.pidf.reader import read as read_document
from hereabouts.presence.pidf.writer import write
from hereabouts.presence.publisher import Known
from hereabouts.presence.sighting import Sighting
from hereabouts.presence.statement import Statement
from hereabouts.roles.agent import build_agent
from hereabouts.sip import stun
from hereabouts.sip.flow import Flow
from hereabouts.sip.framing import PING, PONG
from hereabouts.sip.headers.address import Address
from hereabouts.sip.message import Request, Response, write_request, write_response
from hereabouts.sip.pace import Pace
from hereabouts.sip.reader import read
from hereabouts.sip.requester import Account
from hereabouts.sip.upkeep import Report
from tests.ladders.player import START, Ladder, Sent
from tests.ladders.script import Note

ALICE = "sip:alice@example.com"
BOB = "sip:bob@example.com"
REALM = 'Digest realm="example.com", nonce="n{number}", qop="auth"'

KEEP_ALIVES = stun.FIRST_BYTES | {PING[:1]}
"How what is no SIP message begins."

Wire = bytes | Note


class CountedIds:
    def __init__(self) -> None:
        self._count = count(1)

    def token(self) -> str:
        return f"{next(self._count):016x}"


class AgentStage:
    """`Stage` with the agent of Alice, who watches Bob."""

    def __init__(
        self,
        *,
        transport: str = "TCP",
        password: str | None = "wonder",
        pace: Pace | None = None,
        known: Known | None = None,
        instance: str = "",
    ) -> None:
        self.flow = Flow(transport, "192.0.2.1", 5060, "192.0.2.9:5070")
        pace = pace or Pace(lifetime=1000)
        account = Account(ALICE, "alice", password)
        self.node, self.agent = build_agent(account, self.flow, CountedIds(), Silence(), pace=pace)
        self.sent_to: list[Flow] = []
        self._told: list[Sent[Wire]] = []
        self.node.drop = lambda flow: self.node.flow_lost(flow, self._now)
        self._now = START
        self._last_ping = b""
        self._registration = self.agent.registration(self._reports("REGISTERED"), instance=instance)
        self.publisher = self.agent.publisher(self._reports("PUBLISHED"), known)
        self._watch = self.agent.watch(BOB, self._seen)
        self._calls: list[str] = []
        self.open_requests: list[Request] = []
        self._subscribe: dict[str, Request] = {}
        self._cseq = count(1)
        self._branches = count(1)
        self._is_blocked = False

    # -- Stage

    def say(self, peer: str, node: str, note: Note, now: Moment) -> Iterable[Sent[Wire]]:
        self._now = now
        match peer:
            case "user":
                self._wish(note, now)
            case _ if note.what == "PONG":
                self.node.keep_alive(PONG, self.flow, now)
            case _ if note.what == "STUN":
                name = stun.read(self._last_ping).transaction
                kind = stun.ERROR if "error" in note.fields else stun.SUCCESS
                answer = stun.write(stun.Message(kind, name))
                self.node.keep_alive(answer, self.flow, now)
            case "wire":
                self._wire(note, now)
            case _ if note.what.isdigit():
                self.node.receive(self._answer(note), self.flow, now)
            case _:
                self.node.receive(self._request(note), self.flow, now)
        return self._sent(now)

    def hear(self, peer: str, message: Wire) -> None:
        if isinstance(message, Note):
            return
        if message[:1] in KEEP_ALIVES:
            self._last_ping = message
            return
        read_message = read(message)
        if isinstance(read_message, Request):
            self.open_requests.append(read_message)
            if read_message.method == "SUBSCRIBE":
                self._subscribe[read_message.call_id] = read_message

    def note(self, message: Wire) -> Note:
        if isinstance(message, Note):
            return message
        if message[:1] in KEEP_ALIVES:
            return Note("PING" if message == PING else "STUN")
        packet = read(message)
        if isinstance(packet, Response):
            return Note(str(packet.status))
        fields = {"call": str(self._number(packet.call_id)), "CSeq": str(packet.cseq[0])}
        fields["uri"] = packet.uri
        fields["auth"] = "yes" if "authorization" in packet.headers else "no"
        fields["proxy-auth"] = "yes" if "proxy-authorization" in packet.headers else "no"
        fields["to-tag"] = Address.parse(packet.headers["to"][0]).tag or "none"
        for name in ("Expires", "SIP-If-Match", "Route", "Contact", "Supported"):
            fields[name] = (packet.first(name.lower()) or "none").replace(", ", ",")
        if packet.body:
            fields["note"] = Statement.of(read_document(packet.body)).note
        else:
            fields["note"] = "none"
        return Note(packet.method, fields)

    def next_deadline(self) -> Instant | None:
        return self.node.next_deadline()

    def handle_timer(self, now: Moment) -> Iterable[Sent[Wire]]:
        self._now = now
        self.node.handle_timer(now)
        return self._sent(now)

    # -- what happens

    def _wish(self, note: Note, now: Moment) -> None:
        match note.what:
            case "REGISTER":
                self._registration.begin(now)
            case "UNREGISTER":
                self._registration.end(now)
            case "PUBLISH":
                document = Statement(Basic.OPEN, note.fields["note"]).document(ALICE)
                self.publisher.publish(write(document), now)
            case "UNPUBLISH":
                self.publisher.remove(now)
            case "WATCH":
                self._watch.begin(now)
            case "UNWATCH":
                self._watch.end(now)
            case "LEAVE":
                self.agent.leave(now, lambda: self._tell(Note("LEFT")))
            case _:
                raise AssertionError(note)

    def _wire(self, note: Note, now: Moment) -> None:
        self._is_blocked = note.what == "BLOCK"
        if note.what == "BREAK":
            self.node.flow_lost(self.flow, now)

    def _answer(self, note: Note) -> bytes:
        request = self.open_requests.pop(0)
        fields = dict(note.fields)
        headers = []
        if "challenge" in fields:
            header = "Proxy-Authenticate" if note.what == "407" else "WWW-Authenticate"
            value = REALM.format(number=fields.pop("challenge"))
            headers.append((header, value))
        headers += list(fields.items())
        return write_response(request, int(note.what), to_tag="server", headers=headers)

    def _request(self, note: Note) -> bytes:
        fields = dict(note.fields)
        call = int(fields.pop("call", "0"))
        call_id = self._calls[call - 1] if call else next(reversed(self._subscribe), "stray")
        subscribe = self._subscribe.get(call_id)
        own = subscribe.headers["from"][0] if subscribe else "<sip:alice@example.com>;tag=none"
        if "to-tag" in fields:
            own = f"<{ALICE}>;tag={fields.pop('to-tag')}"
        headers = [
            (
                "Via",
                f"SIP/2.0/{self.flow.transport} 192.0.2.1:5060;branch=z9hG4bKs{self._branch()}",
            ),
            ("From", f"<{BOB}>;tag={fields.pop('tag', 'bob')}"),
            ("To", own if note.what == "NOTIFY" else f"<{ALICE}>"),
            ("Call-ID", fields.pop("other-call", call_id)),
            ("CSeq", f"{fields.pop('CSeq', None) or next(self._cseq)} {note.what}"),
        ]
        body = b""
        if note.what == "NOTIFY":
            more, body = _state(fields)
            headers += more
        headers += list(fields.items())
        return write_request(note.what, "sip:192.0.2.9:5070", headers, body)

    def _branch(self) -> str:
        return f"z9hG4bKs{next(self._branches)}"

    # -- what comes of it

    def _sent(self, now: Moment) -> list[Sent[Wire]]:
        self.node.end_turn(now)
        sent = list(self._flushed(now))
        told, self._told = self._told, []
        return [*sent, *told]

    def _flushed(self, now: Moment) -> Iterator[Sent[Wire]]:
        for flow, payload, transaction in list(self.node.flush(now)):
            self.sent_to.append(flow)
            if self._is_blocked and transaction is not None:
                self.node.undeliverable(transaction, now)
            else:
                yield Sent("agent", "server", payload)

    def _number(self, call_id: str) -> int:
        if call_id not in self._calls:
            self._calls.append(call_id)
        return self._calls.index(call_id) + 1

    def _tell(self, note: Note) -> None:
        self._told.append(Sent("agent", "user", note))

    def _reports(self, what: str) -> Callable[[Report, Moment], None]:
        def told(report: Report, _now: Moment) -> None:
            answer = report.answer
            said = {"standing": report.standing.value, "pause": f"{report.pause:g}"}
            said["answer"] = str(answer.status) if isinstance(answer, Response) else "none"
            self._tell(Note(what, said))

        return told

    def _seen(self, sighting: Sighting, _now: Moment) -> None:
        document = sighting.document
        fields = {
            "state": sighting.substate.value,
            "reason": sighting.reason.replace(" ", "-") or "none",
            "note": Statement.of(document).note if document else "none",
            "over": "yes" if sighting.is_over else "no",
        }
        self._tell(Note("SEEN", fields))


def _state(fields: dict[str, str]) -> tuple[list[tuple[str, str]], bytes]:
    """The headers and the body of a NOTIFY."""
    state = fields.pop("state", "active")
    for name in ("expires", "reason", "retry-after"):
        if name in fields:
            state += f";{name}={fields.pop(name)}"
    headers = [("Subscription-State", state)] if state != "none" else []
    headers.append(("Event", fields.pop("Event", "presence")))
    headers.append(("Contact", f"<{fields.pop('Contact', 'sip:192.0.2.1')}>"))
    if "note" not in fields and "body" not in fields:
        return headers, b""
    kind = fields.pop("Content-Type", "application/pidf+xml")
    headers.append(("Content-Type", kind))
    if "body" in fields:
        return headers, fields.pop("body").encode()
    return headers, write(Statement(Basic.OPEN, fields.pop("note")).document(BOB))


def ladder(**options: object) -> Ladder[Wire]:
    """A ladder with a fresh agent on it."""
    return Ladder(AgentStage(**options))  # type: ignore[arg-type]
