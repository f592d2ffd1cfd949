"""Calls to several devices: who rings when and for how long, and which answer is passed back."""

from __future__ import annotations

import pytest

from tests.ladders.calling import (
    BOUND,
    CALLED,
    FORKED,
    TWO_DEVICES,
    branch,
    heard,
    is_quiet,
    told,
)
from tests.ladders.conftest import Play


@pytest.fixture
def bound(ladder: Play) -> Play:
    ladder.play(BOUND)
    return ladder


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
    """3261-16.3-6: that is no error at a proxy. 3261-8.2.2.2-1: a device refuses it."""
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
