"""The values that name a host: where to listen, and where others are."""

from __future__ import annotations

import ipaddress
import re
from contextlib import suppress

from msgspec import Struct

from hereabouts.base.refusal import Malformed

DOMAIN = re.compile(r"([a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])")

_HOST_AND_PORT = re.compile(
    r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(?::(?P<port>[0-9]{1,5}))?"
)

TRANSPORTS = ("UDP", "TCP", "TLS", "WS", "WSS")
"What the server can listen on."

BETWEEN_SERVERS = ("UDP", "TCP", "TLS")
"What servers and agents can be reached by: nobody can connect to a browser."


class HostPort(Struct, frozen=True, gc=False):
    """A host, and a port if one is named, as in `sip.example.com:5060` or `[::1]`."""

    host: str
    "A name or an address, in lower case; an IPv6 address without its brackets."
    port: int | None = None

    @classmethod
    def parse(cls, text: str) -> HostPort:
        """The host and port that `text` spells.

        Raises:
            Malformed: it spells none.
        """
        found = _HOST_AND_PORT.fullmatch(text)
        if not found:
            raise Malformed(f"{text[:80]!r} is not a host and port")
        port = int(found["port"]) if found["port"] else None
        if port is not None and port > 65535:
            raise Malformed(f"{port} is not a port")
        return cls(_host(found["host"]), port)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port is None else f"{host}:{self.port}"


class Listen(Struct, frozen=True, gc=False):
    """A transport and the local address to listen at, as in `udp:127.0.0.1:5060`."""

    transport: str
    "In upper case, one of `TRANSPORTS`."
    host: str
    "A name or an address, in lower case; an IPv6 address without its brackets."
    port: int
    "0: one that the system chooses."

    @classmethod
    def parse(cls, text: str) -> Listen:
        """The transport and address that `text` spells.

        Raises:
            Malformed: it spells none.
        """
        transport, _, address = text.partition(":")
        at = HostPort.parse(address)
        if transport.upper() not in TRANSPORTS or at.port is None:
            raise Malformed(f"{text[:80]!r} is not a transport, a host and a port")
        return cls(transport.upper(), at.host, at.port)

    def __str__(self) -> str:
        return f"{self.transport.lower()}:{HostPort(self.host, self.port)}"


class NextHop(Struct, frozen=True, gc=False):
    """A server that requests are passed on to, as in `tcp:127.0.0.12:5060`."""

    transport: str
    "In upper case, one of `BETWEEN_SERVERS`."
    host: str
    "An address: it is by its address that a server is known again."
    port: int

    @classmethod
    def parse(cls, text: str) -> NextHop:
        """The server that `text` spells.

        Raises:
            Malformed: it spells none, or names it.
        """
        at = Listen.parse(text)
        if at.transport not in BETWEEN_SERVERS:
            raise Malformed("nobody can connect to what connects by WebSocket")
        if at.port == 0:
            raise Malformed("0 is no port to send to")
        try:
            address = ipaddress.ip_address(at.host)
        except ValueError:
            raise Malformed(f"{at.host!r} is not an address") from None
        if address.is_unspecified:
            raise Malformed(f"{at.host} is nobody's address")
        return cls(at.transport, at.host, at.port)

    def __str__(self) -> str:
        return str(Listen(self.transport, self.host, self.port))


class Peer(Struct, frozen=True, gc=False):
    """The server of a domain, as in `b.example=tcp:127.0.0.12:5060`."""

    domain: str
    transport: str
    "In upper case, one of `BETWEEN_SERVERS`."
    host: str
    "An address: who comes from it is believed, or by TLS, who has the domain's certificate."
    port: int

    @classmethod
    def parse(cls, text: str) -> Peer:
        """The domain and the server that `text` spells.

        Raises:
            Malformed: it spells none.
        """
        domain, _, server = text.partition("=")
        if not DOMAIN.fullmatch(domain):
            raise Malformed(f"{domain[:80]!r} is not a domain in small letters")
        at = NextHop.parse(server)
        return cls(domain, at.transport, at.host, at.port)

    @classmethod
    def of_table(cls, table: dict[str, object]) -> Peer:
        """The same from a table with `domain`, `transport`, `host` and `port`.

        Raises:
            Malformed: it is no such table.
        """
        if table.keys() != {"domain", "transport", "host", "port"}:
            raise Malformed("a peer has a domain, a transport, a host and a port")
        host = str(table["host"])
        written = f"[{host}]" if ":" in host and not host.startswith("[") else host
        return cls.parse(f"{table['domain']}={table['transport']}:{written}:{table['port']}")

    def __str__(self) -> str:
        return f"{self.domain}={NextHop(self.transport, self.host, self.port)}"


class Url(Struct, frozen=True, gc=False):
    """An HTTP server, as in `http://127.0.0.1:8181` or `https://policy.example.com`."""

    is_secure: bool
    "Whether it is `https`."
    host: str
    "A name or an address, in lower case; an IPv6 address without its brackets."
    port: int

    @classmethod
    def parse(cls, text: str) -> Url:
        """The server that `text` spells.

        Raises:
            Malformed: it spells none.
        """
        scheme, _, authority = text.removesuffix("/").partition("://")
        if scheme not in ("http", "https"):
            raise Malformed(f"{text[:80]!r} is not the URL of a server")
        at = HostPort.parse(authority)
        is_secure = scheme == "https"
        return cls(is_secure, at.host, at.port or (443 if is_secure else 80))

    def __str__(self) -> str:
        return f"{'https' if self.is_secure else 'http'}://{HostPort(self.host, self.port)}"


def _host(text: str) -> str:
    """The host in lower case and without brackets; what looks like an address must be one."""
    host = text.strip("[]").lower()
    with suppress(ValueError):
        return str(ipaddress.ip_address(host))
    if text.startswith("[") or re.fullmatch(r"[0-9.]+", host):
        raise Malformed(f"{host!r} is not an address")
    return host
