"""What becomes of a subscription when its NOTIFY is not answered 200 (RFC 6665 section 4.2.2)."""

from __future__ import annotations

from contextlib import suppress

import pytest

from hereabouts.base.refusal import Malformed
from tests.ladders.conftest import Begin, Play
from tests.ladders.script import Note

SUBSCRIBED = """
    watcher -> node SUBSCRIBE Expires=3600
    watcher <- node 200
    watcher <- node NOTIFY
    watcher -> node 200
    alice   -> node PUBLISH   basic=open Expires=3600
    alice   <- node 200
    watcher <- node NOTIFY    basic=open
"""
GONE = """
            10 s pass
    alice   -> node PUBLISH   basic=closed
    alice   <- node 200
    watcher -> node SUBSCRIBE
    watcher <- node 481
"""

ENDING = (404, 405, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604)


@pytest.mark.parametrize("status", ENDING)
def test_an_answer_that_ends_the_subscription(begin: Begin, status: int) -> None:
    """6665-4.2.2-5, SEC-3856-9.5-2: one NOTIFY, and never another."""
    ladder = begin()
    ladder.play(SUBSCRIBED)
    ladder.play(f"watcher -> node {status}")
    ladder.play(GONE)


@pytest.mark.parametrize("status", [302, 400, 401, 403, 407, 408, 500, 503, 603])
def test_an_answer_that_leaves_the_subscription(begin: Begin, status: int) -> None:
    """6665-4.2.2-6, 6665-4.2.2-7: the next change is told as before, and nothing loops."""
    ladder = begin()
    ladder.play(SUBSCRIBED)
    ladder.play(f"watcher -> node {status}\n 60 s pass")
    ladder.play("""
        alice   -> node PUBLISH   basic=closed
        alice   <- node 200
        watcher <- node NOTIFY    basic=closed
        watcher -> node 200
        watcher -> node SUBSCRIBE
        watcher <- node 200
        watcher <- node NOTIFY
        watcher -> node 200
    """)


def test_what_was_not_taken_is_sent_with_the_next_publish_even_if_it_says_the_same(
    ladder: Play,
) -> None:
    """6665-4.2.2-6: it is not known what the watcher shows."""
    ladder.play(SUBSCRIBED)
    ladder.play("""
        watcher -> node 500
                60 s pass
        alice   -> node PUBLISH basic=open
        alice   <- node 200
        watcher <- node NOTIFY  basic=open
        watcher -> node 200
    """)


def test_retry_after_is_honoured(ladder: Play) -> None:
    """6665-4.2.2-6."""
    ladder.play(SUBSCRIBED)
    ladder.play("""
        watcher -> node 503    Retry-After=30
                29.9 s pass
                0.1 s pass
        watcher <- node NOTIFY basic=open
        watcher -> node 200
                60 s pass
    """)


def test_without_an_answer_the_subscription_ends_after_eleven_sends(ladder: Play) -> None:
    """6665-4.2.2-4, SEC-3856-9.5-1, 3261-17.1.2.2-1: timers E and F, over UDP."""
    ladder.play(SUBSCRIBED)
    for pause in (0.5, 1, 2, 4, 4, 4, 4, 4, 4, 4):
        ladder.play(f"{pause - 0.01} s pass")
        ladder.play("0.01 s pass\n watcher <- node NOTIFY")
    assert len(set(ladder.stage.peer("watcher").heard[-11:])) == 1
    ladder.play("0.5 s pass")
    ladder.stage.peer("watcher").unanswered.clear()
    ladder.play(GONE)


def test_over_tcp_a_notify_is_sent_once_and_waited_for_as_long(ladder: Play) -> None:
    """3261-17.1.2.2-1: no timer E on a reliable transport, timer F all the same."""
    ladder.play("watcher -> node CONNECT")
    ladder.play(SUBSCRIBED)
    ladder.play("31.99 s pass\n 0.01 s pass")
    ladder.stage.peer("watcher").unanswered.clear()
    ladder.play(GONE)


