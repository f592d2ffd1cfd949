"""The event loop around a node: sockets, the clock, and the turns.

What arrives in one round of the loop is one turn. Datagrams are drained in bursts from raw
sockets: asyncio's own datagram transport costs more per packet than all of SIP. What becomes
durable leaves at once; it needs no turn.
"""

from __future__ import annotations

import asyncio
import socket
from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterator, Sequence
from pathlib import Path

import msgspec

from hereabouts.base.refusal import Malformed
from hereabouts.base.units import Moment
from hereabouts.native.interface import NO_ADDRESS
from hereabouts.net.bounds import Bounds, Web
from hereabouts.net.certificates import Certificates
from hereabouts.net.clock import Clock
from hereabouts.net.clock import now as read_clock
from hereabouts.net.datagrams import BURST, FULL, PIECE, Datagrams
from hereabouts.net.interface import Driven
from hereabouts.net.listeners import CannotListen, Listeners
from hereabouts.net.local import CONTROL, Control
from hereabouts.net.streams import Locate, Streams, Wants
from hereabouts.sip.flow import Flow
from hereabouts.sip.leaving import Packet, common_listener
from hereabouts.sip.stun import FIRST_BYTES, answer

MOST_UNSENT = 65536
"Datagrams that wait for a full send buffer; what comes after them is dropped, and sent again."


