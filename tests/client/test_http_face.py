"""The HTTP face of a server: who gets in, what a broken store is to clients, and any bytes."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as few
from hypothesis import strategies as st

from hereabouts.base.deadlines import Deadlines
from hereabouts.base.journal import Grade, Silence
from hereabouts.base.refusal import Unavailable
from hereabouts.base.units import Instant, Moment, Timestamp
from hereabouts.client import Server
from hereabouts.client.policies import Declined, PolicyClient
from hereabouts.client.policy_link import policy_link
from hereabouts.config import Settings, load
from hereabouts.http.client import NoAnswer
from hereabouts.roles.remote_policies import RemotePolicies
from hereabouts.storage.interface import StoreUnavailable
from hereabouts.storage.memory import MemoryStore
from tests.client.policy_serving import TOKEN, TOM, operator, policy_server, settings, url
from tests.client.serving import run
from tests.http.stage import Diary
from tests.roles.scripts import SCRIPT

USERS = [
    ("tom", "pw", 200, "his name alone"),
    ("tom@example.com", "pw", 200, "with his domain"),
    ("tom", "wp", 401, "another password"),
    ("alice", "pw", 401, "nobody of that name"),
    ("tom@elsewhere.com", "pw", 401, "a domain that is not served"),
    ("tom@", "pw", 401, "no name at all"),
    ("", "", 401, "nothing"),
]


@pytest.mark.parametrize(
    "user, password, status", [row[:3] for row in USERS], ids=[row[3] for row in USERS]
)
def test_a_user_gets_in_by_his_sip_password(user: str, password: str, status: int) -> None:
    async def test() -> int:
        async with (
            policy_server() as server,
            PolicyClient(url(server), user=user, password=password) as client,
        ):
            try:
                await client.list("tom")
            except Declined as refused:
                return refused.status
            return 200

    assert run(test()) == status


def test_in_a_lab_where_everybody_is_believed_a_name_is_enough() -> None:
    async def test() -> None:
        async with (
            policy_server("auth.mode=none") as server,
            PolicyClient(url(server), user="alice", password="?") as client,
        ):
            assert (await client.put("alice", "a", SCRIPT)).owner == "sip:alice@example.com"

    run(test())


def test_what_is_not_on_disk_is_not_acknowledged(monkeypatch: pytest.MonkeyPatch) -> None:
    store = MemoryStore()
    monkeypatch.setattr("hereabouts.client.server.open_store", lambda *_: store)

    async def test() -> None:
        async with operator() as (_, client):
            store.fail_next_turn(StoreUnavailable("the disk is full", "make room"))
            with pytest.raises(Declined, match="the disk is full; make room") as refused:
                await client.put(TOM, "hours", SCRIPT)
            assert refused.value.status == 503
            assert await client.list(TOM) == ()

    run(test())


def test_a_policy_is_there_after_a_restart(tmp_path: object) -> None:
    async def test() -> None:
        store = f"server.store={tmp_path}/h.db"
        async with policy_server(store) as server, PolicyClient(url(server), token=TOKEN) as client:
            kept = await client.put(TOM, "hours", SCRIPT, valid_until="2027-01-01T00:00:00Z")
        async with (
            Server(settings(store), Silence()) as server,
            PolicyClient(url(server), token=TOKEN) as client,
        ):
            assert (await client.list(TOM)) == (kept,)

    run(test())


def of_all(*assignments: str) -> Settings:
    usual = ("server.store=:memory:", "server.domains=example.com", "server.listen=udp:127.0.0.1:0")
    return load(None, {}, [*usual, *assignments])


def test_a_server_of_everything_serves_policies_too_where_it_is_told_to() -> None:
    async def test() -> None:
        chosen = of_all("http.listen=127.0.0.1:0", f"policy.token={TOKEN}")
        async with Server(chosen, Silence()) as server:
            assert server.listening
            async with PolicyClient(url(server), token=TOKEN) as client:
                assert (await client.put("tom", "a", SCRIPT)).owner == TOM
        async with Server(of_all(), Silence()) as server:
            assert server.http_listening is None

    run(test())


def test_a_policy_server_listens_for_no_sip_and_says_where_it_serves() -> None:
    async def test() -> None:
        diary = Diary()
        async with Server(settings(), diary) as server:
            assert server.listening == []
            assert diary.events == [(Grade.INFO, "serving")]

    run(test())


def test_it_warns_of_a_policy_server_that_nobody_else_can_ask() -> None:
    async def test() -> None:
        diary = Diary()
        chosen = load(
            None,
            {},
            ["server.store=:memory:", "server.role=policy", "http.listen=127.0.0.1:0"],
        )
        async with Server(chosen, diary):
            assert (Grade.WARNING, "no other node can ask for policies") in diary.events

    run(test())


CANNOT = [
    (settings("http.listen=0.0.0.0:0"), "clear text", "passwords would travel in clear text"),
    (settings("http.certificate=/nowhere.pem"), "nowhere", "a certificate that is not there"),
    (of_all("policy.server=http://192.0.2.1"), "clear text", "a token would"),
]


@pytest.mark.parametrize("chosen, says", [r[:2] for r in CANNOT], ids=[r[2] for r in CANNOT])
def test_what_would_be_unsafe_does_not_start_and_says_why(chosen: Settings, says: str) -> None:
    async def test() -> None:
        with pytest.raises(Unavailable, match=says) as refused:
            await Server(chosen, Silence()).start()
        assert refused.value.remedy

    run(test())


def test_a_policy_server_asks_no_other() -> None:
    async def test() -> None:
        async with policy_server("policy.server=http://192.0.2.1") as server:
            assert await server.command("policy search") == []

    run(test())


def test_in_a_lab_it_may_be_unsafe() -> None:
    async def test() -> None:
        unsafe = ("http.listen=0.0.0.0:0", "http.insecure=true")
        async with policy_server(*unsafe) as server:
            assert server.http_listening is not None
            place = f"http://127.0.0.1:{server.http_listening.port}"
            async with PolicyClient(place, token=TOKEN) as client:
                assert await client.list(TOM) == ()

    run(test())


def test_where_http_is_off_it_is_not_loaded() -> None:
    """Most commands and many servers need none of it, and all would wait for it at their start."""
    asked = "import sys, hereabouts.cli; print('h11' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", asked], capture_output=True, check=True)
    assert told.stdout == b"False\n"


# --- TLS


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for 127.0.0.1, with its key in the same file."""
    made, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    subject = ("-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1")
    new = ("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
    subprocess.run(
        [*new, "-nodes", "-days", "2", *subject, "-out", made, "-keyout", key],
        check=True,
        capture_output=True,
    )
    made.write_bytes(made.read_bytes() + key.read_bytes())
    return made


@pytest.mark.needs("openssl")
def test_with_a_certificate_it_speaks_tls_to_clients_who_know_it(certificate: Path) -> None:
    async def test() -> None:
        async with policy_server(f"http.certificate={certificate}") as server:
            assert server.http_listening is not None
            place = f"https://{server.http_listening}"
            trusting = ssl.create_default_context(cafile=certificate)
            async with PolicyClient(place, token=TOKEN, tls=trusting) as client:
                assert await client.list(TOM) == ()
            async with PolicyClient(place, token=TOKEN) as stranger:
                with pytest.raises(NoAnswer, match="certificate"):
                    await stranger.list(TOM)
            async with PolicyClient(f"http://{server.http_listening}", token=TOKEN) as plain:
                with pytest.raises(NoAnswer):
                    await plain.list(TOM)

    run(test())


@pytest.mark.needs("openssl")
def test_a_node_asks_by_tls_and_believes_the_authority_that_is_set(certificate: Path) -> None:
    async def test() -> None:
        async with policy_server(f"http.certificate={certificate}") as keeper:
            elsewhere = f"policy.server=https://{keeper.http_listening}"
            diary = Diary()
            chosen = of_all(elsewhere, f"policy.token={TOKEN}", f"policy.authority={certificate}")
            link = policy_link(chosen)
            assert link is not None
            policies = RemotePolicies(link, Deadlines(), diary, timeout=2.0)
            told = asyncio.Event()
            link.enter = lambda take: take(Moment(Instant(0.0), Timestamp(0.0)))
            policies.on_changed = lambda _owners, _now: told.set()
            policies.start(Moment(Instant(0.0), Timestamp(0.0)))
            await told.wait()
            await link.close()
            assert diary.events == [(Grade.DEBUG, "the policy server answers")]

    run(test())


# --- any bytes


async def said_to(server: Server, what: bytes) -> bytes:
    """The answer, or what there is of it when the server hangs up."""
    assert server.http_listening is not None
    port = server.http_listening.port or 0
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(what)
    answer = b""
    with suppress(ConnectionError):
        answer = await reader.read()
    writer.transport.abort()
    await asyncio.sleep(0)
    return answer


AUTHORIZED = f"Authorization: Bearer {TOKEN}\r\nHost: h\r\nConnection: close\r\n".encode()
IMPATIENT = ("http.timeout=0.1", "http.idle_timeout=0.1")
REQUESTS = st.tuples(
    st.sampled_from([b"GET", b"PUT", b"DELETE", b"PATCH", b"POST", b"\xff"]),
    st.sampled_from([b"/policies", b"/policies/tom/a", b"/applicable?owner=tom", b"/check", b"/%"])
    | st.binary(max_size=20),
    st.sampled_from([b"", b"Content-Type: application/cpl+xml\r\n", b"If-Match: ,\r\n"])
    | st.binary(max_size=20),
    st.binary(max_size=40),
).map(
    lambda row: (
        b"%s %s HTTP/1.1\r\n%s%sContent-Length: %d\r\n\r\n%s"
        % (row[0], row[1], AUTHORIZED, row[2], len(row[3]), row[3])
    )
)


@few(max_examples=25)
@given(st.lists(st.binary(min_size=1) | REQUESTS, max_size=3))
def test_any_bytes_cost_their_sender_a_refusal_and_nobody_else_anything(
    pieces: list[bytes],
) -> None:
    async def test() -> None:
        diary = Diary()
        async with Server(settings(*IMPATIENT), diary) as server:
            for piece in pieces:
                answer = await said_to(server, piece)
                assert b" 500 " not in answer.partition(b"\r\n")[0]
            async with PolicyClient(url(server), token=TOKEN) as client:
                await client.list(TOM)
        assert all(grade < Grade.ERROR for grade, _ in diary.events)

    run(test())
