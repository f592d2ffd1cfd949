"""Requests that are challenged, lost or withdrawn; shown on REGISTER."""

from __future__ import annotations

from hereabouts.sip.message import Request
from hereabouts.sip.reader import read
from tests.ladders.player import START, Ladder
from tests.ladders.script import Note
from tests.roles.agent_stage import AgentStage, ladder

BEGIN = """
    user   -> agent  REGISTER
    server <- agent  REGISTER    call=1 CSeq=1 auth=no
    server -> agent  401         challenge=1
    server <- agent  REGISTER    call=1 CSeq=2 auth=yes
"""


def test_a_challenge_is_answered_in_the_same_conversation() -> None:
    """3261-22.2-2, RFC 3261 section 8.1.3.5: the same Call-ID, CSeq one higher."""
    ladder().play(f"""
        {BEGIN}
        server -> agent  200         Expires=1000
        user   <- agent  REGISTERED  standing=kept
    """)


def test_from_and_its_tag_stay_the_same() -> None:
    stage = AgentStage()
    sent = []
    (first,) = stage.say("user", "agent", Note("REGISTER"), START)
    stage.hear("server", first.message)
    (second,) = stage.say("server", "agent", Note("401", {"challenge": "1"}), START)
    for each in (first, second):
        assert isinstance(each.message, bytes)
        request = read(each.message)
        assert isinstance(request, Request)
        sent.append((request.headers["from"], request.headers["to"], request.call_id))
    assert sent[0] == sent[1]


def test_further_requests_carry_credentials_at_once() -> None:
    ladder().play(f"""
        {BEGIN}
        server -> agent  200         Expires=1000
        user   <- agent  REGISTERED
        user   -> agent  PUBLISH     note=x
        server <- agent  PUBLISH     auth=yes CSeq=1
    """)


def test_a_wrong_password_is_not_tried_again() -> None:
    ladder().play(f"""
        {BEGIN}
        server -> agent  401         challenge=2
        user   <- agent  REGISTERED  standing=refused answer=401
    """)


def test_a_nonce_that_is_over_is_replaced() -> None:
    ladder().play(f"""
        {BEGIN}
        server -> agent  200         Expires=1000
        user   <- agent  REGISTERED
        user   -> agent  REGISTER
        server <- agent  REGISTER    CSeq=3 auth=yes
        server -> agent  401         challenge=2
        server <- agent  REGISTER    CSeq=4 auth=yes
        server -> agent  200
        user   <- agent  REGISTERED  standing=kept
    """)


def test_a_server_that_calls_every_answer_stale_is_not_asked_without_end() -> None:
    stale = 'Digest realm="r", nonce="n", qop="auth", stale=true'
    stage = AgentStage()
    play = Ladder(stage)
    play.play(BEGIN)
    answers = 0
    while stage.open_requests:
        answers += 1
        assert answers < 10
        sent = stage.say("server", "agent", Note("401", {"WWW-Authenticate": stale}), play.now)
        for each in sent:
            if each.peer == "server":
                stage.hear("server", each.message)
    assert answers == 3


def test_a_proxy_may_ask_too() -> None:
    """RFC 3261 section 22.3: each asks for itself."""
    ladder().play("""
        user   -> agent  REGISTER
        server <- agent  REGISTER    auth=no proxy-auth=no
        server -> agent  407         challenge=1
        server <- agent  REGISTER    auth=no proxy-auth=yes
        server -> agent  401         challenge=2
        server <- agent  REGISTER    auth=yes proxy-auth=yes
        server -> agent  200
        user   <- agent  REGISTERED  standing=kept
    """)


def test_without_a_password_a_challenge_is_the_answer() -> None:
    ladder(password=None).play("""
        user   -> agent  REGISTER
        server <- agent  REGISTER
        server -> agent  401         challenge=1
        user   <- agent  REGISTERED  standing=refused answer=401
    """)


def test_a_challenge_that_nobody_can_read_is_the_answer() -> None:
    ladder().play("""
        user   -> agent  REGISTER
        server <- agent  REGISTER
        server -> agent  401         WWW-Authenticate=Basic
        user   <- agent  REGISTERED  standing=refused answer=401
    """)


def test_a_provisional_answer_is_none() -> None:
    stage = AgentStage()
    play = Ladder(stage)
    play.play("user -> agent REGISTER\n server <- agent REGISTER")
    trying = stage.open_requests[0]
    play.play("server -> agent 100")
    stage.open_requests.append(trying)
    play.play("server -> agent 200\n user <- agent REGISTERED standing=kept")


def test_what_waits_for_an_answer_fails_with_its_connection() -> None:
    ladder().play("""
        user   -> agent  REGISTER
        server x- agent  REGISTER    CSeq=1
        wire   -> agent  BREAK
        user   <- agent  REGISTERED  standing=troubled
        server <- agent  REGISTER    CSeq=2
    """)
