"""A node ends without a word, or its disk fails.

Nothing that was acknowledged is lost, and nothing that was lost is acknowledged.
"""

from __future__ import annotations

from pathlib import Path

from hereabouts.presence.subscription import CSEQ_JUMP
from tests.ladders.conftest import Begin, Play, settings
from tests.ladders.notes import note_of
from tests.ladders.player import START
from tests.ladders.script import Note
from tests.ladders.stage import ServerStage
from tests.ladders.stores import Memory, Sqlite

SUBSCRIBED = """
    watcher -> node SUBSCRIBE Expires=3600
    watcher <- node 200
    watcher <- node NOTIFY    cseq=1
    watcher -> node 200
"""
RESTART = """
    power   -> node OFF
    power   -> node ON
"""


def test_dialogs_live_on_and_their_cseq_jumps_ahead(ladder: Play) -> None:
    """3261-12.2.1.1: a CSeq never goes back, whatever the former run has sent."""
    ladder.play(SUBSCRIBED)
    for boots, basic in ((1, "open"), (2, "closed")):
        ladder.play("10 s pass")
        ladder.play(RESTART)
        ladder.play(f"""
            alice   -> node PUBLISH basic={basic} Expires=3600
            alice   <- node 200
            watcher <- node NOTIFY  basic={basic} cseq={boots * CSEQ_JUMP + 1}
            watcher -> node 200
        """)
    ladder.play("""
                10 s pass
        watcher -> node SUBSCRIBE Expires=600
        watcher <- node 200
        watcher <- node NOTIFY    state=active
        watcher -> node 200
                600 s pass
        watcher <- node NOTIFY    state=terminated reason=timeout
        watcher -> node 200
    """)


def test_what_was_answered_is_not_sent_again(ladder: Play) -> None:
    ladder.play(SUBSCRIBED)
    ladder.play("""
        alice   -> node PUBLISH basic=open
        alice   <- node 200
        watcher <- node NOTIFY  basic=open
        watcher -> node 200
                2 s pass
    """)
    ladder.play(RESTART)
    ladder.play("60 s pass")


def test_what_was_not_answered_is_sent_again(ladder: Play) -> None:
    """A crash between the 200 of a PUBLISH and its NOTIFYs must not leave a lamp stuck."""
    ladder.play(SUBSCRIBED)
    ladder.play("""
                2 s pass
        alice   -> node PUBLISH basic=open
        alice   <- node 200
        watcher x- node NOTIFY  basic=open
    """)
    ladder.play(
        RESTART
        + """
        watcher <- node NOTIFY  basic=open
        watcher -> node 200
                60 s pass
    """
    )


def test_what_waits_for_the_end_of_a_window_is_sent_after_a_crash(ladder: Play) -> None:
    ladder.play(SUBSCRIBED)
    ladder.play("""
        alice   -> node PUBLISH basic=open
        alice   <- node 200
        watcher <- node NOTIFY  basic=open
        watcher -> node 200
                1 s pass
        alice   -> node PUBLISH basic=closed
        alice   <- node 200
                2 s pass
    """)
    ladder.play(
        RESTART
        + """
        watcher <- node NOTIFY  basic=closed
        watcher -> node 200
                60 s pass
    """
    )


def test_a_subscribe_again_after_a_crash_has_the_same_answer(ladder: Play) -> None:
    """One subscription, one To tag: the 200 to the first may have been lost."""
    ladder.play("""
        watcher -> node SUBSCRIBE
        watcher <- node 200
        watcher x- node NOTIFY
    """)
    ladder.play(
        RESTART
        + """
        watcher <- node NOTIFY
        watcher -> node 200
        watcher -> node AGAIN
        watcher <- node 200
        alice   -> node PUBLISH basic=open
        alice   <- node 200
        watcher <- node NOTIFY  basic=open
        watcher -> node 200
    """
    )
    answers = [each for each in ladder.stage.peer("watcher").heard if each.startswith(b"SIP/2.0")]
    assert answers[0] == answers[1]
    assert len(ladder.stage.agent.notifier.deliveries) == 1


def test_a_refresh_again_after_a_crash_has_the_same_answer(ladder: Play) -> None:
    ladder.play(SUBSCRIBED)
    ladder.play("""
                10 s pass
        watcher -> node SUBSCRIBE Expires=600
        watcher <- node 200       Expires=600
        watcher <- node NOTIFY
        watcher -> node 200
                10 s pass
    """)
    ladder.play(
        RESTART
        + """
        watcher -> node AGAIN
        watcher <- node 200       Expires=600
    """
    )


