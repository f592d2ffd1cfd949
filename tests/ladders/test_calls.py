"""Calls between users of one server: who rings, who answers, and what the caller hears."""

from __future__ import annotations

import re

import pytest

from hereabouts.sip.reader import read
from tests.ladders.calling import (
    BOUND,
    CALLED,
    TALKING,
    branch,
    heard,
    is_quiet,
)
from tests.ladders.conftest import Play


@pytest.fixture
def bound(ladder: Play) -> Play:
    ladder.play(BOUND)
    return ladder


def test_a_call_is_made_answered_and_ended(bound: Play) -> None:
    """3261-16.6-2: what follows comes through us; and nothing of it is kept."""
    bound.play(TALKING)
    bound.play("""
        bob     -> node BYE
        watcher <- node BYE
        watcher -> node 200
        bob     <- node 200
    """)
    assert is_quiet(bound)


def test_the_caller_may_end_it_too(bound: Play) -> None:
    bound.play(TALKING)
    bound.play("""
        watcher -> node INVITE within=call
        watcher <- node 100
        bob     <- node INVITE
        bob     -> node 200
        watcher <- node 200
        watcher -> node ACK
        bob     <- node ACK
        watcher -> node INFO
        bob     <- node INFO
        bob     -> node 200
        watcher <- node 200
        watcher -> node BYE
        bob     <- node BYE
        bob     -> node 200
        watcher <- node 200
    """)
    assert is_quiet(bound)


def test_on_the_way_only_what_is_a_proxys_own_is_changed(bound: Play) -> None:
    """3261-16.6-1, 3261-16.6-2, 3261-16.3-2, 5393-5.3.3-1."""
    bound.play("""
        watcher -> node INVITE to=bob X-New=y
        watcher <- node 100
        bob     <- node INVITE uri=sip:bob@bob.example.net X-New=y Max-Forwards=69 Max-Breadth=60
        bob     -> node 486
        watcher <- node 486
        watcher -> node ACK
        bob     <- node ACK
    """)
    sent, came = read(bound.stage.peer("watcher").sessions["call1"].invite), heard(bound, "bob", 0)
    own = ("Via", "Max-Forwards", "Max-Breadth", "Record-Route", "Content-Length")
    kept = [row for row in sent.rows if not row.startswith(own)]
    assert [row for row in came.rows if not row.startswith(own)] == kept
    [route] = came.values("record-route")
    assert re.fullmatch(r"<sip:call\.[\w-]+@node\.example\.com:5060;lr>", route)


def test_the_caller_is_told_to_wait_at_once(bound: Play) -> None:
    """3261-17.2.1-1, 3261-8.2.6.1-1: with the time that he has written into it."""
    bound.play("""
        watcher -> node INVITE to=bob Timestamp=54
        watcher <- node 100    Timestamp=54
        watcher -> node AGAIN
        watcher <- node 100    Timestamp=54
        bob     <- node INVITE
        bob     -> node 180
        watcher <- node 180
        watcher -> node AGAIN
        watcher <- node 180
        bob     -> node 603
        watcher <- node 603
        bob     <- node ACK
        watcher -> node ACK
    """)


def test_a_hundred_goes_no_further(bound: Play) -> None:
    """3261-16.7-1: it is for one hop alone."""
    bound.play(CALLED)
    bound.play("""
        bob     -> node 100
        bob     -> node 183
        watcher <- node 183
        bob     -> node 200
        watcher <- node 200
    """)


def test_a_refusal_is_acknowledged_hop_by_hop(bound: Play) -> None:
    """3261-17.1.1.2-1, 3261-16.6-4: our ACK has the branch of our INVITE, and the callee's tag."""
    bound.play(CALLED)
    bound.play("""
        bob     -> node 486
        bob     <- node ACK
        watcher <- node 486
        watcher -> node ACK
        watcher -> node ACK
                40 s pass
    """)
    [ack] = bound.stage.peer("bob").acknowledged
    assert branch(ack) == branch(heard(bound, "bob", 0))
    assert ack.to_address.tag == "bob"


