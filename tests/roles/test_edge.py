"""The edge presence server: whom it answers, whom it believes, and what it serves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ladders.edge_stage import EdgePlay
from tests.ladders.stores import Memory
from tests.ladders.test_edge import BOB_WATCHES, REGISTERED


@pytest.fixture
def edge(tmp_path: Path) -> Iterator[EdgePlay]:
    play = EdgePlay(Memory(tmp_path))
    yield play
    assert not play.stage.diary.faults


def test_who_does_not_come_by_the_server_is_refused_whatever_he_asserts(edge: EdgePlay) -> None:
    edge.play(f"""
        {REGISTERED}
        stranger -> edge SUBSCRIBE by=alice
        stranger <- edge 403
        stranger -> edge PUBLISH   by=alice basic=open
        stranger <- edge 403
    """)


def test_one_for_whom_the_server_does_not_vouch_is_anonymous(edge: EdgePlay) -> None:
    edge.play(f"""
        {REGISTERED}
        server -> edge SUBSCRIBE by=-
        server <- edge 200
        server <- edge NOTIFY state=active
        server -> edge 200
    """)
    [delivery] = edge.stage.edge.agent.notifier.deliveries.values()
    assert delivery.subscription.watcher == "sip:anonymous@anonymous.invalid"


def test_an_edge_that_its_server_has_forgotten_registers_again(edge: EdgePlay) -> None:
    """It was silent for too long: what it is asked meanwhile, the server has given up."""
    edge.play(f"""
        {REGISTERED}
        server -> edge SUBSCRIBE by=bob
        server <- edge 200
        server <- edge NOTIFY state=active
        server -> edge 481
        server <- edge REGISTER
        server -> edge 200 Expires=300
    """)
    assert not edge.stage.edge.agent.notifier.deliveries


def test_whatever_is_written_finds_the_count_of_starts_written(edge: EdgePlay) -> None:
    edge.play(REGISTERED)
    edge.stage.edge._watermark.is_lost = True  # noqa: SLF001 - the first turn was undone
    edge.play("""
        server -> edge PUBLISH call=4 by=alice basic=open
        server <- edge 200
    """)
    assert not edge.stage.edge._watermark.is_lost  # noqa: SLF001


DESTINATIONS = [
    ("sip:alice@example.com", "200", "her own address"),
    ("sip:192.0.2.9:5070;transport=tcp", "200", "the Contact, as a proxy writes it"),
    ("sip:carol@example.com", "404", "somebody else"),
    ("sip:192.0.2.9:5071", "404", "another port"),
]


@pytest.mark.parametrize(
    "uri, status", [row[:2] for row in DESTINATIONS], ids=[row[2] for row in DESTINATIONS]
)
def test_one_presentity_alone_is_served(uri: str, status: str, edge: EdgePlay) -> None:
    edge.play(REGISTERED)
    edge.play(f"""
        server -> edge OPTIONS uri={uri}
        server <- edge {status}
    """)


def test_what_an_edge_does_not_serve_is_said(edge: EdgePlay) -> None:
    edge.play(f"""
        {REGISTERED}
        server -> edge NOTIFY
        server <- edge 405 Allow=SUBSCRIBE,PUBLISH,OPTIONS,CANCEL,ACK
        server -> edge CANCEL
        server <- edge 481
        server -> edge SUBSCRIBE by=bob Require=gruu
        server <- edge 420
    """)


def test_somebody_elses_subscription_is_not_refreshed(edge: EdgePlay) -> None:
    edge.play(f"""
        {REGISTERED}
        {BOB_WATCHES}
        server <- edge NOTIFY
        server -> edge 200
        server -> edge SUBSCRIBE by=eve
        server <- edge 403
    """)


def test_nobody_publishes_for_the_presentity_but_herself(edge: EdgePlay) -> None:
    edge.play(f"""
        {REGISTERED}
        server -> edge PUBLISH call=3 by=bob basic=open
        server <- edge 403
        server -> edge PUBLISH call=4 by=alice basic=open
        server <- edge 200
    """)


def test_what_waits_for_a_way_goes_when_the_server_knows_the_edge_again(edge: EdgePlay) -> None:
    edge.play(f"""
        {REGISTERED}
        {BOB_WATCHES}
        server <- edge NOTIFY says=nothing
        server -> edge 200
        wire   -> edge BLOCK
        wire   -> edge BREAK
        device -> edge SAYS   basic=open
                1 s pass
    """)
    assert edge.stage.edge.agent.notifier.parked
    edge.play("""
        wire   -> edge OPEN
                4 s pass
        server <- edge REGISTER
        server -> edge 200    Expires=300
        server <- edge NOTIFY basic=open
        server -> edge 200
    """)
    assert not edge.stage.edge.agent.notifier.parked


def test_who_leaves_takes_his_registration_with_him(edge: EdgePlay) -> None:
    edge.play(f"""
        {REGISTERED}
        user   -> edge LEAVE
        server <- edge REGISTER Expires=0
        server -> edge 200
    """)
    assert edge.stage.left == [edge.now]


def test_what_a_server_has_refused_that_did_not_know_the_edge_is_sent_again(
    edge: EdgePlay,
) -> None:
    edge.play(f"""
        {REGISTERED}
        {BOB_WATCHES}
        server <- edge NOTIFY   says=nothing
        server -> edge 200
        device -> edge SAYS     basic=open
                1 s pass
        server <- edge NOTIFY   basic=open
        server -> edge 403
                254 s pass
        server <- edge REGISTER
        server -> edge 200      Expires=300
        server <- edge NOTIFY   basic=open
        server -> edge 200
    """)


def test_a_watcher_refreshes_by_the_server(edge: EdgePlay) -> None:
    edge.play(f"""
        {REGISTERED}
        {BOB_WATCHES}
        server <- edge NOTIFY
        server -> edge 200
        server -> edge SUBSCRIBE by=bob Expires=1800
        server <- edge 200       Expires=1800
        server <- edge NOTIFY    state=active expires=1800
        server -> edge 200
    """)
