"""Settings as somebody gives them, and what is said of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from hereabouts.config import BadSetting, Listen, Peer, Settings, load

UDP = Listen("UDP", "127.0.0.1", 0)
TCP6 = Listen("TCP", "::1", 5060)
B = Peer("b.example", "TCP", "127.0.0.12", 5060)
SECONDS = "give a number of seconds from 0 to 3600"
LISTEN = "give a list of at least one, none twice: udp, tcp, tls, ws or wss:HOST:PORT"


def write(text: str) -> Path:
    file = Path("hereabouts.toml")
    file.write_text(text, encoding="utf-8")
    return file


def value_of(settings: Settings, name: str) -> object:
    section, _, key = name.partition(".")
    value: object = getattr(getattr(settings, section), key)
    return value


def fault_of(
    text: str = "",
    environment: dict[str, str] | None = None,
    assignments: tuple[str, ...] = (),
    **command_line: object,
) -> str:
    with pytest.raises(BadSetting) as caught:
        load(write(text), environment or {}, assignments, **command_line)
    return str(caught.value)