def test_a_refusal_is_repeated_until_its_ack(bound: Play) -> None:
    """3261-17.2.1-1: Timer G, doubling to T2; Timer H after 32 s."""
    bound.play(CALLED)
    bound.play("bob -> node 486\n bob <- node ACK\n watcher <- node 486")
    for pause in (0.5, 1, 2, 4, 4, 4, 4, 4, 4, 4):
        bound.play(f"{pause - 0.01:.2f} s pass\n 0.01 s pass\n watcher <- node 486")
    bound.play("60 s pass")


def test_a_call_that_is_cancelled_rings_no_more(bound: Play) -> None:
    """3261-9.2-2, 3261-16.10-1, 3261-16.6-4: 200 at once, and 487 from whoever was ringing."""
    bound.play(CALLED)
    bound.play("""
        bob     -> node 180
        watcher <- node 180
        watcher -> node CANCEL Reason=SIP;cause=600
        watcher <- node 200    of=CANCEL
        bob     <- node CANCEL Reason=SIP;cause=600
        bob     -> node 200    of=CANCEL
        bob     -> node 487    of=INVITE
        bob     <- node ACK
        watcher <- node 487
        watcher -> node ACK
    """)
    invite, cancel, ack = (heard(bound, "bob", which) for which in range(3))
    assert branch(invite) == branch(cancel) == branch(ack)
    assert invite.uri == cancel.uri
    assert is_quiet(bound)


def test_nobody_is_cancelled_who_has_not_been_heard_of(bound: Play) -> None:
    """RFC 3261 section 9.1: the CANCEL waits for something provisional."""
    bound.play(CALLED)
    bound.play("""
        watcher -> node CANCEL
        watcher <- node 200    of=CANCEL
                0.4 s pass
        bob     -> node 100
        bob     <- node CANCEL
        bob     -> node 200    of=CANCEL
        bob     -> node 487    of=INVITE
        bob     <- node ACK
        watcher <- node 487
        watcher -> node ACK
    """)


def test_who_answers_in_the_moment_of_the_cancel_has_a_call(bound: Play) -> None:
    bound.play(CALLED)
    bound.play("""
        bob     -> node 180
        watcher <- node 180
        watcher -> node CANCEL
        watcher <- node 200    of=CANCEL
        bob     <- node CANCEL
        bob     -> node 200    of=INVITE
        watcher <- node 200    of=INVITE
        bob     -> node 481    of=CANCEL
        watcher -> node ACK
        bob     <- node ACK
    """)


def test_a_cancel_that_is_ignored_ends_the_call_after_64_t1(bound: Play) -> None:
    """RFC 3261 section 9.1; and what comes later finds no transaction (6026-7.3-1)."""
    bound.play(CALLED)
    bound.play("""
        bob     -> node 180
        watcher <- node 180
        watcher -> node CANCEL
        watcher <- node 200    of=CANCEL
        bob     <- node CANCEL
        bob     -> node 200    of=CANCEL
                31.9 s pass
                0.1 s pass
        watcher <- node 487
        watcher -> node ACK
        bob     -> node 200    of=INVITE
    """)
    assert is_quiet(bound)


def test_a_cancel_for_nothing_is_told_so(bound: Play) -> None:
    """3261-9.2-1, 3261-16.10-1: 481, and no call is touched."""
    bound.play(CALLED)
    session = bound.stage.peer("watcher").sessions["call1"]
    session.invite = session.invite.replace(b"branch=z9hG4bK", b"branch=z9hG4bKother")
    bound.play("""
        watcher -> node CANCEL
        watcher <- node 481    of=CANCEL
        bob     -> node 180
        watcher <- node 180
        bob     -> node 200
        watcher <- node 200
    """)


