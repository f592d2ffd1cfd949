"""Which requests are passed on between users, behind what they stand, and how many there may be."""

from __future__ import annotations

import pytest

from hereabouts.base.units import Timestamp
from hereabouts.config import Role
from hereabouts.roles.build import finish
from hereabouts.roles.calls import Calls
from hereabouts.sip.call_token import PREFIX
from hereabouts.sip.flow import Flow
from hereabouts.sip.message import Request
from hereabouts.sip.reader import read
from hereabouts.sip.registrar import KIND, Binding, Bindings
from hereabouts.sip.uri import SipUri
from tests.roles.realm import Realm
from tests.roles.test_forking import CALLED, Play
from tests.sip.packets import request


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


def test_without_a_presence_agent_an_options_finds_nobody() -> None:
    for role, answer in ((Role.ALL, 200), (Role.SIP, 480)):
        Play(role).play(f"bob -> node OPTIONS to=bob\n bob <- node {answer}")


def test_calls_go_to_peers_for_our_own_users_alone() -> None:
    """Never an open relay."""
    realm = Realm()
    realm.play("""
        bob     -> a MESSAGE to=carol@c.example
        bob     <- a 404
        bob     -> a MESSAGE to=bob@b.example
        bob     <- a 403
        watcher -> a MESSAGE to=bob@b.example
        watcher <- a 480
    """)
    assert [each.method for each in realm.asked("a", "b")] == ["MESSAGE"]


REFUSED = [
    ("MESSAGE to=nobody", "480", "who has no device"),
    ("INFO to=bob To=<sip:bob@example.com>;tag=x", "481", "a dialog that we know nothing of"),
    ("INVITE to=bob uri=sips:bob@example.com", "403", "3261-26.2.2-1: sips in clear"),
    ("MESSAGE to=bob Route=<sip:node.example.com:5060;lr>,<tel:1>", "400", "a broken Route"),
    ("FOO to=x uri=sip:call.x@node.example.com:5060;lr Route=<tel:1>", "400", "or a strict one's"),
]


@pytest.mark.parametrize("said, answer", [row[:2] for row in REFUSED], ids=[r[2] for r in REFUSED])
def test_what_cannot_be_passed_on_is_refused(said: str, answer: str) -> None:
    play = Play()
    play.play("bob -> node REGISTER\n bob <- node 200")
    play.play(f"alice -> node {said}\n alice <- node {answer}")


def test_a_caller_proves_who_he_is_and_is_nobody_else() -> None:
    """3261-22.2-1: 407; and 403 for whoever calls himself by another's address."""
    play = Play(passwords={"alice": "a", "bob": "b"})
    play.play("""
        alice -> node MESSAGE to=nobody
        alice <- node 407
        alice -> node MESSAGE to=nobody
        alice <- node 404
        alice -> node MESSAGE to=bob From=<sip:bob@example.com>;tag=1
        alice <- node 403
        alice -> node MESSAGE to=bob From=<sip:anonymous@anonymous.invalid>;tag=1
        alice <- node 480
        alice -> node MESSAGE to=bob From=<tel:1>;tag=1
        alice <- node 480
    """)


def test_a_sips_call_goes_by_tls_and_stays_so() -> None:
    """3261-16.6-2: our Record-Route is one too."""
    play = Play()
    flow = Flow("TLS", "bob.example.net", 5060, "node.example.com:5061", 2)
    until = Timestamp(play.now.timestamp + 600)
    contacts = tuple(
        Binding(uri, (("q", q),), until, "c", 1, way)
        for uri, q, way in (
            ("sips:bob@bob.example.net:5060", "0.5", flow),
            ("sip:bob@carol.example.net", "1", Flow("UDP", "carol.example.net", 5060, "x")),
        )
    )
    key = (KIND, "sip:bob@example.com", "")
    finish(play.server.store.put(key, Bindings(until, contacts), None))
    play.play("bob -> node LISTEN")
    caller = Flow("TLS", "alice.example.net", 40_001, "node.example.com:5061", 2, 900)
    contact = {"Contact": "<sips:alice@alice.example.net:5061>"}
    asked = request("INVITE", "sips:bob@example.com", contact, via="SIP/2.0/TLS a;branch=z9hG4bKa")
    play.stage.node.receive(asked, caller, play.now)
    play.play("""
              0.1 s pass
        bob <- node INVITE uri=sips:bob@bob.example.net:5060
    """)
    invite = read(play.stage.peer("bob").heard[-1])
    assert all(route.startswith("<sips:call.") for route in invite.values("record-route"))
