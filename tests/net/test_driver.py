"""The event loop around a node: what arrives, what leaves, and what is told when it cannot."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, ClassVar

import pytest

from hereabouts.base.refusal import Malformed
from hereabouts.base.units import Instant, Moment
from hereabouts.net import datagrams, driver, listeners, tcp
from hereabouts.net.clock import now
from hereabouts.net.datagrams import BURST
from hereabouts.net.listeners import CannotListen
from hereabouts.sip import stun
from hereabouts.sip.flow import Flow
from hereabouts.sip.framing import PING, PONG
from hereabouts.sip.leaving import Packet
from tests.native.ways import WAYS, Way
from tests.net.stage import (
    HOST,
    Datagrams,
    Listening,
    Puppet,
    Stage,
    closed,
    run,
    stage,
    stream,
)
from tests.sip.packets import request

ONE, TWO = request("OPTIONS"), request("PUBLISH", body=b"a body\r\n\r\nwith an empty line")
NO_NAME = f"{'x' * 70}.example.com"  # no label is as long as this: nobody is asked


@pytest.fixture(params=WAYS, scope="module", autouse=True)
def way(request: pytest.FixtureRequest) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        if request.param is Way.PYTHON:
            patch.setattr(datagrams, "native", None)
        yield


# --- datagrams


@asynccontextmanager
async def listening() -> AsyncIterator[tuple[Puppet, int, Datagrams]]:
    """A node, its port, and a peer; of the turns it took as it began nothing is told."""
    async with stage() as staged:
        port = await staged.listen()
        await staged.node.until(lambda: staged.node.turns)
        staged.node.turns.clear()
        with Datagrams() as peer:
            yield staged.node, port, peer


def test_what_arrives_in_one_burst_is_one_turn() -> None:
    async def test() -> None:
        async with listening() as (node, port, peer):
            for number in range(BURST + 3):
                peer.send(b"%d" % number, port)
            await node.until(lambda: len(node.received) == BURST + 3)
            await node.until(lambda: sum(node.turns) == BURST + 3)
            assert [count for count in node.turns if count] == [BURST, 3]
            assert [packet for packet, _ in node.received] == [b"%d" % n for n in range(BURST + 3)]

    run(test())


def test_what_arrives_meanwhile_belongs_to_the_same_turn() -> None:
    async def test() -> None:
        async with listening() as (node, port, peer):
            following = {b"one": b"two", b"two": b"three"}
            node.on_message = lambda packet: (
                peer.send(following[packet], port) if packet in following else None
            )
            peer.send(b"one", port)
            await node.until(lambda: sum(node.turns) == 3)
            assert [count for count in node.turns if count] == [3]

    run(test())


def test_those_who_never_stop_keep_nobody_else_waiting() -> None:
    async def test() -> None:
        async with listening() as (node, port, peer):
            node.on_message = lambda packet: peer.send(packet, port)
            peer.send(b"again", port)
            await node.until(lambda: len(node.turns) > 2)
            node.on_message = lambda _packet: None
            assert node.turns[:2] == [BURST, BURST]

    run(test())


def test_what_may_leave_leaves_without_a_turn() -> None:
    async def test() -> None:
        async with listening() as (node, port, peer):
            peer.send(b"hello", port)
            await node.until(lambda: sum(node.turns) == 1)
            [(_, flow)] = node.received
            before = len(node.turns)
            node.outbox.append((flow, b"durable", None))
            node.on_release()
            assert await peer.receive() == b"durable"
            assert len(node.turns) == before

    run(test())


def test_what_may_leave_meanwhile_does_not_wait_for_all_that_arrives() -> None:
    async def test() -> None:
        async with listening() as (node, port, peer):
            taken: list[int] = []

            def settle() -> None:
                taken.append(len(node.received))
                if len(taken) == 1:
                    node.outbox.append((node.received[0][1], b"durable", None))
                    node.on_release()
                    assert node.outbox == []
                    assert node.turns == []

            node.on_settle = settle
            for number in range(BURST):
                peer.send(b"%d" % number, port)
            await node.until(lambda: node.turns)
            assert await peer.receive() == b"durable"
            assert taken == [32, 64, 96, 128]
            assert node.turns == [BURST]

    run(test())


def test_what_may_leave_in_the_midst_of_a_turn_leaves_at_its_end() -> None:
    async def test() -> None:
        async with listening() as (node, port, peer):
            peer.send(b"hello", port)
            await node.until(lambda: sum(node.turns) == 1)
            [(_, flow)] = node.received
            order: list[str] = []
            flush, end_turn = node.flush, node.end_turn

            def ending(now: Moment) -> None:
                node.outbox.append((flow, b"durable", None))
                node.on_release()
                order.append("the turn is made")
                end_turn(now)

            def flushing(now: Moment) -> list[Packet]:
                order.append("what may leave is asked for")
                return flush(now)

            node.end_turn, node.flush = ending, flushing  # type: ignore[method-assign]
            node.on_work()
            assert await peer.receive() == b"durable"
            node.end_turn, node.flush = end_turn, flush  # type: ignore[method-assign]
            assert order == ["the turn is made", "what may leave is asked for"]

    run(test())


def test_nothing_leaves_before_it_begins_or_after_it_has_hung_up() -> None:
    async def test() -> None:
        waiting = Stage(None)
        node = waiting.node
        flow = Flow("UDP", HOST, 9, f"{HOST}:5060")
        node.outbox.append((flow, b"before", None))
        node.on_release()
        assert len(node.outbox) == 1
        waiting.driver.begin()
        await node.until(lambda: node.turns)
        await asyncio.sleep(0)
        assert node.outbox == []
        await waiting.driver.close()
        waiting.driver.hang_up()
        node.outbox.append((flow, b"after", None))
        node.on_release()
        assert len(node.outbox) == 1

    run(test())


def test_a_fault_as_something_leaves_is_told_and_the_deadlines_are_met() -> None:
    """It is the store that tells what may leave: it is not to be disturbed."""

    async def test() -> None:
        faults: list[object] = []
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: faults.append(context["exception"]))
        async with stage() as staged:
            node = staged.node
            await node.until(lambda: node.turns)
            node.flushing_fault = AssertionError("a bug")
            node.deadline = Instant(now().instant + 0.02)
            node.on_release()
            assert faults == [node.flushing_fault]
            node.flushing_fault = None
            await node.until(lambda: node.woken)

    run(test())


def test_a_datagram_is_answered_where_it_came_from() -> None:
    async def test() -> None:
        async with stage() as staged:
            await staged.listen()
            port = await staged.listen()
            node = staged.node
            with Datagrams() as peer:
                peer.send(b"hello", port)
                await node.until(lambda: node.received)
                [(_, flow)] = node.received
                assert flow == Flow("UDP", HOST, peer.port, f"{HOST}:{port}", listener=1)
                node.say(flow, b"there")
                assert await peer.receive() == b"there"
            assert node.undelivered == []

    run(test())


@pytest.mark.parametrize("host", [HOST, "::1"])
def test_a_stun_keep_alive_is_answered_and_sip_goes_on(host: str) -> None:
    """5626-5.4-3: XOR-MAPPED-ADDRESS from the SIP port, and SIP on the same socket."""

    async def test() -> None:
        async with stage() as staged:
            port = await staged.listen(host=host)
            with Datagrams(host) as peer:
                peer.send(stun.binding_request(b"t" * 12), port)
                found = stun.read(await peer.receive())
                assert (found.kind, found.mapped) == (stun.SUCCESS, (host, peer.port))
                peer.send(ONE, port)
                await staged.node.until(lambda: staged.node.received)
            assert [packet for packet, _ in staged.node.received] == [ONE]
            assert staged.node.kept_alive == []

    run(test())


def test_who_asks_too_often_has_no_keep_alive_answered() -> None:
    async def test() -> None:
        async with stage() as staged:
            port = await staged.listen()
            staged.node.welcomes = False
            with Datagrams() as peer:
                peer.send(stun.binding_request(b"t" * 12), port)
                peer.send(b"\0 garbage", port)
                peer.send(ONE, port)
                await staged.node.until(lambda: staged.node.received)
                staged.node.welcomes = True
                peer.send(stun.binding_request(b"u" * 12), port)
                assert stun.read(await peer.receive()).transaction == b"u" * 12
            assert staged.node.kept_alive == []

    run(test())


def test_the_answer_to_a_keep_alive_of_ours_is_told() -> None:
    async def test() -> None:
        said = stun.write(stun.Message(stun.SUCCESS, b"t" * 12))
        async with stage() as staged:
            port = await staged.listen()
            with Datagrams() as peer:
                peer.send(said, port)
                await staged.node.until(lambda: staged.node.kept_alive)
                [(packet, flow)] = staged.node.kept_alive
                assert (packet, flow.host, flow.port) == (said, HOST, peer.port)
            assert staged.node.sifted == [], "a keep-alive is no message, and is not shown as one"

    run(test())


def test_a_pong_is_told_and_a_connection_can_be_given_up() -> None:
    """5626-4.4.1-1: by the same connection; the peer sees it closed."""

    async def test() -> None:
        async with stage() as staged, Listening() as peer:
            await staged.listen("TCP")
            flow = staged.driver.reach("TCP", HOST, peer.port)
            staged.node.say(flow, PING)
            reader, writer = await peer.came.get()
            assert await reader.readexactly(4) == PING
            writer.write(PONG)
            await staged.node.until(lambda: staged.node.kept_alive)
            [(payload, by)] = staged.node.kept_alive
            assert (payload, by.port) == (PONG, peer.port)
            staged.driver.drop(flow)
            await staged.node.until(lambda: staged.node.lost)
            staged.driver.drop(flow)
            with contextlib.suppress(ConnectionResetError):
                assert await reader.read() == b""

    run(test())


def test_what_cannot_be_read_stops_nothing() -> None:
    async def test() -> None:
        async with stage() as staged:
            port = await staged.listen()
            staged.node.fault = Malformed("no")
            with Datagrams() as peer:
                for packet in (b"a", b"", b"b"):
                    peer.send(packet, port)
                await staged.node.until(lambda: len(staged.node.received) == 3)

    run(test())


def test_a_fault_of_ours_costs_the_message_that_it_hit_and_no_other() -> None:
    async def test() -> None:
        faults: list[object] = []
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: faults.append(context["exception"]))
        async with stage() as staged:
            port = await staged.listen()
            staged.node.fault = AssertionError("a bug")
            with Datagrams() as peer:
                for packet in (b"a", b"b", b"c"):
                    peer.send(packet, port)
                await staged.node.until(lambda: len(staged.node.received) == 3)
            turns = len(staged.node.turns)
            await staged.node.until(lambda: len(staged.node.turns) > turns)
        assert [packet for packet, _ in staged.node.received] == [b"a", b"b", b"c"]
        assert faults == [staged.node.fault] * 3

    run(test())


def test_what_is_taken_at_a_glance_is_not_handled_again() -> None:
    async def test() -> None:
        async with stage() as staged:
            port = await staged.listen()
            staged.node.taken_at_a_glance = {b"a"}
            with Datagrams() as peer:
                for packet in (b"a", b"b"):
                    peer.send(packet, port)
                await staged.node.until(lambda: staged.node.received)
        assert [packet for packet, _ in staged.node.received] == [b"b"]

    run(test())


def test_a_fault_at_a_glance_costs_no_message() -> None:
    async def test() -> None:
        faults: list[object] = []
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: faults.append(context["exception"]))
        async with stage() as staged:
            port = await staged.listen()
            staged.node.sifting_fault = AssertionError("a bug")
            with Datagrams() as peer:
                peer.send(b"a", port)
                await staged.node.until(lambda: staged.node.received)
        assert [packet for packet, _ in staged.node.received] == [b"a"]
        assert faults == [staged.node.sifting_fault]

    run(test())


class Clogged(socket.socket):
    """A socket whose send buffer is full as often as it is told."""

    full = 0
    descriptor = -1
    "Of the last that was full."
    found_full = asyncio.Event()
    refused = 0
    unread = 0
    asked: ClassVar[list[tuple[int, int, int]]] = []

    def recvfrom(self, *args: Any) -> tuple[bytes, Any]:  # noqa: ANN401 - as sockets do
        if Clogged.unread:
            Clogged.unread -= 1
            raise ConnectionRefusedError
        return super().recvfrom(*args)

    def setsockopt(self, *args: Any) -> None:  # noqa: ANN401
        Clogged.asked.append(args)
        if args[1] == getattr(socket, "SO_RCVBUFFORCE", None):
            raise PermissionError
        super().setsockopt(*args)

    def sendto(self, *args: Any) -> int:  # noqa: ANN401
        if Clogged.full:
            Clogged.full -= 1
            Clogged.descriptor = self.fileno()
            Clogged.found_full.set()
            raise BlockingIOError
        if Clogged.refused:
            Clogged.refused -= 1
            raise OSError(errno.EPERM, "a firewall")
        return super().sendto(*args)


@pytest.fixture
def clogged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hereabouts.net.listeners.socket.socket", Clogged)
    monkeypatch.setattr(datagrams, "native", None)  # it asks the system, and not the socket
    Clogged.asked.clear()


@pytest.mark.usefixtures("clogged")
def test_what_finds_the_buffer_full_leaves_when_there_is_room_and_in_order() -> None:
    async def test() -> None:
        async with stage() as staged:
            port = await staged.listen()
            with Datagrams() as peer:
                flow = Flow("UDP", HOST, peer.port, f"{HOST}:{port}")
                Clogged.full = 2
                for payload in (b"1", b"2", b"3"):
                    staged.node.say(flow, payload)
                assert [await peer.receive() for _ in range(3)] == [b"1", b"2", b"3"]
            assert staged.node.undelivered == []
            assert Clogged.full == 0

    run(test())


@pytest.mark.usefixtures("clogged")
def test_what_finds_no_room_to_wait_is_dropped_and_those_before_it_leave(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(driver, "MOST_UNSENT", 2)

    async def test() -> None:
        async with stage() as staged:
            port = await staged.listen()
            with Datagrams() as peer:
                flow = Flow("UDP", HOST, peer.port, f"{HOST}:{port}")
                Clogged.full = 2
                for payload in (b"1", b"2", b"dropped"):
                    staged.node.say(flow, payload)
                assert [await peer.receive() for _ in range(2)] == [b"1", b"2"]
                staged.node.say(flow, b"4")
                assert await peer.receive() == b"4"

    run(test())


@pytest.mark.usefixtures("clogged")
def test_what_finds_the_buffer_full_at_the_end_leaves_nothing_to_be_looked_at() -> None:
    """Or the loop would take the next socket of that number for the closed one."""

    async def test() -> None:
        async with stage() as staged:
            port = await staged.listen()
            Clogged.full = 10**6
            Clogged.found_full = asyncio.Event()
            staged.node.say(Flow("UDP", HOST, 9, f"{HOST}:{port}"), b"1")
            await Clogged.found_full.wait()
        Clogged.full = 0
        assert not asyncio.get_running_loop().remove_writer(Clogged.descriptor)

    run(test())


@pytest.mark.usefixtures("clogged")
def test_an_error_of_something_sent_before_hides_nothing_that_arrives() -> None:
    """As a system tells, by the next look at the socket, that a port was closed."""

    async def test() -> None:
        async with stage() as staged:
            port = await staged.listen()
            Clogged.unread = 2
            with Datagrams() as peer:
                peer.send(b"hello", port)
                await staged.node.until(lambda: staged.node.received)
            assert Clogged.unread == 0

    run(test())


@pytest.mark.usefixtures("clogged")
def test_a_large_receive_buffer_is_asked_for_even_where_it_cannot_be_forced() -> None:
    async def test() -> None:
        async with stage() as staged:
            await staged.listen()
            wanted = (socket.SOL_SOCKET, socket.SO_RCVBUF, listeners.RECEIVE_BUFFER)
            assert wanted in Clogged.asked

    run(test())


# --- hosts by their names


class Located:
    """Addresses as a test has written them down."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses
        self.asked: list[str] = []

    async def __call__(self, host: str) -> tuple[str, ...]:
        self.asked.append(host)
        return self.addresses


