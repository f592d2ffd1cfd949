"""The certificate that a server makes for itself."""

from __future__ import annotations

import ssl
import stat
from pathlib import Path

import pytest
from cryptography import x509

from hereabouts.base.units import Timestamp
from hereabouts.net.certificates import Certificates, Files
from hereabouts.net.self_signed import LIFETIME, RENEWED_BEFORE, have_self_signed

NAMES = frozenset({"example.com", "localhost", "127.0.0.1", "::1"})
NOW = Timestamp(1_800_000_000.0)
DAY = 86400.0


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    return tmp_path / "h-tls.crt", tmp_path / "h-tls.key"


def test_it_can_be_served_and_trusted(files: tuple[Path, Path]) -> None:
    have_self_signed(*files, NAMES, NOW)
    certificate, key = map(str, files)
    assert Certificates(Files(certificate, key, authority=certificate)).can_serve
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.load_verify_locations(certificate)


def test_addresses_stand_in_it_as_names_too(files: tuple[Path, Path]) -> None:
    """Linphone, on mbedTLS, knows no address in a certificate but one that is written as a name."""
    have_self_signed(*files, NAMES, NOW)
    found = x509.load_pem_x509_certificate(files[0].read_bytes())
    named = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert set(named.get_values_for_type(x509.DNSName)) == NAMES
    assert set(map(str, named.get_values_for_type(x509.IPAddress))) == {"127.0.0.1", "::1"}


def test_nobody_else_can_read_its_key(files: tuple[Path, Path]) -> None:
    have_self_signed(*files, NAMES, NOW)
    assert stat.S_IMODE(files[1].stat().st_mode) == 0o600


LASTS = LIFETIME.total_seconds() - RENEWED_BEFORE.total_seconds()

KEPT = [
    (NAMES, LASTS - DAY, True, "it lasts"),
    (NAMES, LASTS + DAY, False, "it will soon be over"),
    (NAMES - {"localhost"}, 0.0, True, "it has more names than needed"),
    (NAMES | {"example.org"}, 0.0, False, "another domain is served"),
]


@pytest.mark.parametrize(
    "names, later, is_kept", [row[:3] for row in KEPT], ids=[row[3] for row in KEPT]
)
def test_it_is_made_anew_when_it_does_not_serve_any_more(
    names: frozenset[str], later: float, *, is_kept: bool, files: tuple[Path, Path]
) -> None:
    have_self_signed(*files, NAMES, NOW)
    before = [file.read_bytes() for file in files]
    have_self_signed(*files, names, Timestamp(NOW + later))
    assert ([file.read_bytes() for file in files] == before) is is_kept


@pytest.mark.parametrize("lost", [0, 1])
def test_both_are_made_anew_when_one_is_lost(lost: int, files: tuple[Path, Path]) -> None:
    have_self_signed(*files, NAMES, NOW)
    files[lost].unlink()
    have_self_signed(*files, NAMES, NOW)
    assert Certificates(Files(*map(str, files))).can_serve


def test_what_is_no_certificate_is_replaced(files: tuple[Path, Path]) -> None:
    for file in files:
        file.write_text("spoilt", encoding="ascii")
    have_self_signed(*files, NAMES, NOW)
    assert Certificates(Files(*map(str, files))).can_serve
