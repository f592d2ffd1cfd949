"""Who is measured: how each server is started, and with which settings."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import msgspec

from bench import kamailio

DOMAIN = "example.com"


class Contestant(msgspec.Struct, frozen=True, kw_only=True):
    """A server in one of its modes."""

    name: str
    settings: str
    "What was set that matters for the figures, in words."
    command: Callable[[Path, int], list[str]]
    "Prepares a folder of its own and says how to start the server in it, on this port."
    missing: Callable[[], str | None] = lambda: None
    "What is not installed here, and so keeps it from running."
    holds_idle: bool = True
    "Whether it also holds the idle subscriptions, whose memory is measured."


HEREABOUTS_DURABLE = "Hereabouts, durable"
HEREABOUTS_MEMORY = "Hereabouts, memory-only"
KAMAILIO_MEMORY = "Kamailio, memory-only"
KAMAILIO_WRITTEN = "Kamailio, written through"


def contestants(options: list[str]) -> list[Contestant]:
    """All of them; `options` go to `hereabouts serve` as they are."""
    return [
        _hereabouts(HEREABOUTS_DURABLE, "store.db", options),
        _hereabouts(HEREABOUTS_MEMORY, ":memory:", options),
        _kamailio(KAMAILIO_MEMORY, kamailio.MEMORY_ONLY, holds_idle=True),
        # Half a minute and more for the subscriptions alone, and its memory is the other mode's.
        _kamailio(KAMAILIO_WRITTEN, kamailio.WRITTEN_THROUGH, holds_idle=False),
    ]


def _hereabouts(name: str, store: str, options: list[str]) -> Contestant:
    program = Path(sys.executable).with_name("hereabouts")
    fixed = ["--auth", "none", "--domain", DOMAIN, "--notify-interval", "0", "--store", store]

    def command(_folder: Path, port: int) -> list[str]:
        return [str(program), "serve", *fixed, "--listen", f"udp:127.0.0.1:{port}", *options]

    def missing() -> str | None:
        return None if program.exists() else "hereabouts is not installed beside this Python"

    return Contestant(
        name=name, settings=" ".join([*fixed, *options]), command=command, missing=missing
    )


def _kamailio(name: str, mode: kamailio.Mode, *, holds_idle: bool) -> Contestant:
    return Contestant(
        name=name,
        settings=f"subs_db_mode {mode.subscriptions}, publ_cache {mode.publications}",
        command=lambda folder, port: kamailio.prepare(folder, port, mode),
        missing=kamailio.missing,
        holds_idle=holds_idle,
    )
