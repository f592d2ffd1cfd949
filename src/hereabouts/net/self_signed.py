"""A certificate that a server makes for itself, so that TLS can be tried without further ado."""

from __future__ import annotations

import ipaddress
import os
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from hereabouts.base.units import Timestamp

LIFETIME = timedelta(days=825)
"More is refused by some systems, whoever has signed it."

RENEWED_BEFORE = timedelta(days=30)
"A certificate that ends sooner than that is made anew."


def have_self_signed(certificate: Path, key: Path, names: frozenset[str], now: Timestamp) -> None:
    """Have two PEM files, of a certificate for these names and addresses and of its key.

    What is there already is kept as long as it lasts and has all the names.

    Raises:
        OSError: they cannot be written.
    """
    at = datetime.fromtimestamp(now, UTC)
    if key.exists() and _serves(certificate, names, at):
        return
    private = ec.generate_private_key(ec.SECP256R1())
    _write(
        key,
        private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
        mode=0o600,
    )
    made = _made(private, names, at)
    _write(certificate, made.public_bytes(serialization.Encoding.PEM), mode=0o644)


def _serves(certificate: Path, names: frozenset[str], at: datetime) -> bool:
    with suppress(OSError, ValueError):
        found = x509.load_pem_x509_certificate(certificate.read_bytes())
        named = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        return (
            set(_all_named(names)) <= set(named) and found.not_valid_after_utc - at > RENEWED_BEFORE
        )
    return False


def _made(
    private: ec.EllipticCurvePrivateKey, names: frozenset[str], at: datetime
) -> x509.Certificate:
    named = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Hereabouts, self-signed")])
    usages = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    public = private.public_key()
    return (
        x509.CertificateBuilder()
        .subject_name(named)
        .issuer_name(named)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(days=1))  # clocks of phones differ
        .not_valid_after(at + LIFETIME)
        .add_extension(x509.SubjectAlternativeName(_all_named(names)), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .sign(private, hashes.SHA256())
    )


def _all_named(names: frozenset[str]) -> list[x509.GeneralName]:
    """All names; addresses as DNS names too, as phones built on mbedTLS look for nothing else."""
    dns: list[x509.GeneralName] = [x509.DNSName(name) for name in sorted(names)]
    return dns + [x509.IPAddress(address) for address in map(_address, sorted(names)) if address]


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None


def _write(path: Path, content: bytes, *, mode: int) -> None:
    """Replace a file by one that nobody has seen half of."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    opened = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(opened, "wb") as file:
        file.write(content)
    fresh.replace(path)
