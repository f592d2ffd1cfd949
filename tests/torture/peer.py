"""A peer that sends bytes as they are, from where their Via says that it is."""

from __future__ import annotations

import random
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count

import pytest

from tests.interop.running import DOMAIN
from tests.interop.wire import PATIENCE, Message, parse

_SENT_BY = re.compile(
    rb"SIP\s*/\s*[\d.]+\s*/\s*(?P<transport>\w+)\s+(?:\[[^\]]*\]|[^;,:\s\[]+)(?::(?P<port>\d+))?"
)
_LENGTH = re.compile(rb"\r\nContent-Length: *(\d+)", re.IGNORECASE)
_numbers = count(1)

Address = tuple[str, int]


class Peer:
    """One socket of a peer, and what has come to it."""

    def __init__(self, talking: socket.socket, server: Address, transport: str) -> None:
        self._socket = talking
        self._server = server
        self._transport = transport
        self._buffer = b""
        self.is_closed = False
        "Whether the server has closed the connection."

    def send(self, packet: bytes) -> None:
        """Send these very bytes."""
        if self._transport == "UDP":
            self._socket.sendto(packet, self._server)
        else:
            self._socket.sendall(packet)

    def answers_until_options(self) -> list[bytes]:
        """All that came before the answer to an OPTIONS that is sent now, each once.

        The server answers in the order in which it was asked, so what has not come by then does
        not come. Where the server closes the connection instead, all that came before that.
        """
        call_id = f"alive-{next(_numbers)}-{random.getrandbits(64):x}"
        self.send(self._options(call_id))
        before: list[bytes] = []
        while (packet := self._next()) is not None:
            if call_id.encode() in packet:
                assert packet.startswith(b"SIP/2.0 200 "), packet
                return before
            if packet not in before:  # a response to INVITE comes again until it is acknowledged
                before.append(packet)
        return before

    def ask(self, packet: bytes) -> Message:
        """The one answer to these bytes."""
        self.send(packet)
        (answer,) = self.answers_until_options()
        return parse(answer)

    def wait_until_closed(self, seconds: float) -> bytes:
        """All that still comes until the server closes the connection."""
        self._socket.settimeout(seconds)
        while self._next() is not None:
            continue
        return self._buffer

    def pending(self) -> bytes:
        """What has come by now."""
        self._socket.settimeout(0)
        with suppress(BlockingIOError):
            return self._socket.recv(65_535)
        return b""

    def _next(self) -> bytes | None:
        """The next message; `None`: the connection is closed."""
        if self._transport == "UDP":
            return self._socket.recv(65_535)
        while (message := self._cut()) is None:
            try:
                piece = self._socket.recv(65_535)
            except ConnectionError:
                piece = b""
            if not piece:
                self.is_closed = True
                return None
            self._buffer += piece
        return message

    def _cut(self) -> bytes | None:
        self._buffer = self._buffer.lstrip(b"\r\n")  # pongs
        head, separator, rest = self._buffer.partition(b"\r\n\r\n")
        found = _LENGTH.search(head)
        if not separator or found is None or len(rest) < int(found[1]):
            return None
        size = len(head) + 4 + int(found[1])
        message, self._buffer = self._buffer[:size], self._buffer[size:]
        return message

    def _options(self, call_id: str) -> bytes:
        host, port = self._socket.getsockname()[:2]
        host = f"[{host}]" if ":" in host else host
        return (
            f"OPTIONS sip:{DOMAIN} SIP/2.0\r\n"
            f"Via: SIP/2.0/{self._transport} {host}:{port};rport;branch=z9hG4bK{call_id}\r\n"
            f"Max-Forwards: 70\r\nFrom: <sip:tester@{DOMAIN}>;tag=alive\r\nTo: <sip:{DOMAIN}>\r\n"
            f"Call-ID: {call_id}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
        ).encode()


@contextmanager
def peer(server: Address, transport: str, *packets: bytes) -> Iterator[Peer]:
    """A peer that gets what is answered to these packets: by UDP, at the port of their Via."""
    is_udp = transport == "UDP"
    family = socket.AF_INET6 if ":" in server[0] else socket.AF_INET
    port = sent_by_port(packets[0]) if is_udp and packets else 0
    with socket.socket(family, socket.SOCK_DGRAM if is_udp else socket.SOCK_STREAM) as talking:
        _bind(talking, port)
        talking.settimeout(PATIENCE)
        if not is_udp:
            talking.connect(server)
        yield Peer(talking, server, transport)


def _bind(talking: socket.socket, port: int) -> None:
    """Take the port; IPv4 has a whole network of loopback addresses, IPv6 has one."""
    if talking.family == socket.AF_INET:
        host = f"127.{random.randint(64, 254)}.{random.randint(1, 254)}.{random.randint(1, 254)}"
        talking.bind((host, port))
        return
    try:
        talking.bind(("::1", port))
    except OSError as fault:
        pytest.skip(f"port {port} of ::1 cannot be had: {fault.strerror}")


def sent_by_port(packet: bytes) -> int:
    """The port of the topmost Via."""
    found = _SENT_BY.search(packet.partition(b"\n")[2])
    if found is None:
        return 0  # so odd that nobody is answered
    return int(found["port"] or (5061 if found["transport"] == b"TLS" else 5060))