class Driver:
    """Runs one node.

    Args:
        node: what it drives.
        bounds: what peers can make it keep.
        locate: finds the hosts that flows name instead of giving an address; without one the system
            is asked.
        clock: where it reads the time.
        certificates: how TLS is spoken; without, nobody is served by it.
        web: whose WebSockets are taken.
    """

    def __init__(
        self,
        node: Driven,
        bounds: Bounds | None = None,
        locate: Locate | None = None,
        *,
        clock: Clock = read_clock,
        certificates: Certificates | None = None,
        web: Web | None = None,
    ) -> None:
        self._node = node
        self._locate = locate or self._located_by_system
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._listeners = Listeners()
        self._streams = Streams(
            self._listeners,
            bounds or Bounds(),
            certificates or Certificates(),
            web or Web(),
            Wants(self._arrived, self._ponged, self._lost, self._undeliverable),
            self._locate,
        )
        self._unsent: dict[int, list[Packet]] = {}
        self._control: Control | None = None
        self._asked: dict[int, asyncio.Future[bytes]] = {}
        self._last_asked = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_turn_due = True  # none is taken before `begin`
        self._is_mute = True  # before `begin`, in a turn, which lets leave what may, and at the end
        self._is_closed = False
        self._timer: asyncio.TimerHandle | None = None
        node.on_release = self._released
        node.on_work = self._turn_soon

    def begin(self) -> None:
        """Take turns from now on: what a former run has left to be sent has sockets to leave by."""
        self._is_mute = False
        self._loop.call_soon(self._turn)

    # -- sockets

    async def listen(self, transport: str, host: str, port: int, advertised: str | None) -> int:
        """Listen at an address; the port, for those who asked for 0.

        `advertised` is the `host:port` that peers are told in place of the address; the port 0
        stands for the one that is listened at.

        Raises:
            CannotListen: the system does not let us.
        """
        number = await self._listeners.open(transport, host, port, advertised or "")
        listener = self._listeners[number]
        if transport == "UDP":
            self._loop.add_reader(listener.socket, self._drain, listener.datagrams)
        else:
            self._streams.serve(number)
        return listener.port

    async def serve_control(self, path: Path) -> None:
        """Take commands at a local socket.

        Raises:
            CannotListen: the system does not let us.
        """
        control = Control(path, self._commanded)
        try:
            await control.start()
        except OSError as error:
            fault = f"cannot take commands at {path}: {error.strerror or error}"
            remedy = "set server.control to a path that is free, in a folder of the server's user"
            raise CannotListen(fault, remedy) from error
        self._control = control

    def _commanded(self, line: bytes, flow: Flow) -> None:
        self._node.command(line, flow, self._clock())
        self._turn_soon()

    async def ask(self, line: bytes) -> bytes:
        """The reply to a command from this process, once what it tells of is durable."""
        self._last_asked -= 1
        answered = self._asked[self._last_asked] = self._loop.create_future()
        self._commanded(line, Flow(CONTROL, "", 0, "", 0, self._last_asked))
        reply: bytes = await answered
        return reply

    def enter(self, take: Callable[[Moment], None]) -> None:
        """Have the node take something that comes from neither a socket nor a command."""
        take(self._clock())
        self._turn_soon()

    # -- what arrives

    def _drain(self, datagrams: Datagrams) -> None:
        """Take what has arrived, and what arrives meanwhile, as one turn: it is synced once.

        What an earlier turn has said need not wait for the end of this one.
        """
        left = BURST
        while left > 0 and (arrived := datagrams.receive(min(left, PIECE))):
            left -= len(arrived)
            self._take_burst(arrived)
            self._node.settle()

    def _take_burst(self, arrived: list[tuple[bytes, Flow]]) -> None:
        pings = [each for each in arrived if each[0][:1] in FIRST_BYTES]
        if pings:
            arrived = [each for each in arrived if each[0][:1] not in FIRST_BYTES]
        self._turn_soon()
        try:
            left = self._node.sift(arrived, self._clock())
        except Exception:  # as below; what was taken before is known to be taken
            self._loop.call_soon(self._take, iter([*arrived, *pings]))
            raise
        self._take(iter([*left, *pings] if pings else left))

    def _take(self, arrived: Iterator[tuple[bytes, Flow]]) -> None:
        now = self._clock()
        handle = self._node.handle
        self._turn_soon()
        for packet, flow in arrived:
            if packet[:1] in FIRST_BYTES:
                self._keep_alive(packet, flow, now)
                continue
            try:
                handle(packet, flow, now)
            except Malformed:
                pass
            except Exception:  # a fault of ours costs what it hit, and not what came with it
                self._loop.call_soon(self._take, arrived)
                raise

    def _keep_alive(self, packet: bytes, flow: Flow, now: Moment) -> None:
        """Answer a keep-alive at once: nothing of it is kept, so it waits for no disk."""
        if not self._node.is_welcome(flow, now):
            return
        said = answer(packet, flow.host, flow.port)
        if said is None:
            self._node.keep_alive(packet, flow, now)
        else:
            self._send_datagrams([(flow, said, None)])

    def _ponged(self, payload: bytes, flow: Flow) -> None:
        self._turn_soon()
        self._node.keep_alive(payload, flow, self._clock())

    def drop(self, flow: Flow) -> None:
        """Close the connection to a peer, if there is one: it has failed, however it looks."""
        self._streams.drop(flow)

    def _arrived(self, message: bytes, flow: Flow) -> None:
        self._turn_soon()
        self._node.receive(message, flow, self._clock())

    def _lost(self, flow: Flow) -> None:
        self._node.flow_lost(flow, self._clock())
        self._turn_soon()

    # -- turns

    def _turn_soon(self) -> None:
        if not self._is_turn_due:
            self._is_turn_due = True
            self._loop.call_soon(self._turn)

    def _turn(self) -> None:
        self._is_turn_due = False
        if self._is_closed:
            return
        now = self._clock()
        self._is_mute = True
        try:
            deadline = self._node.next_deadline()
            if deadline is not None and deadline <= now.instant:
                self._node.handle_timer(now)
            self._node.end_turn(now)
            self._flush(now)
        finally:  # a fault of ours costs what it hit, and not the turns to come
            self._is_mute = False
            self._sleep(now)

    def _sleep(self, now: Moment) -> None:
        deadline = self._node.next_deadline()
        if deadline is not None and deadline <= now.instant:
            self._turn_soon()
            return
        if self._timer is not None:
            if deadline is not None and self._timer.when() <= deadline:
                return  # it will look again then
            self._timer.cancel()
            self._timer = None
        if deadline is not None:
            self._timer = self._loop.call_at(deadline, self._timer_due)

    def _timer_due(self) -> None:
        self._timer = None
        self._turn_soon()

    # -- what leaves

    def _released(self) -> None:
        """Send what may leave now, and not only at the end of the next turn."""
        if self._is_mute:
            return
        now = self._clock()
        try:
            self._flush(now)
        except Exception as fault:  # noqa: BLE001 - the store tells of it, and has more to tell
            self._loop.call_exception_handler({"message": "not sent", "exception": fault})
        self._sleep(now)

    def _flush(self, now: Moment) -> None:
        packets = self._node.flush(now)
        if packets and common_listener(packets) is not None:  # nearly always
            self._send_datagrams(packets)
        else:
            self._say(iter(packets))

    def _say(self, packets: Iterator[Packet]) -> None:
        datagrams: defaultdict[int, list[Packet]] = defaultdict(list)
        streams: defaultdict[int, list[Packet]] = defaultdict(list)
        try:
            for packet in packets:
                flow = packet[0]
                if flow.transport == "UDP":
                    datagrams[flow.listener].append(packet)
                elif flow.connection:
                    streams[flow.connection].append(packet)
                else:
                    self._streams.send_to_peer(packet)
        except Exception:  # a fault of ours costs what it hit, and not what leaves with it
            self._loop.call_soon(self._say, packets)
            raise
        finally:
            self._send_sorted(datagrams, streams)

    def _send_sorted(
        self, datagrams: dict[int, list[Packet]], streams: dict[int, list[Packet]]
    ) -> None:
        """Send what goes by sockets that are there, by listener and by connection."""
        for packets in datagrams.values():
            self._send_datagrams(packets)
        for connection, packets in streams.items():
            if packets[0][0].transport == CONTROL:
                self._reply(connection, b"".join(payload for _, payload, _ in packets))
            else:
                self._streams.send(connection, packets)

    def _send_datagrams(self, packets: list[Packet]) -> None:
        """Send packets that are said by the same listener."""
        number = self._listeners.speaker("UDP", packets[0][0].listener)
        if number is None:
            for packet in packets:
                self._undeliverable(packet)
            return
        unsent = self._unsent.get(number)
        if unsent is None:
            self._fill(number, packets)
        else:
            unsent += packets[: MOST_UNSENT - len(unsent)]

    def _fill(self, number: int, packets: list[Packet]) -> None:
        listener = self._listeners[number]
        at, why = listener.datagrams.send(packets, 0)
        while why not in FULL and at < len(packets):
            if why == NO_ADDRESS:
                self._task(self._send_resolved(packets[at]))
            else:  # too long for a datagram, or no way there
                self._undeliverable(packets[at])
            at, why = listener.datagrams.send(packets, at + 1)
        if at < len(packets):
            self._unsent[number] = packets[at : at + MOST_UNSENT]
            self._loop.add_writer(listener.socket, self._writable, number)

    def _writable(self, number: int) -> None:
        self._loop.remove_writer(self._listeners[number].socket)
        self._fill(number, self._unsent.pop(number))

    def _reply(self, number: int, payload: bytes) -> None:
        answered = self._asked.pop(number, None)
        if answered is None:
            assert self._control is not None
            self._control.send(number, payload)
        elif not answered.done():
            answered.set_result(payload)

    async def _send_resolved(self, packet: Packet) -> None:
        flow = packet[0]
        try:
            found = await self._locate(flow.host)
            is_ipv6 = self._listeners[flow.listener].socket.family == socket.AF_INET6
            address = next(each for each in found if (":" in each) is is_ipv6)
        except (OSError, StopIteration, UnicodeError):
            address = flow.host
        if address == flow.host:  # or an address that only the resolver knows would come again
            self._undeliverable(packet)
            return
        self._send_datagrams([(msgspec.structs.replace(flow, host=address), *packet[1:])])

    def _undeliverable(self, packet: Packet) -> None:
        if packet[2] is not None:
            self._node.undeliverable(packet[2], self._clock())
            self._turn_soon()

    async def _located_by_system(self, host: str) -> Sequence[str]:
        found = await self._loop.getaddrinfo(host, None, type=socket.SOCK_DGRAM)
        return [str(item[4][0]) for item in found]

    def reach(self, transport: str, host: str, port: int) -> Flow:
        """The flow to another address, by the first of our listeners that speak the transport."""
        return self._listeners.reach(transport, host, port)

    # -- the end

    def _task(self, work: Coroutine[None, None, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Stop listening; what has been said already still leaves."""
        if self._control is not None:
            await self._control.close()
        self._stop_listening()
        self._turn()
        if self._timer is not None:
            self._timer.cancel()

    def hang_up(self) -> None:
        """Close all sockets and connections, after a last look at what may leave."""
        self._flush(self._clock())
        self._is_closed = self._is_mute = True
        self._stop_listening()  # again, for a start that failed halfway
        self._streams.hang_up()
        for number in self._unsent:  # or the loop would go on to look at what is closed
            self._loop.remove_writer(self._listeners[number].socket)
        self._unsent.clear()
        for listener in self._listeners:
            listener.socket.close()
        for task in self._tasks:
            task.cancel()

    def _stop_listening(self) -> None:
        self._streams.stop_listening()
        for listener in self._listeners:
            if listener.transport == "UDP":
                self._loop.remove_reader(listener.socket)
