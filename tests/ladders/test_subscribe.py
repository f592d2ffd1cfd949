"""SUBSCRIBE: fetch, subscribe, refresh, end, and what is refused (RFC 6665 section 4.2.1)."""

from __future__ import annotations

import pytest

from hereabouts.sip.reader import read
from tests.ladders.conftest import Begin, Play


def test_a_watcher_sees_a_change_and_then_times_out(ladder: Play) -> None:
    """RFC 3856 section 4; 6665-3.1.1-1, 6665-4.2.1.2-1, 6665-4.2.1.2-2, 6665-4.2.1.4-2."""
    ladder.play("""
        watcher -> node   SUBSCRIBE  Event=presence Expires=600
        watcher <- node   200        Expires=600 Allow-Events=presence
        watcher <- node   NOTIFY     state=active expires=600 basic=closed says=nothing cseq=1
        watcher -> node   200

        alice   -> node   PUBLISH    basic=open Expires=3600
        alice   <- node   200        SIP-ETag=*
        watcher <- node   NOTIFY     state=active basic=open cseq=2
        watcher -> node   200

                599.99 s pass
                0.01 s pass
        watcher <- node   NOTIFY     state=terminated reason=timeout basic=open
        watcher -> node   200

        watcher -> node   SUBSCRIBE  within=ended
        watcher <- node   481
    """)


def test_a_fetch_shows_the_state_and_leaves_nothing(ladder: Play) -> None:
    """6665-4.4.3-1: later changes are not told, and no dialog is left."""
    ladder.play("""
        alice   -> node PUBLISH   basic=open Expires=3600
        alice   <- node 200
        watcher -> node SUBSCRIBE Expires=0
        watcher <- node 200       Expires=0
        watcher <- node NOTIFY    state=terminated reason=timeout basic=open
        watcher -> node 200
                5 s pass
        alice   -> node PUBLISH   basic=closed
        alice   <- node 200
        watcher -> node SUBSCRIBE within=ended
        watcher <- node 481
    """)
    assert not ladder.stage.agent.notifier.deliveries


def test_a_refresh_lengthens_the_subscription_and_is_notified_at_once(ladder: Play) -> None:
    """6665-4.2.1.2-1, 6665-4.2.1.4-1, 6665-4.2.2-2: though nothing has changed."""
    ladder.play("""
        watcher -> node SUBSCRIBE Expires=600
        watcher <- node 200
        watcher <- node NOTIFY    expires=600
        watcher -> node 200
                500 s pass
        watcher -> node SUBSCRIBE Expires=600
        watcher <- node 200       Expires=600
        watcher <- node NOTIFY    state=active expires=600 basic=closed
        watcher -> node 200
                100 s pass
        alice   -> node PUBLISH   basic=open Expires=3600
        alice   <- node 200
        watcher <- node NOTIFY    expires=500 basic=open
        watcher -> node 200
                499.99 s pass
                0.01 s pass
        watcher <- node NOTIFY    state=terminated reason=timeout
        watcher -> node 200
    """)


def test_a_refresh_may_shorten_the_subscription(ladder: Play) -> None:
    """6665-4.2.1.4-1: it then ends at the earlier second."""
    ladder.play("""
        watcher -> node SUBSCRIBE Expires=600
        watcher <- node 200
        watcher <- node NOTIFY    expires=600
        watcher -> node 200
                10 s pass
        watcher -> node SUBSCRIBE Expires=60
        watcher <- node 200       Expires=60
        watcher <- node NOTIFY    expires=60
        watcher -> node 200
                59.99 s pass
                0.01 s pass
        watcher <- node NOTIFY    state=terminated reason=timeout
        watcher -> node 200
                600 s pass
    """)


def test_a_refresh_that_is_too_brief_changes_nothing(ladder: Play) -> None:
    """6665-4.2.1.1-3, 6665-4.2.1.4-1: 423, and the old expiry stays."""
    ladder.play("""
        watcher -> node SUBSCRIBE Expires=600
        watcher <- node 200
        watcher <- node NOTIFY
        watcher -> node 200
        watcher -> node SUBSCRIBE Expires=5
        watcher <- node 423       Min-Expires=60
                599.99 s pass
                0.01 s pass
        watcher <- node NOTIFY    state=terminated
        watcher -> node 200
    """)