def test_a_datagram_to_a_name_goes_to_its_first_address_of_our_family() -> None:
    located = Located("::1", HOST, "192.0.2.1")

    async def test() -> None:
        async with stage(locate=located) as staged:
            await staged.listen()
            with Datagrams() as peer:
                staged.node.say(Flow("UDP", "phone.example.com", peer.port, ""), b"hello")
                assert await peer.receive() == b"hello"
            assert located.asked == ["phone.example.com"]

    run(test())


def test_a_connection_to_a_name_is_made_to_the_first_address_that_takes_one() -> None:
    located = Located("127.0.0.2", HOST)

    async def test() -> None:
        async with stage(locate=located) as staged, Listening() as peer:
            await staged.listen("TCP")
            flow = Flow("TCP", "phone.example.com", peer.port, "")
            staged.node.say(flow, b"1")
            reader, _ = await peer.came.get()
            assert await reader.readexactly(1) == b"1"
            assert located.asked == ["phone.example.com"]

    run(test())


def test_nobody_is_asked_where_an_address_is() -> None:
    located = Located()

    async def test() -> None:
        async with stage(locate=located) as staged, Listening() as peer:
            await staged.listen("TCP")
            staged.node.say(Flow("TCP", HOST, peer.port, ""), b"1")
            reader, _ = await peer.came.get()
            assert await reader.readexactly(1) == b"1"
            assert located.asked == []

    run(test())


