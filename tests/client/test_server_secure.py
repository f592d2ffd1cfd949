"""A whole server by TLS and WebSockets: what the conformance table asks of it."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hereabouts.client import Server
from hereabouts.sip.reader import read
from tests.client.secure import (
    DOMAIN,
    Wire,
    asked,
    port,
    request,
    response,
    secure_server,
    trusting,
    wire,
)
from tests.client.serving import run
from tests.net.authority import Authority
from tests.net.browser import Browser, Connected, connected
from tests.net.stage import HOST, Listening

ALICE, SIPS_ALICE = f"sip:alice@{DOMAIN}", f"sips:alice@{DOMAIN}"
EVENT = "Event: presence"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@asynccontextmanager
async def browsing(
    server: Server, transport: str, authority: Authority, browser: Browser | None = None
) -> AsyncIterator[Connected]:
    tls = trusting(authority) if transport == "WSS" else None
    if tls is not None:
        tls.check_hostname = False
    async with connected(port(server, transport), browser, tls) as there:
        yield there


# --- TLS

VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("is_mutual", [False, True])
def test_options_are_answered_by_tls(
    version: ssl.TLSVersion, authority: Authority, *, is_mutual: bool
) -> None:
    """3261-26.3.1-1, 3903-14.4-1: TLS 1.2 and 1.3, with and without a client certificate."""

    async def test() -> None:
        own = authority.sign("phone.example") if is_mutual else None
        tls = trusting(authority, own)
        tls.minimum_version = tls.maximum_version = version
        wanted = "required" if is_mutual else "asked"
        async with (
            secure_server(authority, f"tls.clients={wanted}") as server,
            wire(port(server, "TLS"), tls) as peer,
        ):
            peer.send(asked("OPTIONS", f"sip:{DOMAIN}"))
            assert (await response(peer)).status == 200

    run(test())


def test_a_sips_subscription_by_tls_stays_sips(authority: Authority) -> None:
    """3261-26.3.1-1, 3856-9.2-1, 3261-12.1.1-1: Contact is sips, NOTIFY comes by TLS."""

    async def test() -> None:
        async with (
            secure_server(authority) as server,
            wire(port(server, "TLS"), trusting(authority)) as peer,
        ):
            contact = "Contact: <sips:bob@192.0.2.9:5061>"
            peer.send(asked("SUBSCRIBE", SIPS_ALICE, EVENT, contact))
            own = f"<sips:{HOST}:{port(server, 'TLS')}>"
            answer = await response(peer)
            assert (answer.status, answer.headers["contact"]) == (200, [own])
            notify = await request(peer)
            assert notify.method == "NOTIFY"
            assert notify.headers["contact"] == [own]
            assert notify.headers["via"][0].startswith("SIP/2.0/TLS ")

    run(test())


def test_the_first_record_route_says_whether_our_contact_is_sips(authority: Authority) -> None:
    """3261-12.1.1-1."""

    async def test() -> None:
        async with (
            secure_server(authority) as server,
            wire(port(server, "TLS"), trusting(authority)) as peer,
        ):
            for number, scheme in enumerate(("sips", "sip"), 1):
                rows = (f"Record-Route: <{scheme}:p.example;lr>", "Contact: <sip:bob@192.0.2.9>")
                peer.send(asked("SUBSCRIBE", ALICE, EVENT, *rows, number=number))
                contact = (await response(peer)).headers["contact"][0]
                assert contact.startswith(f"<{scheme}:")
                await request(peer)

    run(test())


def notified_by_tls(uri: str) -> bytes:
    """A SUBSCRIBE by UDP whose sender wants to be told by TLS."""
    contact = f"Contact: <{uri}>"
    return asked("SUBSCRIBE", ALICE, EVENT, contact, via=f"UDP {HOST}:9;rport")


@pytest.mark.parametrize("is_right", [True, False])
def test_a_watcher_by_sips_must_have_the_certificate_of_his_name(
    authority: Authority, *, is_right: bool
) -> None:
    """3261-26.2.2-1: a NOTIFY to a wrong name is not delivered."""

    async def test() -> None:
        there = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        there.load_cert_chain(authority.sign("localhost" if is_right else "other.example"))
        async with (
            secure_server(authority, "presence.flow_grace=0") as server,
            Listening(there) as watcher,
        ):
            with socket.socket(type=socket.SOCK_DGRAM) as phone:
                phone.setblocking(False)  # noqa: FBT003 - positional only
                phone.bind((HOST, 0))
                sent = notified_by_tls(f"sips:bob@localhost:{watcher.port}")
                phone.sendto(sent, (HOST, port(server, "UDP")))
                loop = asyncio.get_running_loop()
                assert (await loop.sock_recv(phone, 65535)).startswith(b"SIP/2.0 200 ")
            if is_right:
                notify = await request(Wire(*await watcher.came.get()))
                assert notify.headers["via"][0].startswith("SIP/2.0/TLS ")
                return
            while (await server.command("watchers list", user=ALICE))["watchers"]:
                pass  # each command is a turn
            assert watcher.came.empty()

    run(test())


def test_a_sips_address_is_not_asked_for_in_clear_text(authority: Authority) -> None:
    """7118-9.2-1: by ws it is refused, by wss served; the same by UDP and TLS."""

    async def test() -> None:
        contact = "Contact: <sips:bob@df7jal23ls0d.invalid;transport=ws>"
        async with secure_server(authority) as server:
            for transport, status in (("WS", 403), ("WSS", 200)):
                sent = asked("SUBSCRIBE", SIPS_ALICE, EVENT, contact, via=f"{transport} x.invalid")
                async with browsing(server, transport, authority) as browser:
                    browser.send(sent)
                    assert (await response(browser)).status == status

    run(test())


# --- servers that are believed


async def asserted_by(server: Server, authority: Authority, *names: str) -> int:
    """What a server with these names is answered that vouches for a user of b.example."""
    own = authority.sign(*names) if names else None
    async with wire(port(server, "TLS"), trusting(authority, own)) as peer:
        rows = (EVENT, "Contact: <sip:bob@b.example>", "P-Asserted-Identity: <sip:bob@b.example>")
        peer.send(asked("SUBSCRIBE", ALICE, *rows))
        return (await response(peer)).status


VOUCHED = [
    (("b.example",), 200, "the domain's own certificate"),
    (("c.example",), 401, "SEC-3261-26.3.2-1: that of another domain"),
    (("*.b.example",), 401, "SEC-3261-26.3.2-1: no wildcard"),
    ((), 401, "none: whoever that is, he has to show a password"),
]


@pytest.mark.parametrize("names, status", [row[:2] for row in VOUCHED], ids=[r[2] for r in VOUCHED])
def test_a_peer_is_believed_by_its_certificate(
    names: tuple[str, ...], status: int, authority: Authority
) -> None:
    async def test() -> None:
        chosen = ("auth.mode=digest", 'routing.peers=["b.example=tls:127.0.0.9:5061"]')
        async with secure_server(authority, *chosen) as server:
            await server.command("user add", user="alice", password="secret")
            assert await asserted_by(server, authority, *names) == status

    run(test())


@pytest.mark.parametrize("name", ["b.example", "other.example"])
def test_a_peer_is_told_nothing_before_it_has_shown_the_certificate_of_its_domain(
    name: str, authority: Authority
) -> None:
    """SEC-3261-26.3.2-1: one of another domain is refused."""

    async def test() -> None:
        there = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        there.load_cert_chain(authority.sign(name))
        there.load_verify_locations(authority.file)
        there.verify_mode = ssl.CERT_REQUIRED
        async with Listening(there) as other:
            peers = f'routing.peers=["b.example=tls:{HOST}:{other.port}"]'
            async with (
                secure_server(authority, peers) as server,
                wire(port(server, "TLS"), trusting(authority)) as peer,
            ):
                contact = "Contact: <sips:bob@192.0.2.9>"
                peer.send(asked("SUBSCRIBE", "sips:carol@b.example", EVENT, contact))
                if name != "b.example":
                    assert (await response(peer)).status == 500
                    return
                passed = await request(Wire(*await other.came.get()))
                assert passed.headers["p-asserted-identity"] == [f"<sip:bob@{DOMAIN}>"]
                routes = passed.headers["record-route"]
                assert all(route.startswith("<sips:") for route in routes)
                assert (await response(peer)).status == 200

    run(test())


def test_two_domains_tell_each_other_by_mutual_tls(authority: Authority) -> None:
    """3261-26.3.1-1, 3903-14.4-1: each knows the other by its certificate."""

    async def test() -> None:
        digest, far = "auth.mode=digest", "127.0.0.9:5061"
        theirs = secure_server(
            authority,
            f'routing.peers=["{DOMAIN}=tls:{far}"]',
            digest,
            domain="b.example",
            listen=("tls",),
        )
        async with theirs as there:
            await there.command("user add", user="alice", password="secret")
            peers = f'routing.peers=["b.example=tls:{HOST}:{port(there, "TLS")}"]'
            async with (
                secure_server(authority, peers) as here,
                wire(port(here, "TLS"), trusting(authority)) as bob,
            ):
                contact = "Contact: <sips:bob@192.0.2.9>"
                alice = "sips:alice@b.example"
                bob.send(asked("SUBSCRIBE", alice, EVENT, contact))
                answer = await response(bob)
                assert answer.status == 200
                assert (await request(bob)).method == "NOTIFY"
                [watcher] = (await there.command("watchers list", user="alice"))["watchers"]
                assert watcher["watcher"] == f"sip:bob@{DOMAIN}"
                routes = ", ".join(reversed(answer.headers["record-route"]))
                target = answer.headers["contact"][0].strip("<>")
                again = asked("SUBSCRIBE", target, EVENT, contact, f"Route: {routes}", number=2)
                again = again.replace(b"tag=f2", b"tag=f1").replace(b"call-bob-2", b"call-bob-1")
                again = again.replace(
                    f"To: <{target}>".encode(), f"To: {answer.headers['to'][0]}".encode()
                )
                bob.send(again)
                assert (await response(bob)).status == 200
                assert (await request(bob)).method == "NOTIFY"

    run(test())


# --- WebSockets

INVALID = "df7jal23ls0d.invalid"
CONTACT = f"Contact: <sip:bob@{INVALID};transport=ws>"


@pytest.mark.parametrize("transport", ["WS", "WSS"])
def test_a_browser_registers_subscribes_and_is_notified_on_its_connection(
    transport: str, authority: Authority
) -> None:
    """7118-8.1-1, 7118-5-2, 7118-5.3-1: sent-by and Contact are .invalid."""

    async def test() -> None:
        via = f"{transport} {INVALID}"
        async with (
            secure_server(authority) as server,
            browsing(server, transport, authority) as browser,
        ):
            uri = f"sip:bob@{DOMAIN}"
            browser.send(asked("REGISTER", uri, CONTACT, via=via, number=1))
            answer = await response(browser)
            assert answer.status == 200
            assert answer.headers["via"][0].startswith(f"SIP/2.0/{transport} {INVALID}")
            browser.send(asked("SUBSCRIBE", ALICE, EVENT, CONTACT, via=via, number=2))
            answer = await response(browser)
            own = f"<sip:{HOST}:{port(server, transport)};transport=ws>"
            assert (answer.status, answer.headers["contact"]) == (200, [own])
            notify = await request(browser)
            assert notify.uri == f"sip:bob@{INVALID};transport=ws"
            assert notify.headers["via"][0].startswith(f"SIP/2.0/{transport} {HOST}:")
            assert notify.headers["contact"] == [own]

    run(test())


DOCUMENT = (
    '<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:bob@example.com">'
    '<tuple id="t"><status><basic>open</basic></status></tuple></presence>'
)
PUBLISHED = (EVENT, "Content-Type: application/pidf+xml")


def test_a_message_without_content_length_goes_as_far_as_its_frame(authority: Authority) -> None:
    """7118-5-3."""

    async def test() -> None:
        async with (
            secure_server(authority) as server,
            browsing(server, "WS", authority) as browser,
        ):
            uri, via = f"sip:bob@{DOMAIN}", f"WS {INVALID}"
            sent = asked("PUBLISH", uri, *PUBLISHED, via=via, body=DOCUMENT, length=False)
            browser.send(sent)
            assert (await response(browser)).status == 200
            browser.send(asked("SUBSCRIBE", uri, EVENT, CONTACT, "Expires: 0", via=via, number=2))
            assert (await response(browser)).status == 200
            assert b"<basic>open</basic>" in (await request(browser)).body

    run(test())


def test_what_follows_a_message_in_its_frame_is_no_message(authority: Authority) -> None:
    """7118-5-1: two requests in one WebSocket message."""

    async def test() -> None:
        async with (
            secure_server(authority) as server,
            browsing(server, "WS", authority) as browser,
        ):
            one, two, three = (
                asked("OPTIONS", f"sip:{DOMAIN}", via=f"WS {INVALID}", number=number)
                for number in (1, 2, 3)
            )
            browser.send(one + two)
            browser.send(three)
            answers = [(await response(browser)).cseq[0] for _ in range(2)]
            assert answers == [1, 3]

    run(test())


def test_a_message_that_is_not_utf_8_goes_out_as_a_binary_one(authority: Authority) -> None:
    """7118-4.2-2: what comes back of a header that was no text."""

    async def test() -> None:
        async with (
            secure_server(authority) as server,
            browsing(server, "WS", authority) as browser,
        ):
            sent = asked("OPTIONS", f"sip:{DOMAIN}", via=f"WS {INVALID}")
            sent = sent.replace(b";branch=", b";x=\xff;branch=")
            browser.browser.protocol.send_binary(sent)
            browser.flush()
            while not (found := browser.browser.messages()):
                await browser.hear()
            [(opcode, answer)] = found
            assert opcode.name == "BINARY"
            assert b"\xff" in answer
            assert read(answer)

    run(test())


def test_a_browser_that_is_lost_comes_back_and_goes_on(authority: Authority) -> None:
    """The flow's death is known: the subscription waits, and its next flow is found."""

    async def test() -> None:
        via = f"WS {INVALID}"
        async with secure_server(authority) as server:
            async with browsing(server, "WS", authority) as browser:
                browser.send(asked("SUBSCRIBE", ALICE, EVENT, CONTACT, via=via, number=1))
                assert (await response(browser)).status == 200
                await request(browser)
            async with browsing(server, "WS", authority) as browser:
                uri = f"sip:alice@{DOMAIN}"
                document = DOCUMENT.replace("bob", "alice")
                sent = asked(
                    "PUBLISH", uri, *PUBLISHED, via=via, user="alice", body=document, number=2
                )
                browser.send(sent)
                assert (await response(browser)).status == 200
                browser.send(asked("REGISTER", f"sip:bob@{DOMAIN}", CONTACT, via=via, number=3))
                assert (await response(browser)).status == 200
                notify = await request(browser)
                assert notify.method == "NOTIFY"
                assert b"open" in notify.body

    run(test())


def test_the_settings_say_whose_websockets_are_taken(authority: Authority) -> None:
    """7118-7-1, 7118-4.1-1."""

    async def test() -> None:
        chosen = (
            'websocket.origins=["https://phone.example.com"]',
            "websocket.token=a-long-secret-word",
        )
        page = {"Origin": "https://phone.example.com"}
        cookie = {"Cookie": "hereabouts=a-long-secret-word"}
        async with secure_server(authority, *chosen) as server:
            for subprotocol, headers, status in (
                ("sip", page | cookie, 101),
                (None, page | cookie, 400),
                ("sip", page, 401),
                ("sip", {"Origin": "https://evil.example"} | cookie, 403),
            ):
                browser = Browser(subprotocol, headers)
                async with browsing(server, "WS", authority, browser):
                    assert browser.status == status

    run(test())
