"""Which requests are passed on between users, behind what they stand, and how many there may be."""

from __future__ import annotations

import pytest

from hereabouts.config import Role
from hereabouts.roles.calls import Calls
from hereabouts.sip.call_token import PREFIX
from hereabouts.sip.message import Request
from hereabouts.sip.reader import read
from hereabouts.sip.uri import SipUri
from tests.roles.test_forking import CALLED, Play


@pytest.fixture
def calls() -> Calls:
    return Play().server.calls


def asked(method: str, uri: str = "sip:alice@example.com", route: str = "") -> Request:
    rows = f"Route: {route}\r\n" if route else ""
    message = read(f"{method} {uri} SIP/2.0\r\nCall-ID: c\r\n{rows}\r\n".encode())
    assert isinstance(message, Request)
    return message


OURS, SERVER, THEIRS = "sip:alice@example.com", "sip:example.com", "sip:b.example"
TAKEN = [
    ("INVITE", OURS, "", True, "a call to a user"),
    ("FOO", OURS, "", True, "3261-16.3-1: whatever it is"),
    ("OPTIONS", OURS, "", True, "RFC 3261 section 11"),
    ("OPTIONS", SERVER, "", False, "what asks the server itself"),
    ("INVITE", SERVER, "", False, "what calls nobody"),
    ("FOO", THEIRS, "", True, "what is for another domain"),
    ("SUBSCRIBE", OURS, "", False, "presence has its own way"),
    ("PUBLISH", OURS, "", False, "what is published"),
    ("NOTIFY", OURS, "", False, "and what is shown"),
    ("REGISTER", "sip:b.example", "", False, "nobody is registered elsewhere by us"),
    ("NOTIFY", "sip:a@h", f"<sip:{PREFIX}x@h;lr>", True, "but within a call all is passed on"),
    ("SUBSCRIBE", f"sip:{PREFIX}x@h;lr", "<sip:a@h>", True, "as a strict router sends it too"),
    ("NOTIFY", "sip:a@h", "<sip:x@h;lr>", False, "another token"),
    ("NOTIFY", "sip:a@h", "<sip:h;lr>", False, "none"),
    ("NOTIFY", "sip:a@h", "<tel:1>", False, "no address"),
]  # fmt: skip


@pytest.mark.parametrize(
    "method, uri, route, is_taken", [row[:4] for row in TAKEN], ids=[row[4] for row in TAKEN]
)
def test_what_is_for_somebody_else_is_passed_on(
    calls: Calls, method: str, uri: str, route: str, *, is_taken: bool
) -> None:
    request = asked(method, uri, route)
    assert calls.takes(request, SipUri.parse(uri)) is is_taken


def test_all_of_one_call_stands_behind_each_other(calls: Calls) -> None:
    """A CANCEL never overtakes its INVITE."""
    assert calls.key(asked("INVITE")) == calls.key(asked("CANCEL")) == "call c"
    assert calls.key(asked("PUBLISH")) is None


def test_there_are_only_so_many_at_a_time() -> None:
    """3261-17.2.1-1: a 503, and it says when to come back."""
    play = Play(max_waiting=2, max_waiting_per_user=1)
    play.play(CALLED)
    play.play("""
        bob   -> node 180
        alice <- node 180
        alice -> node MESSAGE to=bob
        alice <- node 503     Retry-After=5
        carol -> node MESSAGE to=bob
        bob   <- node MESSAGE
        dave  -> node INVITE  to=bob
        dave  <- node 503     Retry-After=5
              0.5 s pass
        bob   <- node MESSAGE
    """)
    play.play("""
        bob   -> node 200     of=MESSAGE
        carol <- node 200
        alice -> node MESSAGE to=bob
        alice <- node 503
        bob   -> node 200     of=INVITE
        alice <- node 200
        alice -> node MESSAGE to=bob
        bob   <- node MESSAGE
        bob   -> node 200
        alice <- node 200
    """)


def test_within_calls_there_are_only_so_many_too() -> None:
    play = Play(max_waiting=1)
    play.play(CALLED)
    play.play("bob -> node 200\n alice <- node 200\n alice -> node ACK\n bob <- node ACK")
    play.play("alice -> node INFO\n bob <- node INFO\n bob -> node BYE\n bob <- node 503")


def test_a_cancel_of_what_is_no_call_changes_nothing() -> None:
    """3261-9.2-1: 200, and the MESSAGE goes its way."""
    play = Play()
    play.play("""
        bob   -> node REGISTER
        bob   <- node 200
        alice -> node MESSAGE to=bob
        bob   <- node MESSAGE
    """)
    packet = play.stage.peer("alice").last_request.replace(b"MESSAGE", b"CANCEL", 1)
    packet = packet.replace(b"1 MESSAGE", b"1 CANCEL")
    [(_, _, answer)] = play.stage.tell("alice", "node", packet, play.now)
    assert answer.startswith(b"SIP/2.0 200")
    play.play("bob -> node 200\n alice <- node 200 of=MESSAGE")


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


def test_without_a_presence_agent_an_options_finds_nobody() -> None:
    for role, answer in ((Role.ALL, 200), (Role.SIP, 480)):
        Play(role).play(f"bob -> node OPTIONS to=bob\n bob <- node {answer}")
