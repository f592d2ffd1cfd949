"""Several whole nodes on a stage, and a network between them that is nothing but a few rules.

What passes between two nodes arrives at once, and is kept in `wire` for whoever wants to look; a
ladder shows what passes between nodes and peers. A node is the host of its address, at port 5060
for UDP and TCP. Besides what peers send, a ladder can have these happen:

    watcher  -> a  CONNECT    it opens a TCP connection to this node, and speaks on it from now on
    watcher  -> a  HANGUP     its connection is lost; it speaks UDP again
    operator -> a  user_add user=alice password=a    any command
    power    -> a  OFF        the node ends without a word, and its connections with it
    power    -> a  ON         another begins on its store
    wire     -> a  MUTE       what is sent to the node is lost from now on, and nobody hears of it
    disk     -> a  FAIL       the next turn that writes anything cannot be made durable

A peer whose name is a node's is a part of it: it speaks from the node's own address, and what the
node is sent is its own, but for answers to what the peer has said.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import msgspec

from hereabouts.base.units import Instant, Moment
from hereabouts.config import Settings
from hereabouts.roles.build import build_server
from hereabouts.roles.locating import Names
from hereabouts.roles.node import CONTROL, Node
from hereabouts.roles.server import PresenceServer
from hereabouts.sip.flow import Flow
from hereabouts.sip.leaving import Packet
from hereabouts.sip.message import Response
from hereabouts.sip.reader import read
from hereabouts.sip.transactions.machine import Transaction
from tests.ladders.ids import CountedIds
from tests.ladders.notes import note_of
from tests.ladders.phones import Phone
from tests.ladders.player import Sent
from tests.ladders.script import Note
from tests.ladders.stage import AT_ONCE, NET, Diary
from tests.ladders.stores import Backing

PORT = 5060


@dataclass
class Site:
    """A node, and where it stands."""

    name: str
    host: str
    settings: Settings
    backing: Backing
    names: Names | None = None
    "The DNS, if it is asked."
    diary: Diary = field(default_factory=Diary)
    is_off: bool = False
    is_mute: bool = False
    ends: dict[int, End] = field(default_factory=dict)
    "The far end of each of its connections."
    inbox: list[tuple[bytes, Flow]] = field(default_factory=list)
    node: Node = field(init=False)

    @property
    def server(self) -> PresenceServer:
        """What the node does."""
        application = self.node.application
        assert isinstance(application, PresenceServer)
        return application

    @property
    def local(self) -> str:
        return f"{self.host}:{PORT}"


@dataclass
class End:
    """The far end of a connection: a node's own end of it, or a peer."""

    who: str
    number: int = 0
    is_peer: bool = False