def test_after_64_t1_a_2xx_goes_nowhere(bound: Play) -> None:
    """6026-7.2-1, 6026-7.1-1: Timers M and L, on each side."""
    bound.play(CALLED)
    bound.play("""
        bob     -> node 200
        watcher <- node 200
                31.9 s pass
        bob     -> node 200  of=INVITE
        watcher <- node 200
                0.2 s pass
        bob     -> node 200  of=INVITE
    """)
    assert bound.stage.node.endpoint.kept == 0


def test_calls_go_by_the_connection_that_a_device_has_registered_by(ladder: Play) -> None:
    """And so does everything in them, from either side."""
    ladder.play("bob -> node CONNECT\n watcher -> node CONNECT")
    ladder.play(BOUND)
    ladder.play(TALKING)
    ladder.play("""
        watcher -> node INFO
        bob     <- node INFO
        bob     -> node 200
        watcher <- node 200
        bob     -> node BYE
        watcher <- node BYE
        watcher -> node 200
        bob     <- node 200
    """)


def test_a_device_that_has_moved_within_a_call_is_found_again(ladder: Play) -> None:
    """Its new connection is where its user has registered it since."""
    ladder.play("bob -> node CONNECT\n watcher -> node CONNECT")
    ladder.play(BOUND)
    ladder.play(TALKING)
    ladder.play("""
        bob     -> node HANGUP
        bob     -> node CONNECT
        bob     -> node REGISTER
        bob     <- node 200
        watcher -> node BYE
        bob     <- node BYE
        bob     -> node 200
        watcher <- node 200
    """)


def test_a_connection_that_is_gone_is_not_waited_for(ladder: Play) -> None:
    """There is nobody at the address of the device either."""
    ladder.play("bob -> node CONNECT")
    ladder.play(BOUND)
    ladder.play("""
        bob     -> node HANGUP
        watcher -> node INVITE to=bob
        watcher <- node 100
        watcher <- node 480
        watcher -> node ACK
    """)
    assert is_quiet(ladder)


def test_a_device_that_takes_connections_is_called_by_a_new_one(ladder: Play) -> None:
    """And all that follows goes there too, the ACK that nobody answers as well."""
    ladder.play("bob -> node CONNECT\n bob -> node LISTEN")
    ladder.play(BOUND)
    ladder.play("bob -> node HANGUP")
    ladder.play(TALKING)
    ladder.play("""
        watcher -> node BYE
        bob     <- node BYE
        bob     -> node 200
        watcher <- node 200
    """)


def test_an_ack_that_finds_no_way_is_lost(ladder: Play) -> None:
    """Like one in the network: the 2xx comes again, and so does it."""
    ladder.play("bob -> node CONNECT")
    ladder.play(BOUND)
    ladder.play(CALLED)
    ladder.play("""
        bob     -> node 200
        watcher <- node 200
        bob     -> node HANGUP
        watcher -> node ACK
        bob     -> node CONNECT
        bob     -> node REGISTER
        bob     <- node 200
        bob     -> node 200    of=INVITE
        watcher <- node 200
        watcher -> node ACK
        bob     <- node ACK
    """)


def test_a_device_behind_nat_is_called_where_it_has_registered(ladder: Play) -> None:
    ladder.play("""
        bob     -> node REGISTER Contact=<sip:bob@10.0.0.7:5071>
        bob     <- node 200
        watcher -> node INVITE   to=bob
        watcher <- node 100
        bob     <- node INVITE   uri=sip:bob@10.0.0.7:5071
        bob     -> node 200      Contact=<sip:bob@10.0.0.7:5071>
        watcher <- node 200
        watcher -> node ACK
        bob     <- node ACK
        watcher -> node BYE
        bob     <- node BYE      uri=sip:bob@10.0.0.7:5071
        bob     -> node 200
        watcher <- node 200
    """)


def test_a_server_restarted_in_the_middle_of_a_call_lets_it_end(bound: Play) -> None:
    """The token is good for ever: nothing about a call is remembered."""
    bound.play(TALKING)
    bound.play("""
        power   -> node OFF
        power   -> node ON
        watcher -> node BYE
        bob     <- node BYE
        bob     -> node 200
        watcher <- node 200
    """)


