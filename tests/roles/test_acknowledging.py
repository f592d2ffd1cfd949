"""The ACK of a 2xx, which goes end to end."""

from __future__ import annotations

import pytest

from tests.roles.test_forking import CALLED, Play

ODD = [
    ("Max-Forwards=0", "no hop left"),
    ("CSeq=1", "against the grammar"),
    ("Route=<tel:1>", "a Route that is none"),
    ("Route=<sip:call.x@node.example.com:5060;lr>", "a token that is not ours"),
    ("Call-ID=another", "or another call's"),
]


@pytest.mark.parametrize("said", [row[0] for row in ODD], ids=[row[1] for row in ODD])
def test_an_ack_that_is_not_passed_on_is_dropped(said: str) -> None:
    """Nobody answers an ACK; 3261-22.1-2: nor asks for a proof."""
    play = Play()
    play.play(CALLED)
    play.play(f"bob -> node 200\n alice <- node 200\n alice -> node ACK {said}")
    assert not play.stage.diary.faults


def test_an_ack_goes_another_way_where_one_is_dead() -> None:
    play = Play()
    play.play("bob -> node CONNECT\n bob -> node LISTEN\n bob -> node REGISTER\n bob <- node 200")
    play.play("""
        bob   -> node HANGUP
        alice -> node INVITE to=bob
        alice <- node 100
        bob   <- node INVITE
        bob   -> node 200
        alice <- node 200
        alice -> node ACK
        bob   <- node ACK
    """)


def test_an_ack_that_finds_no_way_is_lost() -> None:
    play = Play()
    play.play("bob -> node CONNECT")
    play.play(f"{CALLED}\n bob -> node 200\n alice <- node 200")
    play.play("bob -> node HANGUP\n alice -> node ACK\n 40 s pass")
    assert play.stage.node.endpoint.kept == 0


def test_an_ack_is_passed_on_as_it_stood_but_for_what_is_ours() -> None:
    """3261-16.6-1, 3261-22.1-2: without a proof, and without our own Route."""
    play = Play()
    play.play(f"{CALLED}\n bob -> node 200\n alice <- node 200")
    play.play("alice -> node ACK X-New=y\n bob <- node ACK X-New=y Max-Forwards=69")
    [ack] = play.stage.peer("bob").acknowledged
    assert "route" not in ack.headers
    assert "record-route" not in ack.headers
    assert len(ack.values("via")) == 2
