"""An edge presence server in this process, at a server on a loopback port."""

from __future__ import annotations

import asyncio
import socket
from contextlib import aclosing
from pathlib import Path

import msgspec
import pytest

from hereabouts.base.journal import Grade, Silence
from hereabouts.base.refusal import Unavailable
from hereabouts.client import AgentFailed, CommandFailed, Server, WrongPassword
from hereabouts.client.edge import SETTINGS, Edge
from hereabouts.client.policies import PolicyClient
from hereabouts.config import PolicySettings, ServerSettings, Settings, TlsSettings, Url
from hereabouts.devices.named import BadDevice
from hereabouts.sip.pace import Pace
from tests.client.policy_serving import TOKEN, url
from tests.client.policy_serving import settings as policies
from tests.client.secure import secure_server
from tests.client.serving import ALICE, BOB, agent, run, server, with_users
from tests.net.authority import Authority
from tests.roles.scripts import DOUBTFUL as REJECT_ALL
from tests.roles.scripts import WRONG

QUICK = msgspec.structs.replace(
    SETTINGS, patience=20.0, pace=Pace(first_pause=0.05, longest_pause=0.2, farewell=5.0)
)


class Diary(Silence):
    """A journal that is kept, and waited for."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self._is_said = asyncio.Event()

    def say(self, grade: Grade, event: str, **fields: object) -> None:
        self.said.append(event)
        self._is_said.set()

    async def wait_for(self, event: str) -> None:
        while event not in self.said:
            self._is_said.clear()
            await self._is_said.wait()


def edge(place: str, *devices: str, store: str = ":memory:", **options: object) -> Edge:
    settings = Settings(server=ServerSettings(store=store))
    given = {"settings": settings, "agent": QUICK, "journal": Silence()} | options
    return Edge(ALICE, devices, server=place, **given)  # type: ignore[arg-type]


def test_it_registers_with_the_password_and_says_what_its_devices_say(tmp_path: Path) -> None:
    path = tmp_path / "presence"
    path.write_text("open meeting: here")

    async def test() -> None:
        async with server(transport="tcp", auth="digest") as serving:
            await with_users(serving)
            place = str(serving.listening[0])
            async with edge(place, f"file:{path}", password="wonder") as alices:
                await alices.choose("closed", note="chosen")
                shown = await alices.command("edge show")
                assert [row["note"] for row in shown["devices"]] == ["here", "chosen"]
                with pytest.raises(CommandFailed, match="it says nothing"):
                    await alices.choose(None)
                with pytest.raises(CommandFailed) as refused:
                    await alices.command("policy put", owner="alice", id="hours", script=WRONG)
                assert [found["line"] for found in refused.value.findings] == [3]

    run(test())


def test_it_speaks_tls_to_a_server_that_it_believes(tmp_path: Path) -> None:
    async def test() -> None:
        authority = Authority(tmp_path)
        believing = Settings(
            server=ServerSettings(store=":memory:"), tls=TlsSettings(authority=str(authority.file))
        )
        diary = Diary()
        async with secure_server(authority, listen=("tls",)) as serving:
            place = f"tls:localhost:{serving.listening[0].port}"
            async with edge(place, "manual:open", settings=believing, journal=diary):
                await diary.wait_for("registered")

    run(test())


def test_a_wrong_password_is_told() -> None:
    async def test() -> None:
        async with server(transport="tcp", auth="digest") as serving:
            await with_users(serving)
            place = str(serving.listening[0])
            with pytest.raises(WrongPassword):
                await edge(place, password="guess").start()

    run(test())


def test_a_server_that_is_not_there_yet_is_tried_until_it_is() -> None:
    async def test() -> None:
        taken = socket.socket()  # and nobody listens there
        taken.bind(("127.0.0.1", 0))
        port, diary = taken.getsockname()[1], Diary()
        async with edge(f"tcp:127.0.0.1:{port}", journal=diary):
            await diary.wait_for("an agent has trouble")
            taken.close()
            async with server(transport="tcp", port=port):
                await diary.wait_for("registered")

    run(test())


def test_a_choice_outlives_the_program(tmp_path: Path) -> None:
    store = str(tmp_path / "edge.db")

    async def test() -> None:
        async with server(transport="tcp") as serving:
            place = str(serving.listening[0])
            async with edge(place, "manual:open: first", store=store) as alices:
                await alices.choose("closed", note="later")
                assert (tmp_path / "edge.db.sock").is_socket()
            async with edge(place, "manual:open: first", store=store) as alices:
                [row] = (await alices.command("edge show"))["devices"]
                assert row["note"] == "later"

    run(test())


def test_nothing_is_wrong_when_it_leaves() -> None:
    diary = Diary()

    async def test() -> None:
        async with (
            server(transport="tcp") as serving,
            edge(str(serving.listening[0]), journal=diary),
        ):
            pass

    run(test())
    assert diary.said == ["registered"]


def test_its_policies_may_be_on_another_machine() -> None:
    async def test() -> None:
        async with (
            Server(policies(), Silence()) as keeper,
            PolicyClient(url(keeper), token=TOKEN) as client,
            server(transport="tcp") as serving,
        ):
            await client.put(ALICE, "nobody", REJECT_ALL)
            asked = PolicySettings(server=Url.parse(url(keeper)), token=TOKEN)
            settings = Settings(server=ServerSettings(store=":memory:"), policy=asked)
            place = str(serving.listening[0])
            async with (
                edge(place, "manual:open", settings=settings),
                agent(BOB, place) as bob,
                aclosing(bob.watch(ALICE)) as seen,
            ):
                assert (await anext(seen)).reason == "rejected"

    run(test())


def test_it_hears_its_server_by_tcp_alone() -> None:
    with pytest.raises(AgentFailed, match="name its server as tcp:HOST:PORT"):
        edge("udp:127.0.0.1:5060")
    edge("127.0.0.1:5060")


def test_what_is_no_device_is_refused() -> None:
    with pytest.raises(BadDevice):
        edge("tcp:127.0.0.1:5060", "phone:1")


def test_a_local_socket_that_cannot_be_made_ends_it_and_frees_its_store(tmp_path: Path) -> None:
    async def test() -> None:
        async with server(transport="tcp") as serving:
            place, store = str(serving.listening[0]), str(tmp_path / "edge.db")
            settings = Settings(server=ServerSettings(store=store, control="/dev/null/x"))
            with pytest.raises(Unavailable, match="cannot take commands"):
                await edge(place, settings=settings).start()
            async with edge(place, store=store):
                pass

    run(test())
