"""SIP over WebSocket: the framing alone, and over real connections (RFC 7118)."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import CloseCode, Opcode
from websockets.protocol import CLOSED, CLOSING

from hereabouts.net.bounds import Bounds, Web
from hereabouts.net.websocket import WebSocketFraming
from hereabouts.sip.framing import PING, PONG, Unframeable
from tests.net.authority import Authority
from tests.net.browser import Browser, connected
from tests.net.stage import HOST, run, stage, stream
from tests.net.test_streams import serving, trusting
from tests.sip.packets import request

BOUNDS = Bounds(max_head=2000, max_body=1000)
ONE, TWO = request("OPTIONS"), request("PUBLISH", body=b"a body\r\n\r\nwith an empty line")


class Pair:
    """The framing and a browser, joined."""

    def __init__(self, web: Web | None = None, browser: Browser | None = None) -> None:
        self.framing = WebSocketFraming(BOUNDS, web or Web())
        self.browser = browser or Browser()
        self.received: list[bytes] = []
        self.pump()

    def pump(self) -> None:
        """Carry all that either has to say."""
        while said := self.browser.said():
            self.arrive(said)
        self.browser.hear(self.framing.reply())

    def arrive(self, piece: bytes) -> None:
        self.received += self.framing.feed(memoryview(piece))

    def send(self, message: bytes, opcode: Opcode = Opcode.TEXT) -> None:
        if opcode is Opcode.TEXT:
            self.browser.protocol.send_text(message)
        else:
            self.browser.protocol.send_binary(message)
        self.pump()

    @property
    def closed_with(self) -> int | None:
        close = self.browser.protocol.close_rcvd
        return None if close is None else close.code


# --- the handshake


def test_the_subprotocol_that_was_asked_for_is_confirmed() -> None:
    """7118-4.1-1."""
    pair = Pair()
    assert pair.browser.response is not None
    assert pair.browser.response.status_code == 101
    assert pair.browser.response.headers["Sec-WebSocket-Protocol"] == "sip"
    assert pair.framing.pending == 0
    assert not pair.framing.is_over


def test_nothing_is_compressed() -> None:
    pair = Pair(browser=Browser(headers={"Sec-WebSocket-Extensions": "permessage-deflate"}))
    assert pair.browser.response is not None
    assert "Sec-WebSocket-Extensions" not in pair.browser.response.headers


BASIC = base64.b64encode(b"phone:a long secret word").decode()
TOKEN = Web(token="a long secret word")
PAGES = Web(origins=("https://phone.example.com",))

HANDSHAKES = [
    (Web(), None, {}, 400, "7118-4.1-1: the subprotocol sip is not asked for"),
    (Web(), "chat", {}, 400, "7118-4.1-1: another one is"),
    (PAGES, "sip", {"Origin": "https://phone.example.com"}, 101, "7118-7-1: a page of ours"),
    (PAGES, "sip", {"Origin": "https://evil.example"}, 403, "7118-7-1: another's"),
    (PAGES, "sip", {"Origin": "https://phone.example.com.evil.example"}, 403, "7118-7-1: or like"),
    (PAGES, "sip", {}, 101, "7118-7-1: what is no browser has no origin"),
    (TOKEN, "sip", {}, 401, "7118-7-1: a challenge"),
    (TOKEN, "sip", {"Authorization": f"Basic {BASIC}"}, 101, "7118-7-1: and its answer"),
    (TOKEN, "sip", {"Cookie": 'a=b; hereabouts="a long secret word"'}, 101, "7118-7-1: a cookie"),
    (TOKEN, "sip", {"Cookie": "hereabouts=another"}, 401, "7118-7-1: a wrong one"),
    (TOKEN, "sip", {"Cookie": "other=a long secret word"}, 401, "7118-7-1: that of another"),
    (TOKEN, "sip", {"Authorization": "Basic ?"}, 401, "7118-7-1: no password at all"),
    (TOKEN, "sip", {"Authorization": "Bearer a long secret word"}, 401, "no Basic"),
]


@pytest.mark.parametrize(
    "web, subprotocol, headers, status",
    [row[:4] for row in HANDSHAKES],
    ids=[row[4] for row in HANDSHAKES],
)
def test_whose_handshake_is_taken(
    web: Web, subprotocol: str | None, headers: dict[str, str], status: int
) -> None:
    pair = Pair(web, Browser(subprotocol, headers))
    assert pair.browser.status == status
    assert pair.framing.is_over is (status != 101)
    if status == 401:
        assert pair.browser.response is not None
        assert pair.browser.response.headers["WWW-Authenticate"].startswith("Basic realm=")


def test_a_page_is_told_what_this_is() -> None:
    pair = Pair()
    framing = WebSocketFraming(BOUNDS, Web())
    assert list(framing.feed(memoryview(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"))) == []
    assert framing.reply().startswith(b"HTTP/1.1 426 ")
    assert framing.is_over
    assert pair.framing.wrap([]) == b""


@pytest.mark.parametrize(
    "sent",
    [b"\x16\x03\x01\r\n\r\n", b"GET / HTTP/1.1\r\nX: " + b"a" * 2500],
    ids=["no HTTP", "a head that never ends"],
)
def test_what_is_no_handshake_ends_it(sent: bytes) -> None:
    framing = WebSocketFraming(BOUNDS, Web())
    assert list(framing.feed(memoryview(sent))) == []
    assert framing.is_over
    assert list(framing.feed(memoryview(b"more"))) == []


def test_a_handshake_is_pending_from_the_first_moment() -> None:
    framing = WebSocketFraming(BOUNDS, Web())
    assert framing.pending
    said = Browser().said()
    list(framing.feed(memoryview(said[:20])))
    assert framing.pending
    list(framing.feed(memoryview(said[20:])))
    assert not framing.pending


# --- messages in


@pytest.mark.parametrize("opcode", [Opcode.TEXT, Opcode.BINARY])
def test_text_and_binary_messages_are_taken(opcode: Opcode) -> None:
    """7118-4.2-1."""
    pair = Pair()
    pair.send(ONE, opcode)
    pair.send(TWO, opcode)
    assert pair.received == [ONE, TWO]


@pytest.mark.parametrize("size", [1, 7, 100])
def test_a_message_may_come_in_fragments_and_in_any_pieces(size: int) -> None:
    """7118-5-1: one request in continuation frames."""
    pair = Pair()
    protocol = pair.browser.protocol
    pieces = [ONE[at : at + size] for at in range(0, len(ONE), size)]
    for number, piece in enumerate(pieces):
        is_last = number == len(pieces) - 1
        if number:
            protocol.send_continuation(piece, fin=is_last)
        else:
            protocol.send_text(piece, fin=is_last)
        for byte in pair.browser.said():
            pair.arrive(bytes([byte]))
        assert bool(pair.framing.pending) is not is_last
    assert pair.received == [ONE]


def test_a_ping_between_fragments_is_answered_at_once() -> None:
    pair = Pair()
    protocol = pair.browser.protocol
    protocol.send_text(ONE[:9], fin=False)
    protocol.send_ping(b"there?")
    protocol.send_continuation(ONE[9:], fin=True)
    pair.pump()
    assert pair.received == [ONE]
    [pong] = pair.browser.frames
    assert (pong.opcode, bytes(pong.data)) == (Opcode.PONG, b"there?")


def test_line_breaks_are_a_ping_as_on_any_stream() -> None:
    """RFC 7118 section 6, RFC 5626 section 3.5.1."""
    pair = Pair()
    for said in (PING, PONG, b""):
        pair.send(said)
    assert pair.received == [PING]


SPOILT = [
    (b"\xff" + ONE, Opcode.TEXT, CloseCode.INVALID_DATA, "text that is none"),
    (b"x" * 3001, Opcode.BINARY, CloseCode.MESSAGE_TOO_BIG, "more than any message may have"),
]


@pytest.mark.parametrize(
    "sent, opcode, code", [row[:3] for row in SPOILT], ids=[row[3] for row in SPOILT]
)
def test_what_breaks_the_protocol_is_told_so_and_closed(
    sent: bytes, opcode: Opcode, code: CloseCode
) -> None:
    pair = Pair()
    pair.send(sent, opcode)
    assert pair.received == []
    assert pair.framing.is_over
    assert pair.closed_with == code


def test_a_body_beyond_the_bounds_is_refused_as_sip_refuses_it() -> None:
    pair = Pair()
    pair.browser.protocol.send_binary(request("PUBLISH", body=b"x" * 1001))
    with pytest.raises(Unframeable) as refused:
        pair.arrive(pair.browser.said())
    assert refused.value.status == 413
    assert refused.value.head.endswith(b"Content-Length: 1001\r\n\r\n")


def test_a_frame_that_is_not_masked_ends_it() -> None:
    pair = Pair()
    pair.arrive(b"\x81\x03abc")
    pair.browser.hear(pair.framing.reply())
    assert pair.closed_with == CloseCode.PROTOCOL_ERROR


# --- messages out


OUT = [
    (ONE, Opcode.TEXT, "ASCII is text"),
    (request(body="grüße".encode()), Opcode.TEXT, "UTF-8 too"),
    (request(body=b"\xff\x00"), Opcode.BINARY, "7118-4.2-2: all else goes as binary"),
]


@pytest.mark.parametrize("message, opcode", [row[:2] for row in OUT], ids=[row[2] for row in OUT])
def test_each_message_has_a_frame_of_its_own(message: bytes, opcode: Opcode) -> None:
    """7118-5-1."""
    pair = Pair()
    pair.browser.hear(pair.framing.wrap([message, ONE]))
    assert pair.browser.messages() == [(opcode, message), (Opcode.TEXT, ONE)]


def test_a_close_is_answered_and_nothing_follows_it() -> None:
    pair = Pair()
    pair.browser.protocol.send_close(CloseCode.NORMAL_CLOSURE)
    pair.pump()
    assert pair.framing.is_over
    assert pair.closed_with == CloseCode.NORMAL_CLOSURE
    assert pair.framing.wrap([ONE]) == pair.framing.farewell() == b""


def test_who_is_left_is_told_that_we_go() -> None:
    pair = Pair()
    pair.browser.hear(pair.framing.farewell())
    assert pair.closed_with == CloseCode.GOING_AWAY
    pair.pump()
    assert pair.browser.protocol.state in (CLOSING, CLOSED)


@given(st.lists(st.binary(max_size=400), min_size=1, max_size=5), st.integers(1, 50))
def test_what_a_browser_sends_arrives_whatever_the_pieces(sent: list[bytes], size: int) -> None:
    pair = Pair()
    for message in sent:
        pair.browser.protocol.send_binary(message)
    said = pair.browser.said()
    for at in range(0, len(said), size):
        pair.arrive(said[at : at + size])
    pings = [message for message in sent if message.strip(b"\r\n") or message == PING]
    assert pair.received == pings


@given(st.binary())
def test_any_bytes_at_all_raise_only_our_own_fault(sent: bytes) -> None:
    for begun in (WebSocketFraming(BOUNDS, Web()), Pair().framing):
        try:
            list(begun.feed(memoryview(sent)))
        except Unframeable:
            continue
        assert isinstance(begun.reply(), bytes)


# --- over real connections


def test_messages_come_and_go_by_websocket() -> None:
    async def test() -> None:
        async with stage() as staged:
            port, node = await staged.listen("WS"), staged.node
            async with connected(port) as browser:
                browser.send(ONE)
                await node.until(lambda: node.received)
                [(message, flow)] = node.received
                assert (message, flow.transport, flow.host) == (ONE, "WS", HOST)
                assert flow.local == f"{HOST}:{port}"
                node.say(flow, b"1")
                node.say(flow, b"2")
                assert [await browser.receive() for _ in range(2)] == [b"1", b"2"]
                browser.send(PING)
                assert await browser.receive() == PONG
            await node.until(lambda: node.lost)
            assert node.lost == [flow]

    run(test())


def test_a_secure_websocket_asks_no_browser_for_a_certificate(tmp_path: Path) -> None:
    async def test() -> None:
        authority = Authority(tmp_path)
        async with stage(certificates=serving(authority)) as staged:
            port, node = await staged.listen("WSS"), staged.node
            async with connected(port, tls=trusting(authority)) as browser:
                browser.send(ONE)
                await node.until(lambda: node.received)
                flow = node.received[0][1]
                assert (flow.transport, flow.certified) == ("WSS", ())

    run(test())


def test_who_does_not_shake_hands_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hereabouts.net.streams.SWEEP_EVERY", 0.02)

    async def test() -> None:
        bounds = Bounds(partial=0.1)
        async with stage(bounds) as staged, stream(await staged.listen("WS")) as (reader, writer):
            writer.write(b"GET / HTTP/1.1\r\n")
            with pytest.raises((EOFError, ConnectionError)):
                await reader.readexactly(1)

    run(test())


def test_a_body_too_large_is_answered_before_the_connection_closes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("hereabouts.net.tcp.LAST_WORDS", 0.02)

    async def test() -> None:
        async with stage(BOUNDS) as staged, connected(await staged.listen("WS")) as browser:
            browser.browser.protocol.send_text(request("PUBLISH", body=b"x" * 1001))
            browser.flush()
            assert (await browser.receive()).startswith(b"SIP/2.0 413 ")
            with pytest.raises(EOFError):
                await browser.receive()
            close = browser.browser.protocol.close_rcvd
            assert close is not None
            assert close.code == CloseCode.GOING_AWAY

    run(test())
