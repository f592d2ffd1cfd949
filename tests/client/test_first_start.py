"""What a first start adds to the settings."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from hereabouts.base.journal import Grade
from hereabouts.client import Server, first_start
from hereabouts.client.first_start import MORE, with_more_ways
from hereabouts.config import Listen, Settings, load
from tests.client.serving import run
from tests.net.stage import HOST
from tests.net.test_certificates import Diary


def settings(folder: Path, *chosen: str, store: str = "h.db") -> Settings:
    place = store if store == ":memory:" else str(folder / store)
    return load(None, {}, list(chosen), store=place, domain=["example.com"])


def test_it_listens_by_tls_and_websockets_with_a_certificate_of_its_own(tmp_path: Path) -> None:
    server = with_more_ways(settings(tmp_path))
    assert server.also == MORE
    assert server.settings.tls.certificate == str(tmp_path / "h-tls.crt")
    assert {path.name for path in tmp_path.iterdir()} == {"h-tls.crt", "h-tls.key"}
    before = (tmp_path / "h-tls.crt").read_bytes()
    with_more_ways(settings(tmp_path))
    assert (tmp_path / "h-tls.crt").read_bytes() == before


def test_a_port_that_somebody_else_has_is_left_to_him(tmp_path: Path) -> None:
    async def test() -> None:
        taken = await asyncio.start_server(lambda _reader, _writer: None, HOST, 0)
        port = taken.sockets[0].getsockname()[1]
        diary = Diary()
        chosen = settings(tmp_path, f"server.listen=udp:{HOST}:0", "auth.mode=none")
        server = Server(chosen, diary)
        server.also = (Listen("WS", HOST, port), Listen("WSS", HOST, 0), Listen("WS", HOST, 0))
        async with server:
            assert [each.transport for each in server.listening] == ["UDP", "WS"]
        faults = [event for grade, event in diary.events if grade is Grade.WARNING]
        assert f"cannot listen at ws:{HOST}:{port}" in faults[0]
        assert "there is no certificate" in faults[1]
        taken.close()

    run(test())


LEFT = [
    (("server.listen=udp:127.0.0.1:0",), "h.db", "where to listen is said"),
    ((), ":memory:", "there is no folder to keep a certificate in"),
    (("server.role=policy",), "h.db", "it serves no phones"),
]


@pytest.mark.parametrize("chosen, store", [row[:2] for row in LEFT], ids=[row[2] for row in LEFT])
def test_it_adds_nothing_where(chosen: tuple[str, ...], store: str, tmp_path: Path) -> None:
    server = with_more_ways(settings(tmp_path, *chosen, store=store))
    assert server.also == ()
    assert list(tmp_path.iterdir()) == []


def test_a_certificate_that_is_set_is_the_one(tmp_path: Path) -> None:
    server = with_more_ways(settings(tmp_path, "tls.certificate=own.pem"))
    assert (server.also, server.settings.tls.certificate) == (MORE, "own.pem")


def test_what_cannot_be_written_is_left_to_the_store_to_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr("hereabouts.net.self_signed.have_self_signed", fail)
    server = with_more_ways(settings(tmp_path))
    assert server.settings.tls.certificate is None
    assert server.also == first_start.MORE
