"""The server to embed: what it opens, says and closes."""

from __future__ import annotations

import asyncio
import socket
from contextlib import aclosing
from pathlib import Path

import pytest

from hereabouts.base.journal import Grade, Silence
from hereabouts.base.refusal import Unavailable
from hereabouts.client import CommandFailed, Server
from hereabouts.client.names import machine_name
from hereabouts.config import Settings, load
from hereabouts.native.choice import hot_path
from hereabouts.roles.node import Way
from hereabouts.storage.interface import StoreUnavailable
from hereabouts.storage.memory import MemoryStore
from tests.client.serving import ALICE, BOB, HASTY, agent, folder, run, server
from tests.sip.packets import request


class Diary:
    """A journal that can be read."""

    def __init__(self) -> None:
        self.events: list[tuple[Grade, str, dict[str, object]]] = []

    def say(self, grade: Grade, event: str, **fields: object) -> None:
        self.events.append((grade, event, fields))


def settings(*assignments: str) -> Settings:
    usual = ("server.store=:memory:", "server.domains=example.com", "server.listen=udp:127.0.0.1:0")
    return load(None, {}, [*usual, *assignments])


async def answer(asked: bytes, port: int, host: str = "127.0.0.1") -> bytes:
    """What the server answers to a datagram."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.bind((host, 0))
        peer.settimeout(0)
        peer.sendto(asked, (host, port))
        return await asyncio.get_running_loop().sock_recv(peer, 65535)


def options(uri: str) -> bytes:
    return request("OPTIONS", uri, via="SIP/2.0/UDP 127.0.0.1:9;rport;branch=z9hG4bKo")


def test_it_says_where_it_listens_and_answers_there() -> None:
    async def test() -> None:
        both = "server.listen=udp:127.0.0.1:0, tcp:127.0.0.1:0"
        async with Server(settings(both), Silence()) as serving:
            udp, tcp = serving.listening
            assert (udp.transport, tcp.transport) == ("UDP", "TCP")
            assert 0 not in (udp.port, tcp.port)
            said = await answer(options("sip:example.com"), udp.port)
            assert said.startswith(b"SIP/2.0 200 OK\r\n")

    run(test())


HOSTS = [
    ("server.listen=udp:0.0.0.0:0", "127.0.0.1", 200, "every address of a machine that listens"),
    ("server.listen=udp:0.0.0.0:0", "localhost", 200, "and its names"),
    ("server.listen=udp:127.0.0.1:0", "127.0.0.1", 200, "the address that it listens at"),
    ("server.advertise=sip.example.net", "sip.example.net", 200, "what it calls itself"),
    ("server.aliases=sip.example.net", "sip.example.net", 200, "an alias"),
    ("server.listen=udp:127.0.0.1:0", "sip.example.net", 404, "somebody else"),
]


@pytest.mark.parametrize("setting, host, status", [r[:3] for r in HOSTS], ids=[r[3] for r in HOSTS])
def test_which_hosts_mean_it(setting: str, host: str, status: int) -> None:
    async def test() -> None:
        async with Server(settings(setting), Silence()) as serving:
            said = await answer(options(f"sip:{host}"), serving.listening[0].port)
            assert said.startswith(b"SIP/2.0 %d " % status)

    run(test())


@pytest.mark.parametrize(
    "advertise, contact",
    [
        ("sip.example.net:5070", b"<sip:sip.example.net:5070>"),
        ("sip.example.net", b"<sip:sip.example.net:{port}>"),
    ],
    ids=["with a port", "without one it is the port that it listens at"],
)
def test_what_is_advertised_stands_in_contact(advertise: str, contact: bytes) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    listen = f"server.listen=udp:127.0.0.1:{port}"

    async def test() -> None:
        chosen = settings(listen, f"server.advertise={advertise}", "auth.mode=none")
        async with Server(chosen, Silence()):
            subscribe = request(
                "SUBSCRIBE",
                rows={"Event": "presence", "Contact": "<sip:alice@127.0.0.1:9>"},
                via="SIP/2.0/UDP 127.0.0.1:9;rport;branch=z9hG4bKs",
            )
            said = await answer(subscribe, port)
            assert b"\r\nContact: " + contact.replace(b"{port}", b"%d" % port) + b"\r\n" in said

    run(test())


def test_it_serves_the_machine_if_no_domain_is_set() -> None:
    assert Server(load(None, {}, [])).settings.server.domains == (machine_name(),)


# --- commands


def test_a_command_is_done_or_says_why_not() -> None:
    async def test() -> None:
        async with server(auth="digest") as serving:
            assert await serving.command("user add", user="alice", password="a") == (
                "alice@example.com"
            )
            with pytest.raises(CommandFailed, match="--replace"):
                await serving.command("user add", user="alice", password="a")

    run(test())


class HeldStore(MemoryStore):
    """A store whose disk takes its time, once it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.is_held = False
        self.waiting: list[int] = []
        self.has_sealed = asyncio.Event()

    def seal(self) -> int:
        if not self.is_held:
            return super().seal()
        turn = self._end_turn()
        if turn is not None:
            self.waiting.append(turn.number)
            self.has_sealed.set()
        return self._newest()

    def release(self) -> None:
        self.is_held = False
        for turn in self.waiting:
            self._made_durable(turn)


