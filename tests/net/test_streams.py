"""Connections by TLS: who comes, who is called, and what either has to prove.

Those by TCP are in `test_driver` and `test_bounds`.
"""

from __future__ import annotations

import asyncio
import ssl
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from hereabouts.net.bounds import Bounds
from hereabouts.net.certificates import Certificates, Files
from hereabouts.net.listeners import CannotListen
from hereabouts.sip.flow import Flow
from hereabouts.sip.framing import PING, PONG
from tests.net.authority import Authority
from tests.net.stage import HOST, Listening, closed, run, stage, stream
from tests.net.test_certificates import Diary
from tests.sip.packets import request

ONE = request("OPTIONS")


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def stranger(tmp_path: Path) -> Authority:
    """One that nobody believes."""
    return Authority(tmp_path, "stranger")


def serving(
    authority: Authority,
    *names: str,
    asks: ssl.VerifyMode = ssl.CERT_NONE,
    diary: Diary | None = None,
) -> Certificates:
    files = Files(str(authority.sign(*(names or ("a.example",)))), authority=str(authority.file))
    return Certificates(files, diary, asks=asks)


def trusting(
    authority: Authority, own: Path | None = None, version: ssl.TLSVersion | None = None
) -> ssl.SSLContext:
    """The TLS of a peer who believes the authority, and may have a certificate himself."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.load_verify_locations(authority.file)
    if own is not None:
        context.load_cert_chain(own)
    if version is not None:
        context.minimum_version = context.maximum_version = version
    return context


# --- those who come


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_messages_come_and_go_by_tls(version: ssl.TLSVersion, authority: Authority) -> None:
    """3261-26.3.1-1: TLS 1.2 and 1.3, one-way."""

    async def test() -> None:
        async with stage(certificates=serving(authority)) as staged:
            port, node = await staged.listen("TLS"), staged.node
            async with stream(port, tls=trusting(authority, version=version)) as (reader, writer):
                writer.write(ONE + PING + ONE[:9])
                await node.until(lambda: node.received)
                flow = node.received[0][1]
                assert (flow.transport, flow.host, flow.certified) == ("TLS", HOST, ())
                assert flow.local == f"{HOST}:{port}"
                assert await reader.readexactly(2) == PONG
                writer.write(ONE[9:])
                await node.until(lambda: len(node.received) == 2)
                node.say(flow, b"an answer")
                assert await reader.readexactly(9) == b"an answer"
            await node.until(lambda: node.lost)
            assert node.lost == [flow]

    run(test())


def test_a_peer_who_shows_a_certificate_is_known_by_its_domains(authority: Authority) -> None:
    """3261-26.3.1-1, 3903-14.4-1: mutual TLS."""

    async def test() -> None:
        asking = serving(authority, asks=ssl.CERT_OPTIONAL)
        async with stage(certificates=asking) as staged:
            port, node = await staged.listen("TLS"), staged.node
            for own, certified in (
                (authority.sign("B.example", "sip:c.example"), ("c.example",)),
                (None, ()),
            ):
                async with stream(port, tls=trusting(authority, own)) as (_, writer):
                    writer.write(ONE)
                    await node.until(lambda: node.received)
                    assert node.received.pop()[1].certified == certified

    run(test())


@pytest.mark.parametrize("is_shown", [False, True])
def test_where_certificates_are_required_nobody_is_served_without_a_good_one(
    authority: Authority, stranger: Authority, *, is_shown: bool
) -> None:
    async def test() -> None:
        diary = Diary()
        asking = serving(authority, asks=ssl.CERT_REQUIRED, diary=diary)
        async with stage(certificates=asking) as staged:
            port = await staged.listen("TLS")
            own = stranger.sign("b.example") if is_shown else None
            tls = trusting(authority, own, ssl.TLSVersion.TLSv1_3)
            with pytest.raises((EOFError, ConnectionError, ssl.SSLError)):
                async with stream(port, tls=tls) as (reader, _):
                    await reader.readexactly(1)
            assert staged.node.received == []
            async with stream(port, tls=trusting(authority, authority.sign("b"))) as (_, writer):
                writer.write(ONE)
                await staged.node.until(lambda: staged.node.received)
            assert len(diary.events) == is_shown

    run(test())


def test_who_speaks_no_tls_is_dropped_and_others_are_served(authority: Authority) -> None:
    async def test() -> None:
        async with stage(certificates=serving(authority)) as staged:
            port = await staged.listen("TLS")
            async with stream(port) as (reader, writer):
                writer.write(ONE)
                assert ONE not in await reader.read()
            async with stream(port, tls=trusting(authority)) as (_, writer):
                writer.write(ONE)
                await staged.node.until(lambda: staged.node.received)
            assert len(staged.node.lost) < 2

    run(test())


def test_handshakes_are_bounded_in_time(authority: Authority) -> None:
    async def test() -> None:
        bounds = Bounds(handshake=0.1)
        async with stage(bounds, certificates=serving(authority)) as staged:
            async with stream(await staged.listen("TLS")) as (reader, _):
                assert await reader.read() == b""
            assert staged.node.lost == []

    run(test())


@pytest.mark.parametrize(
    "bounds",
    [Bounds(max_handshakes=2), Bounds(max_connections_per_peer=2)],
    ids=["in all", "of one peer"],
)
def test_handshakes_are_bounded_in_number(bounds: Bounds, authority: Authority) -> None:
    async def test() -> None:
        async with stage(bounds, certificates=serving(authority)) as staged:
            port = await staged.listen("TLS")
            async with AsyncExitStack() as stack:
                half = [await stack.enter_async_context(stream(port)) for _ in range(2)]
                third, _ = await stack.enter_async_context(stream(port))
                assert await third.read() == b""
                for _, writer in half:
                    await closed(writer)
            served = False
            while not served:  # their places are free once the loop has seen them go
                try:
                    async with stream(port, tls=trusting(authority)) as (_, writer):
                        writer.write(ONE)
                        await staged.node.until(lambda: staged.node.received)
                        served = True
                except (ssl.SSLError, ConnectionError):
                    continue

    run(test())


def test_without_a_certificate_nobody_is_served_by_tls() -> None:
    async def test() -> None:
        async with stage() as staged:
            for transport in ("TLS", "WSS"):
                with pytest.raises(CannotListen, match="there is no certificate") as refused:
                    await staged.listen(transport)
                assert "tls.certificate" in refused.value.remedy

    run(test())


def test_who_connects_after_new_files_sees_them_and_who_is_there_stays(
    authority: Authority,
) -> None:
    async def test() -> None:
        path = authority.sign("old.example")
        certificates = Certificates(Files(str(path)))
        async with stage(certificates=certificates) as staged:
            port, node = await staged.listen("TLS"), staged.node
            async with stream(port, tls=trusting(authority)) as (_, writer):
                authority.sign("new.example", into=path)
                certificates.look()
                async with stream(port, tls=trusting(authority)) as (_, later):
                    shown = later.get_extra_info("peercert")["subjectAltName"]
                    assert shown == (("DNS", "new.example"),)
                writer.write(ONE)
                await node.until(lambda: node.received)

    run(test())


# --- those who are called

CALLED = [
    ("b.example", "b.example", True, "SEC-3261-26.3.2-1: it has the name that it should have"),
    ("sip:b.example", "B.example", True, "SEC-3261-26.3.2-1: as a SIP URI"),
    ("*.b.example", "sip.b.example", False, "SEC-3261-26.3.2-1: a wildcard names nobody"),
    ("c.example", "b.example", False, "SEC-3261-26.3.2-1: it has the name of another domain"),
    (HOST, "", True, "an address, if nothing else is known"),
    ("b.example", "", False, "which it has to be certified for"),
]


@pytest.mark.parametrize(
    "named, domain, is_reached", [row[:3] for row in CALLED], ids=[row[3] for row in CALLED]
)
def test_what_we_call_by_tls_has_to_prove_its_name(
    named: str, domain: str, authority: Authority, *, is_reached: bool
) -> None:
    async def test() -> None:
        there = serving(authority, named).server
        diary = Diary()
        here = serving(authority, diary=diary)
        async with Listening(there) as peer, stage(certificates=here) as staged:
            await staged.listen("TLS")
            node = staged.node
            flow = Flow("TLS", HOST, peer.port, "", domain=domain)
            transaction = node.say(flow, b"hello")
            if not is_reached:
                await node.until(lambda: node.undelivered)
                assert node.undelivered == [transaction]
                assert (
                    diary.fields[0]["fault"] == f"its certificate is not that of {domain or HOST}"
                )
                return
            reader, writer = await peer.came.get()
            assert await reader.readexactly(5) == b"hello"
            writer.write(ONE)
            await node.until(lambda: node.received)
            assert node.received[0][1].certified == (
                () if named == HOST else (named.removeprefix("sip:"),)
            )
            node.say(flow, b"again")
            assert await reader.readexactly(5) == b"again"
            assert peer.came.empty()
            node.say(Flow("TLS", HOST, peer.port, "", domain="z.example"), b"another")
            await node.until(lambda: node.undelivered)

    run(test())


@pytest.mark.parametrize("days", [1, 0])
def test_a_certificate_that_nobody_believes_is_as_good_as_none(
    days: int, authority: Authority, stranger: Authority
) -> None:
    """3261-26.2.2-1: self-signed, or its time is over; nothing is sent."""

    async def test() -> None:
        signer = stranger if days else authority
        there = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        there.load_cert_chain(signer.sign("b.example", days=days))
        diary = Diary()
        async with (
            Listening(there) as peer,
            stage(certificates=serving(authority, diary=diary)) as staged,
        ):
            await staged.listen("TCP")
            flow = Flow("TLS", HOST, peer.port, "", domain="b.example")
            transaction = staged.node.say(flow, b"hello")
            await staged.node.until(lambda: staged.node.undelivered)
            assert staged.node.undelivered == [transaction]
            assert diary.fields[0]["peer"] == f"{HOST}:{peer.port}"

    run(test())


def test_who_listens_by_tcp_alone_calls_by_tls_and_shows_what_certificate_it_has(
    authority: Authority,
) -> None:
    async def test() -> None:
        there = serving(authority, "b.example", asks=ssl.CERT_REQUIRED).server
        async with Listening(there) as peer, stage(certificates=serving(authority)) as staged:
            await staged.listen("TCP")
            staged.node.say(Flow("TLS", HOST, peer.port, "", domain="b.example"), b"hello")
            reader, writer = await peer.came.get()
            assert await reader.readexactly(5) == b"hello"
            assert writer.get_extra_info("peercert")["subjectAltName"] == (("DNS", "a.example"),)

    run(test())


def test_nobody_is_called_by_websocket() -> None:
    """A browser that has gone is gone: what is for it is undeliverable at once."""

    async def test() -> None:
        async with stage() as staged, Listening() as peer:
            await staged.listen("WS")
            for transport in ("WS", "WSS", "SCTP"):
                transaction = staged.node.say(Flow(transport, HOST, peer.port, ""), b"hello")
                await staged.node.until(lambda: staged.node.undelivered)
                assert staged.node.undelivered.pop() is transaction
            assert peer.came.empty()

    run(test())


def test_a_peer_who_hangs_up_by_tls_is_missed(authority: Authority) -> None:
    """TLS has no half that could go on listening."""

    async def test() -> None:
        async with stage(certificates=serving(authority)) as staged:
            node = staged.node
            async with stream(await staged.listen("TLS"), tls=trusting(authority)) as (_, writer):
                writer.write(ONE)
                await node.until(lambda: node.received)
            await node.until(lambda: node.lost)
            transaction = node.say(node.received[0][1], b"an answer")
            await node.until(lambda: node.undelivered)
            assert node.undelivered == [transaction]
            await asyncio.sleep(0)

    run(test())
