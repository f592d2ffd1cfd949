"""A whole server without sockets, disk or clock: what it is fed is gone with it."""

from __future__ import annotations

from contextlib import suppress

from hereabouts.base.journal import Grade
from hereabouts.base.refusal import Malformed
from hereabouts.base.units import Instant, Moment, Seconds, Timestamp
from hereabouts.config import load
from hereabouts.roles.build import begin_run, build_server
from hereabouts.roles.node import CONTROL
from hereabouts.sip.flow import Flow
from hereabouts.sip.leaving import Packet
from hereabouts.sip.message import Request, write_response
from hereabouts.sip.reader import read
from hereabouts.storage.memory import MemoryStore
from tests.ladders.ids import CountedIds

HOST, PEER = "127.0.0.1", "192.0.2.7"
FLOWS = {
    "UDP": Flow("UDP", PEER, 5070, f"{HOST}:5060"),
    "TCP": Flow("TCP", PEER, 40000, f"{HOST}:5060", 1, 7),
}
MOST_TURNS = 10_000
"Turns at one moment after which a node counts as stuck."

OPTIONS = f"""\
OPTIONS sip:{HOST} SIP/2.0\r
Via: SIP/2.0/UDP {PEER};branch=z9hG4bKlast-{{number}}\r
Max-Forwards: 70\r
From: <sip:tester@example.com>;tag=t\r
To: <sip:{HOST}>\r
Call-ID: last-{{number}}\r
CSeq: 1 OPTIONS\r
Content-Length: 0\r
\r
"""


class Faults:
    """A journal that keeps what the program itself did wrong."""

    def __init__(self) -> None:
        self.found: list[object] = []

    def say(self, grade: Grade, event: str, **fields: object) -> None:
        if event == "a fault of the program":
            self.found.append(fields)


class Lab:
    """A node, and the peers that it thinks it has."""

    def __init__(self, auth: str = "none", profile: str = "open") -> None:
        settings = load(
            None,
            {},
            [f"auth.mode={auth}", f"presence.profile={profile}", "presence.notify_interval=0"],
            domain=["example.com"],
            listen=[f"udp:{HOST}:5060"],
        )
        self.now = Moment(Instant(1000.0), Timestamp(1_700_000_000.0))
        self.faults = Faults()
        self.asked: list[tuple[Flow, bytes]] = []
        "Its own requests, the newest last."
        self._said: list[Packet] = []
        self.store, ids = MemoryStore(), CountedIds()
        state = begin_run(self.store, ids)
        self.node = build_server(settings, self.store, ids, self.faults, state, self.now)
        self._options = 0
        self.names = {
            "alice": "alice", "bob": "bob", "domain": "example.com", "host": HOST, "port": "5060",
            "own": "5070", "tag": "0-0", "newline": "\n", "dialog": "dialog1",
        }  # fmt: skip

    def write(self, text: str, transport: str, number: int) -> bytes:
        """The bytes of a message of `tests.interop.phones`."""
        head, _, body = text.partition("\n\n")
        names = {**self.names, "transport": transport, "unique": f"u{number}"}
        body = _filled(body, names)
        head = _filled(head.strip("\n"), {**names, "length": str(len(body.encode()))})
        return (head.replace("\n", "\r\n") + "\r\n\r\n" + body).encode()

    def receive(self, packet: bytes, transport: str = "UDP") -> list[bytes]:
        """Have a message arrive; only `Malformed` may come of it. What it sends then."""
        with suppress(Malformed):
            self.node.receive(packet, FLOWS[transport], self.now)
        return [payload for _, payload, _ in self._take_turns()]

    def command(self, line: bytes) -> None:
        """Have a command arrive."""
        self.node.command(line, Flow(CONTROL, "", 0, "", 0, 1), self.now)
        self._take_turns()

    def answer(self, status: int) -> bytes:
        """An honest answer to its newest request; nothing if there is none."""
        if not self.asked:
            return b""
        request = read(self.asked[-1][1])
        assert isinstance(request, Request)
        return write_response(request, status)

    def lose(self) -> None:
        """Have the connection close, and what was sent last not arrive."""
        self.node.flow_lost(FLOWS["TCP"], self.now)
        for _, _, transaction in self._said:
            if transaction is not None:
                self.node.undeliverable(transaction, self.now)
        self._take_turns()

    def wait(self, seconds: Seconds) -> None:
        """Let time pass, all deadlines met in their order."""
        end = self.now.instant + seconds
        while (due := self.node.deadlines.next()) is not None and due <= end:
            self._go_to(max(due, self.now.instant))
            self.node.handle_timer(self.now)
            self._take_turns()
        self._go_to(Instant(end))

    def check(self) -> None:
        """It has done nothing wrong, and is there."""
        self._ask()  # a turn that had to fail may take it along
        answers = self._ask()
        assert any(payload.startswith(b"SIP/2.0 200 OK\r\n") for payload in answers), answers
        assert self.faults.found == []

    def _ask(self) -> list[bytes]:
        self._options += 1
        return self.receive(OPTIONS.replace("{number}", str(self._options)).encode())

    def _go_to(self, instant: Instant) -> None:
        passed = instant - self.now.instant
        self.now = Moment(instant, Timestamp(self.now.timestamp + passed))

    def _take_turns(self) -> list[Packet]:
        said: list[Packet] = []
        for _ in range(MOST_TURNS):
            self.node.end_turn(self.now)
            said += self.node.flush(self.now)
            if self.node.next_deadline() != 0.0:
                break
        else:
            raise AssertionError("it has work for ever")
        for flow, payload, _ in said:
            self._note(flow, payload)
        self._said = said or self._said
        return said

    def _note(self, flow: Flow, payload: bytes) -> None:
        if flow.transport == CONTROL:
            return
        message = read(payload)
        if isinstance(message, Request):
            self.asked.append((flow, payload))
            return
        # What others are to blame for is said beside it.
        assert not payload.startswith(b"SIP/2.0 500 Server Internal Error\r\n"), payload
        for tag in message.headers.get("sip-etag", ()):
            self.names["tag"] = tag


def _filled(text: str, names: dict[str, str]) -> str:
    for name, value in names.items():
        text = text.replace(f"{{{name}}}", value)
    return text