def test_a_publish_again_after_a_crash_has_the_same_answer(ladder: Play) -> None:
    """3903-6-17: the same entity-tag, and no second publication."""
    ladder.play(SUBSCRIBED)
    for said in ("basic=open", "basic=closed", "Expires=600", "Expires=0"):
        # After a restart nobody knows what the watcher shows, so a mere refresh is told too.
        ladder.play(f"""
            alice   -> node PUBLISH {said}
            alice   <- node 200
            watcher <- node NOTIFY
            watcher -> node 200
        """)
        first = ladder.stage.peer("alice").heard[-1]
        ladder.play("2 s pass")
        ladder.play(RESTART)
        ladder.play("alice -> node AGAIN\n alice <- node 200\n 3 s pass")
        assert ladder.stage.peer("alice").heard[-1] == first


def test_with_digest_too_a_retransmission_after_a_crash_has_the_same_answer(begin: Begin) -> None:
    """Its nonce is of the former run, but its credentials are right, and it was answered before."""
    ladder = begin({"alice": "wonder", "watcher": "builder"})
    ladder.play("""
        alice   -> node REGISTER
        alice   <- node 401
        alice   -> node REGISTER
        alice   <- node 200
        watcher -> node SUBSCRIBE Expires=3600
        watcher <- node 401
        watcher -> node SUBSCRIBE Expires=3600
        watcher <- node 200
        watcher <- node NOTIFY
        watcher -> node 200
        alice   -> node PUBLISH basic=open
        alice   <- node 200
        watcher <- node NOTIFY  basic=open
        watcher -> node 200
                2 s pass
    """)
    first = ladder.stage.peer("alice").heard[-1]
    ladder.play(RESTART)
    ladder.play("alice -> node AGAIN\n alice <- node 200\n 3 s pass")
    assert ladder.stage.peer("alice").heard[-1] == first


def test_what_expires_while_the_node_is_down_is_told_when_it_is_back(ladder: Play) -> None:
    """3903-6-18, 6665-4.2.1.4-2."""
    ladder.play(SUBSCRIBED)
    ladder.play("""
        brief   -> node SUBSCRIBE Expires=60
        brief   <- node 200
        brief   <- node NOTIFY
        brief   -> node 200
        alice   -> node PUBLISH basic=open Expires=60
        alice   <- node 200
        watcher <- node NOTIFY  basic=open
        brief   <- node NOTIFY  basic=open
        watcher -> node 200
        brief   -> node 200
                2 s pass
        power   -> node OFF
                100 s pass
        power   -> node ON
                1 s pass
        watcher <- node NOTIFY  basic=closed says=nothing
        watcher -> node 200
        brief   <- node NOTIFY  state=terminated reason=timeout basic=closed says=nothing
        brief   -> node 200
                60 s pass
    """)


def test_a_watcher_on_a_connection_is_found_again_when_he_comes_back(ladder: Play) -> None:
    """No connection outlives its server: the subscription waits for a new one."""
    contact = "Contact=<sip:watcher@gone.invalid;transport=tcp>"
    ladder.play(f"""
        watcher -> node CONNECT
        watcher -> node SUBSCRIBE Expires=3600 {contact}
        watcher <- node 200
        watcher <- node NOTIFY
        watcher -> node 200
                2 s pass
        power   -> node OFF
        power   -> node ON
        alice   -> node PUBLISH basic=open
        alice   <- node 200
                60 s pass
        watcher -> node CONNECT
        watcher -> node REGISTER
        watcher <- node 200
        watcher <- node NOTIFY  basic=open
        watcher -> node 200
    """)


def test_decisions_outlive_the_node(begin: Begin) -> None:
    ladder = begin(profile="private")
    ladder.play("""
        operator -> node watchers_decide user=alice watcher=bob decision=allow
        operator <- node OK
    """)
    ladder.play(
        RESTART
        + """
        bob      -> node SUBSCRIBE
        bob      <- node 200
        bob      <- node NOTIFY    state=active
        bob      -> node 200
    """
    )


def test_a_registration_outlives_the_node_and_ends_in_time(ladder: Play) -> None:
    ladder.play(SUBSCRIBED)
    ladder.play("""
        alice   -> node REGISTER Expires=60
        alice   <- node 200
        watcher <- node NOTIFY   basic=open
        watcher -> node 200
                2 s pass
    """)
    ladder.play(
        RESTART
        + """
                57.99 s pass
                0.01 s pass
        watcher <- node NOTIFY   basic=closed
        watcher -> node 200
    """
    )


# -- the disk fails