class NetworkStage:
    """`Stage` with the nodes of these sites; `homes` says whose users the peers are."""

    def __init__(
        self,
        sites: Iterable[Site],
        now: Moment,
        homes: Mapping[str, str],
        passwords: Mapping[str, str],
    ) -> None:
        self.sites = {site.name: site for site in sites}
        self.wire: list[tuple[str, str, bytes]] = []
        "What has passed between two nodes: from, to, bytes."
        self._homes = homes
        self._passwords = passwords
        self._ids = CountedIds()
        self._peers: dict[str, Phone] = {}
        self._peer_ends: dict[str, tuple[Site, int]] = {}
        self._numbers = count(1)
        self._now = now
        for site in self.sites.values():
            self._begin(site, now)
        assert not self._settle(now)

    def peer(self, name: str) -> Phone:
        """The peer of that name, as it stands now."""
        if name not in self._peers:
            user = name.partition("-")[0]
            self._peers[name] = Phone(name, self._passwords.get(user, ""), self._homes[user])
        return self._peers[name]

    def between(self, one: str, other: str) -> list[bytes]:
        """What has passed from one node to another."""
        return [packet for source, target, packet in self.wire if (source, target) == (one, other)]

    def _begin(self, site: Site, now: Moment) -> None:
        site.is_off = False
        state = site.backing.begin_run(self._ids)
        site.node = build_server(
            site.settings,
            site.backing.store,
            self._ids,
            site.diary,
            state,
            now,
            names=site.names,
        )
        site.node.reach = lambda transport, host, port: Flow(
            transport, host, port, site.local, 0 if transport == "UDP" else 1
        )

    # -- Stage

    def say(self, peer: str, node: str, note: Note, now: Moment) -> Iterable[Sent[bytes]]:
        """Have something happen; what the nodes send to peers because of it."""
        self._now = now
        site = self.sites[node]
        match note.what:
            case "CONNECT":
                self._connect_peer(peer, site)
            case "HANGUP":
                self._hang_up(self._peer_ends.pop(peer), now)
                self.peer(peer).connection = 0
            case "OFF":
                self._turn_off(site, now)
            case "ON":
                site.backing.reopen()
                self._begin(site, now)
            case "MUTE":
                site.is_mute = True
            case "FAIL":
                site.backing.fail_next_turn()
            case _ if peer == "operator":
                command = {"command": note.what.replace("_", " "), **note.fields}
                flow = Flow(CONTROL, "", 0, "", 0, 1)
                site.node.command(msgspec.json.encode(command), flow, now)
            case _:
                packet = self.peer(peer).say(note)
                if not site.is_off:
                    site.node.receive(packet, self._flow_of(peer, site), now)
        return self._settle(now)

    def tell(self, node: str, packet: bytes, flow: Flow, now: Moment) -> list[Sent[bytes]]:
        """Have these very bytes come by this flow."""
        self.sites[node].node.receive(packet, flow, now)
        return self._settle(now)

    def do(
        self, node: str, handler: Callable[[], Coroutine[Any, Any, None]], now: Moment
    ) -> list[Sent[bytes]]:
        """Have a node run a handler."""
        self.sites[node].node.run("test", handler)
        return self._settle(now)

    def hear(self, peer: str, message: bytes) -> None:
        """Let the peer have the message."""
        if peer != "operator":
            self.peer(peer).hear(message, self._now)

    def note(self, message: bytes) -> Note:
        """What can be said of it."""
        return note_of(message)

    def next_deadline(self) -> Instant | None:
        """When a node next wants to be told the time."""
        running = [site for site in self.sites.values() if not site.is_off]
        due = [site.node.next_deadline() for site in running]
        return min((each for each in due if each is not None), default=None)

    def handle_timer(self, now: Moment) -> Iterable[Sent[bytes]]:
        """Tell the nodes the time."""
        self._now = now
        return self._settle(now)

    # -- turns

    def _settle(self, now: Moment) -> list[Sent[bytes]]:
        """Drive the nodes until none has anything left to do at this moment."""
        sent: list[Sent[bytes]] = []
        for _ in range(AT_ONCE):
            running = [site for site in self.sites.values() if not site.is_off]
            busy = [self._drive(site, sent, now) for site in running]
            if not any(busy) and not any(site.inbox for site in running):
                return sent
        raise AssertionError("the nodes never come to rest")

    def _drive(self, site: Site, sent: list[Sent[bytes]], now: Moment) -> bool:
        """Take one turn of a node; whether there was anything to do."""
        node = site.node
        inbox, site.inbox = site.inbox, []
        for packet, flow in inbox:
            node.receive(packet, flow, now)
        deadline = node.next_deadline()
        is_due = deadline is not None and deadline <= now.instant
        if is_due:
            node.handle_timer(now)
        site.backing.before_turn()
        node.end_turn(now)
        self._carry(site, node.flush(now), sent, now)
        is_owing = site.backing.settle_one()
        self._carry(site, node.flush(now), sent, now)
        deadline = node.next_deadline()
        is_left = deadline is not None and deadline <= now.instant
        return bool(inbox) or is_due or is_owing or is_left

    # -- the network

    def _carry(
        self, site: Site, packets: list[Packet], sent: list[Sent[bytes]], now: Moment
    ) -> None:
        for flow, payload, transaction in packets:
            if flow.transport == CONTROL:
                sent.append(Sent(site.name, "operator", payload))
            elif not self._arrives(site, flow, payload, transaction, sent) and transaction:
                site.node.undeliverable(transaction, now)

    def _arrives(
        self,
        site: Site,
        flow: Flow,
        payload: bytes,
        transaction: Transaction | None,
        sent: list[Sent[bytes]],
    ) -> bool:
        end = site.ends.get(flow.connection)
        if flow.transport == "TCP" and not flow.connection:
            end = self._open(site, flow)
            if end is not None and transaction is not None:
                number = next(at for at, each in site.ends.items() if each is end)
                transaction.flow = msgspec.structs.replace(flow, connection=number)
        if flow.transport == "TCP":
            return end is not None and self._reach_end(site, end, payload, sent)
        if flow.transport != "UDP":
            return False
        there = self._at(flow)
        if there is not None:
            self._hand_over(site, there, payload, Flow("UDP", site.host, PORT, there.local), sent)
            return True
        name, found, rest = flow.host.partition(NET)
        if found and not rest and flow.port == PORT:
            sent.append(Sent(site.name, name, payload))
        return True  # nobody tells that a datagram is lost

    def _reach_end(self, site: Site, end: End, payload: bytes, sent: list[Sent[bytes]]) -> bool:
        if end.is_peer:
            sent.append(Sent(site.name, end.who, payload))
            return True
        there = self.sites[end.who]
        port = 40_000 + end.number if self._is_opened_by(site, end) else PORT
        flow = Flow("TCP", site.host, port, there.local, 1, end.number)
        self._hand_over(site, there, payload, flow, sent)
        return True

    def _is_opened_by(self, site: Site, end: End) -> bool:
        """Whether the node at the near end has opened the connection: its number is the lower."""
        near = next(at for at, each in site.ends.items() if each is end)
        return near < end.number

    def _hand_over(
        self, site: Site, there: Site, payload: bytes, flow: Flow, sent: list[Sent[bytes]]
    ) -> None:
        message = read(payload)
        if isinstance(message, Response) and self._has_asked(there, message):
            sent.append(Sent(site.name, there.name, payload))
        elif not there.is_off and not there.is_mute:
            self.wire.append((site.name, there.name, payload))
            there.inbox.append((payload, flow))

    def _has_asked(self, site: Site, response: Response) -> bool:
        """Whether the answer is for the peer that is a part of the node."""
        return site.name in self._peers and f"branch=z9hG4bK{site.name}" in (
            response.first("via") or ""
        )

    def _at(self, flow: Flow) -> Site | None:
        found = (
            each for each in self.sites.values() if (each.host, PORT) == (flow.host, flow.port)
        )
        return next(found, None)

    def _open(self, site: Site, flow: Flow) -> End | None:
        """The far end of a connection to another node, an open one or a new one."""
        there = self._at(flow)
        if there is None or there.is_off:
            return None
        for near, end in site.ends.items():
            if end.who == there.name and not end.is_peer and near < end.number:
                return end
        return self._connect(site, there)

    def _connect(self, site: Site, there: Site) -> End:
        near, far = next(self._numbers), next(self._numbers)
        end = site.ends[near] = End(there.name, far)
        there.ends[far] = End(site.name, near)
        return end

    def _connect_peer(self, name: str, site: Site) -> None:
        if name in self.sites:
            end = self._connect(self.sites[name], site)
            self._peer_ends[name] = (site, end.number)
            self.peer(name).connection = end.number
            return
        number = self.peer(name).connection = next(self._numbers)
        site.ends[number] = End(name, is_peer=True)
        self._peer_ends[name] = (site, number)

    def _flow_of(self, name: str, site: Site) -> Flow:
        peer = self.peer(name)
        host = self.sites[name].host if name in self.sites else peer.host
        if not peer.connection:
            return Flow("UDP", host, PORT, site.local)
        number = peer.connection
        return Flow("TCP", host, 40_000 + number, site.local, 1, number)

    def _hang_up(self, connection: tuple[Site, int], now: Moment) -> None:
        """Let both ends know that a connection is over."""
        site, number = connection
        end = site.ends.pop(number)
        far = None if end.is_peer else self.sites[end.who]
        for at, near, other in ((site, number, end.number), (far, end.number, number)):
            if at is None:
                continue
            at.ends.pop(near, None)
            if not at.is_off:
                host = far.host if far is not None and at is site else site.host
                port = PORT if near < other else 40_000 + other  # who has opened it knows the port
                at.node.flow_lost(Flow("TCP", host, port, at.local, 1, near), now)

    def _turn_off(self, site: Site, now: Moment) -> None:
        site.is_off = True
        site.inbox.clear()
        for number in list(site.ends):
            end = site.ends[number]
            self._hang_up((site, number), now)
            if end.is_peer:
                self._peer_ends.pop(end.who)
                self.peer(end.who).connection = 0
        if site.name in self._peer_ends:
            self._peer_ends.pop(site.name)
            self.peer(site.name).connection = 0
