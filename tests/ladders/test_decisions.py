"""What the presentity decides about watchers, and what they see of it (RFC 3856 section 6.6.2)."""

from __future__ import annotations

import re

import pytest

from tests.ladders.conftest import Begin, Play

PENDING = """
    bob      -> node SUBSCRIBE       Expires=3600
    bob      <- node 200
    bob      <- node NOTIFY          state=pending basic=closed says=pending
    bob      -> node 200
"""


def decide(decision: str, watcher: str = "bob") -> str:
    return f"""
        operator -> node watchers_decide user=alice watcher={watcher} decision={decision}
        operator <- node OK
    """


def test_a_pending_watcher_sees_nothing_until_he_is_approved(begin: Begin) -> None:
    """6665-4.2.1.1-2, 6665-8.3.1-1, 3856-6.6.2-1, 3856-6.6.2-2, 3856-6.7-2."""
    ladder = begin(profile="private")
    ladder.play(PENDING)
    ladder.play("""
        alice -> node PUBLISH basic=open
        alice <- node 200
              10 s pass
        bob   -> node SUBSCRIBE Expires=3600
        bob   <- node 200
        bob   <- node NOTIFY    state=pending basic=closed says=pending
        bob   -> node 200
    """)
    ladder.play(
        decide("allow")
        + """
        bob   <- node NOTIFY    state=active basic=open says=-
        bob   -> node 200
              10 s pass
        alice -> node PUBLISH   basic=closed
        alice <- node 200
        bob   <- node NOTIFY    state=active basic=closed says=-
        bob   -> node 200
    """
    )


def test_a_pending_watcher_is_rejected(begin: Begin) -> None:
    """6665-4.2.1.3-3."""
    ladder = begin(profile="private")
    ladder.play("alice -> node PUBLISH basic=open Expires=3600\n alice <- node 200")
    ladder.play(PENDING)
    ladder.play(
        decide("reject")
        + """
        bob <- node NOTIFY    state=terminated reason=rejected basic=closed says=rejected
        bob -> node 200
        bob -> node SUBSCRIBE within=ended
        bob <- node 481
    """
    )


def test_an_active_watcher_is_rejected(ladder: Play) -> None:
    """A decision holds for what is there already."""
    ladder.play("alice -> node PUBLISH basic=open Expires=3600\n alice <- node 200")
    ladder.play("""
        bob -> node SUBSCRIBE
        bob <- node 200
        bob <- node NOTIFY    state=active basic=open
        bob -> node 200
    """)
    ladder.play(
        decide("reject")
        + """
        bob <- node NOTIFY    state=terminated reason=rejected basic=closed says=rejected
        bob -> node 200
    """
    )


def test_a_rejected_watcher_is_told_by_a_notify(ladder: Play) -> None:
    """The thesis' way, and the default."""
    ladder.play(
        decide("reject")
        + """
        bob -> node SUBSCRIBE
        bob <- node 200
        bob <- node NOTIFY    state=terminated reason=rejected basic=closed says=rejected
        bob -> node 200
        bob -> node SUBSCRIBE within=ended
        bob <- node 481
    """
    )


def test_a_rejected_watcher_is_told_by_the_response(begin: Begin) -> None:
    """6665-4.2.1.3-2, under `rejection = response`."""
    ladder = begin(rejection="response")
    ladder.play(decide("reject"))
    ladder.play("bob -> node SUBSCRIBE\n bob <- node 403\n 100 s pass")


def test_a_pending_subscription_times_out_blank(begin: Begin) -> None:
    """6665-4.2.1.4-2: its end shows no more than it did."""
    ladder = begin(profile="private")
    ladder.play("alice -> node PUBLISH basic=open Expires=7200\n alice <- node 200")
    ladder.play(PENDING)
    ladder.play("""
            3600 s pass
        bob <- node NOTIFY state=terminated reason=timeout basic=closed says=nothing
        bob -> node 200
    """)


def test_everybody_may_watch_himself(begin: Begin) -> None:
    begin(profile="private").play("""
        alice -> node SUBSCRIBE
        alice <- node 200
        alice <- node NOTIFY    state=active
        alice -> node 200
    """)