def test_a_watcher_ends_his_subscription(ladder: Play) -> None:
    """6665-4.2.1.4-3: a last NOTIFY, then no dialog and no more NOTIFYs."""
    ladder.play("""
        watcher -> node SUBSCRIBE Expires=600
        watcher <- node 200
        watcher <- node NOTIFY
        watcher -> node 200
        watcher -> node SUBSCRIBE Expires=0
        watcher <- node 200       Expires=0
        watcher <- node NOTIFY    state=terminated reason=timeout
        watcher -> node SUBSCRIBE within=ended
        watcher <- node 481
        watcher -> node 200
        watcher -> node SUBSCRIBE within=ended
        watcher <- node 481
        alice   -> node PUBLISH   basic=open
        alice   <- node 200
                700 s pass
    """)


LIFETIMES = [
    ("Expires=600", "600", "6665-3.1.1-1: what is asked for"),
    ("Expires=60", "60", "6665-4.2.1.1-3: just enough"),
    ("Expires=none", "3600", "6665-3.1.1-2, 3856-6.4-1: the default of the package"),
    ("Expires=4294967295", "86400", "6665-3.1.1-1: shortened to the maximum"),
]


@pytest.mark.parametrize(
    "asked, granted", [row[:2] for row in LIFETIMES], ids=[row[2] for row in LIFETIMES]
)
def test_the_lifetime_of_a_subscription(begin: Begin, asked: str, granted: str) -> None:
    begin().play(f"""
        watcher -> node SUBSCRIBE {asked}
        watcher <- node 200       Expires={granted}
        watcher <- node NOTIFY    expires={granted}
        watcher -> node 200
    """)


REFUSED = [
    ("Event=none", "489 Allow-Events=presence", "6665-4.2.3-1: no Event"),
    ("Event=nosuch", "489 Allow-Events=presence", "6665-4.2.1.1-1: no such package"),
    ("Event=Presence", "489", "6665-8.2.1-1: compared byte by byte"),
    ("Event=presence,reg", "400", "6665-3.1.2-1: two packages"),
    ("Expires=59", "423 Min-Expires=60", "6665-4.2.1.1-3: too brief"),
    ("Accept=application/simple-message-summary", "406", "6665-4.1.2.1-1: nothing acceptable"),
    ("Contact=none", "400", "no address to notify"),
    ("Contact=*", "400", "every address to notify"),
    ("Contact=<sip:a@b>,<sip:c@d>", "400", "two addresses to notify"),
    ("Contact=<tel:+15551234>", "400", "an address that is not SIP's"),
    ("Record-Route=<tel:1>", "400", "a route that is not SIP's"),
    ("to=alice@nowhere.example.org;x=", "404", "3261-8.2.2.1: a domain of others"),
    ("Require=eventlist", "420 Unsupported=eventlist", "an extension that is not there"),
]


@pytest.mark.parametrize("said, answer", [row[:2] for row in REFUSED], ids=[r[2] for r in REFUSED])
def test_what_cannot_be_watched_is_refused_and_leaves_nothing(
    begin: Begin, said: str, answer: str
) -> None:
    ladder = begin()
    ladder.play(f"watcher -> node SUBSCRIBE {said}\n watcher <- node {answer}")
    ladder.play("alice -> node PUBLISH basic=open\n alice <- node 200\n 700 s pass")


@pytest.mark.parametrize("event", ["presence;id=1", "presence;id=a2"])
def test_the_id_of_the_event_is_that_of_each_notify(begin: Begin, event: str) -> None:
    """6665-4.2.2-1; 3856-6.1-1: other parameters mean nothing."""
    begin().play(f"""
        watcher -> node SUBSCRIBE Event={event};foo=bar
        watcher <- node 200
        watcher <- node NOTIFY    Event={event}
        watcher -> node 200
    """)


def test_another_event_in_the_same_dialog_is_refused(ladder: Play) -> None:
    """6665-4.5.2-2, 6665-8.2.1-1: 403, and the subscription stays as it is."""
    ladder.play("""
        watcher -> node SUBSCRIBE Expires=600
        watcher <- node 200
        watcher <- node NOTIFY
        watcher -> node 200
        watcher -> node SUBSCRIBE Event=presence;id=1 Expires=0
        watcher <- node 403
        alice   -> node PUBLISH   basic=open
        alice   <- node 200
        watcher <- node NOTIFY    state=active basic=open
        watcher -> node 200
    """)


def test_an_older_request_is_refused(ladder: Play) -> None:
    """3261-12.2.2: the CSeq of a dialog only rises."""
    for _ in range(2):
        ladder.play("""
            watcher -> node SUBSCRIBE
            watcher <- node 200
            watcher <- node NOTIFY
            watcher -> node 200
        """)
    ladder.stage.peer("watcher").dialogs["alice"].cseq = 0
    ladder.play("""
        watcher -> node SUBSCRIBE Expires=0
        watcher <- node 500
        watcher -> node SUBSCRIBE Expires=0
        watcher <- node 500
        watcher -> node SUBSCRIBE Expires=600
        watcher <- node 200
        watcher <- node NOTIFY    state=active
        watcher -> node 200
    """)