@pytest.mark.parametrize("transport", ["UDP", "TCP"])
def test_a_name_without_an_address_is_told(transport: str) -> None:
    async def test() -> None:
        async with stage(locate=Located()) as staged:
            await staged.listen(transport)
            transaction = staged.node.say(Flow(transport, "phone.example.com", 5060, ""), b"lost")
            await staged.node.until(lambda: staged.node.undelivered)
            assert staged.node.undelivered == [transaction]

    run(test())


# --- what cannot be delivered


UNDELIVERABLE = [
    (Flow("UDP", NO_NAME, 5060, ""), "a name that cannot be one"),
    (Flow("UDP", "::1", 5060, ""), "an address of the other family"),
    (Flow("UDP", HOST, 0, ""), "no port"),
    (Flow("TCP", HOST, 1, ""), "a connection that is refused"),
    (Flow("TCP", NO_NAME, 5060, ""), "a name that cannot be one, for a connection"),
    (Flow("TCP", HOST, 1, "", listener=7), "refused, by a listener of a former run"),
    (Flow("TCP", HOST, 5060, "", connection=99), "a connection that is no more"),
    (Flow("TLS", HOST, 5061, ""), "a transport that there is not"),
]


@pytest.mark.parametrize(
    "flow", [row[0] for row in UNDELIVERABLE], ids=[row[1] for row in UNDELIVERABLE]
)
def test_what_cannot_be_delivered_is_told(flow: Flow) -> None:
    async def test() -> None:
        async with stage() as staged:
            await staged.listen("UDP" if flow.transport == "UDP" else "TCP")
            transaction = staged.node.say(flow, b"lost")
            staged.node.outbox.append((flow, b"nobody waits for this", None))
            await staged.node.until(lambda: staged.node.undelivered)
            assert staged.node.undelivered == [transaction]

    run(test())


