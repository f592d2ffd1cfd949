"""Calls between users of one server: who rings, who answers, and what the caller hears."""

from __future__ import annotations

import re

import pytest

from hereabouts.sip.message import Request, Response
from hereabouts.sip.reader import read
from tests.ladders.conftest import Begin, Play

BOUND = """
    bob     -> node REGISTER
    bob     <- node 200
    watcher -> node REGISTER
    watcher <- node 200
"""
CALLED = """
    watcher -> node INVITE  to=bob
    watcher <- node 100
    bob     <- node INVITE
"""
TALKING = f"""{CALLED}
    bob     -> node 180
    watcher <- node 180
    bob     -> node 200
    watcher <- node 200
    watcher -> node ACK
    bob     <- node ACK
"""
TWO_DEVICES = """
    bob-desk   -> node REGISTER
    bob-desk   <- node 200
    bob-mobile -> node REGISTER
    bob-mobile <- node 200
"""
FORKED = f"""{TWO_DEVICES}
    watcher    -> node INVITE   to=bob
    watcher    <- node 100
    bob-desk   <- node INVITE
    bob-mobile <- node INVITE
"""


@pytest.fixture
def bound(ladder: Play) -> Play:
    ladder.play(BOUND)
    return ladder


def heard(play: Play, peer: str, which: int = -1) -> Request:
    """A request that a peer has heard."""
    requests = [each for each in map(read, play.stage.peer(peer).heard) if is_request(each)]
    request = requests[which]
    assert isinstance(request, Request)
    return request


def is_request(message: Request | Response) -> bool:
    return isinstance(message, Request)


def told(play: Play, peer: str) -> Response:
    """The answer that a peer has heard last."""
    answers = [each for each in map(read, play.stage.peer(peer).heard) if not is_request(each)]
    answer = answers[-1]
    assert isinstance(answer, Response)
    return answer


def branch(request: Request) -> str:
    found = re.search(r"branch=([^;,]+)", request.headers["via"][0])
    assert found is not None
    return found[1]


def is_quiet(play: Play) -> bool:
    """Whether the node keeps nothing of any call."""
    return len(play.stage.server.calls.forking) == 0


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
    """3261-16.6-1, 3261-16.6-2, 3261-16.3-2, 5393-5.3.3-1: and Content-Length (3261-16.6-5)."""
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


def test_the_first_who_answers_has_the_call(ladder: Play) -> None:
    """3261-16.7-3: the others stop ringing, and are told why."""
    ladder.play(FORKED)
    ladder.play("""
        bob-desk   -> node 180
        watcher    <- node 180
        bob-mobile -> node 180
        watcher    <- node 180
        bob-mobile -> node 200
        watcher    <- node 200    tag=bob-mobile
        bob-desk   <- node CANCEL Reason=SIP;cause=200;text="Callcompletedelsewhere"
        bob-desk   -> node 200    of=CANCEL
        bob-desk   -> node 487    of=INVITE
        bob-desk   <- node ACK
        watcher    -> node ACK
        bob-mobile <- node ACK
        watcher    -> node BYE
        bob-mobile <- node BYE
        bob-mobile -> node 200
        watcher    <- node 200
    """)
    branches = {branch(heard(ladder, peer, 0)) for peer in ("bob-desk", "bob-mobile")}
    assert len(branches) == 2
    assert all(each.startswith("z9hG4bK") for each in branches)
    assert is_quiet(ladder)


def test_both_may_answer(ladder: Play) -> None:
    """6026-7.2-1, 6026-7.1-1: every 2xx is passed back, and a retransmission of the INVITE not."""
    ladder.play(FORKED)
    ladder.play("""
        bob-desk   -> node 200
        watcher    <- node 200    tag=bob-desk
        bob-mobile -> node 200
        watcher    <- node 200    tag=bob-mobile
        watcher    -> node AGAIN
                1 s pass
        bob-desk   -> node 200    of=INVITE
        watcher    <- node 200    tag=bob-desk
                29 s pass
        bob-mobile -> node 200    of=INVITE
        watcher    <- node 200    tag=bob-mobile
    """)
    assert is_quiet(ladder)


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


BEST = [
    (404, 486, "404", "3261-16.7-1: one of the lowest class"),
    (404, 603, "603", "3261-16.7-1: a 6xx above all"),
    (503, 486, "486", "what is out of order is the last"),
    (503, 503, "500", "3261-16.7-1: and it is not us who are"),
    (500, 302, "302", "the class counts"),
    (486, 415, "415", "what says how to ask again"),
    (503, 501, "501", "any other of its class"),
]


@pytest.mark.parametrize(
    "desk, mobile, best", [row[:3] for row in BEST], ids=[row[3] for row in BEST]
)
def test_of_refusals_the_best_is_passed_back(
    ladder: Play, desk: int, mobile: int, best: str
) -> None:
    ladder.play(FORKED)
    ladder.play(f"bob-desk -> node {desk}\n bob-desk <- node ACK")
    ladder.play(f"""
        bob-mobile -> node {mobile}
        bob-mobile <- node ACK
        watcher    <- node {best}
        watcher    -> node ACK
    """)
    assert is_quiet(ladder)


