"""A server by TLS and WebSockets on loopback, and peers that write their SIP by hand."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from hereabouts.base.journal import Silence
from hereabouts.client import Server
from hereabouts.config import load
from hereabouts.sip.message import Request, Response
from hereabouts.sip.reader import read
from tests.net.authority import Authority
from tests.net.browser import Connected
from tests.net.stage import HOST, closed

DOMAIN = "example.com"


def settings_of(authority: Authority, domain: str, *assignments: str) -> list[str]:
    """Settings of a lab with a certificate."""
    certificate = authority.sign(domain, "localhost", HOST)
    return [
        "auth.mode=none",
        "presence.notify_interval=0",
        f"tls.certificate={certificate}",
        f"tls.authority={authority.file}",
        *assignments,
    ]


def secure_server(
    authority: Authority,
    *assignments: str,
    listen: tuple[str, ...] = ("tls", "wss", "ws", "udp"),
    domain: str = DOMAIN,
) -> Server:
    """A server that believes everybody, and tells each change at once."""
    places = [f"{transport}:{HOST}:0" for transport in listen]
    chosen = settings_of(authority, domain, *assignments)
    settings = load(None, {}, chosen, domain=[domain], store=":memory:", listen=places)
    return Server(settings, Silence())


def port(server: Server, transport: str) -> int:
    """Where it listens by this transport."""
    return next(each.port for each in server.listening if each.transport == transport)


def trusting(authority: Authority, own: Path | None = None) -> ssl.SSLContext:
    """The TLS of a peer who believes the authority, and may have a certificate himself."""
    context = ssl.create_default_context(cafile=authority.file)
    if own is not None:
        context.load_cert_chain(own)
    return context


class Wire:
    """A connection by TLS on which whole messages are read."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def send(self, message: bytes) -> None:
        """Send a message."""
        self._writer.write(message)

    async def receive(self) -> bytes:
        """The next message; raises `EOFError` when the connection is closed."""
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        return head + await self._reader.readexactly(length)


@asynccontextmanager
async def wire(
    to: int, tls: ssl.SSLContext, *, name: str = DOMAIN, host: str = HOST
) -> AsyncIterator[Wire]:
    """A connection by TLS to a server that has to have this name."""
    reader, writer = await asyncio.open_connection(host, to, ssl=tls, server_hostname=name)
    try:
        yield Wire(reader, writer)
    finally:
        await closed(writer)


def message(start: str, *rows: str, body: str = "", length: bool = True) -> bytes:
    """A message of these rows."""
    last = [f"Content-Length: {len(body)}"] if length else []
    return "\r\n".join([start, *rows, *last, "", body]).encode()


def asked(
    method: str,
    uri: str,
    *rows: str,
    via: str = "TLS 192.0.2.9:5061",
    user: str = "bob",
    number: int = 1,
    body: str = "",
    length: bool = True,
) -> bytes:
    """A request outside of any dialog."""
    return message(
        f"{method} {uri} SIP/2.0",
        f"Via: SIP/2.0/{via};branch=z9hG4bK{method}{number}",
        "Max-Forwards: 70",
        f"From: <sip:{user}@{DOMAIN}>;tag=f{number}",
        f"To: <{uri}>",
        f"Call-ID: call-{user}-{number}",
        f"CSeq: {number} {method}",
        *rows,
        body=body,
        length=length,
    )


async def response(peer: Wire | Connected) -> Response:
    """The next message, which has to be a response."""
    found = read(await peer.receive())
    assert isinstance(found, Response), found
    return found


async def request(peer: Wire | Connected) -> Request:
    """The next message, which has to be a request; it is answered with 200."""
    found = read(await peer.receive())
    assert isinstance(found, Request), found
    rows = [f"Via: {value}" for value in found.headers["via"]]
    named = ("from", "to", "call-id", "cseq")
    rows += [f"{name.title()}: {found.headers[name][0]}" for name in named]
    peer.send(message("SIP/2.0 200 OK", *rows))
    return found
