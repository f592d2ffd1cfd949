"""An edge presence server on a stage: a device, its user, and the server that it is registered at.

    device  -> edge  SAYS note=x basic=open      until it says something else
    device  -> edge  SILENT                      it says nothing any more
    user    -> edge  LEAVE
    user    -> edge  edge_set basic=open note=x  any command
    server  <- edge  REGISTER
    server  -> edge  200 Expires=300             to its oldest request without an answer
    server  -> edge  SUBSCRIBE by=bob            relayed, as Bob's; `by=-`: nobody vouches for him
    stranger -> edge SUBSCRIBE by=bob            by a connection of his own
    server  <- edge  NOTIFY basic=open note=x
    wire    -> edge  BREAK                       the connection to the server is lost
    wire    -> edge  BLOCK | OPEN                no connection can be made | it can
    wire    -> edge  MUTE | UNMUTE               what it sends gets lost | arrives
    power   -> edge  OFF | ON                    it ends without a word | another takes over

A call is named by `call`, `1` if nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import count

import msgspec

from hereabouts.base.units import Instant, Moment
from hereabouts.config import PresenceSettings, ServerSettings, Settings
from hereabouts.presence.pidf.document import Basic
from hereabouts.presence.pidf.reader import read as read_document
from hereabouts.presence.pidf.writer import write
from hereabouts.presence.statement import Statement
from hereabouts.roles.edge import EdgeServer
from hereabouts.roles.edge_build import Whose, build_edge
from hereabouts.roles.node import CONTROL, Node
from hereabouts.sip.flow import Flow
from hereabouts.sip.headers.address import Address
from hereabouts.sip.message import Request, write_request, write_response
from hereabouts.sip.reader import read
from hereabouts.sip.requester import Account
from tests.ladders.ids import CountedIds
from tests.ladders.notes import note_of
from tests.ladders.player import START, Ladder, Sent
from tests.ladders.script import Note
from tests.ladders.stage import AT_ONCE, Diary
from tests.ladders.stores import Backing

ALICE = "sip:alice@example.com"
LOCAL = "192.0.2.9:5070"
SERVER = Flow("TCP", "192.0.2.1", 5060, LOCAL)
STRANGER = Flow("TCP", "192.0.2.66", 40_000, LOCAL, 0, 66)
RELAY = "<sip:relay@192.0.2.1:5060;transport=tcp;lr>"


class Phone:
    """A device that says what the ladder says."""

    name = slot = "phone"
    interval = 1.0
    said: Statement | None = None

    def read(self, _last: Statement | None) -> Statement | None:
        return self.said


class EdgeStage:
    """`Stage` with the edge presence server of Alice."""

    def __init__(self, backing: Backing, now: Moment, **presence: object) -> None:
        self.backing = backing
        self.diary = Diary()
        self.node: Node
        self.edge: EdgeServer
        self.left: list[Moment] = []
        self._settings = Settings(
            server=ServerSettings(domains=("example.com",)),
            presence=msgspec.convert({"notify_interval": 0, **presence}, PresenceSettings),
        )
        self._ids = CountedIds()
        self._phone = Phone()
        self._unanswered: list[Request] = []
        self._tags: dict[str, str] = {}
        self._cseq = count(1)
        self._connections = count(1)
        self._connection = next(self._connections)
        self._is_blocked = self._is_mute = False
        self._is_off = True
        self._now = now

    def _begin(self, now: Moment) -> None:
        self._is_off = False
        state = self.backing.begin_run(self._ids)
        account = Account(ALICE, "alice", "wonder")
        whose = Whose(account, SERVER, (self._phone,), lambda _report, _now: None)
        self.node, self.edge = build_edge(
            self._settings, self.backing.store, self._ids, self.diary, state, whose
        )
        self.edge.start(now)

    # -- Stage

    def say(self, peer: str, node: str, note: Note, now: Moment) -> Iterable[Sent[bytes]]:
        match peer, note.what:
            case "device", "SAYS":
                fields = note.fields
                basic = Basic(fields["basic"]) if "basic" in fields else None
                self._phone.said = Statement(basic, fields.get("note", ""))
            case "device", "SILENT":
                self._phone.said = None
            case "wire" | "power", _:
                self._befall(note.what, now)
            case "user", "LEAVE":
                self.edge.user_agent.leave(now, lambda: self.left.append(now))
            case "user", _:
                command = {"command": note.what.replace("_", " "), **note.fields}
                flow = Flow(CONTROL, "", 0, "", 0, 1)
                self.node.command(msgspec.json.encode(command), flow, now)
            case _, what if what.isdigit():
                self.node.receive(self._answer(note), self._flow, now)
            case _:
                flow = self._flow if peer == "server" else STRANGER
                self.node.receive(self._request(note), flow, now)
        return self._sent(now)

    def _befall(self, what: str, now: Moment) -> None:
        match what:
            case "BREAK":
                self._break(now)
            case "MUTE" | "UNMUTE":
                self._is_mute = what == "MUTE"
            case "BLOCK" | "OPEN":
                self._is_blocked = what == "BLOCK"
            case "OFF":
                self._is_off = True
            case _:
                self.backing.reopen()
                self._connection = next(self._connections)
                self._begin(now)

    @property
    def _flow(self) -> Flow:
        return msgspec.structs.replace(SERVER, connection=self._connection)

    def _break(self, now: Moment) -> None:
        lost = self._flow
        self._connection = next(self._connections)
        self.node.flow_lost(lost, now)

    def hear(self, peer: str, message: bytes) -> None:
        if peer == "user":
            return
        heard = read(message)
        if isinstance(heard, Request):
            self._unanswered.append(heard)
        elif heard.status == 200 and heard.cseq[1] == "SUBSCRIBE":
            self._tags[heard.call_id] = Address.parse(heard.headers["to"][0]).tag or ""

    def note(self, message: bytes) -> Note:
        note = note_of(message)
        if note.what != "NOTIFY":
            return note
        request = read(message)
        said = Statement.of(read_document(request.body)).note
        return Note(
            "NOTIFY", {**note.fields, "call": request.call_id, "note": said.partition(" ")[0]}
        )

    def next_deadline(self) -> Instant | None:
        return None if self._is_off else self.node.next_deadline()

    def handle_timer(self, now: Moment) -> Iterable[Sent[bytes]]:
        self.node.handle_timer(now)
        return self._sent(now)

    # -- what the server says

    def _answer(self, note: Note) -> bytes:
        request = self._unanswered.pop(0)
        return write_response(
            request, int(note.what), to_tag="server", headers=list(note.fields.items())
        )

    def _request(self, note: Note) -> bytes:
        fields = dict(note.fields)
        call, by = fields.pop("call", "1"), fields.pop("by", "-")
        number = next(self._cseq)
        tag = self._tags.get(call)
        sender = by if by != "-" else "anonymous"
        headers = {
            "Via": f"SIP/2.0/TCP 192.0.2.1:5060;branch=z9hG4bK{number}",
            "Record-Route": RELAY,
            "From": f"<sip:{sender}@example.com>;tag=theirs",
            "To": f"<{ALICE}>;tag={tag}" if tag else f"<{ALICE}>",
            "Call-ID": call,
            "CSeq": f"{number} {note.what}",
            "Contact": f"<sip:{sender}@192.0.2.77>",
            "Event": "presence",
        }
        if by != "-":
            headers["P-Asserted-Identity"] = f"<sip:{by}@example.com>"
        uri, body = fields.pop("uri", ALICE), b""
        if "basic" in fields:
            body = write(Statement(Basic(fields.pop("basic"))).document(ALICE))
            headers["Content-Type"] = "application/pidf+xml"
        return write_request(note.what, uri, [*(headers | fields).items()], body)

    # -- turns

    def _sent(self, now: Moment) -> list[Sent[bytes]]:
        sent = list[Sent[bytes]]()
        if self._is_off:
            return sent
        for _ in range(AT_ONCE):
            deadline = self.node.next_deadline()
            if deadline is not None and deadline <= now.instant:
                self.node.handle_timer(now)
            self.node.end_turn(now)
            sent += self._flushed(now)
            is_owing = self.backing.settle_one()
            sent += self._flushed(now)
            deadline = self.node.next_deadline()
            if not is_owing and (deadline is None or deadline > now.instant):
                return sent
        raise AssertionError("the node never comes to rest")

    def _flushed(self, now: Moment) -> Iterator[Sent[bytes]]:
        for flow, payload, transaction in list(self.node.flush(now)):
            is_lost = self._is_blocked or flow.connection not in (0, self._connection, 66)
            if flow.transport == CONTROL:
                yield Sent("edge", "user", payload)
            elif flow.host == STRANGER.host:
                yield Sent("edge", "stranger", payload)
            elif self._is_mute:
                continue
            elif not is_lost:
                yield Sent("edge", "server", payload)
            elif transaction is not None:
                self.node.undeliverable(transaction, now)


class EdgePlay(Ladder[bytes]):
    """A ladder, and the stage it is played on."""

    def __init__(self, backing: Backing, **presence: object) -> None:
        stage = EdgeStage(backing, START, **presence)
        super().__init__(stage)
        self.stage = stage