TYPES = [
    ("none", "application/pidf+xml", "3856-6.5-1: the default"),
    ("application/cpim-pidf+xml", "application/cpim-pidf+xml", "its name from before RFC 3863"),
    ("application/xpidf+xml,application/pidf+xml", "application/pidf+xml", "the one we have"),
    ("*/*", "application/pidf+xml", "anything"),
]


@pytest.mark.parametrize("accept, sent", [row[:2] for row in TYPES], ids=[row[2] for row in TYPES])
def test_the_watcher_says_what_kind_of_document_he_takes(
    begin: Begin, accept: str, sent: str
) -> None:
    """3856-6.7-1."""
    begin().play(f"""
        watcher -> node SUBSCRIBE Accept={accept}
        watcher <- node 200
        watcher <- node NOTIFY    Content-Type={sent}
        watcher -> node 200
    """)


def test_the_latest_subscribe_says_what_kind_of_document_comes(ladder: Play) -> None:
    """3856-6.7-1."""
    ladder.play("""
        watcher -> node SUBSCRIBE Accept=application/cpim-pidf+xml
        watcher <- node 200
        watcher <- node NOTIFY    Content-Type=application/cpim-pidf+xml
        watcher -> node 200
        watcher -> node SUBSCRIBE
        watcher <- node 200
        watcher <- node NOTIFY    Content-Type=application/pidf+xml
        watcher -> node 200
        alice   -> node PUBLISH   basic=open
        alice   <- node 200
        watcher <- node NOTIFY    Content-Type=application/pidf+xml
        watcher -> node 200
    """)


def test_a_refresh_with_another_contact_moves_the_notifys_there(ladder: Play) -> None:
    """3261-12.2.2: SUBSCRIBE is a target refresh request (RFC 6665 section 4.4.1)."""
    ladder.play("""
        watcher -> node SUBSCRIBE
        watcher <- node 200
        watcher <- node NOTIFY    uri=sip:watcher@watcher.example.net
        watcher -> node 200
        watcher -> node SUBSCRIBE Contact=<sip:elsewhere@proxy.example.net>
        watcher <- node 200
        proxy   x- node NOTIFY    uri=sip:elsewhere@proxy.example.net
    """)


def test_the_route_that_the_subscribe_took_is_taken_back(ladder: Play) -> None:
    """3261-12.1.1, 3261-12.2.1.1: Record-Route in order, copied into the 200; Route in NOTIFYs."""
    routes = "<sip:proxy.example.net;lr>,<sip:far.example.net;lr>"
    ladder.play(f"""
        watcher -> node SUBSCRIBE Record-Route={routes}
        watcher <- node 200       Record-Route={routes}
        proxy   x- node NOTIFY    Route={routes} uri=sip:watcher@watcher.example.net
    """)


def test_a_strict_router_stands_in_the_request_uri(ladder: Play) -> None:
    """3261-12.2.1.1: without `lr`, the first route is the Request-URI, the Contact the last."""
    ladder.play("""
        watcher -> node SUBSCRIBE Record-Route=<sip:proxy.example.net>,<sip:far.example.net;lr>
        watcher <- node 200
        proxy   x- node NOTIFY    uri=sip:proxy.example.net Route=*
    """)


def test_a_retransmission_has_the_same_answer_and_no_effect(ladder: Play) -> None:
    """3261-17.2.2: over UDP for 32 s, byte for byte."""
    ladder.play("""
        watcher -> node SUBSCRIBE
        watcher <- node 200
        watcher <- node NOTIFY
        watcher -> node 200
        watcher -> node AGAIN
        watcher <- node 200
        alice   -> node PUBLISH basic=open
        alice   <- node 200     SIP-ETag=*
        watcher <- node NOTIFY  basic=open
        watcher -> node 200
                31 s pass
        watcher -> node AGAIN
        watcher <- node 200
    """)
    heard = ladder.stage.peer("watcher").heard
    answers = [packet for packet in heard if packet.startswith(b"SIP/2.0 200")]
    assert len(answers) == 3
    assert len(set(answers)) == 1


def test_the_same_request_by_another_way_is_a_loop(ladder: Play) -> None:
    """3261-8.2.2.2: a merged request."""
    ladder.play("""
        watcher -> node SUBSCRIBE
        watcher <- node 200
        watcher <- node NOTIFY
        watcher -> node 200
        watcher -> node DETOUR
        watcher <- node 482
        alice   -> node PUBLISH basic=open
        alice   <- node 200
        watcher <- node NOTIFY
        watcher -> node 200
    """)


