"""Two domains on two addresses of this machine: a watcher's, and a presentity's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from tests.process.parts import PATIENT, Part, Parts, says, wait_until

HERE, THERE = "127.0.0.26", "127.0.0.27"
BOB, ALICE = "bob@a.example", "alice@b.example"
NOBODY_KNOWS = "No presence information is available."

QUICK = ("sip.t1=0.05", "sip.t2=0.4", "sip.t4=0.5", "presence.subscription_minimum_expires=1")
"A tenth of the usual timers: Timer F (64 T1) is 3.2 s."


class Place(msgspec.Struct, frozen=True):
    """Where a part of the system runs."""

    host: str
    prefix: Sequence[str] = ()
    "What its command is put behind, if it is not of this machine alone."


class TwoDomains:
    """Bob's server with an agent for him, and Alice's, which serves her where nobody else does.

    `settings` are for hers, `timers` for all.
    """

    def __init__(
        self,
        parts: Parts,
        *settings: str,
        here: Place = Place(HERE),  # noqa: B008 - frozen
        there: Place = Place(THERE),  # noqa: B008 - frozen
        timers: Sequence[str] = QUICK,
    ) -> None:
        port = parts.port
        self._there, self._timers = there, timers
        self._parts = parts
        self._device: Part
        self.ours = parts.server(
            "ours",
            here.host,
            "a.example",
            "server.role=watcher",
            "watcher.mode=agent",
            f"routing.peers=b.example=tcp:{there.host}:{port}",
            *timers,
            prefix=here.prefix,
        )
        self.hers = parts.server(
            "hers",
            there.host,
            "b.example",
            "server.role=presence",
            f"routing.peers=a.example=tcp:{here.host}:{port}",
            *timers,
            *settings,
            prefix=there.prefix,
        )

    def edge(self, *settings: str, prefix: Sequence[str] = ()) -> Part:
        """Alice's own agent, which says that she is here; not started yet."""
        edge = self._parts.edge(ALICE, self._there.host, *self._timers, *settings, prefix=prefix)
        says(edge, "open: here")
        return edge

    def device(self) -> Part:
        """Alice's device beside her server, which says that she is here; not started yet."""
        self._device = self._parts.device(ALICE, self._there.host, prefix=self._there.prefix)
        says(self._device, "open: here")
        return self._device

    def publishes(self, words: str) -> None:
        """Have her device say this; returns when her server knows it."""
        says(self._device, words)
        self._device.wait_for(f"is published as {words}")

    def begin(self) -> None:
        """Have Bob watch Alice."""
        self.ours.ask("presentities add", user=BOB, presentity=ALICE)

    def seen(self) -> dict[str, Any]:
        """What Bob is shown of her."""
        rows = self.ours.ask("presentities show", user=BOB)
        return rows[0] if rows else {}

    def sees(self, seconds: float, **fields: object) -> None:
        """Wait until Bob is shown this, for ten times the time in which he must be."""
        wait_until(
            lambda: self.seen().items() >= fields.items(),
            PATIENT * seconds,
            lambda: f"not {fields} but {self.seen()}",
        )