def test_who_declines_for_all_has_the_others_cancelled(ladder: Play) -> None:
    """3261-16.7-1: a 2xx that was under way is still better than a 6xx."""
    ladder.play(FORKED)
    ladder.play("""
        bob-desk   -> node 180
        watcher    <- node 180
        bob-mobile -> node 603
        bob-mobile <- node ACK
        bob-desk   <- node CANCEL
        bob-desk   -> node 200    of=INVITE
        watcher    <- node 200
        bob-desk   -> node 481    of=CANCEL
    """)
    assert is_quiet(ladder)


def test_what_all_ask_for_is_put_together(ladder: Play) -> None:
    """3261-16.7-2, 8760-2.5-1: unmodified, each in its order."""
    ladder.play(FORKED)
    desk = 'Digest realm="a",algorithm=SHA-256,nonce="1", Digest realm="a",algorithm=MD5,nonce="1"'
    mobile = 'Digest realm="b",algorithm=SHA-256,nonce="2", Digest realm="b",nonce="2"'
    ladder.play(f"""
        bob-desk   -> node 401 WWW-Authenticate={desk.replace(" ", "")}
        bob-desk   <- node ACK
        bob-mobile -> node 407 Proxy-Authenticate={mobile.replace(" ", "")}
        bob-mobile <- node ACK
        watcher    <- node 401
        watcher    -> node ACK
    """)
    answer = told(ladder, "watcher")
    assert answer.headers["www-authenticate"] == [desk.replace(" ", "")]
    assert answer.headers["proxy-authenticate"] == [mobile.replace(" ", "")]


def test_devices_ring_by_preference(ladder: Play) -> None:
    """3261 section 16.6: those of one q together, the others after them."""
    for name, q in (("desk", "0.5"), ("mobile", "1.0"), ("home", "0.5")):
        ladder.play(f"""
            bob-{name} -> node REGISTER Contact=<sip:bob@bob-{name}.example.net>;q={q}
            bob-{name} <- node 200
        """)
    ladder.play("""
        watcher    -> node INVITE to=bob
        watcher    <- node 100
        bob-mobile <- node INVITE Max-Breadth=60
        bob-mobile -> node 486
        bob-mobile <- node ACK
        bob-desk   <- node INVITE Max-Breadth=30
        bob-home   <- node INVITE Max-Breadth=30
        bob-desk   -> node 200
        watcher    <- node 200
        bob-home   -> node 180
        bob-home   <- node CANCEL
        bob-home   -> node 200    of=CANCEL
        bob-home   -> node 487    of=INVITE
        bob-home   <- node ACK
    """)
    assert is_quiet(ladder)


def test_a_cancel_keeps_the_others_from_ringing(ladder: Play) -> None:
    for name, q in (("desk", "0.5"), ("mobile", "1.0")):
        ladder.play(f"""
            bob-{name} -> node REGISTER Contact=<sip:bob@bob-{name}.example.net>;q={q}
            bob-{name} <- node 200
        """)
    ladder.play("""
        watcher    -> node INVITE to=bob
        watcher    <- node 100
        bob-mobile <- node INVITE
        watcher    -> node CANCEL
        watcher    <- node 200    of=CANCEL
        bob-mobile -> node 486
        bob-mobile <- node ACK
        watcher    <- node 486
        watcher    -> node ACK
    """)
    assert is_quiet(ladder)


BREADTH = [
    ("1", ["1"], "5393-5.3.3-1: one after the other"),
    ("2", ["1", "1"], "5393-5.3.3-1: the sum is what came in"),
    ("3", ["2", "1"], "all of it is given on"),
    ("5000", ["30", "30"], "5393-5.3.3-2: more than we grant is lowered"),
]


@pytest.mark.parametrize(
    "breadth, first", [row[:2] for row in BREADTH], ids=[row[2] for row in BREADTH]
)
def test_no_more_ring_at_a_time_than_the_request_allows(
    ladder: Play, breadth: str, first: list[str]
) -> None:
    ladder.play(TWO_DEVICES)
    ladder.play(
        f"watcher -> node INVITE to=bob Max-Breadth={breadth}\n watcher <- node 100"
        + "".join(
            f"\n bob-{name} <- node INVITE Max-Breadth={share}"
            for name, share in zip(("desk", "mobile"), first, strict=False)
        )
    )
    rest = "" if len(first) > 1 else "bob-mobile <- node INVITE Max-Breadth=1"
    ladder.play(f"""
        bob-desk   -> node 486
        bob-desk   <- node ACK
        {rest}
        bob-mobile -> node 486
        bob-mobile <- node ACK
        watcher    <- node 486
        watcher    -> node ACK
    """)


