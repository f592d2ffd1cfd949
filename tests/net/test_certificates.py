"""The contexts that PEM files make, and that new files replace."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path
from typing import Any

import pytest

from hereabouts.base.journal import Grade
from hereabouts.net.certificates import TELL_EVERY, BadCertificate, Certificates, Files
from hereabouts.sip.identities import identities
from tests.net.authority import Authority
from tests.net.stage import run


class Diary:
    """A journal that can be read."""

    def __init__(self) -> None:
        self.events: list[tuple[Grade, str]] = []
        self.fields: list[dict[str, Any]] = []

    def say(self, grade: Grade, event: str, **fields: object) -> None:
        self.events.append((grade, event))
        self.fields.append(fields)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def presented(context: ssl.SSLContext, authority: Authority) -> str:
    """The one name in the certificate that a server with this context shows."""
    trusting = ssl.create_default_context(cafile=authority.file)
    trusting.check_hostname = False
    there, here = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = context.wrap_bio(there, here, server_side=True)
    client = trusting.wrap_bio(here, there)
    sides = [client, server]
    while sides:
        for side in list(sides):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
            sides.remove(side)
    certificate = client.getpeercert()
    assert certificate
    return ", ".join(identities(certificate))


def test_without_files_tls_can_be_begun_and_not_be_served() -> None:
    certificates = Certificates()
    assert not certificates.can_serve
    assert certificates.client.verify_mode is ssl.CERT_REQUIRED
    assert certificates.client is certificates.client


def test_nothing_older_than_tls_1_2_is_spoken(authority: Authority) -> None:
    certificates = Certificates(Files(str(authority.sign("a.example"))))
    for context in (certificates.server, certificates.web, certificates.client):
        assert context.minimum_version is ssl.TLSVersion.TLSv1_2
        assert context.options & ssl.OP_NO_RENEGOTIATION


ASKS = [ssl.CERT_NONE, ssl.CERT_OPTIONAL, ssl.CERT_REQUIRED]


@pytest.mark.parametrize("asks", ASKS)
def test_sip_asks_for_certificates_as_it_is_told_and_browsers_are_never_asked(
    asks: ssl.VerifyMode, authority: Authority
) -> None:
    files = Files(str(authority.sign("a.example")), authority=str(authority.file))
    certificates = Certificates(files, asks=asks)
    assert certificates.server.verify_mode is asks
    assert certificates.web.verify_mode is ssl.CERT_NONE


def test_certificate_and_key_may_be_two_files(authority: Authority, tmp_path: Path) -> None:
    both = authority.sign("a.example").read_text(encoding="ascii")
    begin = both.index("-----BEGIN PRIVATE KEY")
    (tmp_path / "crt").write_text(both[:begin], encoding="ascii")
    (tmp_path / "key").write_text(both[begin:], encoding="ascii")
    certificates = Certificates(Files(str(tmp_path / "crt"), str(tmp_path / "key")))
    assert presented(certificates.server, authority) == "a.example"


def test_files_that_cannot_be_used_are_said_with_what_to_do(
    authority: Authority, tmp_path: Path
) -> None:
    good, other = authority.sign("a.example"), authority.sign("b.example")
    key = tmp_path / "key"
    text = other.read_text(encoding="ascii")
    key.write_text(text[text.index("-----BEGIN PRIVATE KEY") :], encoding="ascii")
    (tmp_path / "poor").write_text("no certificate", encoding="ascii")
    for files, fault in (
        (Files(str(tmp_path / "nowhere")), "No such file"),
        (Files(str(tmp_path / "poor")), "cannot use the certificates in"),
        (Files(str(good), str(key)), "(?i)key.values.mismatch"),
        (Files(authority=str(tmp_path / "poor")), "cannot use the certificates in"),
    ):
        with pytest.raises(BadCertificate, match=fault) as refused:
            Certificates(files)
        assert "PEM files" in refused.value.remedy


def test_files_that_have_changed_are_taken_without_a_restart(authority: Authority) -> None:
    path, diary = authority.sign("old.example"), Diary()
    certificates = Certificates(Files(str(path)), diary)
    kept = certificates.web
    certificates.look()
    assert diary.events == []
    authority.sign("new.example", into=path)
    certificates.look()
    certificates.look()
    assert diary.events == [(Grade.INFO, "took new certificates")]
    assert presented(certificates.server, authority) == "new.example"
    assert certificates.web is kept
    assert presented(kept, authority) == "new.example"


def test_what_cannot_be_used_replaces_nothing_and_is_said_once(authority: Authority) -> None:
    path, diary = authority.sign("old.example"), Diary()
    certificates = Certificates(Files(str(path)), diary)
    good = path.read_bytes()
    path.write_bytes(good[:100])
    certificates.look()
    certificates.look()
    [(grade, _)] = diary.events
    assert grade is Grade.ERROR
    assert "PEM files" in diary.fields[0]["remedy"]
    assert presented(certificates.server, authority) == "old.example"
    path.unlink()
    certificates.look()
    authority.sign("new.example", into=path)
    certificates.look()
    assert presented(certificates.server, authority) == "new.example"


def test_files_can_be_taken_anew_though_they_look_the_same(authority: Authority) -> None:
    diary = Diary()
    Certificates(Files(str(authority.sign("a.example"))), diary).renew()
    Certificates(journal=diary).renew()  # there is nothing to take
    assert diary.events == [(Grade.INFO, "took new certificates")]


def test_peers_that_are_refused_are_told_of_at_our_own_pace(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def test() -> None:
        diary, now = Diary(), [100.0]
        monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: now[0])
        certificates = Certificates(journal=diary)
        for _ in range(3):
            certificates.refused("192.0.2.1", "self-signed certificate")
        now[0] += TELL_EVERY
        certificates.refused("192.0.2.2", "another name")
        monkeypatch.undo()
        assert diary.fields == [
            {"peer": "192.0.2.1", "fault": "self-signed certificate"},
            {"peer": "192.0.2.2", "fault": "another name", "others": 2},
        ]

    run(test())
