"""Agents and a server, on sockets of this machine."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import msgspec
import pytest

from hereabouts.base.journal import Silence
from hereabouts.client import (
    Agent,
    AgentFailed,
    Presence,
    Refused,
    Unanswered,
    WrongPassword,
    publish,
    watch,
)
from hereabouts.presence.pidf.document import Basic, Document, Note, PresenceTuple
from hereabouts.roles.node import Way
from hereabouts.sip.headers.event import Substate
from tests.client.secure import secure_server
from tests.client.serving import (
    ALICE,
    BOB,
    HASTY,
    MODES,
    QUICK,
    agent,
    folder,
    run,
    server,
    with_users,
)
from tests.net.authority import Authority


async def until(seen: AsyncIterator[Presence], note: str) -> Presence:
    """The first presence with this note."""
    async for presence in seen:
        if presence.note == note and presence.state is Substate.ACTIVE:
            return presence
    raise AssertionError(f"{note!r} was never seen")


def test_a_tap_is_shown_what_it_sends_and_what_it_is_sent() -> None:
    shown: list[tuple[Way, str]] = []

    async def test() -> None:
        async with server() as serving:
            alice = agent(ALICE, str(serving.listening[0]))
            alice.tap = lambda way, packet, _flow: shown.append((way, packet.split()[0].decode()))
            async with alice:
                assert shown == [(Way.OUT, "REGISTER"), (Way.IN, "SIP/2.0")]

    run(test())


def test_what_is_published_by_tls_is_seen_by_tls(tmp_path: Path) -> None:
    async def test() -> None:
        authority = Authority(tmp_path)
        settings = msgspec.structs.replace(QUICK, authority=str(authority.file))
        async with secure_server(authority, listen=("tls",)) as serving:
            place = f"tls:localhost:{serving.listening[0].port}"
            async with (
                agent(ALICE, place, settings=settings) as alice,
                agent(BOB, place, settings=settings) as bob,
                aclosing(bob.watch(ALICE)) as seen,
            ):
                await alice.publish("open", note="safely")
                assert (await until(seen, "safely")).basic is Basic.OPEN

    run(test())


@pytest.mark.parametrize("is_believed", [True, False])
def test_a_server_by_tls_must_be_the_one_that_was_named(
    tmp_path: Path, *, is_believed: bool
) -> None:
    """SEC-3261-26.3.2-1: an agent tells its password to nobody else."""

    async def test() -> None:
        authority = Authority(tmp_path)
        trusted = authority if is_believed else Authority(tmp_path, "stranger")
        settings = msgspec.structs.replace(QUICK, authority=str(trusted.file))
        other = f"tls.certificate={authority.sign('other.example')}"
        async with secure_server(authority, other, listen=("tls",)) as serving:
            place = f"tls:localhost:{serving.listening[0].port}"
            with pytest.raises(Unanswered):
                await agent(ALICE, place, settings=settings).start()

    run(test())


@pytest.mark.parametrize("transport, auth", MODES)
def test_what_is_published_is_seen(transport: str, auth: str) -> None:
    async def test() -> None:
        async with server(auth=auth, transport=transport) as serving:
            if auth == "digest":
                await with_users(serving)
            place = str(serving.listening[0])
            async with agent(ALICE, place) as alice, agent(BOB, place) as bob:
                await alice.publish("open", note="at my desk", activities=["meeting"])
                seen = bob.watch(ALICE)
                first = await until(seen, "at my desk")
                assert first.basic is Basic.OPEN
                assert first.activities == ("meeting",)
                await alice.publish("closed", note="gone")
                assert (await until(seen, "gone")).basic is Basic.CLOSED
                await alice.unpublish()
                async for presence in seen:
                    assert presence.note == ""
                    break

    run(test())


def test_any_number_is_watched_at_once() -> None:
    async def test() -> None:
        async with server() as serving:
            place = str(serving.listening[0])
            names = [f"sip:user{number}@example.com" for number in range(30)]
            async with agent(BOB, place) as bob:
                seen = bob.watch(*names)
                found = set()
                async for presence in seen:
                    found.add(presence.presentity)
                    if found == set(names):
                        break
                await seen.aclose()

    run(test())


def test_a_whole_document_can_be_published() -> None:
    async def test() -> None:
        tuples = (PresenceTuple("a", Basic.CLOSED), PresenceTuple("b", Basic.OPEN))
        document = Document(ALICE, tuples, notes=(Note("two services"),))
        async with server() as serving:
            place = str(serving.listening[0])
            async with agent(ALICE, place) as alice, agent(BOB, place) as bob:
                await alice.publish(document=document)
                presence = await until(bob.watch(ALICE), "two services")
                assert presence.document is not None
                assert len(presence.document.tuples) == 2

    run(test())


def test_leaving_leaves_nothing_behind() -> None:
    async def test() -> None:
        async with server() as serving:
            place = str(serving.listening[0])
            async with agent(BOB, place) as bob:
                seen = bob.watch(ALICE)
                async with agent(ALICE, place) as alice:
                    await alice.publish(note="here")
                    await until(seen, "here")
                async for presence in seen:
                    if presence.basic is Basic.CLOSED:
                        break

    run(test())


def test_a_publication_can_be_left_behind() -> None:
    async def test() -> None:
        settings = msgspec.structs.replace(QUICK, keeps_publication=True)
        async with server() as serving:
            place = str(serving.listening[0])
            async with agent(ALICE, place, settings=settings, register=False) as alice:
                await alice.publish(note="back at four")
            async with agent(BOB, place) as bob:
                await until(bob.watch(ALICE), "back at four")

    run(test())


@pytest.mark.parametrize("transport", ["udp", "tcp"])
@pytest.mark.parametrize("auth", ["none", "digest"])
def test_a_watch_outlives_its_server(tmp_path: Path, transport: str, auth: str) -> None:
    async def test() -> None:
        store = folder(tmp_path)
        first = server(auth=auth, transport=transport, store=store)
        await first.start()
        if auth == "digest":
            await with_users(first)
        place = first.listening[0]
        async with (
            agent(ALICE, str(place), settings=HASTY) as alice,
            agent(BOB, str(place), settings=HASTY) as bob,
        ):
            await alice.publish(note="before")
            seen = bob.watch(ALICE)
            await until(seen, "before")
            await first.stop()
            async with server(auth=auth, transport=transport, store=store, port=place.port):
                await publish_until_taken(alice, "after")
                await until(seen, "after")

    run(test())


def test_a_watch_outlives_a_server_that_forgets_everything() -> None:
    async def test() -> None:
        first = server(transport="tcp")
        await first.start()
        place = first.listening[0]
        async with (
            agent(ALICE, str(place), settings=HASTY) as alice,
            agent(BOB, str(place), settings=HASTY) as bob,
        ):
            await alice.publish(note="here")
            seen = bob.watch(ALICE)
            await until(seen, "here")
            await first.stop()
            async with server(transport="tcp", port=place.port):
                await until(seen, "here")  # published again, and subscribed to again

    run(test())


async def publish_until_taken(agent: Agent, note: str) -> None:
    """Publish; a connection that was just lost is made again meanwhile."""
    while True:
        try:
            await agent.publish(note=note)
        except Unanswered:
            await asyncio.sleep(0)
        else:
            return


class Relay:
    """A TCP connection in between, that can be cut."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._writers: list[asyncio.StreamWriter] = []
        self._tasks: list[asyncio.Task[None]] = []
        self.count = 0

    async def start(self) -> int:
        self._server = await asyncio.start_server(self._relay, "127.0.0.1", 0)
        return int(self._server.sockets[0].getsockname()[1])

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.count += 1
        there, back = await asyncio.open_connection("127.0.0.1", self._port)
        self._writers += [writer, back]
        await asyncio.gather(self._copy(reader, back), self._copy(there, writer))

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while piece := await reader.read(65536):
                writer.write(piece)
        except ConnectionError:
            pass
        finally:
            writer.close()

    def cut(self) -> None:
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def stop(self) -> None:
        self._server.close()
        self.cut()


