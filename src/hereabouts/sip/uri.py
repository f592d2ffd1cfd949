"""SIP addresses: what a URI says, when two are the same, and whose it is (:rfc:`3261#section-19.1`)."""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache

import msgspec

from hereabouts.base.refusal import Malformed
from hereabouts.sip.parameters import Parameters, write_parameters

_URI = re.compile(
    r"(?P<scheme>sips?|pres):(?:(?P<user>[^@:;?<>\s]*(?:;[^@:?<>\s]*)?)(?::(?P<password>[^@<>\s]*))?@)?"
    r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9.\-_]*))(?::(?P<port>\d{1,5}))?"
    r"(?P<parameters>(?:;[^?<>\s]*)?)(?:\?(?P<headers>[^<>\s]*))?",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_PLAIN = re.compile(r"[A-Za-z0-9\-_.!~*'()&=+$,;?/]*")
_MUST_MATCH = ("user", "ttl", "method", "maddr", "transport")


class MalformedUri(Malformed):
    """Text that is no URI."""


class UnsupportedScheme(MalformedUri):
    """A URI, but of a scheme that we do not serve."""


class SipUri(msgspec.Struct, frozen=True):
    """A `sip:`, `sips:` or `pres:` URI, its escapes as they stood."""

    scheme: str
    user: str | None
    host: str
    "In lower case; an IPv6 address keeps its brackets."
    port: int | None
    parameters: Parameters
    headers: str
    password: str | None = None

    @classmethod
    def parse(cls, text: str) -> SipUri:
        """The URI that `text` spells, without angle brackets.

        Raises:
            UnsupportedScheme: a URI of another scheme.
            MalformedUri: anything else that is not a SIP URI.
        """
        return _parse(text)

    @property
    def address_of_record(self) -> str:
        """Whose address this is: `sip:user@host`, canonical (:rfc:`3261#section-10.3`, step 5).

        Without port, parameters and headers; escapes that need not be are undone.
        """
        return f"sip:{_canonical(self.user)}@{self.host}" if self.user else f"sip:{self.host}"

    def equals(self, other: SipUri) -> bool:
        """Whether both name the same thing by the rules of :rfc:`3261#section-19.1.4`."""
        return (
            self.scheme == other.scheme
            and _canonical(self.user) == _canonical(other.user)
            and self.password == other.password
            and _same_host(self.host, other.host)
            and self.port == other.port
            and _same_parameters(self.parameters, other.parameters)
            and sorted(self.headers.split("&")) == sorted(other.headers.split("&"))
        )

    @property
    def transport(self) -> str | None:
        """The transport asked for, in upper case."""
        value = self.parameters.get("transport")
        return value.upper() if value else None

    def __str__(self) -> str:
        password = f":{self.password}" if self.password is not None else ""
        user = f"{self.user}{password}@" if self.user is not None else ""
        port = f":{self.port}" if self.port is not None else ""
        headers = f"?{self.headers}" if self.headers else ""
        return f"{self.scheme}:{user}{self.host}{port}{write_parameters(self.parameters)}{headers}"


@lru_cache(maxsize=8192)  # a server sees the same few addresses over and over: 3 us become 0.1
def _parse(text: str) -> SipUri:
    found = _URI.fullmatch(text)
    if not found:
        scheme = _SCHEME.match(text)
        if scheme and scheme.group().lower() not in ("sip:", "sips:", "pres:"):
            raise UnsupportedScheme(f"the scheme {scheme.group()!r} is not served")
        raise MalformedUri(f"{text[:80]!r} is not a SIP URI")
    port = int(found["port"]) if found["port"] else None
    if port is not None and not 0 < port < 65536:
        raise MalformedUri(f"{port} is not a port")
    return SipUri(
        scheme=found["scheme"].lower(),
        user=found["user"] or None,
        host=found["host"].lower(),
        port=port,
        parameters=_uri_parameters(found["parameters"]),
        headers=found["headers"] or "",
        password=found["password"],
    )


def _uri_parameters(text: str) -> Parameters:
    parameters: Parameters = {}
    for piece in filter(None, text.split(";")):
        name, equals, value = piece.partition("=")
        name = name.lower()
        if name in parameters:
            raise MalformedUri(f"the URI parameter {name!r} is there twice")
        parameters[name] = value if equals else None
    return parameters


def _canonical(user: str | None) -> str:
    """The user part with every escape undone that needs none, once."""
    if not user or "%" not in user:
        return user or ""

    def plain(escape: re.Match[str]) -> str:
        character = chr(int(escape[1], 16))
        return character if _PLAIN.fullmatch(character) else f"%{escape[1].upper()}"

    return _ESCAPE.sub(plain, user)


def _same_host(one: str, other: str) -> bool:
    if one == other:
        return True
    if one[0] == other[0] == "[":
        return ipaddress.ip_address(one[1:-1]) == ipaddress.ip_address(other[1:-1])
    return False


def _same_parameters(one: Parameters, other: Parameters) -> bool:
    for name in one.keys() | other.keys():
        if name in one and name in other:
            if (one[name] or "").lower() != (other[name] or "").lower():
                return False
        elif name in _MUST_MATCH:
            return False
    return True
