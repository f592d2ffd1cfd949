"""What is passed on between users, for whom, and to whom alone."""

from __future__ import annotations

import pytest

from tests.ladders.calling import (
    BOUND,
    TALKING,
    heard,
    is_quiet,
)
from tests.ladders.conftest import Begin, Play


@pytest.fixture
def bound(ladder: Play) -> Play:
    ladder.play(BOUND)
    return ladder


LIMITS = [
    ("INVITE", "to=bob Max-Forwards=0", "483", "3261-16.3-2: no hop left"),
    ("INVITE", "to=bob Proxy-Require=foo Require=bar", "420 Unsupported=foo", "3261-16.3-3"),
    ("INVITE", "to=bob uri=tel:1", "416", "3261-16.3-4: an unknown scheme"),
    ("INVITE", "to=nobody", "480", "3261-16.5-1: no device"),
    ("MESSAGE", "to=nobody", "480", "3261-16.5-1"),
    ("INVITE", "to=bob Max-Breadth=0", "440", "5393-5.3.3-1: not even one branch"),
    ("INVITE", "to=bob Max-Breadth=many", "400", "or none that is a number"),
    ("INVITE", "to=bob@b.example", "404", "3261-16.5-1: no way to that domain"),
    ("INVITE", "uri=sip:example.com", "405 Allow=*", "3261-8.2.1-1: the server is not called"),
    ("FOO", "uri=sip:example.com", "501 Allow=*", "3261-8.2.1-1: whatever it is"),
    ("INVITE", "to=bob Route=<tel:1>", "400", "a Route that is none"),
    ("INVITE", "to=bob uri=sips:bob@example.com", "403", "3261-26.2.2-1: sips in clear"),
    ("INVITE", "to=bob To=<sip:bob@example.com>;tag=x", "481", "a dialog that we know nothing of"),
    ("INFO", "to=bob To=<sip:bob@example.com>;tag=x", "481", "whatever the method"),
]  # fmt: skip


@pytest.mark.parametrize(
    "method, said, answer", [row[:3] for row in LIMITS], ids=[row[3] for row in LIMITS]
)
def test_a_proxy_has_its_own_limits(bound: Play, method: str, said: str, answer: str) -> None:
    ack = "watcher -> node ACK" if method == "INVITE" else ""
    bound.play(f"""
        watcher -> node {method} {said}
        watcher <- node {answer}
        {ack}
    """)
    assert is_quiet(bound)


def test_the_token_of_one_call_is_good_for_no_other(bound: Play) -> None:
    """Never an open relay: not for another Call-ID, and not for another caller."""
    bound.play(TALKING)
    peer = bound.stage.peer("watcher")
    session = peer.sessions["call1"]
    session.call_id, kept = "another", session.call_id
    bound.play("watcher -> node BYE\n watcher <- node 481\n watcher -> node ACK")
    session.call_id, session.local = kept, "<sip:watcher@example.com>;tag=another"
    session.remote = "<sip:bob@example.com>;tag=third"
    bound.play("watcher -> node BYE\n watcher <- node 481\n watcher -> node ACK")


def test_a_token_leads_to_the_two_sides_of_its_call_alone(bound: Play) -> None:
    """Never an open relay: whoever is named, it goes to the other side."""
    bound.play(TALKING)
    session = bound.stage.peer("watcher").sessions["call1"]
    session.target = "sip:victim@mallory.example.net"
    bound.play("""
        watcher -> node BYE
        bob     <- node BYE uri=sip:victim@mallory.example.net
        bob     -> node 481
        watcher <- node 481
    """)
    session.routes = (*session.routes, "<sip:mallory.example.net;lr>")
    bound.play("""
        watcher -> node BYE
        bob     <- node BYE Route=<sip:mallory.example.net;lr>
        bob     -> node 481
        watcher <- node 481
    """)


def test_within_a_call_a_strict_router_is_understood(bound: Play) -> None:
    """3261-16.4-1: our URI in the Request-URI, and the target in the last Route."""
    bound.play(TALKING)
    session = bound.stage.peer("watcher").sessions["call1"]
    [route] = session.routes
    session.routes = (f"<{session.target}>",)
    session.target = route.strip("<>")
    bound.play("""
        watcher -> node BYE
        bob     <- node BYE uri=sip:bob@bob.example.net
        bob     -> node 200
        watcher <- node 200
    """)
    assert "route" not in heard(bound, "bob").headers