@pytest.mark.parametrize("transport, other", [("UDP", "TCP"), ("TCP", "UDP")])
def test_where_nobody_speaks_a_transport_it_is_told(transport: str, other: str) -> None:
    async def test() -> None:
        async with stage() as staged:
            await staged.listen(other)
            transaction = staged.node.say(Flow(transport, HOST, 5060, ""), b"lost")
            await staged.node.until(lambda: staged.node.undelivered)
            assert staged.node.undelivered == [transaction]

    run(test())


def test_a_flow_of_a_former_run_goes_by_a_socket_of_this_one() -> None:
    """Or a Contact asks for UDP where the SUBSCRIBE came by TCP: the flow's listener is another."""

    async def test() -> None:
        async with stage() as staged:
            await staged.listen("TCP")
            await staged.listen("UDP")
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
                peer.bind((HOST, 0))
                peer.settimeout(0)
                for listener in (0, 7):
                    flow = Flow("UDP", HOST, peer.getsockname()[1], "", listener)
                    staged.node.say(flow, b"still here")
                    heard = await asyncio.get_running_loop().sock_recv(peer, 100)
                    assert heard == b"still here"

    run(test())


@pytest.mark.usefixtures("clogged")
def test_what_the_system_refuses_to_send_is_told() -> None:
    async def test() -> None:
        async with stage() as staged:
            await staged.listen()
            Clogged.refused = 1
            transaction = staged.node.say(Flow("UDP", HOST, 9, ""), b"lost")
            await staged.node.until(lambda: staged.node.undelivered)
            assert staged.node.undelivered == [transaction]

    run(test())


