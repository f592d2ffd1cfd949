"""What an agent answers, and how it leaves; what it asks for is tested with each."""

from __future__ import annotations

import pytest

from tests.ladders.player import START, Ladder
from tests.ladders.script import Note
from tests.roles.agent_stage import AgentStage, ladder

ALL = """
    user   -> agent  REGISTER
    server <- agent  REGISTER    Expires=1000
    server -> agent  200         Expires=1000
    user   <- agent  REGISTERED
    user   -> agent  PUBLISH     note=a
    server <- agent  PUBLISH
    server -> agent  200         SIP-ETag=t1 Expires=1000
    user   <- agent  PUBLISHED
    user   -> agent  WATCH
    server <- agent  SUBSCRIBE
    server -> agent  200         Expires=1000
    server -> agent  NOTIFY      state=active expires=1000
    server <- agent  200
    user   <- agent  SEEN
"""

REQUESTS = [
    ("OPTIONS", "200", "what it can do"),
    ("NOTIFY", "481", "nothing was subscribed to"),
    ("SUBSCRIBE", "405", "an agent is not a server"),
    ("INVITE", "405", "nor a telephone"),
    ("FROB", "501", "no method at all"),
    ("CANCEL", "481", "nothing to cancel"),
    ("OPTIONS Require=path", "420", "an extension we do not have"),
    ("OPTIONS Max-Forwards=x", "400", "against the grammar"),
]


@pytest.mark.parametrize(
    "request_line, status", [row[:2] for row in REQUESTS], ids=[row[2] for row in REQUESTS]
)
def test_what_it_answers(request_line: str, status: str) -> None:
    ladder().play(f"server -> agent {request_line}\n server <- agent {status}")


def test_it_tells_what_it_can_do() -> None:
    stage = AgentStage()
    (answer,) = stage.say("server", "agent", Note("OPTIONS"), START)
    assert isinstance(answer.message, bytes)
    for row in (b"Allow: OPTIONS, NOTIFY, CANCEL, ACK\r\n", b"Allow-Events: presence\r\n"):
        assert row in answer.message


def test_it_leaves_registration_publication_and_subscription_in_this_order() -> None:
    """Without a registration first, the end of the publication would show as open for a moment."""
    ladder().play(f"""
        {ALL}
        user   -> agent  LEAVE
        server <- agent  REGISTER    Expires=0
        server <- agent  PUBLISH     Expires=0 SIP-If-Match=t1
        server <- agent  SUBSCRIBE   Expires=0
        server -> agent  200
        user   <- agent  REGISTERED  standing=ended
        server -> agent  200
        user   <- agent  PUBLISHED   standing=ended
        server -> agent  200
        server -> agent  NOTIFY      state=terminated reason=timeout
        server <- agent  200
        user   <- agent  SEEN        over=yes
        user   <- agent  LEFT
                5000 s pass
    """)


def test_it_has_left_at_once_where_nothing_was_begun() -> None:
    ladder().play("""
        user   -> agent  LEAVE
        user   <- agent  REGISTERED  standing=ended
        user   <- agent  PUBLISHED   standing=ended
        user   <- agent  LEFT
    """)


def test_a_lost_connection_is_followed_by_everything_by_a_new_one() -> None:
    ladder().play(f"""
        {ALL}
        wire   -> agent  BREAK
        server <- agent  REGISTER    CSeq=2
        server <- agent  PUBLISH     CSeq=2 note=none
        server <- agent  SUBSCRIBE   CSeq=2 Expires=1000
    """)


def test_the_loss_of_another_connection_is_none_of_its_business() -> None:
    stage = AgentStage()
    play = Ladder(stage)
    play.play(ALL)
    stage.node.flow_lost(stage.flow.towards("192.0.2.2", 5060), play.now)
    play.play("1 s pass")
