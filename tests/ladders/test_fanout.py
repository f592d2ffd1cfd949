"""From changes to NOTIFYs: coalesced, composed, and told to everybody (RFC 3856 section 6.10)."""

from __future__ import annotations

import pytest

from tests.ladders.conftest import Begin, Play

SUBSCRIBED = """
    watcher -> node SUBSCRIBE Expires=3600
    watcher <- node 200
    watcher <- node NOTIFY
    watcher -> node 200
"""


def test_twenty_changes_in_five_seconds_are_two_notifys(ladder: Play) -> None:
    """3856-6.10-1: the first at once, the last one at the end of the window."""
    ladder.play(SUBSCRIBED)
    ladder.play("""
        alice   -> node PUBLISH basic=open
        alice   <- node 200
        watcher <- node NOTIFY  basic=open
        watcher -> node 200
    """)
    for turn in range(19):
        basic = "open" if turn % 2 else "closed"
        ladder.play(f"0.25 s pass\n alice -> node PUBLISH basic={basic}\n alice <- node 200")
    ladder.play("""
                0.24 s pass
                0.01 s pass
        watcher <- node NOTIFY  basic=closed says=-
        watcher -> node 200
                60 s pass
    """)


def test_a_window_follows_a_window(ladder: Play) -> None:
    """3856-6.10-1: what went out at the end of one opens the next."""
    ladder.play(SUBSCRIBED)
    ladder.play("""
        alice   -> node PUBLISH basic=open
        alice   <- node 200
        watcher <- node NOTIFY  basic=open
        watcher -> node 200
                1 s pass
        alice   -> node PUBLISH basic=closed
        alice   <- node 200
                4 s pass
        watcher <- node NOTIFY  basic=closed
        watcher -> node 200
                1 s pass
        alice   -> node PUBLISH basic=open
        alice   <- node 200
                3.99 s pass
                0.01 s pass
        watcher <- node NOTIFY  basic=open
        watcher -> node 200
                5 s pass
        alice   -> node PUBLISH basic=closed
        alice   <- node 200
        watcher <- node NOTIFY  basic=closed
        watcher -> node 200
    """)


def test_a_change_that_is_taken_back_inside_the_window_is_not_told(ladder: Play) -> None:
    ladder.play(SUBSCRIBED)
    ladder.play("""
        alice   -> node PUBLISH basic=open
        alice   <- node 200
        watcher <- node NOTIFY  basic=open
        watcher -> node 200
        alice   -> node PUBLISH basic=closed
        alice   <- node 200
        alice   -> node PUBLISH basic=open
        alice   <- node 200
                60 s pass
    """)


def test_what_answers_a_subscribe_neither_waits_for_the_window_nor_opens_one(ladder: Play) -> None:
    """3856-6.10-1: and it shows the newest state."""
    ladder.play(SUBSCRIBED)
    ladder.play("""
        alice   -> node PUBLISH   basic=open
        alice   <- node 200
        watcher <- node NOTIFY    basic=open
        watcher -> node 200
                1 s pass
        alice   -> node PUBLISH   basic=closed
        alice   <- node 200
        watcher -> node SUBSCRIBE
        watcher <- node 200
        watcher <- node NOTIFY    basic=closed says=-
        watcher -> node 200
                60 s pass
        watcher -> node SUBSCRIBE
        watcher <- node 200
        watcher <- node NOTIFY    basic=closed
        watcher -> node 200
        alice   -> node PUBLISH   basic=open
        alice   <- node 200
        watcher <- node NOTIFY    basic=open
        watcher -> node 200
    """)


def test_the_windows_of_two_presentities_are_two(ladder: Play) -> None:
    ladder.play(SUBSCRIBED)
    ladder.play(SUBSCRIBED.replace("SUBSCRIBE", "SUBSCRIBE to=bob"))
    ladder.play("""
        alice   -> node PUBLISH basic=open
        alice   <- node 200
        watcher <- node NOTIFY  basic=open
        watcher -> node 200
        bob     -> node PUBLISH to=bob basic=open
        bob     <- node 200
        watcher <- node NOTIFY  basic=open
        watcher -> node 200
    """)