def test_a_watch_outlives_its_connection() -> None:
    async def test() -> None:
        async with server(transport="tcp") as serving:
            relay = Relay(serving.listening[0].port)
            by_relay = f"tcp:127.0.0.1:{await relay.start()}"
            async with (
                agent(ALICE, str(serving.listening[0])) as alice,
                agent(BOB, by_relay) as bob,
            ):
                await alice.publish(note="before")
                seen = bob.watch(ALICE)
                await until(seen, "before")
                await bob.publish()  # behind our answer to the NOTIFY: that has arrived too
                relay.cut()
                await until(seen, "before")  # the refresh by a new connection is answered by it
                await alice.publish(note="after")
                await until(seen, "after")
                assert relay.count == 2
            await relay.stop()

    run(test())


# --- what goes wrong


@pytest.mark.parametrize("transport", ["udp", "tcp"])
@pytest.mark.parametrize("register", [True, False])
def test_a_wrong_password_is_said(transport: str, register: bool) -> None:  # noqa: FBT001
    async def test() -> None:
        async with server(auth="digest", transport=transport) as serving:
            await with_users(serving)
            place = str(serving.listening[0])
            with pytest.raises(WrongPassword, match="refuses the name alice"):
                async with agent(ALICE, place, password="nonsense", register=register) as alice:
                    await alice.publish()
            with pytest.raises(WrongPassword, match="wants a password"):
                async with agent(ALICE, place, password=None, register=register) as alice:
                    await anext(alice.watch(BOB))

    run(test())


