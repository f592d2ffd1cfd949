"""Two domains on two addresses of this machine: a watcher's, and a presentity's."""

from __future__ import annotations

from typing import Any

from tests.process.parts import PATIENT, Part, Parts, says, wait_until

HERE, THERE = "127.0.0.26", "127.0.0.27"
BOB, ALICE = "bob@a.example", "alice@b.example"
NOBODY_KNOWS = "No presence information is available."

QUICK = ("sip.t1=0.05", "sip.t2=0.4", "sip.t4=0.5", "presence.subscription_minimum_expires=1")
"A tenth of the usual timers: Timer F (64 T1) is 3.2 s."


class TwoDomains:
    """Bob's server with an agent for him, and Alice's, which serves her where nobody else does.

    `settings` are for hers.
    """

    def __init__(self, parts: Parts, *settings: str) -> None:
        port = parts.port
        self.parts = parts
        self.ours = parts.server(
            "ours",
            HERE,
            "a.example",
            "server.role=watcher",
            "watcher.mode=agent",
            f"routing.peers=b.example=tcp:{THERE}:{port}",
            *QUICK,
        )
        self.hers = parts.server(
            "hers",
            THERE,
            "b.example",
            "server.role=presence",
            f"routing.peers=a.example=tcp:{HERE}:{port}",
            *QUICK,
            *settings,
        )

    def edge(self, *settings: str) -> Part:
        """Alice's own agent, which says that she is here; not started yet."""
        edge = self.parts.edge(ALICE, THERE, *QUICK, *settings)
        says(edge, "open: here")
        return edge

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