def test_a_change_that_nobody_watches_opens_no_window(ladder: Play) -> None:
    ladder.play("alice -> node PUBLISH basic=closed\n alice <- node 200")
    ladder.play(SUBSCRIBED)
    ladder.play("""
        alice   -> node PUBLISH basic=open
        alice   <- node 200
        watcher <- node NOTIFY  basic=open
        watcher -> node 200
    """)


def test_without_an_interval_every_change_goes_out_at_once(begin: Begin) -> None:
    ladder = begin(notify_interval=0)
    ladder.play(SUBSCRIBED)
    for basic in ("open", "closed") * 3:
        ladder.play(f"""
            alice   -> node PUBLISH basic={basic}
            alice   <- node 200
            watcher <- node NOTIFY  basic={basic}
            watcher -> node 200
        """)


def test_all_watchers_are_told_the_same(ladder: Play) -> None:
    """6665-4.2.2-3: more of them than one slice holds."""
    names = [f"w{number}" for number in range(150)]
    for name in names:
        ladder.play(SUBSCRIBED.replace("watcher", name))
    notified = "".join(f"{name} <- node NOTIFY basic=open\n" for name in names)
    ladder.play(f"alice -> node PUBLISH basic=open\n alice <- node 200\n {notified}")
    bodies = {ladder.stage.peer(name).heard[-1].partition(b"\r\n\r\n")[2] for name in names}
    assert len(bodies) == 1


def test_one_slow_watcher_holds_up_no_other(begin: Begin) -> None:
    ladder = begin(notify_interval=0)
    ladder.play(SUBSCRIBED)
    ladder.play(SUBSCRIBED.replace("watcher", "slow"))
    ladder.play("""
        alice   -> node PUBLISH basic=open
        alice   <- node 200
        watcher <- node NOTIFY  basic=open
        watcher -> node 200
        slow    x- node NOTIFY  basic=open
        alice   -> node PUBLISH basic=closed
        alice   <- node 200
        watcher <- node NOTIFY  basic=closed
        watcher -> node 200
                0.5 s pass
        slow    <- node NOTIFY  basic=open
        slow    -> node 200
        slow    <- node NOTIFY  basic=closed
        slow    -> node 200
    """)


def test_a_registration_shows_as_open_and_its_end_as_closed(ladder: Play) -> None:
    """3856-7.2-1 says that it may; the thesis' figure 3.6 asks for it."""
    ladder.play(SUBSCRIBED)
    ladder.play("""
        alice   -> node REGISTER Expires=60
        alice   <- node 200      Contact=*
        watcher <- node NOTIFY   basic=open says=-
        watcher -> node 200
                30 s pass
        alice   -> node REGISTER Expires=60
        alice   <- node 200
                59.99 s pass
                0.01 s pass
        watcher <- node NOTIFY   basic=closed says=nothing
        watcher -> node 200
                5 s pass
        alice   -> node REGISTER Expires=60
        alice   <- node 200
        watcher <- node NOTIFY   basic=open
        watcher -> node 200
                5 s pass
        alice   -> node REGISTER Expires=0
        alice   <- node 200
        watcher <- node NOTIFY   basic=closed says=nothing
        watcher -> node 200
    """)


def test_what_is_published_is_shown_instead_of_the_registration(ladder: Play) -> None:
    ladder.play(SUBSCRIBED)
    ladder.play("""
        alice   -> node REGISTER Expires=600
        alice   <- node 200
        watcher <- node NOTIFY   basic=open
        watcher -> node 200
                5 s pass
        alice   -> node PUBLISH  basic=closed Expires=60
        alice   <- node 200
        watcher <- node NOTIFY   basic=closed says=-
        watcher -> node 200
                60 s pass
        watcher <- node NOTIFY   basic=open
        watcher -> node 200
    """)


def test_a_registration_may_show_nothing(begin: Begin) -> None:
    ladder = begin(registration_presence=False)
    ladder.play(SUBSCRIBED)
    ladder.play("alice -> node REGISTER Expires=60\n alice <- node 200\n 70 s pass")


@pytest.mark.parametrize("header", ["Contact=none", "Contact=none Expires=none"])
def test_a_registration_that_only_asks_changes_nothing(begin: Begin, header: str) -> None:
    ladder = begin()
    ladder.play(SUBSCRIBED)
    ladder.play(f"alice -> node REGISTER {header}\n alice <- node 200\n 70 s pass")
