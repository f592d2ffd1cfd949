"""What peers cannot make a driver keep: connections, halves of messages, unread answers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

import pytest

from hereabouts.net import listeners, streams, tcp
from hereabouts.net.bounds import Bounds
from hereabouts.sip.flow import Flow
from hereabouts.sip.framing import PING, PONG
from hereabouts.sip.transactions.machine import Timers
from tests.net.stage import HOST, Datagrams, Listening, Streams, run, stage, stream
from tests.sip.packets import request

ONE = request("OPTIONS")
SOON = 0.01


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have drivers look for what is idle and stuck all the time."""
    monkeypatch.setattr(streams, "SWEEP_EVERY", SOON)


async def is_closed(streams: Streams) -> bool:
    """Whether the connection is closed; waits until it is."""
    try:
        return await streams[0].read() == b""
    except ConnectionResetError:
        return True


@pytest.mark.parametrize(
    "bounds",
    [Bounds(max_connections=2), Bounds(max_connections_per_peer=2)],
    ids=["in all", "of one peer"],
)
def test_one_connection_too_many_is_closed_and_those_before_live(bounds: Bounds) -> None:
    async def test() -> None:
        async with stage(bounds) as staged, AsyncExitStack() as stack:
            port = await staged.listen("TCP")
            node = staged.node
            first, _ = [await stack.enter_async_context(stream(port)) for _ in range(2)]
            third = await stack.enter_async_context(stream(port))
            assert await is_closed(third)
            assert node.lost == []  # it never was one of ours
            first[1].write(ONE)
            await node.until(lambda: node.received)
            first[1].close()
            await node.until(lambda: node.lost)
            async with stream(port) as (_, writer):  # its place is free again
                writer.write(ONE)
                await node.until(lambda: len(node.received) == 2)

    run(test())


