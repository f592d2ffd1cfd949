from __future__ import annotations

import socket

import msgspec
import pytest

from hereabouts.client.names import machine_name, machine_names, with_domain
from hereabouts.config import Settings


def call_machine(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr("hereabouts.client.names.socket.gethostname", lambda: name)


@pytest.mark.parametrize(
    "name, expected",
    [("Sip.Example.COM", "sip.example.com"), ("", "localhost")],
    ids=["in small letters, as domains are compared", "a machine without a name"],
)
def test_what_the_machine_is_called(
    name: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    call_machine(monkeypatch, name)
    assert machine_name() == expected


def test_every_address_of_the_machine_means_it(monkeypatch: pytest.MonkeyPatch) -> None:
    call_machine(monkeypatch, "here")
    found = [(0, 0, 0, "", ("192.0.2.1", 0)), (0, 0, 0, "", ("fe80::1%eth0", 0, 0, 2))]
    monkeypatch.setattr("hereabouts.client.names.socket.getaddrinfo", lambda *_: found)
    assert machine_names() == {
        "here", "localhost", "127.0.0.1", "::1", "192.0.2.1", "fe80::1",
    }  # fmt: skip


def test_a_machine_whose_name_nobody_knows_is_named_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def nobody(*_: object) -> None:
        raise socket.gaierror("Name or service not known")

    call_machine(monkeypatch, "here")
    monkeypatch.setattr("hereabouts.client.names.socket.getaddrinfo", nobody)
    assert machine_names() == {"here", "localhost", "127.0.0.1", "::1"}


def test_the_domain_is_the_one_that_is_set_or_else_the_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    call_machine(monkeypatch, "Here")
    assert with_domain(Settings()).server.domains == ("here",)
    server = msgspec.structs.replace(Settings().server, domains=("example.com",))
    settings = Settings(server=server)
    assert with_domain(settings) is settings
