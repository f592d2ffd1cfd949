"""The certificates that settings name, and their renewal."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import pytest

from hereabouts.client import certificates
from hereabouts.client.certificates import Renewal, http_certificates, sip_certificates
from hereabouts.config import load
from hereabouts.net.certificates import Certificates, Files
from tests.client.secure import secure_server, trusting, wire
from tests.client.serving import run
from tests.net.authority import Authority
from tests.net.test_certificates import Diary

PEER = 'routing.peers=["b.example=tls:127.0.0.12:5061"]'

ASKED = [
    ([], ssl.CERT_NONE, "nobody is asked for nothing"),
    ([PEER], ssl.CERT_OPTIONAL, "where a peer is known by his certificate, it is asked for"),
    (['routing.peers=["b.example=tcp:127.0.0.12:5060"]'], ssl.CERT_NONE, "one by TCP has none"),
    (["dns.enabled=true"], ssl.CERT_OPTIONAL, "so it is where the DNS says who is a peer"),
    ([PEER, "tls.clients=none"], ssl.CERT_NONE, "as it is set"),
    (["tls.clients=required"], ssl.CERT_REQUIRED, "in any case"),
]


@pytest.mark.parametrize("chosen, asks", [row[:2] for row in ASKED], ids=[row[2] for row in ASKED])
def test_who_is_asked_for_a_certificate(
    chosen: list[str], asks: ssl.VerifyMode, tmp_path: Path
) -> None:
    authority = Authority(tmp_path)
    files = [f"tls.certificate={authority.sign('a')}", f"tls.authority={authority.file}"]
    made = sip_certificates(load(None, {}, [*files, *chosen]), Diary())
    assert made.server.verify_mode is asks


def test_http_has_a_certificate_of_its_own(tmp_path: Path) -> None:
    settings = load(None, {}, [f"http.certificate={Authority(tmp_path).sign('a')}"])
    assert http_certificates(settings, Diary()).can_serve
    assert not sip_certificates(settings, Diary()).can_serve


def test_files_are_looked_at_now_and_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(certificates, "LOOK_EVERY", 0.01)

    async def test() -> None:
        authority, taken = Authority(tmp_path), asyncio.Event()
        path = authority.sign("old.example")
        watched = Certificates(Files(str(path)), Diary())
        monkeypatch.setattr(watched, "renew", taken.set)
        renewal = Renewal()
        renewal.watch(watched)
        authority.sign("new.example", into=path)
        await taken.wait()
        renewal.close()

    run(test())


def test_a_server_takes_new_certificates_on_request(tmp_path: Path) -> None:
    async def test() -> None:
        authority = Authority(tmp_path)
        own = authority.sign("old.example")
        server = secure_server(authority, f"tls.certificate={own}", listen=("tls",))
        server.renew_certificates()  # there is nothing to renew yet
        async with server:
            to = server.listening[0].port
            async with wire(to, trusting(authority), name="old.example"):
                pass
            authority.sign("new.example", into=own)
            server.renew_certificates()
            async with wire(to, trusting(authority), name="new.example"):
                pass

    run(test())