def test_of_a_burst_as_many_are_let_in_as_the_bound_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has come while the welcome of those before it is not over."""

    async def test() -> None:
        bounds = Bounds(max_connections_per_peer=3)
        async with stage(bounds) as staged, AsyncExitStack() as stack:
            port = await staged.listen("TCP")
            loop, is_over = asyncio.get_running_loop(), asyncio.Event()
            welcome: Callable[..., Awaitable[object]] = loop.connect_accepted_socket

            async def long_welcome(*args: object, **named: object) -> None:
                await welcome(*args, **named)
                await is_over.wait()

            monkeypatch.setattr(loop, "connect_accepted_socket", long_welcome)
            for _ in range(3):
                reader, writer = await stack.enter_async_context(stream(port))
                writer.write(PING)
                assert await reader.readexactly(2) == PONG
            assert await is_closed(await stack.enter_async_context(stream(port)))
            is_over.set()

    run(test())


def test_a_connection_of_ours_counts_too() -> None:
    async def test() -> None:
        async with stage(Bounds(max_connections=0)) as staged, Listening() as peer:
            port = await staged.listen("TCP")
            async with stream(port) as streams:
                assert await is_closed(streams)
            there = Flow("TCP", HOST, peer.port, "")
            transaction = staged.node.say(there, b"hello")
            await staged.node.until(lambda: staged.node.undelivered)
            assert staged.node.undelivered == [transaction]

    run(test())


def test_a_silent_connection_is_closed() -> None:
    async def test() -> None:
        async with stage(Bounds(idle=0.1)) as staged:
            async with stream(await staged.listen("TCP")) as streams:
                streams[1].write(ONE)
                assert await is_closed(streams)
            assert len(staged.node.received) == len(staged.node.lost) == 1

    run(test())


def test_silence_is_borne_longer_than_any_transaction_lasts() -> None:
    """3261-18-1: 64 T1 at least."""
    assert Bounds().idle > Timers().patience
    assert Bounds().partial >= Timers().patience


def test_a_connection_that_never_says_anything_is_closed_though_it_pings() -> None:
    """SEC-SIP-2: what keeps a connection alive does not earn one."""

    async def test() -> None:
        async with stage(Bounds(silence=0.2)) as staged:
            async with stream(await staged.listen("TCP")) as streams:
                streams[1].write(b"\r\n\r\n")
                assert await streams[0].readexactly(2) == b"\r\n"
                assert await is_closed(streams)
            assert not staged.node.received

    run(test())


def test_a_connection_that_has_said_something_may_be_silent() -> None:
    async def test() -> None:
        async with stage(Bounds(silence=0.1)) as staged:
            port = await staged.listen("TCP")
            async with stream(port) as spoken, stream(port) as mute:
                spoken[1].write(ONE)
                assert await is_closed(mute)
                spoken[1].write(ONE)
                await staged.node.until(lambda: len(staged.node.received) == 2)

    run(test())


def test_a_connection_that_speaks_now_and_then_stays() -> None:
    async def test() -> None:
        loop = asyncio.get_running_loop()
        async with stage(Bounds(idle=2.0)) as staged:
            async with stream(await staged.listen("TCP")) as (_, writer):
                begun, spoken = loop.time(), 0
                while loop.time() - begun < 2.5:
                    writer.write(ONE)
                    spoken += 1
                    await staged.node.until(lambda count=spoken: len(staged.node.received) == count)  # type: ignore[misc]
                    await asyncio.sleep(SOON)
            assert spoken == len(staged.node.received)

    run(test())


@pytest.mark.parametrize("is_dripping", [False, True])
def test_a_message_that_never_ends_is_not_waited_for(*, is_dripping: bool) -> None:
    async def drip(writer: asyncio.StreamWriter) -> None:
        while is_dripping:
            writer.write(b"x")
            await asyncio.sleep(SOON)

    async def test() -> None:
        async with stage(Bounds(partial=0.2)) as staged:
            async with stream(await staged.listen("TCP")) as streams:
                streams[1].write(ONE + ONE[:-2])
                dripping = asyncio.create_task(drip(streams[1]))
                assert await is_closed(streams)
                dripping.cancel()
            assert len(staged.node.received) == 1

    run(test())


def test_a_reader_who_is_too_slow_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tcp, "MOST_UNSENT", 100_000)

    async def test() -> None:
        async with stage() as staged:
            node = staged.node
            async with stream(await staged.listen("TCP")) as (_, writer):
                writer.transport.pause_reading()  # type: ignore[attr-defined]
                writer.write(ONE)
                await node.until(lambda: node.received)
                flow = node.received[0][1]
                said = 0
                while not node.undelivered:
                    node.say(flow, b"%d" % said + b"x" * 1_000_000)
                    said += 1
                    turns = len(node.turns)
                    await node.until(lambda turns=turns: len(node.turns) > turns)  # type: ignore[misc]
                await node.until(lambda: node.lost)
                assert node.lost == [flow]
                assert node.undelivered[0].key.startswith(str(said - 1))
                assert said > 1

    run(test())


def test_a_peer_who_does_not_answer_a_connection_is_not_waited_for_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nobody on loopback is silent, so the loop's way to connect is made to be."""

    async def test() -> None:
        async with stage(Bounds(connect=0.05)) as staged:
            await staged.listen("TCP")
            never = asyncio.Event()

            async def silent(*_args: object, **_named: object) -> None:
                await never.wait()

            monkeypatch.setattr(asyncio.get_running_loop(), "create_connection", silent)
            transactions = [staged.node.say(Flow("TCP", HOST, 9, ""), b"1")]
            transactions.append(staged.node.say(Flow("TCP", HOST, 9, ""), b"2"))
            await staged.node.until(lambda: len(staged.node.undelivered) == 2)
            assert staged.node.undelivered == transactions

    run(test())


def test_what_is_kept_about_peers_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """More peers than are known are served all the same."""
    monkeypatch.setattr(listeners, "MOST_KNOWN", 2)

    async def test() -> None:
        async with stage() as staged, AsyncExitStack() as stack:
            port = await staged.listen("UDP", "0.0.0.0")  # noqa: S104
            peers = [stack.enter_context(Datagrams(f"127.0.0.{number}")) for number in range(1, 6)]
            for peer in peers:
                peer.send(b"hello", port, HOST)
            await staged.node.until(lambda: len(staged.node.received) == len(peers))
            for _, flow in list(staged.node.received):
                staged.node.say(flow, flow.host.encode())
            assert [(await peer.receive()).decode() for peer in peers] == [p.host for p in peers]

    run(test())