def test_an_approved_watcher_is_approved_again_without_a_notify(ladder: Play) -> None:
    ladder.play("""
        bob -> node SUBSCRIBE
        bob <- node 200
        bob <- node NOTIFY    state=active
        bob -> node 200
    """)
    ladder.play(decide("allow"))
    ladder.play(decide("allow", watcher="carol"))


def test_all_dialogs_of_one_watcher_are_decided_about(begin: Begin) -> None:
    ladder = begin(profile="private")
    for dialog in "123":
        ladder.play(f"""
            bob -> node SUBSCRIBE dialog={dialog}
            bob <- node 200
            bob <- node NOTIFY    state=pending
            bob -> node 200
        """)
    ladder.play(
        decide("allow")
        + """
        bob <- node NOTIFY    state=active
        bob <- node NOTIFY    state=active
        bob <- node NOTIFY    state=active
        bob -> node 200
        bob -> node 200
        bob -> node 200
    """
    )


LIFE = """
    bob -> node SUBSCRIBE Expires=600
    bob <- node 200
    bob <- node NOTIFY
    bob -> node 200
        100 s pass
    bob -> node SUBSCRIBE Expires=600
    bob <- node 200
    bob <- node NOTIFY
    bob -> node 200
        600 s pass
    bob <- node NOTIFY
    bob -> node 200
    bob -> node SUBSCRIBE Expires=0
    bob <- node 200
    bob <- node NOTIFY
    bob -> node 200
"""
"All that a watcher can see of a presentity that never does anything."


def test_a_polite_block_cannot_be_told_from_a_presentity_who_publishes_nothing(
    begin: Begin,
) -> None:
    """6665-6.2-1, 3856-6.6.2-3: byte for byte, but for the names of the dialog."""
    ladder = begin()
    ladder.play(decide("polite-block"))
    ladder.play("alice -> node PUBLISH basic=open Expires=7200\n alice <- node 200")
    ladder.play(LIFE)
    blocked = _without_names(ladder.stage.peer("bob").heard)
    ladder.play(LIFE.replace("bob", "dan").replace("SUBSCRIBE", "SUBSCRIBE to=carol"))
    absent = _without_names(ladder.stage.peer("dan").heard)
    assert blocked == absent


def _without_names(packets: list[bytes]) -> list[bytes]:
    """The packets, without what is drawn anew for each dialog and each transaction."""
    names = rb"bob|dan|carol|alice|tag=\w+|branch=\w+|Call-ID: \S+"
    return [re.sub(names, b"", packet) for packet in packets]


def test_a_politely_blocked_watcher_sees_no_change(ladder: Play) -> None:
    ladder.play(
        decide("polite-block")
        + """
        bob   -> node SUBSCRIBE
        bob   <- node 200
        bob   <- node NOTIFY    state=active basic=closed says=nothing
        bob   -> node 200
        alice -> node PUBLISH   basic=open
        alice <- node 200
              10 s pass
    """
    )
    ladder.play(
        decide("allow")
        + """
        bob   <- node NOTIFY    state=active basic=open says=-
        bob   -> node 200
    """
    )
    ladder.play(
        decide("polite-block")
        + """
        bob   <- node NOTIFY    state=active basic=closed says=nothing
        bob   -> node 200
    """
    )


STEPS = [
    ("open", "confirm", "state=pending says=pending", "back to waiting"),
    ("private", "allow", "state=active says=nothing", "approved; nothing is published"),
    ("private", "polite-block", "state=active says=nothing", "looks approved"),
]


@pytest.mark.parametrize(
    "profile, decision, seen", [row[:3] for row in STEPS], ids=[row[3] for row in STEPS]
)
def test_a_decision_is_told_at_once(begin: Begin, profile: str, decision: str, seen: str) -> None:
    ladder = begin(profile=profile)
    ladder.play("""
        bob -> node SUBSCRIBE
        bob <- node 200
        bob <- node NOTIFY
        bob -> node 200
    """)
    ladder.play(decide(decision) + f"bob <- node NOTIFY {seen}\n bob -> node 200")