def test_what_is_broken_within_a_call_is_refused(bound: Play) -> None:
    bound.play(TALKING)
    session = bound.stage.peer("watcher").sessions["call1"]
    routes = session.routes
    session.routes = (*routes, "<tel:1>")
    bound.play("watcher -> node BYE\n watcher <- node 400\n watcher -> node ACK")
    session.routes, session.target = routes, "sip:bob@bob.example.net"
    bound.play("watcher -> node BYE Max-Forwards=0\n watcher <- node 483")


PASSWORDS = {"watcher": "w", "bob": "b"}


@pytest.fixture
def guarded(begin: Begin) -> Play:
    play = begin(PASSWORDS)
    play.play("""
        bob -> node REGISTER
        bob <- node 401
        bob -> node REGISTER
        bob <- node 200
    """)
    return play


def test_a_caller_proves_who_he_is_to_the_proxy(guarded: Play) -> None:
    """3261-22.2-1, 3261-22.1-1, 3261-22.1-2, 3261-22.3-1: 407; ACK and CANCEL need no proof."""
    other = 'Digest username="w",realm="b.example",nonce="n",uri="sip:b@h",response="00"'
    guarded.play(f"""
        watcher -> node INVITE to=bob
        watcher <- node 407    Proxy-Authenticate=*
        watcher -> node ACK
        watcher -> node INVITE to=bob Authorization={other.replace(" ", "")}
        watcher <- node 100
        bob     <- node INVITE
        bob     -> node 180
        watcher <- node 180
        watcher -> node CANCEL
        watcher <- node 200    of=CANCEL
        bob     <- node CANCEL
        bob     -> node 200    of=CANCEL
        bob     -> node 487    of=INVITE
        bob     <- node ACK
        watcher <- node 487
        watcher -> node ACK
        watcher -> node INVITE to=bob
        watcher <- node 100
        bob     <- node INVITE
        bob     -> node 200
        watcher <- node 200
        watcher -> node ACK
        bob     <- node ACK
        bob     -> node BYE
        watcher <- node BYE
        watcher -> node 200
        bob     <- node 200
    """)
    first = heard(guarded, "bob", 0)
    assert first.headers["authorization"] == [other.replace(" ", "")]
    assert "proxy-authorization" not in first.headers


def test_a_refusal_to_a_stranger_is_said_once(guarded: Play) -> None:
    """3261-8.2.7-1: an INVITE by a forged source is worth one answer, whatever it is."""
    guarded.play("""
        mallory -> node INVITE to=bob
        mallory <- node 407
        mallory -> node INVITE to=nobody
        mallory <- node 407
        mallory -> node INVITE uri=sip:example.com
        mallory <- node 405
        mallory -> node INVITE to=bob Max-Forwards=0
        mallory <- node 483
        mallory -> node INVITE to=bob Max-Forwards=many
        mallory <- node 400
        mallory -> node CANCEL
        mallory <- node 481
                100 s pass
    """)
    assert guarded.stage.node.endpoint.kept == 0


REFUSED = [
    ("INVITE to=nobody", "404", "3261-16.5-1: nobody of that name"),
    ("INVITE to=watcher", "480", "3261-16.5-1: no device"),
    ("INVITE to=bob From=<sip:bob@example.com>;tag=1", "403", "as somebody else"),
]


@pytest.mark.parametrize("said, answer", [row[:2] for row in REFUSED], ids=[r[2] for r in REFUSED])
def test_who_is_known_is_told_why_not(guarded: Play, said: str, answer: str) -> None:
    """3261-17.2.1-1: and told again until he has heard it."""
    guarded.play(f"""
        watcher -> node INVITE to=bob
        watcher <- node 407
        watcher -> node ACK
        watcher -> node {said}
        watcher <- node {answer}
                0.5 s pass
        watcher <- node {answer}
        watcher -> node ACK
                60 s pass
    """)


def test_whether_somebody_is_registered_is_told_to_users_alone(guarded: Play) -> None:
    guarded.play("""
        mallory -> node OPTIONS to=bob
        mallory <- node 407
        mallory -> node OPTIONS to=nobody
        mallory <- node 407
        mallory -> node MESSAGE to=bob
        mallory <- node 407
        watcher -> node MESSAGE to=bob
        watcher <- node 407
        watcher -> node MESSAGE to=bob
        bob     <- node MESSAGE
        bob     -> node 200
        watcher <- node 200
    """)