def test_a_name_is_looked_up() -> None:
    async def test() -> None:
        async with stage() as staged:
            await staged.listen()
            with Datagrams() as peer:
                staged.node.say(Flow("UDP", "localhost", peer.port, ""), b"hello")
                assert await peer.receive() == b"hello"

    run(test())


# --- streams


def test_a_stream_is_cut_into_messages_and_a_ping_is_answered() -> None:
    async def test() -> None:
        async with stage() as staged:
            port = await staged.listen("TCP")
            node = staged.node
            async with stream(port) as (reader, writer):
                whole = ONE + PING + TWO
                for start, end in ((0, 20), (20, len(ONE) + 30), (len(ONE) + 30, len(whole))):
                    writer.write(whole[start:end])
                    await writer.drain()
                await node.until(lambda: len(node.received) == 2)
                assert [packet for packet, _ in node.received] == [ONE, TWO]
                assert await reader.readexactly(2) == PONG
                flow = node.received[0][1]
                own = writer.get_extra_info("sockname")[1]
                assert flow == Flow("TCP", HOST, own, f"{HOST}:{port}", 0, flow.connection)
                assert flow.connection > 0
            await node.until(lambda: node.lost)
            assert node.lost == [flow]

    run(test())


def test_an_answer_and_a_notify_take_the_connection_that_the_request_came_by() -> None:
    async def test() -> None:
        async with stage() as staged:
            port = await staged.listen("TCP")
            async with stream(port) as (reader, writer):
                writer.write(ONE)
                await staged.node.until(lambda: staged.node.received)
                flow = staged.node.received[0][1]
                staged.node.say(flow, b"1")
                staged.node.say(flow.towards(flow.host, flow.port), b"2")
                assert sorted(await reader.readexactly(2)) == sorted(b"12")

    run(test())


