"""A link is cut between two domains, or before an edge, without a word to anybody; and mended.

Each test says in how many seconds the watcher must learn the truth, and why; it waits ten times as
long. The timers are the usual ones: that a peer is cut off is known after 20 s, less than Timer F.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ports import free_port
from tests.process.links import FAR, NEAR, NEAR_TOO, Link, link_between
from tests.process.parts import PATIENT, Parts, parts_in, says, start, wait_until
from tests.process.two_domains import NOBODY_KNOWS, Place, TwoDomains

pytestmark = [pytest.mark.slow, pytest.mark.needs("netns")]

DEAF = 20
"Seconds until the system gives up a connection on which nothing arrives."


@pytest.fixture
def link() -> Iterator[Link]:
    with link_between() as link:
        yield link


@pytest.fixture
def parts(tmp_path: Path, link: Link) -> Iterator[Parts]:
    with parts_in(tmp_path, free_port()) as parts:
        yield parts


@pytest.fixture
def domains(parts: Parts, link: Link) -> TwoDomains:
    """Bob's server is near, Alice's far."""
    here, there = Place(NEAR, link.near), Place(FAR, link.far)
    domains = TwoDomains(parts, here=here, there=there, timers=())
    device = domains.device()
    start(domains.ours, domains.hers)
    device.start()
    return domains


def test_a_change_outlasts_a_link_that_is_cut(domains: TwoDomains, link: Link) -> None:
    """As long as it was cut, some 3 s: TCP sends again by pauses that double."""
    domains.begin()
    domains.sees(1, state="active", note="here")
    link.cut()
    for words in ("closed: away", "open: nearly there", "closed: gone"):
        domains.publishes(words)
    assert domains.seen()["note"] == "here"
    link.mend()
    domains.sees(3, state="active", note="gone")


def test_a_watcher_who_asks_while_a_link_is_cut_is_served_when_it_is_mended(
    domains: TwoDomains, link: Link
) -> None:
    """8 s: a connection is tried for 5 s, and again by pauses that double from 1 s."""
    link.cut()
    domains.begin()
    domains.sees(5, state="terminated")
    link.mend()
    domains.sees(8, state="active", note="here")


@pytest.mark.soak
def test_a_change_outlasts_a_link_that_is_cut_for_longer(domains: TwoDomains, link: Link) -> None:
    """10 s: a server that is cut off is tried every 5 s, and each time for 5 s."""
    domains.begin()
    domains.sees(1, state="active", note="here")
    link.cut()
    domains.publishes("closed: away")
    wait_until(lambda: not link.is_used(), PATIENT * DEAF, lambda: "it lasts")
    domains.publishes("open: back")
    link.mend()
    domains.sees(10, state="active", note="back")


BRIEF = (
    "presence.subscription_minimum_expires=1",
    "presence.subscription_default_expires=8",
    "presence.subscription_maximum_expires=8",
)
"A subscription is refreshed every 7 s."


@pytest.mark.soak
def test_an_edge_that_is_cut_off_is_replaced_and_takes_over_again(parts: Parts, link: Link) -> None:
    """27 s to be replaced: a refresh (7 s) that does not arrive (20 s).

    35 s to take over again: its own pauses are 30 s at most, and a connection is tried for 5 s.
    """
    here, there = Place(NEAR, link.near), Place(NEAR_TOO, link.near)
    domains = TwoDomains(parts, here=here, there=there, timers=())
    edge = domains.edge(*BRIEF, prefix=link.far)
    start(domains.ours, domains.hers)
    edge.start()
    domains.begin()
    domains.sees(1, state="active", note="here")
    link.cut()
    domains.sees(7 + DEAF, state="active", note=NOBODY_KNOWS)
    says(edge, "closed: away")
    link.mend()
    domains.sees(35, state="active", note="away")
