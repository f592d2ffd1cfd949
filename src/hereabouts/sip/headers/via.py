"""Via: the way back (:rfc:`3261#section-20.42`, :rfc:`3581`)."""

from __future__ import annotations

import re
from functools import lru_cache

import msgspec

from hereabouts.native.choice import messages as native
from hereabouts.sip.parameters import (
    CACHED,
    MalformedHeader,
    Parameters,
    parse_parameters,
    write_parameters,
)

COOKIE = "z9hG4bK"
"What the branch of every RFC 3261 element begins with."

_VIA = re.compile(
    r"\s*SIP\s*/\s*(?P<version>\d+\.\d+)\s*/\s*(?P<transport>[\w.!%*+`'~-]+)\s+"
    r"(?P<host>\[[^\]\s]+\]|[^\s;:,\[\]]+)\s*(?::\s*(?P<port>\d{1,5})\s*)?",
    re.IGNORECASE | re.ASCII,
)
DEFAULT_PORT = {"UDP": 5060, "TCP": 5060, "TLS": 5061, "WS": 80, "WSS": 443}


class Via(msgspec.Struct, frozen=True, gc=False):
    """One hop that a request has made."""

    transport: str
    "In upper case, such as `UDP`."
    host: str
    port: int | None
    parameters: Parameters
    version: str = "2.0"
    "Of SIP; any is understood here, so that a request of another can be told so (505)."

    @classmethod
    def parse(cls, text: str) -> Via:
        """The hop that `text` spells.

        Raises:
            MalformedHeader: it spells none.
        """
        if native is not None and (usual := native.via(text)):
            return cls(*usual)
        sent, semicolon, parameters = text.partition(";")
        read = _sent if len(sent) < CACHED else _sent.__wrapped__
        version, transport, host, port = read(sent)
        return cls(transport, host, port, parse_parameters(semicolon + parameters), version)

    @property
    def branch(self) -> str | None:
        """The transaction's name on this hop; `None` if absent or empty."""
        return self.parameters.get("branch") or None

    @property
    def sent_by(self) -> str:
        """Host in lower case and port, the default port filled in."""
        return f"{self.host.lower()}:{self.sent_port}"

    @property
    def sent_port(self) -> int:
        """The port of sent-by, the transport's default if none is written."""
        return self.port or DEFAULT_PORT.get(self.transport, 5060)

    def __str__(self) -> str:
        port = f":{self.port}" if self.port is not None else ""
        sent_by = f"SIP/{self.version}/{self.transport} {self.host}{port}"
        return sent_by + write_parameters(self.parameters)


@lru_cache(maxsize=1024)  # a peer has always the same sent-by
def _sent(text: str) -> tuple[str, str, str, int | None]:
    """Version, transport, host and port of what stands before the parameters."""
    found = _VIA.fullmatch(text)
    if not found:
        raise MalformedHeader(f"{text[:80]!r} is not a Via")
    version, transport, host, number = found.groups()
    port = int(number) if number else None
    if port is not None and not 0 < port < 65536:
        raise MalformedHeader(f"{port} is not a port")
    return version, transport.upper(), host, port