def test_another_address_gets_one_connection_for_all_that_is_said_to_it() -> None:
    async def test() -> None:
        async with stage() as staged, Listening() as peer:
            port = await staged.listen("TCP")
            node = staged.node
            flow = Flow("TCP", HOST, peer.port, f"{HOST}:{port}")
            for payload in (b"1", b"2"):
                node.say(flow, payload)
            reader, writer = await peer.came.get()
            assert await reader.readexactly(2) == b"12"
            node.say(flow, b"3")
            assert await reader.readexactly(1) == b"3"
            writer.write(ONE)  # and what the peer says by it arrives
            await node.until(lambda: node.received)
            assert node.received[0][1].port == peer.port
            assert peer.came.empty()

    run(test())


def test_a_connection_of_ours_leaves_from_the_address_that_we_listen_at() -> None:
    """Peers know each other by it: several machines on loopback, or one with several addresses."""

    async def test() -> None:
        async with stage() as staged, Listening() as peer:
            await staged.driver.listen("TCP", "127.0.0.3", 0, None)
            flow = staged.driver.reach("TCP", HOST, peer.port)
            assert flow.local.startswith("127.0.0.3:")
            staged.node.say(flow, b"1")
            _, writer = await peer.came.get()
            assert writer.get_extra_info("peername")[0] == "127.0.0.3"

    run(test())


def test_the_flow_to_an_address_is_by_the_listener_of_its_transport() -> None:
    async def test() -> None:
        async with stage() as staged:
            udp, tcp = await staged.listen("UDP"), await staged.listen("TCP")
            reach = staged.driver.reach
            assert reach("UDP", HOST, 9) == Flow("UDP", HOST, 9, f"{HOST}:{udp}", 0)
            assert reach("TCP", HOST, 9) == Flow("TCP", HOST, 9, f"{HOST}:{tcp}", 1)
            staged.node.say(reach("TLS", HOST, 9), b"1")
            await staged.node.until(lambda: staged.node.undelivered)

    run(test())


def test_a_new_connection_is_made_when_the_old_one_has_gone() -> None:
    async def test() -> None:
        async with stage() as staged, Listening() as peer:
            await staged.listen("TCP")
            flow = Flow("TCP", HOST, peer.port, "")
            staged.node.say(flow, b"1")
            reader, writer = await peer.came.get()
            assert await reader.readexactly(1) == b"1"
            writer.close()
            await staged.node.until(lambda: staged.node.lost)
            staged.node.say(flow, b"2")
            reader, _ = await peer.came.get()
            assert await reader.readexactly(1) == b"2"

    run(test())