def test_a_publish_that_cannot_be_kept_is_answered_503_and_never_seen(ladder: Play) -> None:
    """3903-6-15: the old tag is as good as before."""
    ladder.play(SUBSCRIBED)
    ladder.play("""
        alice   -> node PUBLISH   basic=open
        alice   <- node 200
        watcher <- node NOTIFY    basic=open
        watcher -> node 200
                10 s pass
        disk    -> node FAIL
        alice   -> node PUBLISH   basic=closed
        alice   <- node 503       Retry-After=5
        carol   -> node SUBSCRIBE Expires=0
        carol   <- node 200
        carol   <- node NOTIFY    basic=open
        carol   -> node 200
        alice   -> node PUBLISH   Expires=600
        alice   <- node 200
    """)
    assert b"basic>closed" not in ladder.stage.peer("watcher").heard[-1]


def test_a_first_publish_that_cannot_be_kept_leaves_nothing(ladder: Play) -> None:
    ladder.play("""
        disk  -> node FAIL
        alice -> node PUBLISH   basic=open
        alice <- node 503       Retry-After=5
        carol -> node SUBSCRIBE Expires=0
        carol <- node 200
        carol <- node NOTIFY    basic=closed says=nothing
        carol -> node 200
        alice -> node PUBLISH   basic=open
        alice <- node 200
    """)


def test_a_subscribe_that_cannot_be_kept_makes_no_dialog(ladder: Play) -> None:
    """Its NOTIFY never leaves; the same watcher is served once the disk is well."""
    ladder.play("""
        disk    -> node FAIL
        watcher -> node SUBSCRIBE
        watcher <- node 503       Retry-After=5
                60 s pass
    """)
    assert not ladder.stage.agent.notifier.deliveries
    ladder.play(SUBSCRIBED)


def test_a_refresh_that_cannot_be_kept_leaves_the_subscription_as_it_was(ladder: Play) -> None:
    ladder.play(SUBSCRIBED)
    ladder.play("""
        disk    -> node FAIL
        watcher -> node SUBSCRIBE Expires=60
        watcher <- node 503       Retry-After=5
                1 s pass
        watcher <- node NOTIFY    state=active expires=3599
        watcher -> node 200
                600 s pass
        watcher -> node SUBSCRIBE Expires=60
        watcher <- node 200
        watcher <- node NOTIFY    state=active expires=60
        watcher -> node 200
    """)


def test_a_command_that_cannot_be_kept_is_an_error(ladder: Play) -> None:
    ladder.play("""
        disk     -> node FAIL
        operator -> node watchers_decide user=alice watcher=bob decision=reject
        operator <- node ERROR
        bob      -> node SUBSCRIBE Expires=0
        bob      <- node 200
        bob      <- node NOTIFY    state=terminated reason=timeout
        bob      -> node 200
    """)


def test_a_503_is_what_a_retransmission_gets_too(ladder: Play) -> None:
    """3261-17.2.2-1: one transaction has one final answer."""
    ladder.play("""
        disk  -> node FAIL
        alice -> node PUBLISH basic=open
        alice <- node 503
        alice -> node AGAIN
        alice <- node 503
    """)


EXPIRING = """
    brief   -> node SUBSCRIBE Expires=60
    brief   <- node 200
    brief   <- node NOTIFY
    brief   -> node 200
    alice   -> node PUBLISH   basic=open Expires=60
    alice   <- node 200
    watcher <- node NOTIFY    basic=open
    watcher -> node 200
    brief   <- node NOTIFY    basic=open
    brief   -> node 200
            30 s pass
"""


def _last_seen(ladder: Play, peer: str) -> Note:
    return note_of(ladder.stage.peer(peer).heard[-1])


def test_an_expiry_that_cannot_be_kept_is_tried_again(ladder: Play) -> None:
    """The watchers are told in the end, though the disk failed at the very second."""
    ladder.play(SUBSCRIBED + EXPIRING + "disk -> node FAIL")
    ladder.oblige(40)
    assert _last_seen(ladder, "watcher").shows(Note("NOTIFY", {"says": "nothing"}))
    assert _last_seen(ladder, "brief").shows(Note("NOTIFY", {"reason": "timeout"}))


