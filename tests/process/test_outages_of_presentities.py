"""Figures 3.5 and 3.6 with the presentity's own side cut off and coming back.

Each test says in how many seconds the watcher must learn the truth, and why; it waits ten times as
long. `docs/reference/outages.md` has the times that hold where nothing is shortened.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.ports import free_port
from tests.process.clients import Publisher
from tests.process.parts import PATIENT, Part, Parts, parts_in, says, start, wait_until
from tests.process.peer import Peer
from tests.process.two_domains import BOB, HERE, NOBODY_KNOWS, QUICK, TwoDomains

pytestmark = pytest.mark.slow

BRIEF = ("presence.subscription_default_expires=4", "presence.subscription_maximum_expires=4")
"A subscription is refreshed every 4 s."


@pytest.fixture
def domains(tmp_path: Path) -> Iterator[TwoDomains]:
    with parts_in(tmp_path, free_port()) as parts:
        yield TwoDomains(parts)


# -- figure 3.5: an edge presence server


def watched_edge(domains: TwoDomains, *settings: str) -> Part:
    """Alice's own agent, once Bob has seen by it that she is here."""
    edge = domains.edge(*settings)
    start(domains.ours, domains.hers)
    edge.start()
    domains.begin()
    domains.sees(1, state="active", note="here")
    return edge


def test_an_edge_that_is_killed_is_replaced_at_once_and_takes_over_again(
    domains: TwoDomains,
) -> None:
    """1 s: its connection breaks, and its watchers are sent to who serves her now; and back."""
    edge = watched_edge(domains)
    edge.kill()
    domains.sees(1, state="active", note=NOBODY_KNOWS)
    says(edge, "closed: away")
    edge.start()
    domains.sees(2, state="active", note="away")


def test_an_edge_that_is_halted_is_replaced_at_the_next_refresh(domains: TwoDomains) -> None:
    """7 s: it is found silent by a refresh (4 s) without an answer (Timer F, 3.2 s).

    When it goes on it answers what has waited for it, and learns that it is known no more.
    """
    edge = watched_edge(domains, *BRIEF)
    edge.halt()
    domains.sees(7, state="active", note=NOBODY_KNOWS)
    says(edge, "closed: away")
    edge.go_on()
    domains.sees(4, state="active", note="away")


def test_an_edge_outlasts_its_server(domains: TwoDomains) -> None:
    """6 s: it registers again by pauses that double from 1 s, and then tells what was missed."""
    edge = watched_edge(domains)
    domains.hers.kill()
    says(edge, "closed: away")
    edge.wait_for("an agent has trouble")
    domains.hers.start()
    domains.sees(6, state="active", note="away")


def test_a_watchers_server_that_is_killed_learns_what_an_edge_said_meanwhile(
    domains: TwoDomains,
) -> None:
    """1 s: its agent subscribes anew as soon as it serves."""
    edge = watched_edge(domains)
    domains.ours.kill()
    says(edge, "closed: away")
    domains.ours.start()
    domains.sees(2, state="active", note="away")


# -- figure 3.6: a presence server


def test_a_presence_server_that_is_killed_in_the_midst_of_updates_tells_the_last(
    tmp_path: Path,
) -> None:
    """4 s: it tells what it owes as soon as it serves; whoever had a connection is back after 3 s.

    What it has acknowledged is there, and what it has not is answered when it is sent again.
    """
    port = free_port()
    with parts_in(tmp_path, port) as parts, closing(Peer(port)) as peer:
        routed = f"routing.peers=a.example=tcp:{HERE}:{port}"
        presence = parts.server("presence", "127.0.0.1", "example.com", routed, *QUICK)
        routed = f"routing.peers=example.com=tcp:127.0.0.1:{port}"
        ours = parts.server("ours", HERE, "a.example", routed, *QUICK)
        start(presence, ours)
        alice = Publisher(peer, "alice", "updates", is_stream=False)
        watchers = [Watching(parts, kind, alice.uri, port) for kind in ("tcp", "udp")]
        ours.ask("presentities add", user=BOB, presentity=alice.uri)

        def seen() -> list[str]:
            rows = ours.ask("presentities show", user=BOB)
            return [*(row["note"].strip() for row in rows), *(each.note for each in watchers)]

        def all_see() -> None:
            assert alice.answered().status == 200
            wait_until(
                lambda: seen() == [alice.note] * 3, PATIENT * 4, lambda: (alice.note, seen())
            )

        alice.publish()
        all_see()
        for _ in range(3):
            for _ in range(5):
                alice.publish()
                assert alice.answered().status == 200
            alice.publish()
            presence.kill()
            presence.start()
            all_see()


class Watching:
    """`hereabouts watch` on the presence server itself."""

    def __init__(self, parts: Parts, transport: str, presentity: str, port: int) -> None:
        server = f"{transport}:127.0.0.1:{port}"
        self._part = parts.watcher(
            f"{transport}@example.com", presentity.removeprefix("sip:"), server
        )
        self._part.start()

    @property
    def note(self) -> str:
        """What it has shown last."""
        shown = [json.loads(line) for line in self._part.log.splitlines() if line.startswith("{")]
        return str(shown[-1]["note"]).strip() if shown else ""