@pytest.mark.parametrize(
    "sent, answered",
    [
        (request(rows={"Content-Length": "x"}), b"SIP/2.0 400 "),
        (request(rows={"Content-Length": "999999"}), b"SIP/2.0 413 "),
        (request(rows={"Subject": "x" * 20000}), b"SIP/2.0 513 "),
        (request("ACK", rows={"Content-Length": "x"}), b""),
        (b"\0" * 20000, b""),
    ],
    ids=["no length", "a long body", "a long head", "an ACK", "no SIP at all"],
)
def test_a_stream_that_cannot_be_followed_is_answered_and_closed(
    sent: bytes, answered: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tcp, "LAST_WORDS", 0.05)

    async def test() -> None:
        async with stage() as staged:
            async with stream(await staged.listen("TCP")) as (reader, writer):
                writer.write(sent)
                said = await reader.read()
                assert said.startswith(answered)
                assert said or not answered
            await staged.node.until(lambda: staged.node.lost)
            assert staged.node.received == []

    run(test())


def test_what_is_dropped_does_not_keep_an_answer_under_way_from_leaving() -> None:
    async def test() -> None:
        async with stage() as staged:
            staged.node.fault = Malformed("no")
            async with stream(await staged.listen("TCP")) as (reader, writer):
                writer.write(ONE)
                await staged.node.until(lambda: staged.node.received)
                staged.node.say(staged.node.received[0][1], b"answer")
                assert await reader.readexactly(6) == b"answer"

    run(test())


# --- addresses


LOCALS = [
    ("UDP", "0.0.0.0", "", "127.0.0.1:{port}", "the address that the peer reaches"),  # noqa: S104
    ("TCP", "0.0.0.0", "", "127.0.0.1:{port}", "the same for a connection"),  # noqa: S104
    ("UDP", "127.0.0.1", "sip.example.com:5060", "sip.example.com:5060", "what is advertised"),
    ("UDP", "127.0.0.1", "sip.example.com:0", "sip.example.com:{port}", "without a port"),
    ("TCP", "::1", "[2001:db8::1]:0", "[2001:db8::1]:{port}", "an address, without a port"),
    ("UDP", "::1", "", "[::1]:{port}", "IPv6"),
    ("TCP", "::1", "", "[::1]:{port}", "IPv6, a connection"),
    ("UDP", "::", "", "[::1]:{port}", "all of IPv6"),
    ("UDP", "localhost", "", "127.0.0.1:{port}", "a name"),
]


@pytest.mark.parametrize(
    "transport, host, advertised, local", [row[:4] for row in LOCALS], ids=[r[4] for r in LOCALS]
)
def test_our_own_address_is_the_one_that_the_peer_reaches(
    transport: str, host: str, advertised: str, local: str
) -> None:
    peer = "::1" if ":" in host else HOST

    async def test() -> None:
        async with stage() as staged:
            port = await staged.listen(transport, host, advertised=advertised)
            node = staged.node
            if transport == "TCP":
                async with stream(port, peer) as (reader, writer):
                    writer.write(ONE)
                    await node.until(lambda: node.received)
                    node.say(node.received[0][1], b"yes")
                    assert await reader.readexactly(3) == b"yes"
            else:
                with Datagrams(peer) as datagrams:
                    datagrams.send(ONE, port)
                    await node.until(lambda: node.received)
                    node.say(node.received[0][1], b"yes")
                    assert await datagrams.receive() == b"yes"
            assert node.received[0][1].local == local.format(port=port)
            assert node.received[0][1].host == peer

    run(test())


@pytest.mark.parametrize("transport", ["UDP", "TCP"])
def test_a_port_in_use_is_said_with_its_remedy(transport: str) -> None:
    async def test() -> None:
        async with stage() as first, stage() as second:
            port = await first.listen(transport)
            with pytest.raises(CannotListen) as refused:
                await second.listen(transport, port=port)
            place = f"{transport.lower()}:{HOST}:{port}"
            assert refused.value.fault == f"cannot listen at {place}: Address already in use"
            assert "--listen" in refused.value.remedy

    run(test())


@pytest.mark.parametrize("host", ["192.0.2.77", "nobody.invalid"])
def test_an_address_of_another_machine_is_said_with_its_remedy(host: str) -> None:
    async def test() -> None:
        async with stage() as staged:
            with pytest.raises(CannotListen) as refused:
                await staged.listen("UDP", host)
            assert refused.value.remedy.startswith("name an address of this machine")

    run(test())


# --- time


def test_the_node_is_woken_at_its_deadline_and_not_before() -> None:
    async def test() -> None:
        async with stage() as staged:
            node = staged.node
            due = Instant(now().instant + 0.05)
            node.deadline = due
            node.on_work()
            await node.until(lambda: node.woken)
            assert now().instant >= due
            assert node.woken == 1

    run(test())