def test_somebody_who_is_nobody_is_said() -> None:
    async def test() -> None:
        async with server(auth="digest") as serving:
            await with_users(serving)
            place = str(serving.listening[0])
            async with agent(ALICE, place) as alice:
                with pytest.raises(Refused, match=r"nobody@example\.com.*404.*check the address"):
                    await anext(alice.watch("nobody@example.com"))
                async with aclosing(alice.watch("nobody@example.com", BOB)) as seen:
                    found = {p.presentity: p for p in [await anext(seen), await anext(seen)]}
                nobody = found["sip:nobody@example.com"]
                assert (nobody.state, nobody.reason) == (Substate.TERMINATED, "404 Not Found")
                assert found[BOB].state is Substate.ACTIVE

    run(test())


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_server_that_is_not_there_is_said(transport: str) -> None:
    async def test() -> None:
        serving = server(transport=transport)
        await serving.start()
        place = str(serving.listening[0])
        await serving.stop()
        settings = msgspec.structs.replace(HASTY, patience=0.2)
        message = re.escape(f"no answer from {place}")
        with pytest.raises(Unanswered, match=message):
            await agent(ALICE, place, settings=settings).start()
        async with agent(ALICE, place, settings=settings, register=False) as alice:
            with pytest.raises(Unanswered, match=message):
                await anext(alice.watch(BOB))
            with pytest.raises(Unanswered, match=message):
                await alice.publish()

    run(test())


def test_a_name_that_cannot_be_found_is_said() -> None:
    name = f"{'x' * 70}.example.com"  # no label is as long as this: nobody is asked
    with pytest.raises(AgentFailed, match="there is no way to udp:xxx"):
        run(Agent(f"alice@{name}", journal=Silence()).start())


def test_a_status_that_is_none_is_refused() -> None:
    async def test() -> None:
        async with server() as serving, agent(ALICE, str(serving.listening[0])) as alice:
            with pytest.raises(AgentFailed, match="'ajar' is neither open nor closed"):
                await alice.publish("ajar")

    run(test())


# --- the simplest face


def test_publish_and_watch_in_a_few_lines() -> None:
    async def test() -> None:
        async with server() as serving:
            place = str(serving.listening[0])
            async with (
                publish(ALICE, "open", note="at my desk", server=place),
                aclosing(watch(ALICE, watcher=BOB, server=place)) as seen,
            ):
                presence = await until(seen, "at my desk")
            assert str(presence) == "sip:alice@example.com open: at my desk"

    run(test())