def test_a_late_answer_stops_the_retransmissions(ladder: Play) -> None:
    ladder.play(SUBSCRIBED)
    ladder.play("""
                0.5 s pass
        watcher x- node NOTIFY
                1 s pass
        watcher <- node NOTIFY
        watcher -> node 200
                60 s pass
    """)


def test_one_notify_is_in_flight_and_the_newest_state_follows(begin: Begin) -> None:
    """Changes that come while one is on its way are told once it is answered, as one."""
    ladder = begin(notify_interval=0)
    ladder.play(SUBSCRIBED)
    ladder.play("""
        alice-mobile -> node PUBLISH basic=closed
        alice-mobile <- node 200
        alice-mobile -> node PUBLISH basic=open
        alice-mobile <- node 200
        watcher      -> node 200
        watcher      <- node NOTIFY  basic=open,open
        watcher      -> node 200
    """)


def test_a_change_while_one_is_on_its_way_follows_though_that_one_is_refused(
    begin: Begin,
) -> None:
    """6665-4.2.2-6: the subscription goes on, and so does what it owes."""
    ladder = begin(notify_interval=0)
    ladder.play(SUBSCRIBED)
    ladder.play("""
        alice   -> node PUBLISH basic=closed
        alice   <- node 200
        watcher -> node 500
        watcher <- node NOTIFY  basic=closed
        watcher -> node 200
    """)


def test_an_end_while_one_is_on_its_way_follows(ladder: Play) -> None:
    """6665-4.2.1.4-3."""
    ladder.play(SUBSCRIBED)
    ladder.play("""
        watcher -> node SUBSCRIBE Expires=0
        watcher <- node 200
        watcher -> node 200
        watcher <- node NOTIFY    state=terminated
        watcher -> node 200
    """)


def test_an_end_follows_though_the_one_on_its_way_is_refused(ladder: Play) -> None:
    """6665-4.2.1.4-3: the watcher who unsubscribes is owed a last NOTIFY."""
    ladder.play(SUBSCRIBED)
    ladder.play("""
        watcher -> node SUBSCRIBE Expires=0
        watcher <- node 200
        watcher -> node 500
        watcher <- node NOTIFY    state=terminated
        watcher -> node 200
    """)


def test_a_provisional_answer_is_no_answer(ladder: Play) -> None:
    """3261-17.1.2.2-2: in Proceeding, a request is repeated every T2."""
    ladder.play(SUBSCRIBED)
    ladder.stage.peer("watcher").unanswered *= 2
    ladder.play("""
        watcher -> node 100
                3.9 s pass
        watcher <- node NOTIFY
        watcher -> node 200
                60 s pass
    """)


def test_a_last_notify_that_is_refused_is_not_repeated(ladder: Play) -> None:
    ladder.play("""
        watcher -> node SUBSCRIBE Expires=0
        watcher <- node 200
        watcher <- node NOTIFY    state=terminated
        watcher -> node 503       Retry-After=5
                60 s pass
    """)
    assert not ladder.stage.agent.notifier.deliveries


def test_each_notify_of_a_dialog_has_the_next_number(begin: Begin) -> None:
    """3261-12.2.1.1-2: without a gap, whatever becomes of them."""
    ladder = begin(notify_interval=0)
    ladder.play("""
        watcher -> node SUBSCRIBE Expires=3600
        watcher <- node 200
        watcher <- node NOTIFY    cseq=1
        watcher -> node 200
    """)
    for number in range(2, 12):
        ladder.play(f"""
            alice   -> node PUBLISH basic={"open" if number % 2 == 0 else "closed"}
            alice   <- node 200
            watcher <- node NOTIFY  cseq={number}
            watcher -> node {500 if number % 3 == 0 else 200}
        """)


def test_who_is_overloaded_is_left_alone_for_as_long_as_he_says(ladder: Play) -> None:
    """3261-21.5.4-1: and is told of the newest state then."""
    ladder.play(SUBSCRIBED)
    ladder.play("""
        watcher -> node 503     Retry-After=20
                10 s pass
        alice   -> node PUBLISH basic=closed
        alice   <- node 200
                9.99 s pass
                0.01 s pass
        watcher <- node NOTIFY  basic=closed
        watcher -> node 200
    """)