def test_subscriptions_of_one_watcher_are_bounded(begin: Begin) -> None:
    """SEC-6665-6.3-2: others are served, and who leaves makes room."""
    begin(max_subscriptions_per_watcher=1).play("""
        watcher -> node SUBSCRIBE dialog=1
        watcher <- node 200
        watcher <- node NOTIFY
        watcher -> node 200
        watcher -> node SUBSCRIBE dialog=2
        watcher <- node 503       Retry-After=60
        bob     -> node SUBSCRIBE
        bob     <- node 200
        bob     <- node NOTIFY
        bob     -> node 200
        watcher -> node SUBSCRIBE dialog=1 Expires=0
        watcher <- node 200
        watcher <- node NOTIFY    state=terminated
        watcher -> node 200
        watcher -> node SUBSCRIBE dialog=2
        watcher <- node 200
        watcher <- node NOTIFY
        watcher -> node 200
    """)


def test_all_subscriptions_together_are_bounded(begin: Begin) -> None:
    """SEC-6665-6.3-2."""
    begin(max_subscriptions=1, max_subscriptions_per_watcher=1).play("""
        watcher -> node SUBSCRIBE
        watcher <- node 200
        watcher <- node NOTIFY
        watcher -> node 200
        bob     -> node SUBSCRIBE
        bob     <- node 503       Retry-After=60
    """)


def test_one_watcher_may_have_several_dialogs(ladder: Play) -> None:
    """Each has its own expiry, its own CSeq and its own NOTIFYs."""
    ladder.play("""
        watcher -> node SUBSCRIBE dialog=1 Expires=60
        watcher <- node 200
        watcher <- node NOTIFY    cseq=1
        watcher -> node 200
        watcher -> node SUBSCRIBE dialog=2 Expires=600
        watcher <- node 200
        watcher <- node NOTIFY    cseq=1
        watcher -> node 200
                60 s pass
        watcher <- node NOTIFY    state=terminated
        watcher -> node 200
        alice   -> node PUBLISH   basic=open
        alice   <- node 200
        watcher <- node NOTIFY    state=active cseq=2
        watcher -> node 200
    """)


PASSWORDS = {"alice": "wonder", "bob": "builder", "carol": "xmas"}


def test_without_credentials_nothing_is_sent_but_one_challenge(begin: Begin) -> None:
    """6665-4.2.1.3-1, 3856-6.6.1-1, SEC-6665-6.3-1: 401 to the sender, nothing to the Contact."""
    begin(PASSWORDS).play("""
        eve -> node SUBSCRIBE Contact=<sip:victim@victim.example.net>
        eve <- node 401       WWW-Authenticate=*
            100 s pass
    """)


def test_with_digest_every_request_of_a_dialog_is_authenticated(begin: Begin) -> None:
    """SEC-6665-6.5-1, SEC-6665-6.4-1: another user's SUBSCRIBE in the dialog is refused."""
    ladder = begin(PASSWORDS)
    ladder.play("""
        bob   -> node SUBSCRIBE
        bob   <- node 401
        bob   -> node SUBSCRIBE
        bob   <- node 200
        bob   <- node NOTIFY    state=active
        bob   -> node 200
        carol -> node SUBSCRIBE to=nobody
        carol <- node 401
        carol -> node SUBSCRIBE to=nobody
        carol <- node 404
    """)
    stage = ladder.stage
    stage.peer("carol").dialogs["alice"] = stage.peer("bob").dialogs["alice"]
    ladder.play("""
        carol -> node SUBSCRIBE Expires=0
        carol <- node 403
        bob   -> node SUBSCRIBE
        bob   <- node 200
        bob   <- node NOTIFY    state=active
        bob   -> node 200
             40 s pass
        bob   -> node DETOUR
        bob   <- node 401
    """)


def test_what_is_no_subscription_of_ours_is_unknown(ladder: Play) -> None:
    """6665-4.1.3: nobody here has subscribed to anything."""
    ladder.play("""
        watcher -> node NOTIFY
        watcher <- node 481
        watcher -> node MESSAGE uri=sip:example.com
        watcher <- node 405    Allow=*
    """)


def test_the_server_says_what_it_can_do(ladder: Play) -> None:
    """3903-7-1, 6665-4.4.4-1."""
    ladder.play("""
        watcher -> node OPTIONS
        watcher <- node 200     Allow-Events=presence Accept=* Allow=*
    """)
    answer = read(ladder.stage.peer("watcher").heard[-1])
    assert {"PUBLISH", "SUBSCRIBE", "REGISTER"} <= set(answer.values("allow"))
