"""A client of bytes: it sends what it is given, and reads what comes with a reader of its own."""

from __future__ import annotations

import socket
from itertools import count
from types import TracebackType
from typing import Self

import msgspec

from tests.interop.running import DOMAIN, HOST, RunningServer

PATIENCE = 5.0
"How long to wait for what must come, in seconds."

_COMPACT = {"v": "via", "t": "to", "f": "from", "i": "call-id", "m": "contact", "o": "event"}
_numbers = count(1)


class Message(msgspec.Struct, frozen=True):
    """What came: the first line, the headers by their small names, and the body."""

    start: str
    headers: dict[str, list[str]]
    body: bytes

    @property
    def status(self) -> int:
        """The status of a response; 0 of a request."""
        word, _, rest = self.start.partition(" ")
        return int(rest[:3]) if word == "SIP/2.0" else 0

    def __getitem__(self, name: str) -> str:
        """The only value of a header."""
        (value,) = self.headers[name]
        return value


class Wire:
    """One socket to a server, and names that nobody else uses.

    Messages are written with bare line ends, and with the names in braces: `{alice}` and `{bob}`
    are users, `{own}` is our port, `{port}` the server's, `{unique}` differs with each message,
    `{dialog}` with each wire, and `{length}` is that of the body.
    """

    def __init__(self, server: RunningServer, transport: str = "UDP") -> None:
        self.transport = transport
        self._kind = socket.SOCK_DGRAM if transport == "UDP" else socket.SOCK_STREAM
        self._peer = (HOST, server.ports[transport])
        self._buffer = b""
        self.last = b""
        "The datagram that came last."
        number = next(_numbers)
        self.names = {
            "alice": f"alice{number}",
            "bob": f"bob{number}",
            "dialog": f"dialog{number}",
            "domain": DOMAIN,
            "host": HOST,
            "port": str(self._peer[1]),
            "transport": transport,
        }

    def __enter__(self) -> Self:
        self._socket = socket.socket(socket.AF_INET, self._kind)
        self._socket.bind((HOST, 0))
        self._socket.settimeout(PATIENCE)
        self._socket.connect(self._peer)
        self.names["own"] = str(self._socket.getsockname()[1])
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._socket.close()

    def write(self, text: str, **more: str) -> bytes:
        """The bytes of a message."""
        head, _, body = text.partition("\n\n")
        names = {**self.names, "unique": f"u{next(_numbers)}", **more}
        body = _fill(body, names)
        head = _fill(head.strip("\n"), {**names, "length": str(len(body.encode()))})
        return (head.replace("\n", "\r\n") + "\r\n\r\n" + body).encode()

    def send(self, text: str, **more: str) -> None:
        """Send a message; `more` are names besides those that a wire has."""
        self.send_bytes(self.write(text, **more))

    def send_bytes(self, packet: bytes) -> None:
        """Send bytes as they are."""
        self._socket.sendall(packet)

    def receive(self) -> Message:
        """The next message; one that is only sent again, because we were slow, is passed over.

        Raises:
            TimeoutError: there is none.
            ConnectionError: the connection is closed.
        """
        if self.transport == "UDP":
            last = self.last
            while self.receive_bytes() == last:
                continue
            return parse(self.last)
        while b"\r\n\r\n" not in self._buffer:
            self._more()
            self._buffer = self._buffer.lstrip(b"\r\n")  # pongs
        head = self._buffer.partition(b"\r\n\r\n")[0]
        length = len(head) + 4 + int(parse(head + b"\r\n\r\n")["content-length"])
        while len(self._buffer) < length:
            self._more()
        message, self._buffer = self._buffer[:length], self._buffer[length:]
        return parse(message)

    def receive_bytes(self) -> bytes:
        """The next datagram as it stands, also one that was sent before."""
        self.last = self._socket.recv(65535)
        return self.last

    def _more(self) -> None:
        piece = self._socket.recv(65535)
        if not piece:
            raise ConnectionError
        self._buffer += piece

    def pending(self) -> bytes:
        """What has come by now: of datagrams the first, of a stream all."""
        self._socket.settimeout(0)
        try:
            return self._socket.recv(65535)
        except (BlockingIOError, ConnectionError):
            return b""
        finally:
            self._socket.settimeout(PATIENCE)

    def ask(self, text: str, **more: str) -> Message:
        """The answer to a request."""
        self.send(text, **more)
        return self.receive()

    def is_silent(self, seconds: float) -> bool:
        """Whether nothing comes for so long."""
        self._socket.settimeout(seconds)
        try:
            self._socket.recv(65535)
        except TimeoutError:
            return True
        finally:
            self._socket.settimeout(PATIENCE)
        return False

    def answer(self, request: Message, status: str = "200 OK", more: str = "") -> None:
        """Answer a request; `more` are further header lines, each ended by a line end."""
        self.send_bytes(self.answer_to(request, status, more))

    def answer_to(self, request: Message, status: str, more: str) -> bytes:
        """The bytes of an answer, which is not sent."""
        names = (("Via", "via"), ("From", "from"), ("To", "to"))
        rows = [f"{name}: {value}" for name, key in names for value in request.headers[key]]
        rows += [f"Call-ID: {request['call-id']}", f"CSeq: {request['cseq']}"]
        head = "\r\n".join([f"SIP/2.0 {status}", *rows, *more.splitlines()])
        return f"{head}\r\n\r\n".encode()


def parse(packet: bytes) -> Message:
    """The message in these bytes."""
    head, _, body = packet.partition(b"\r\n\r\n")
    start, *rows = head.decode().split("\r\n")
    headers: dict[str, list[str]] = {}
    for row in rows:
        name, _, value = row.partition(":")
        key = _COMPACT.get(name.strip().lower(), name.strip().lower())
        headers.setdefault(key, []).append(value.strip())
    return Message(start, headers, body)


def _fill(text: str, names: dict[str, str]) -> str:
    for name, value in names.items():
        text = text.replace(f"{{{name}}}", value)
    return text
