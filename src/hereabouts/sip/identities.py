"""Which domains a certificate speaks for (:rfc:`5922#section-7`)."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any

from hereabouts.base.refusal import Malformed
from hereabouts.sip.uri import SipUri

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address

Certificate = Mapping[str, Any]
"A certificate that has been found valid, as `ssl.SSLSocket.getpeercert` decodes it."


def identities(certificate: Certificate) -> tuple[str, ...]:
    """The SIP domains of a certificate, in lower case (:rfc:`5922#section-7.1`).

    Those of its `sip` URIs count alone; without any, its DNS names, but for addresses, which stand
    among them for phones that look nowhere else; without a subjectAltName at all, its common name.
    """
    names = certificate.get("subjectAltName")
    if not names:
        return tuple(_common_names(certificate))
    uris = [host for kind, value in names if kind == "URI" if (host := _domain(value))]
    hosts = [_plain(value) for kind, value in names if kind == "DNS" and not _address(value)]
    return tuple(dict.fromkeys(uris or hosts))


def speaks_for(certificate: Certificate, name: str) -> bool:
    """Whether a certificate is that of the domain or host `name`.

    Names are compared whole, whatever their case; a wildcard stands for nothing but itself
    (:rfc:`5922#section-7.2`). An address must be among the addresses that the certificate names.
    """
    address = _address(name.strip("[]"))
    if address is None:
        return _plain(name) in identities(certificate)
    return address in _addresses(certificate)


def _domain(uri: str) -> str | None:
    """The host of a `sip` URI without a user; `None`: it is another."""
    try:
        parsed = SipUri.parse(uri)
    except Malformed:
        return None
    return _plain(parsed.host) if parsed.scheme == "sip" and parsed.user is None else None


def _common_names(certificate: Certificate) -> Iterator[str]:
    for attributes in certificate.get("subject", ()):
        for name, value in attributes:
            if name == "commonName":
                yield _plain(value)


def _addresses(certificate: Certificate) -> Iterator[_Address | None]:
    for kind, value in certificate.get("subjectAltName", ()):
        if kind == "IP Address":  # perhaps of a length that no address has
            yield _address(value.strip())


def _address(text: str) -> _Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _plain(name: str) -> str:
    return name.lower().removesuffix(".")