def test_a_command_is_answered_when_it_is_on_disk_and_not_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def test() -> None:
        store = HeldStore()
        monkeypatch.setattr("hereabouts.client.server.open_store", lambda *_: store)
        control = tmp_path / "control"
        async with Server(settings(f"server.control={control}"), Silence()) as serving:
            store.is_held = True
            asked = asyncio.create_task(serving.command("user add", user="a", password="a"))
            reader, writer = await asyncio.open_unix_connection(control)
            await store.has_sealed.wait()
            store.has_sealed.clear()
            writer.write(b'{"command": "user add", "user": "b", "password": "b"}\n')
            answered = asyncio.create_task(reader.readline())
            await store.has_sealed.wait()
            for _ in range(20):  # rounds of the loop in which an answer that is early arrives
                await asyncio.sleep(0)
            assert not asked.done()
            assert not answered.done()
            store.release()
            assert await asked == "a@example.com"
            assert await answered == b'{"ok":"b@example.com"}\n'
            writer.close()

    run(test())


def test_a_store_in_memory_leaves_no_socket_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    def there() -> list[str]:
        return [path.name for path in tmp_path.iterdir()]

    async def test() -> None:
        async with Server(settings(), Silence()):
            assert there() == []
        async with Server(settings("server.control=control"), Silence()):
            assert there() == ["control"]
        assert there() == []

    run(test())


def test_what_it_has_taken_is_there_after_a_restart(tmp_path: Path) -> None:
    async def test() -> None:
        for count in range(3):
            async with server(store=folder(tmp_path), auth="digest") as serving:
                assert len(await serving.command("user list")) == count
                await serving.command("user add", user=f"user{count}", password="a")

    run(test())


# --- what it says of itself


def test_it_says_that_it_serves_and_that_it_stopped() -> None:
    diary = Diary()

    async def test() -> None:
        async with Server(settings(), diary) as serving:
            [(grade, event, fields)] = diary.events
            assert (grade, event) == (Grade.INFO, "serving")
            assert fields == {
                "domains": "example.com",
                "listen": f"udp:127.0.0.1:{serving.listening[0].port}",
                "store": ":memory:",
                "hot_path": hot_path(),
            }
        assert diary.events[-1][1] == "stopped"

    run(test())


def test_it_warns_where_everybody_is_believed() -> None:
    diary = Diary()

    async def test() -> None:
        async with Server(settings("auth.mode=none"), diary):
            grade, event, fields = diary.events[-1]
            assert (grade, event) == (
                Grade.WARNING,
                "authentication is off: everybody is believed",
            )
            assert "auth.mode" in str(fields["remedy"])

    run(test())


def test_a_tap_is_shown_each_packet_and_no_command() -> None:
    seen: list[tuple[Way, bytes]] = []

    async def test() -> None:
        serving = Server(settings("auth.mode=none"), Silence())
        serving.tap = lambda way, packet, _: seen.append((way, packet))
        async with serving:
            await serving.command("ping")
            asked = options("sip:example.com")
            said = await answer(asked, serving.listening[0].port)
            assert seen == [(Way.IN, asked), (Way.OUT, said)]

    run(test())


# --- what cannot be


def test_a_start_that_fails_leaves_nothing_open(tmp_path: Path) -> None:
    """Neither the store nor the addresses that were free."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        taken = other.getsockname()[1]
        store = f"server.store={folder(tmp_path)}"

        async def test() -> None:
            free = f"tcp:127.0.0.1:0, udp:127.0.0.1:0, udp:127.0.0.1:{taken}"
            serving = Server(settings(store, f"server.listen={free}"), Silence())
            with pytest.raises(Unavailable) as refused:
                await serving.start()
            assert refused.value.fault.endswith("Address already in use")
            opened = ", ".join(map(str, serving.listening))
            async with Server(settings(store, f"server.listen={opened}"), Silence()) as again:
                assert again.listening == serving.listening

        run(test())


def test_a_control_socket_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    async def test() -> None:
        path = tmp_path / "nowhere" / "control"
        with pytest.raises(Unavailable, match="nowhere/control"):
            await Server(settings(f"server.control={path}"), Silence()).start()

    run(test())


def test_a_run_that_the_store_does_not_count_does_not_begin(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = MemoryStore()
    store.fail_next_turn(StoreUnavailable("the disk is full", "make room"))
    monkeypatch.setattr("hereabouts.client.server.open_store", lambda *_: store)

    async def test() -> None:
        serving = Server(settings(), Silence())
        with pytest.raises(StoreUnavailable, match="full"):
            await serving.start()
        assert serving.listening == []

    run(test())


# --- the end


def test_it_can_be_stopped_before_its_block_ends() -> None:
    diary = Diary()

    async def test() -> None:
        async with Server(settings(), diary) as serving:
            await serving.stop()
        assert [event for _, event, _ in diary.events] == ["serving", "stopped"]
        await Server(settings(), diary).stop()

    run(test())


def test_what_was_said_to_a_watcher_before_the_end_arrives() -> None:
    async def test() -> None:
        async with server() as serving:
            place = str(serving.listening[0])
            async with (
                agent(ALICE, place, settings=HASTY) as alice,
                agent(BOB, place, settings=HASTY) as bob,
                aclosing(bob.watch(ALICE)) as seen,
            ):
                await anext(seen)
                await alice.publish(note="last words")
                await serving.stop()
                while (await anext(seen)).note != "last words":
                    pass

    run(test())
