"""SIP addresses: what they say, which are the same, whose they are (:rfc:`3261#section-19.1`)."""

from __future__ import annotations

import ipaddress
import re

import msgspec

from hereabouts.base.refusal import Malformed
from hereabouts.native.choice import messages as native
from hereabouts.sip.parameters import Parameters, write_parameters

_URI = re.compile(
    r"(?P<scheme>sips?|pres):(?:(?P<user>[^@:<>\x00-\x20\x7f]+)(?::(?P<password>[^@<>\x00-\x20\x7f]*))?@)?"
    r"(?P<host>\[[0-9A-F:.]+\]|[A-Z0-9][A-Z0-9.\-_]*)(?::(?P<port>\d{1,5}))?"
    r"(?P<parameters>(?:;[^?<>\x00-\x20\x7f]*)?)(?:\?(?P<headers>[^<>\x00-\x20\x7f]*))?",
    re.IGNORECASE | re.ASCII,
)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.!~*'()")
_USER_UNRESERVED = _UNRESERVED | frozenset("&=+$,;?/")
_MUST_MATCH = ("user", "ttl", "method", "maddr", "transport")


class MalformedUri(Malformed):
    """Text that is no URI."""


class UnsupportedScheme(MalformedUri):
    """A URI, but of a scheme that we do not serve."""


class SipUri(msgspec.Struct, frozen=True, gc=False):
    """A `sip:`, `sips:` or `pres:` URI, its escapes as they stood."""

    scheme: str
    user: str | None
    host: str
    "In lower case, without the dot of a full name; an IPv6 address keeps its brackets."
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
        if native is not None and (usual := native.uri(text)):
            return cls(*usual)
        found = _URI.fullmatch(text)
        if not found:
            raise _no_uri(text)
        scheme, user, password, host, number, parameters, headers = found.groups()
        port = int(number) if number else None
        if port is not None and not 0 < port < 65536:
            raise MalformedUri(f"{port} is not a port")
        if host[0] == "[":
            _check_ipv6(host[1:-1])
        understood = _uri_parameters(parameters) if parameters else {}
        host = host.lower().rstrip(".")
        return cls(scheme.lower(), user, host, port, understood, headers or "", password)

    @property
    def address_of_record(self) -> str:
        """Whose address this is: `sip:user@host`, canonical (:rfc:`3261#section-10.3`, step 5).

        Without port, parameters and headers; escapes that need not be are undone.
        """
        user = self.user
        if user and "%" in user:
            user = _unescaped(user, _USER_UNRESERVED)
        return f"sip:{user}@{self.host}" if user else f"sip:{self.host}"

    def equals(self, other: SipUri) -> bool:
        """Whether both name the same thing by the rules of :rfc:`3261#section-19.1.4`."""
        return (
            self.scheme == other.scheme
            and _unescaped(self.user) == _unescaped(other.user)
            and _unescaped(self.password) == _unescaped(other.password)
            and _same_host(self.host, other.host)
            and self.port == other.port
            and _same_parameters(_comparable(self.parameters), _comparable(other.parameters))
            and _comparable_headers(self.headers) == _comparable_headers(other.headers)
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


def _no_uri(text: str) -> MalformedUri:
    scheme = _SCHEME.match(text)
    if scheme and scheme.group().lower() not in ("sip:", "sips:", "pres:"):
        return UnsupportedScheme(f"the scheme {scheme.group()!r} is not served")
    return MalformedUri(f"{text[:80]!r} is not a SIP URI")


def _uri_parameters(text: str) -> Parameters:
    parameters: Parameters = {}
    for piece in filter(None, text.split(";")):
        name, equals, value = piece.partition("=")
        name = name.lower()
        if name in parameters:
            raise MalformedUri(f"the URI parameter {name!r} is there twice")
        parameters[name] = value if equals else None
    return parameters


def _check_ipv6(address: str) -> None:
    try:
        ipaddress.IPv6Address(address)
    except ValueError:
        raise MalformedUri(f"{address[:80]!r} is not an IPv6 address") from None


def _unescaped(text: str | None, plain: frozenset[str] = _UNRESERVED) -> str | None:
    """The text with the escapes of `plain` characters undone, once; the others in upper case.

    Reserved characters are not the same as their escapes (:rfc:`3261#section-19.1.4`).
    """
    if text is None or "%" not in text:
        return text

    def unescape(escape: re.Match[str]) -> str:
        character = chr(int(escape[1], 16))
        return character if character in plain else escape[0].upper()

    return _ESCAPE.sub(unescape, text)


def _comparable(parameters: Parameters) -> Parameters:
    return {
        (_unescaped(name) or "").lower(): (_unescaped(value) or "").lower()
        for name, value in parameters.items()
    }


def _comparable_headers(headers: str) -> list[str]:
    # Names in any case; values as they stand, for each header has rules of its own for them.
    pairs = ((_unescaped(pair) or "").partition("=") for pair in headers.split("&"))
    return sorted(f"{name.lower()}={value}" for name, _, value in pairs)


def _same_host(one: str, other: str) -> bool:
    if one == other:
        return True
    if one[0] == other[0] == "[":
        return ipaddress.ip_address(one[1:-1]) == ipaddress.ip_address(other[1:-1])
    return False


def _same_parameters(one: Parameters, other: Parameters) -> bool:
    for name in one.keys() | other.keys():
        if name in one and name in other:
            if one[name] != other[name]:
                return False
        elif name in _MUST_MATCH:
            return False
    return True