def test_timer_c_ends_what_rings_for_ever(bound: Play) -> None:
    """3261-16.6-6: 101 to 199 begin it anew, a 100 does not."""
    bound.play(CALLED)
    bound.play("""
        bob     -> node 180
        watcher <- node 180
                100 s pass
        bob     -> node 100
                80.9 s pass
        bob     -> node 183
        watcher <- node 183
                180.9 s pass
                0.1 s pass
        bob     <- node CANCEL
        bob     -> node 200    of=CANCEL
        bob     -> node 487    of=INVITE
        bob     <- node ACK
        watcher <- node 487
        watcher -> node ACK
    """)
    assert is_quiet(bound)


def test_after_timer_c_a_device_that_says_nothing_is_given_up(bound: Play) -> None:
    """3261-16.6-6: the caller is told 408."""
    bound.play(CALLED)
    bound.play("""
        bob     -> node 180
        watcher <- node 180
                180.9 s pass
                0.1 s pass
        bob     <- node CANCEL
        bob     -> node 200    of=CANCEL
                31.9 s pass
                0.1 s pass
        watcher <- node 408
        watcher -> node ACK
    """)
    assert is_quiet(bound)


def test_a_dead_device_is_called_for_32_seconds(bound: Play) -> None:
    """3261-17.1.1.2-1, 3261-16.7-1: Timer A without a cap, Timer B; 408 for an INVITE."""
    bound.play("watcher -> node INVITE to=bob\n watcher <- node 100\n bob x- node INVITE")
    for pause in (0.5, 1, 2, 4, 8, 16):
        bound.play(f"{pause - 0.01:.2f} s pass\n 0.01 s pass\n bob x- node INVITE")
    bound.play("""
                0.49 s pass
                0.01 s pass
        watcher <- node 408
        watcher -> node ACK
                200 s pass
    """)
    assert is_quiet(bound)


def test_only_the_silent_are_waited_for(ladder: Play) -> None:
    ladder.play(FORKED)
    ladder.play("bob-mobile -> node 486\n bob-mobile <- node ACK")
    for pause in (0.5, 1, 2, 4, 8, 16):
        ladder.play(f"{pause} s pass\n bob-desk x- node INVITE")
    ladder.play("0.5 s pass\n watcher <- node 486\n watcher -> node ACK")


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


def test_a_user_may_stand_for_another(ladder: Play) -> None:
    """3261-16.3-5: a spiral is no loop; and no device rings twice (3261-16.5-2)."""
    ladder.play("""
        bob     -> node REGISTER
        bob     <- node 200
        alice   -> node REGISTER Contact=<sip:bob@example.com>,<sip:bob@BOB.example.net>
        alice   <- node 200
        watcher -> node INVITE   to=alice
        watcher <- node 100
        bob     <- node INVITE   uri=sip:bob@bob.example.net
        bob     -> node 486
        bob     <- node ACK
        watcher <- node 486
        watcher -> node ACK
    """)


def test_two_users_who_stand_for_each_other_are_a_loop(ladder: Play) -> None:
    """3261-16.3-5, 5393-4.1-1."""
    ladder.play("""
        bob     -> node REGISTER Contact=<sip:alice@example.com>,<sip:alice@example.com;x=y>
        bob     <- node 200
        alice   -> node REGISTER Contact=<sip:bob@example.com>,<sip:bob@example.com;x=y>
        alice   <- node 200
        watcher -> node INVITE   to=alice
        watcher <- node 482
        watcher -> node ACK
    """)


def test_a_request_that_was_forked_elsewhere_comes_twice(bound: Play) -> None:
    """3261-16.3-6: that is no error at a proxy; the server itself refuses it (8.2.2.2-1)."""
    bound.play(CALLED)
    bound.play("""
        watcher -> node DETOUR
        watcher <- node 100
        bob     <- node INVITE
        bob     -> node 486
        bob     <- node ACK
        watcher <- node 486
        bob     -> node 482
        bob     <- node ACK
        watcher <- node 482
        watcher -> node ACK
                4 s pass
        watcher <- node 482
        watcher <- node 482
        watcher <- node 482
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


def test_a_message_reaches_all_devices(ladder: Play) -> None:
    ladder.play(TWO_DEVICES)
    ladder.play("""
        watcher    -> node MESSAGE to=bob
        bob-desk   <- node MESSAGE
        bob-mobile <- node MESSAGE
        bob-mobile -> node 200
        watcher    <- node 200
        bob-desk   -> node 200
    """)
    assert is_quiet(ladder)


def test_a_message_that_nobody_answers_is_left_unanswered(bound: Play) -> None:
    """4320-4.1-2, 4320-4.1-3, 4320-4.2-1: a 100 when Timer E reaches T2; never a 408."""
    bound.play("watcher -> node MESSAGE to=bob\n bob x- node MESSAGE")
    bound.play("3.4 s pass\n" + 2 * "bob x- node MESSAGE\n")
    bound.play("0.2 s pass\n bob x- node MESSAGE\n watcher <- node 100")
    bound.play("28 s pass\n" + 6 * "bob x- node MESSAGE\n" + "bob x- node MESSAGE")
    bound.play("60 s pass")
    assert is_quiet(bound)


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


# -- tokens


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


# -- who may

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