def test_unknown_methods_pass(bound: Play) -> None:
    """3261-16.3-1: with headers that nobody knows."""
    bound.play("""
        watcher -> node FOO to=bob X-New=y
        bob     <- node FOO X-New=y
        bob     -> node 501
        watcher <- node 501
    """)
    assert "record-route" not in heard(bound, "bob").headers


def test_a_non_invite_knows_no_ringing(bound: Play) -> None:
    """4320-4.1-1: a 180 to a MESSAGE goes no further, and CANCEL changes nothing (3261-9.2-1)."""
    bound.play("""
        watcher -> node MESSAGE to=bob
        bob     <- node MESSAGE
        bob     -> node 180
        bob     -> node 200
        watcher <- node 200
    """)


def test_options_for_a_user_go_to_his_devices(bound: Play) -> None:
    """RFC 3261 section 11: and for one who has none, his presence agent answers."""
    bound.play("""
        watcher -> node OPTIONS to=bob
        bob     <- node OPTIONS
        bob     -> node 486
        watcher <- node 486
        watcher -> node OPTIONS to=alice
        watcher <- node 200     Allow-Events=presence
    """)


def test_a_length_is_written_where_there_was_none(ladder: Play) -> None:
    """3261-16.6-5: on a stream the body would have no end."""
    ladder.play("bob -> node CONNECT\n bob -> node REGISTER\n bob <- node 200")
    rows = "From: <sip:watcher@example.com>;tag=1\r\nTo: <sip:bob@example.com>\r\nCall-ID: c\r\n"
    via = "Via: SIP/2.0/UDP watcher.example.net;branch=z9hG4bKlength\r\n"
    head = f"MESSAGE sip:bob@example.com SIP/2.0\r\n{via}{rows}CSeq: 1 MESSAGE\r\n\r\n"
    ladder.tell("watcher", f"{head}hello".encode())
    ladder.play("bob <- node MESSAGE Content-Length=5")
    assert heard(ladder, "bob").body == b"hello"


def test_an_answer_that_cannot_be_delivered_ends_nothing(ladder: Play) -> None:
    """6026-7.1-2: an INVITE that comes again is still absorbed."""
    ladder.play("watcher -> node CONNECT")
    ladder.play(BOUND)
    ladder.play(CALLED)
    ladder.play("""
        watcher -> node HANGUP
        bob     -> node 200
        watcher -> node CONNECT
        watcher -> node AGAIN
                1 s pass
    """)


STRAYS = [
    ("SIP/2.0/UDP node.example.com:5060;branch=z9hG4bKmadeup", "6026-7.3-1: of no request of ours"),
    ("SIP/2.0/UDP 192.0.2.198;branch=z9hG4bKmadeup", "3261-18.1.2-1: not even to us"),
]


@pytest.mark.parametrize("ours", [row[0] for row in STRAYS], ids=[row[1] for row in STRAYS])
def test_an_answer_of_nobody_goes_nowhere(bound: Play, ours: str) -> None:
    """3261-16.7-4: whoever is named in the next Via, 255.255.255.255 too (RFC 4475 3.3.10)."""
    bound.play(CALLED)
    rows = "From: <sip:w@e>;tag=1\r\nTo: <sip:b@e>;tag=2\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n"
    for then in ("255.255.255.255", "node.example.com:5060", "watcher.example.net"):
        vias = f"Via: {ours}\r\nVia: SIP/2.0/UDP {then};branch=z9hG4bKnext\r\n"
        flow = bound.stage.flow(bound.stage.peer("bob"))
        packet = f"SIP/2.0 200 OK\r\n{vias}{rows}Content-Length: 0\r\n\r\n"
        bound.stage.node.receive(packet.encode(), flow, bound.now)
    bound.play("0.1 s pass")
