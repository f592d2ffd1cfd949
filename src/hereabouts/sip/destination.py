"""What is to be located, and what we can reach: the two ends of :rfc:`3263#section-4.1`."""

from __future__ import annotations

import ipaddress
import re

import msgspec

from hereabouts.sip.records import Kind
from hereabouts.sip.uri import SipUri

# The transport that a URI means, by the one that it names and by whether its scheme is `sips`. What
# is absent cannot be: there is no TLS over UDP.
_NAMED = {
    ("UDP", False): "UDP",
    ("TCP", False): "TCP",
    ("TLS", False): "TLS",
    ("WS", False): "WS",
    ("WSS", False): "WSS",
    ("TCP", True): "TLS",
    ("TLS", True): "TLS",
    ("WS", True): "WSS",
    ("WSS", True): "WSS",
}
_UNNAMED = {False: ("UDP", "TCP"), True: ("TLS",)}

_NAME = re.compile(r"(?=.{1,253}\Z)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*", re.ASCII)


class Means(msgspec.Struct, frozen=True):
    """What we can reach."""

    transports: tuple[str, ...]
    """Those that we open flows by, in upper case, the preferred one first. Where the RFC says UDP,
    the first of UDP and TCP here is taken: with TCP first, a long request does not go by UDP."""
    families: tuple[Kind, ...] = (Kind.AAAA, Kind.A)
    "Of addresses, the preferred one first; one that is absent is not asked for."

    def reaches(self, address: str) -> bool:
        """Whether this is one host's address, of a family of ours."""
        if family_of(address) not in self.families:
            return False
        read = ipaddress.ip_address(address)
        return not (read.is_multicast or read.is_unspecified)


class Destination(msgspec.Struct, frozen=True, gc=False):
    """What is to be located."""

    host: str
    "The TARGET of section 4: a name or an address, in lower case, without brackets."
    port: int | None = None
    transport: str | None = None
    "In upper case, if one is named."
    is_secure: bool = False
    "Whether nothing but TLS will do: the scheme is `sips`."

    @classmethod
    def of(cls, uri: SipUri) -> Destination:
        """The server that a URI, of a request or of its Route, leads to (section 4)."""
        host = uri.parameters.get("maddr") or uri.host
        return cls(_plain(host), uri.port, uri.transport, uri.scheme == "sips")

    @property
    def is_numeric(self) -> bool:
        """Whether the host is an address."""
        return family_of(self.host) is not None

    def transports(self, means: Means) -> tuple[str, ...]:
        """Those that may be chosen, the preferred one first: just the one that is named, if any.

        Who speaks nothing but TLS goes by it wherever none is named.
        """
        if self.transport is None:
            fitting = _UNNAMED[self.is_secure]
            found = tuple(each for each in means.transports if each in fitting)
            return found or tuple(each for each in means.transports if each == "TLS")
        named = _NAMED.get((self.transport, self.is_secure))
        return (named,) if named is not None and named in means.transports else ()

    def obstacle(self, means: Means) -> str:
        """Why it cannot be located, whatever the DNS says; empty: nothing is in the way."""
        host = self.host
        if self.is_numeric:
            fault = "" if means.reaches(host) else f"no way leads to {host}"
        elif host.endswith(".invalid"):
            fault = f"{host} is nowhere"  # nor is the DNS asked (RFC 7118 section 8.1)
        else:
            fault = "" if is_name(host) else f"{host[:80]!r} is not a host"
        if fault or self.transports(means):
            return fault
        by = f" by {self.transport[:20]}" if self.transport else ""
        return f"no way leads to {host}{by}{' with TLS' if self.is_secure else ''}"


def family_of(host: str) -> Kind | None:
    """The type of records that have addresses like this one; `None`: it is no address."""
    try:
        return Kind.A if ipaddress.ip_address(host).version == 4 else Kind.AAAA
    except ValueError:
        return None


def is_name(host: str) -> bool:
    """Whether the DNS can be asked for a host of this name (:rfc:`1035#section-2.3.4`)."""
    return _NAME.fullmatch(host) is not None


def _plain(host: str) -> str:
    host = host.lower()
    return host[1:-1] if host.startswith("[") else host.removesuffix(".")