def test_a_deadline_that_moves_forward_is_met() -> None:
    async def test() -> None:
        async with stage() as staged:
            node = staged.node
            for pause in (1000.0, 0.02):
                node.deadline = Instant(now().instant + pause)
                turns = len(node.turns)
                node.on_work()
                await node.until(lambda turns=turns: len(node.turns) > turns)  # type: ignore[misc]
            await node.until(lambda: node.woken)

    run(test())


def test_no_turn_is_taken_before_it_begins() -> None:
    async def test() -> None:
        waiting = Stage(None)
        waiting.node.on_work()
        async with stage() as first:
            await first.node.until(lambda: first.node.turns)  # it was asked for a turn later
            assert waiting.node.turns == []
            waiting.driver.begin()
            await waiting.node.until(lambda: waiting.node.turns)
            await waiting.driver.close()
            waiting.driver.hang_up()

    run(test())


# --- commands


def test_what_comes_by_another_way_is_a_turn_too() -> None:
    async def test() -> None:
        async with stage() as staged:
            await staged.node.until(lambda: staged.node.turns)
            before = len(staged.node.turns)
            entered: list[Moment] = []
            staged.driver.enter(entered.append)
            assert entered[0].instant == pytest.approx(asyncio.get_running_loop().time(), abs=60)
            await staged.node.until(lambda: len(staged.node.turns) > before)

    run(test())


def test_a_command_of_this_process_is_answered() -> None:
    async def test() -> None:
        async with stage() as staged:
            first = asyncio.create_task(staged.driver.ask(b"one"))
            second = asyncio.create_task(staged.driver.ask(b"two"))
            await staged.node.until(lambda: len(staged.node.commands) == 2)
            for line, flow in reversed(staged.node.commands):
                staged.node.say(flow, b"to " + line)
            assert [await first, await second] == [b"to one", b"to two"]

    run(test())


def test_a_command_that_is_given_up_is_not_missed() -> None:
    async def test() -> None:
        async with stage() as staged:
            asked = asyncio.create_task(staged.driver.ask(b"one"))
            await staged.node.until(lambda: staged.node.commands)
            asked.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asked
            staged.node.say(staged.node.commands[0][1], b"too late")
            turns = len(staged.node.turns)
            await staged.node.until(lambda: len(staged.node.turns) > turns)

    run(test())


def test_a_command_comes_by_the_local_socket(tmp_path: Path) -> None:
    async def test() -> None:
        async with stage() as staged:
            await staged.driver.serve_control(tmp_path / "control")
            reader, writer = await asyncio.open_unix_connection(tmp_path / "control")
            writer.write(b"ping\n")
            await staged.node.until(lambda: staged.node.commands)
            [(line, flow)] = staged.node.commands
            assert line == b"ping\n"
            staged.node.say(flow, b"pong\n")
            assert await reader.readline() == b"pong\n"
            await closed(writer)

    run(test())


def test_a_local_socket_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    async def test() -> None:
        async with stage() as staged:
            for path in (tmp_path / "no" / "control", tmp_path / ("x" * 200)):
                with pytest.raises(CannotListen) as refused:
                    await staged.driver.serve_control(path)
                assert str(path) in refused.value.fault
                assert "server.control" in refused.value.remedy

    run(test())


# --- the end


def test_what_has_been_said_leaves_before_the_end() -> None:
    async def test() -> None:
        with Datagrams() as peer:
            async with stage() as staged:
                port = await staged.listen()
                await staged.node.until(lambda: staged.node.turns)
                flow = Flow("UDP", HOST, peer.port, f"{HOST}:{port}")
                staged.node.outbox.append((flow, b"goodbye", None))
            assert await peer.receive() == b"goodbye"

    run(test())


@pytest.mark.parametrize("transport", ["UDP", "TCP"])
def test_the_port_is_free_after_the_end(transport: str) -> None:
    async def test() -> None:
        async with stage() as first:
            port = await first.listen(transport)
            if transport == "TCP":
                reader, writer = await asyncio.open_connection(HOST, port)
        if transport == "TCP":
            assert await reader.read() == b""
            await closed(writer)
        async with stage() as second:
            assert await second.listen(transport, port=port) == port

    run(test())