def test_while_the_disk_fails_what_is_due_is_tried_now_and_then(ladder: Play) -> None:
    """A full disk must not make the node spin; it says 503, and goes on once it can."""
    ladder.play(SUBSCRIBED + EXPIRING + "disk -> node BREAK")
    ladder.oblige(40)
    failures = [event for _, event, _ in ladder.stage.diary.said if event == "the store failed"]
    assert len(failures) < 60  # a few a second at most
    ladder.play("alice -> node PUBLISH basic=open tag=none\n alice <- node 503 Retry-After=5")
    ladder.play("disk -> node MEND")
    ladder.oblige(10)
    assert _last_seen(ladder, "watcher").shows(Note("NOTIFY", {"says": "nothing"}))
    assert _last_seen(ladder, "brief").shows(Note("NOTIFY", {"reason": "timeout"}))
    ladder.play(SUBSCRIBED.replace("watcher", "carol"))


def test_a_full_disk_refuses_what_is_new_and_keeps_what_is_old(tmp_path: Path) -> None:
    """3903-6-15, 3903-9-1: 503 instead of 200, and the fetch shows what was acknowledged."""
    backing = Sqlite(tmp_path)
    ladder = Play(ServerStage(backing, settings(), START, {}))
    ladder.play("alice -> node PUBLISH basic=open Expires=86400\n alice <- node 200")
    backing.sqlite.limit_pages(1)
    large = "a" * 20_000
    ladder.play(f"""
        alice -> node PUBLISH   basic=closed id={large}
        alice <- node 503       Retry-After=5
    """)
    backing.sqlite.limit_pages(1_000_000)
    ladder.play("""
        carol -> node SUBSCRIBE Expires=0
        carol <- node 200
        carol <- node NOTIFY    basic=open
        carol -> node 200
    """)
    ladder.play(f"alice -> node PUBLISH basic=closed id={large}\n alice <- node 200")
    backing.close()


# -- what arrives together


def test_changes_that_arrive_together_are_told_as_they_are_in_the_end(ladder: Play) -> None:
    """3903-6-16, 3856-6.10-1: whatever order the store answers in."""
    ladder.play(SUBSCRIBED)
    ladder.play("""
        wire    -> node HOLD
        alice-a -> node PUBLISH basic=open
        alice-b -> node PUBLISH basic=open
        alice-c -> node PUBLISH basic=open
        wire    -> node RELEASE
        alice-a <- node 200
        alice-b <- node 200
        alice-c <- node 200
        watcher <- node NOTIFY  basic=open,open,open
        watcher -> node 200
                60 s pass
    """)


def test_of_two_changes_of_one_state_that_arrive_together_the_second_is_too_late(
    ladder: Play,
) -> None:
    """3903-6-16: processed in the order of arrival, each as a whole."""
    ladder.play("alice -> node PUBLISH basic=open\n alice <- node 200")
    tag = ladder.stage.peer("alice").entity_tag
    ladder.play(f"""
        wire    -> node HOLD
        alice-a -> node PUBLISH   basic=closed SIP-If-Match={tag}
        alice-b -> node PUBLISH   basic=open SIP-If-Match={tag}
        wire    -> node RELEASE
        alice-a <- node 200
        alice-b <- node 412
        carol   -> node SUBSCRIBE Expires=0
        carol   <- node 200
        carol   <- node NOTIFY    basic=closed says=-
        carol   -> node 200
    """)


def test_who_subscribes_while_much_happens_sees_it_as_it_is_in_the_end(ladder: Play) -> None:
    """Whatever order the store answers in, and whoever is faster."""
    ladder.play("""
        operator -> node watchers_decide user=alice watcher=carol decision=polite-block
        operator <- node OK
    """)
    ladder.begin_together(
        """
        bob     -> node SUBSCRIBE Expires=3600
        alice-a -> node PUBLISH   basic=closed Expires=3600
        carol   -> node SUBSCRIBE Expires=3600
        alice-b -> node PUBLISH   basic=open Expires=3600
        dan     -> node SUBSCRIBE Expires=3600
        """
    )
    ladder.oblige(10)
    for name in ("bob", "dan"):
        assert _last_seen(ladder, name).shows(Note("NOTIFY", {"basic": "open,closed"}))
    assert _last_seen(ladder, "carol").shows(Note("NOTIFY", {"says": "nothing"}))


def test_a_disk_that_fails_at_the_very_start_is_overcome(tmp_path: Path) -> None:
    """The count of starts must be on disk before anything is said that depends on it."""
    backing = Memory(tmp_path)
    backing.is_broken = True
    ladder = Play(ServerStage(backing, settings(), START, {}))
    ladder.play("        disk    -> node MEND")
    ladder.play(SUBSCRIBED)
    # At once: nothing but the subscription has had it written.
    ladder.play(
        RESTART
        + f"""
        watcher <- node NOTIFY  cseq={CSEQ_JUMP + 1}
        watcher -> node 200
    """
    )
    assert not ladder.stage.diary.faults
