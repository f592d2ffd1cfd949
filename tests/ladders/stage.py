"""A whole server node on a stage: its store, and a network that is nothing but a few rules.

Besides what peers send, a ladder can have these happen:

    watcher  -> node  CONNECT     it opens a TCP connection, and speaks on it from now on
    watcher  -> node  HANGUP      its connection is lost; it speaks UDP again
    watcher  -> node  LISTEN      it takes connections from now on
    operator -> node  watchers_decide user=alice watcher=bob decision=allow    any command
    power    -> node  OFF         the node ends without a word; what is sent to it is lost
    power    -> node  ON          another begins on its store
    disk     -> node  FAIL        the next turn that writes anything cannot be made durable
    disk     -> node  BREAK       every turn that writes anything fails, until MEND
    disk     -> node  MEND
    wire     -> node  HOLD        what arrives from now on, until RELEASE, arrives in one turn
    wire     -> node  RELEASE
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Iterator
from itertools import count
from typing import Any

import msgspec

from hereabouts.base.journal import Grade
from hereabouts.base.units import Instant, Moment
from hereabouts.config import Settings
from hereabouts.presence.agent import PresenceAgent
from hereabouts.roles.build import build_server
from hereabouts.roles.node import CONTROL, Node
from hereabouts.roles.server import PresenceServer
from hereabouts.sip.flow import Flow
from hereabouts.sip.leaving import Packet
from tests.ladders.ids import CountedIds
from tests.ladders.notes import note_of
from tests.ladders.peers import NODE, Peer
from tests.ladders.phones import Phone
from tests.ladders.player import Sent
from tests.ladders.script import Note
from tests.ladders.stores import Backing

NET = ".example.net"
"Each peer is the host of its name in this domain; hosts of others cannot be reached."

AT_ONCE = 10_000
"Turns at one moment after which a node counts as stuck."


class Diary:
    """A journal that is kept."""

    def __init__(self) -> None:
        self.said: list[tuple[Grade, str, dict[str, object]]] = []

    def say(self, grade: Grade, event: str, **fields: object) -> None:
        self.said.append((grade, event, fields))

    @property
    def faults(self) -> list[dict[str, object]]:
        """What the program itself did wrong."""
        return [fields for _, event, fields in self.said if event == "a fault of the program"]


class ServerStage:
    """`Stage` with one presence server; the ladder calls it by any name."""

    def __init__(
        self, backing: Backing, settings: Settings, now: Moment, passwords: dict[str, str]
    ) -> None:
        self.backing = backing
        self.diary = Diary()
        self.node: Node
        self._settings = settings
        self._passwords = passwords
        self._ids = CountedIds()
        self._peers: dict[str, Phone] = {}
        self._connections: dict[int, str] = {}
        self._numbers = count(1)
        self._listening: set[str] = set()
        self._now = now
        self.may_wait = False
        "Whether a handler may wait for somebody else than the store when the node is at rest."
        self._begin(now)
        assert not self._sent("node", now)

    def peer(self, name: str) -> Phone:
        """The peer of that name, as it stands now."""
        if name not in self._peers:
            password = self._passwords.get(name.partition("-")[0], "")
            self._peers[name] = Phone(name, password)
        return self._peers[name]

    def do(
        self, start: Callable[[], Coroutine[Any, Any, None]], now: Moment
    ) -> Iterable[Sent[bytes]]:
        """Have a handler of the test's own run; what the node sends because of it."""
        self._now = now
        self.node.run("the test", start)
        return self._sent("node", now)

    @property
    def server(self) -> PresenceServer:
        """What the node does."""
        application = self.node.application
        assert isinstance(application, PresenceServer)
        return application

    @property
    def agent(self) -> PresenceAgent:
        """What the node keeps of presence."""
        return self.server.agent

    def _begin(self, now: Moment) -> None:
        self._is_off = self._is_held = False
        state = self.backing.begin_run(self._ids)
        self.node = build_server(
            self._settings, self.backing.store, self._ids, self.diary, state, now
        )

    # -- Stage

    def say(self, peer: str, node: str, note: Note, now: Moment) -> Iterable[Sent[bytes]]:
        """Have something happen; what the node sends because of it."""
        self._now = now
        match note.what:
            case "CONNECT":
                self._connect(self.peer(peer))
            case "HANGUP":
                self._hang_up(self.peer(peer), now)
            case "LISTEN":
                self._listening.add(peer)
            case "OFF":
                self._turn_off()
            case "ON":
                self.backing.reopen()
                self._begin(now)
            case "BREAK" | "MEND":
                self.backing.is_broken = note.what == "BREAK"
            case "HOLD" | "RELEASE":
                self._is_held = note.what == "HOLD"
            case "FAIL":
                self.backing.fail_next_turn()
            case _ if peer == "operator":
                command = {"command": note.what.replace("_", " "), **note.fields}
                flow = Flow(CONTROL, "", 0, "", 0, 1)
                self.node.command(msgspec.json.encode(command), flow, now)
            case _:
                self._receive(self.peer(peer), self.peer(peer).say(note), now)
        return self._sent(node, now)

    def tell(self, peer: str, node: str, packet: bytes, now: Moment) -> Iterable[Sent[bytes]]:
        """Have a peer send these very bytes."""
        self._now = now
        self.peer(peer).sent(packet)
        self._receive(self.peer(peer), packet, now)
        return self._sent(node, now)

    def tell_raw(self, peer: str, packet: bytes, now: Moment) -> list[bytes]:
        """Have these bytes come from a peer that keeps no count of them; what he is sent."""
        self._now = now
        self._receive(self.peer(peer), packet, now)
        return [sent.message for sent in self._sent("node", now) if sent.peer == peer]

    def _receive(self, peer: Peer, packet: bytes, now: Moment) -> None:
        if not self._is_off:
            self.node.receive(packet, self.flow(peer), now)

    def hear(self, peer: str, message: bytes) -> None:
        """Let the peer have the message."""
        if peer != "operator":
            self.peer(peer).hear(message, self._now)

    def note(self, message: bytes) -> Note:
        """What can be said of it."""
        return note_of(message)

    def next_deadline(self) -> Instant | None:
        """When the node next wants to be told the time."""
        return None if self._is_off else self.node.next_deadline()

    def handle_timer(self, now: Moment) -> Iterable[Sent[bytes]]:
        """Tell the node the time."""
        self._now = now
        return self._sent("node", now)

    # -- turns

    def _sent(self, name: str, now: Moment) -> list[Sent[bytes]]:
        """Drive the node until it has nothing left to do at this moment."""
        node, sent = self.node, list[Sent[bytes]]()
        if self._is_off or self._is_held:
            return sent
        for _ in range(AT_ONCE):
            deadline = node.next_deadline()
            if deadline is not None and deadline <= now.instant:
                node.handle_timer(now)
            self.backing.before_turn()
            node.end_turn(now)
            sent += self._carry(name, node.flush(now), now)
            is_owing = self.backing.settle_one()
            sent += self._carry(name, node.flush(now), now)
            deadline = node.next_deadline()
            if not is_owing and (deadline is None or deadline > now.instant):
                assert node.conductor.is_idle or self.may_wait
                return sent
        raise AssertionError("the node never comes to rest")

    def _turn_off(self) -> None:
        self._is_off = True
        self._connections.clear()
        for peer in self._peers.values():
            peer.connection = 0

    # -- the network

    def flow(self, peer: Peer) -> Flow:
        """The flow that what this peer sends comes by."""
        if not peer.connection:
            return Flow("UDP", peer.host, 5060, NODE)
        port = 40_000 + peer.connection
        return Flow("TCP", peer.host, port, NODE, 1, peer.connection)

    def _connect(self, peer: Peer) -> None:
        peer.connection = next(self._numbers)
        self._connections[peer.connection] = peer.name

    def _hang_up(self, peer: Peer, now: Moment) -> None:
        flow = self.flow(peer)
        del self._connections[peer.connection]
        peer.connection = 0
        self.node.flow_lost(flow, now)

    def _carry(self, name: str, packets: list[Packet], now: Moment) -> Iterator[Sent[bytes]]:
        for flow, payload, transaction in packets:
            peer = self._reached(flow)
            if peer is not None:
                yield Sent(name, peer, payload)
            elif transaction is not None:
                self.node.undeliverable(transaction, now)

    def _reached(self, flow: Flow) -> str | None:
        """The peer at the other end; `None`: nobody is there."""
        if flow.transport == CONTROL:
            return "operator"
        if flow.connection:
            return self._connections.get(flow.connection)
        name, found, rest = flow.host.partition(NET)
        if not found or rest or flow.port != 5060:
            return None
        return name if flow.transport == "UDP" or name in self._listening else None