def test_who_is_overloaded_is_told_nothing_in_any_subscription(begin: Begin) -> None:
    """3261-21.5.4-1: but what he asks for himself; then it is known that he is there."""
    ladder = begin(notify_interval=0)
    ladder.play(SUBSCRIBED)
    ladder.play("""
        watcher -> node SUBSCRIBE to=carol
        watcher <- node 200
        watcher <- node NOTIFY
        watcher -> node 503       Retry-After=20
        watcher -> node 200
        carol   -> node PUBLISH   to=carol basic=open
        carol   <- node 200
                19.99 s pass
                0.01 s pass
        watcher <- node NOTIFY    basic=open
        watcher <- node NOTIFY    basic=open
        watcher -> node 200
        watcher -> node 200
        alice   -> node PUBLISH   basic=closed
        alice   <- node 200
        watcher <- node NOTIFY    basic=closed
        watcher -> node 503       Retry-After=20
        watcher -> node SUBSCRIBE
        watcher <- node 200
        watcher <- node NOTIFY    basic=closed
        watcher -> node 200
        carol   -> node PUBLISH   to=carol basic=closed
        carol   <- node 200
        watcher <- node NOTIFY    basic=closed
        watcher -> node 200
                60 s pass
    """)


STRANGE = [
    (299, "3261-8.1.3.2-1: as 200"),
    (499, "3261-8.1.3.2-1: as 400, which ends nothing"),
    (503, "3261-21.5.4-1: without Retry-After, as 500"),
]


@pytest.mark.parametrize("status", [row[0] for row in STRANGE], ids=[row[1] for row in STRANGE])
def test_an_answer_that_ends_nothing(ladder: Play, status: int) -> None:
    ladder.play(SUBSCRIBED)
    ladder.play(f"""
        watcher -> node {status}
                10 s pass
        alice   -> node PUBLISH basic=closed
        alice   <- node 200
        watcher <- node NOTIFY  basic=closed
        watcher -> node 200
    """)


def answered(ladder: Play, old: bytes, new: bytes) -> None:
    """Have the watcher answer 200, with something in it that is otherwise."""
    peer = ladder.stage.peer("watcher")
    peer.unanswered *= 2  # for what it answers when the NOTIFY comes again
    packet = peer.say(Note("200"))
    assert old in packet
    with suppress(Malformed):  # the driver drops it, and says so in its journal
        ladder.tell("watcher", packet.replace(old, new, 1))


WRONG = [
    (b" NOTIFY\r\n", b" SUBSCRIBE\r\n", "3261-17.1.3-1: to another method"),
    (b"node.example.com:5060", b"other.example.com:5060", "3261-18.1.2-1: for another host"),
    (b"\r\nFrom:", b"\r\nVia: SIP/2.0/UDP x.invalid\r\nFrom:", "3261-8.1.3.3-1: two Vias"),
    (b"Content-Length: 0", b"Content-Length: 999", "3261-18.3-2: shorter than it says"),
    (b"SIP/2.0 200", b"SIP/2.0 799", "3261-8.1.3.2-1: of no class that there is"),
    (b"SIP/2.0 200", b"SIP/3.0 200", "3261-21.5.6-1: of another version"),
]


@pytest.mark.parametrize("old, new", [row[:2] for row in WRONG], ids=[row[2] for row in WRONG])
def test_an_answer_that_is_none_stops_nothing(ladder: Play, old: bytes, new: bytes) -> None:
    ladder.play(SUBSCRIBED)
    answered(ladder, old, new)
    ladder.play("""
                0.5 s pass
        watcher <- node NOTIFY basic=open
        watcher -> node 200
                60 s pass
    """)


def test_answers_that_come_again_mean_nothing(ladder: Play) -> None:
    """3261-17.1.2.2-3."""
    ladder.play(SUBSCRIBED)
    ladder.stage.peer("watcher").unanswered *= 3
    ladder.play("""
        watcher -> node 200
        watcher -> node 200
        watcher -> node 200
                60 s pass
    """)
    assert len(ladder.stage.agent.notifier.deliveries) == 1
