"""An authority that signs certificates for tests, in a moment and in a folder of the test's."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def _names(text: str) -> list[x509.GeneralName]:
    if text.startswith("sip:"):
        return [x509.UniformResourceIdentifier(text)]
    try:
        return [x509.IPAddress(ipaddress.ip_address(text)), x509.DNSName(text)]
    except ValueError:
        return [x509.DNSName(text)]


def _named(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


class Authority:
    """Signs certificates; `file` has its own, for those who are to believe it."""

    def __init__(self, folder: Path, name: str = "authority") -> None:
        self._folder = folder
        self._name = name
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._signed = 0
        made = self._builder(_named(name), self._key.public_key(), days=2).add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True
        )
        self.file = folder / f"{name}.crt"
        self.file.write_bytes(
            made.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        )

    def sign(self, *names: str, days: int = 1, into: Path | None = None) -> Path:
        """A PEM file with a certificate for these names, and its key."""
        self._signed += 1
        key = ec.generate_private_key(ec.SECP256R1())
        builder = self._builder(_named(f"number {self._signed}"), key.public_key(), days=days)
        builder = builder.add_extension(_all_named(names), critical=False)
        made = builder.sign(self._key, hashes.SHA256())
        written = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        path = into or self._folder / f"{self._name}-{self._signed}.pem"
        path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + written)
        return path

    def _builder(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey, *, days: int
    ) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        end = now + timedelta(days=days)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(_named(self._name))
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(min(now, end) - timedelta(days=1))
            .not_valid_after(end)
        )


def _all_named(names: Iterable[str]) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName([each for name in names for each in _names(name)])
