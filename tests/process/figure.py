"""Figure 3.1 of the thesis as processes: two domains, their servers and agents, and policies."""

from __future__ import annotations

import socket
import struct
from pathlib import Path
from typing import Any

from tests.process.parts import PATIENT, Part, Parts, says, start, wait_until

W_PA, W_SIP, P_SIP, P_PA, POLICY = (f"127.0.0.{number}" for number in (21, 22, 23, 24, 25))
"Where each part of the figure is."

QUICK = ("sip.t1=0.05", "sip.t2=0.4", "sip.t4=0.5")
"A tenth of the usual timers."
TIMER_F = 3.2
"64 T1, in seconds."

TOKEN = "the-word-of-one-operator"

SCRIPT = """<cpl xmlns="urn:ietf:params:xml:ns:cpl" xmlns:p="urn:x-hereabouts:cpl-presence:1">
<p:{point}>{body}</p:{point}></cpl>"""
ALLOW = "<p:allow/>"


def script(point: str, body: str) -> str:
    """A script about one point."""
    return SCRIPT.format(point=point, body=body)


class Figure:
    """The W-PAs and the W-SIP server of a.example, the P-SIP server and the P-PAs of b.example."""

    def __init__(self, parts: Parts) -> None:
        port = self.port = parts.port
        self._parts = parts
        asking = (
            f"policy.server=http://{POLICY}:{port}",
            f"policy.token={TOKEN}",
            "policy.timeout=0.5",
            *QUICK,
        )
        self.w_pa = parts.server(
            "w-pa",
            W_PA,
            "a.example",
            "server.role=watcher",
            "watcher.mode=agent",
            f"routing.outbound=tcp:{W_SIP}:{port}",
            *asking,
        )
        self.w_sip = parts.server(
            "w-sip",
            W_SIP,
            "a.example",
            "server.role=sip",
            f"routing.peers=a.example=tcp:{W_PA}:{port},b.example=tcp:{P_SIP}:{port}",
            *QUICK,
        )
        self.p_sip = parts.server(
            "p-sip",
            P_SIP,
            "b.example",
            "server.role=sip",
            f"routing.peers=a.example=tcp:{W_SIP}:{port}",
            f"routing.presence=tcp:{P_PA}:{port}",
            *QUICK,
        )
        self.p_pa = parts.server(
            "p-pa",
            P_PA,
            "b.example",
            "server.role=presence",
            f"routing.peers=b.example=tcp:{P_SIP}:{port}",
            "presence.subscription_minimum_expires=1",
            *asking,
        )
        self.policy = parts.server(
            "policy",
            POLICY,
            "a.example,b.example",
            "server.role=policy",
            f"http.listen={POLICY}:{port}",
            f"policy.token={TOKEN}",
        )
        self._all = (self.w_pa, self.w_sip, self.p_sip, self.p_pa, self.policy)

    def mend(self) -> None:
        """Have every part there again that a test has cut off."""
        for part in self._all:
            part.go_on()
        absent = [part for part in self._all if not part.is_alive]
        start(*[part for part in absent if part is self.policy])
        # Who finds no policy server as he begins looks again only after a while.
        start(*[part for part in absent if part is not self.policy])

    def cast(self, name: str) -> Cast:
        """A watcher and a presentity whom no other test knows; she publishes `open: here`."""
        return Cast(self, name, self._parts.device(f"alice-{name}@b.example", P_SIP))

    def phone(self, cast: Cast, transport: str) -> Part:
        """A watcher for Bob at his server, not started yet; he writes what he sees to his log."""
        server = f"{transport}:{W_SIP}:{self.port}"
        return self._parts.watcher(cast.bob, cast.alice, server)

    def puts(self, owner: str, point: str, body: str) -> None:
        """Keep a policy of a user."""
        self.policy.ask("policy put", owner=owner, id=point, script=script(point, body))

    def waits_unread(self, host: str) -> None:
        """Wait until something has arrived for the process at this host that it does not read."""
        wait_until(lambda: _unread(host), PATIENT, lambda: f"nothing waits for {host} unread")

    def watched_by_nobody(self, cast: Cast) -> None:
        """Wait until her agent knows of nobody who watches her."""

        def watchers() -> Any:  # noqa: ANN401 - as the command
            return self.p_pa.ask("watchers list", user=cast.alice)["watchers"]

        wait_until(lambda: not watchers(), PATIENT * TIMER_F, watchers)


def _unread(host: str) -> bool:
    """Whether the system keeps what has arrived at this host by TCP, or a connection to it."""
    number, *_ = struct.unpack("<I", socket.inet_aton(host))
    rows = Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]
    queues = [row.split()[4] for row in rows if row.split()[1].startswith(f"{number:08X}:")]
    return any(int(queue.partition(":")[2], 16) for queue in queues)


class Cast:
    """Bob, who watches by an agent of his own (W-PA), and Alice, who is served by one (P-PA)."""

    def __init__(self, figure: Figure, name: str, device: Part) -> None:
        self.bob, self.alice = f"bob-{name}@a.example", f"alice-{name}@b.example"
        self._figure = figure
        self.device = device
        self.says("open: here")
        device.start()

    def says(self, words: str) -> None:
        """Have Alice's device say this from now on."""
        says(self.device, words)

    def publishes(self, words: str) -> None:
        """The same; returns when her agent knows it."""
        self.says(words)
        self.device.wait_for(f"is published as {words}")

    def begin(self) -> None:
        """Put Alice into Bob's list."""
        self._figure.w_pa.ask("presentities add", user=self.bob, presentity=self.alice)

    def seen(self) -> dict[str, Any]:
        """What Bob is shown of her."""
        rows = self._figure.w_pa.ask("presentities show", user=self.bob)
        return rows[0] if rows else {}

    def sees(self, seconds: float, **fields: object) -> None:
        """Wait until Bob is shown this, for ten times the time in which he must be."""
        wait_until(
            lambda: self.seen().items() >= fields.items(),
            PATIENT * seconds,
            lambda: f"not {fields} but {self.seen()}",
        )
