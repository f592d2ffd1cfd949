"""PUBLISH: the four operations, and every way to do one wrong (RFC 3903 sections 4.1 and 6)."""

from __future__ import annotations

import pytest

from tests.ladders.conftest import Begin, Play

WATCHED = """
    watcher -> node   SUBSCRIBE  Expires=3600
    watcher <- node   200
    watcher <- node   NOTIFY     basic=closed says=nothing
    watcher -> node   200
"""


def test_what_is_published_is_seen_refreshed_modified_and_removed(ladder: Play) -> None:
    """3903-6-3, 3903-6-6, 3903-6-7, 3903-6-8, 6665-4.2.2-3."""
    ladder.play(WATCHED)
    ladder.play("""
        alice   -> node   PUBLISH    basic=open Expires=600
        alice   <- node   200        SIP-ETag=* Expires=600
        watcher <- node   NOTIFY     state=active basic=open says=-
        watcher -> node   200

                500 s pass
        alice   -> node   PUBLISH    Expires=600
        alice   <- node   200        SIP-ETag=* Expires=600
                500 s pass
        alice   -> node   PUBLISH    basic=closed
        alice   <- node   200        SIP-ETag=*
        watcher <- node   NOTIFY     state=active basic=closed says=-
        watcher -> node   200

                5 s pass
        alice   -> node   PUBLISH    Expires=0
        alice   <- node   200        SIP-ETag=* Expires=0
        watcher <- node   NOTIFY     state=active basic=closed says=nothing
        watcher -> node   200
    """)


def test_each_success_has_a_tag_of_its_own_and_the_old_one_is_worth_nothing(ladder: Play) -> None:
    """3903-6-5, 3903-6-6, 3903-6-17, 3903-8.1-1: no tag comes twice, and `*` is none."""
    alice, tags = ladder.stage.peer("alice"), []
    ladder.play("alice -> node PUBLISH basic=open\n alice <- node 200")
    for _ in range(5):
        tags.append(alice.entity_tag)
        ladder.play("alice -> node PUBLISH\n alice <- node 200")
    assert len({*tags, alice.entity_tag}) == 6
    for tag in [*tags, "*", "never"]:
        ladder.play(f"""
            alice-desk -> node PUBLISH basic=closed SIP-If-Match={tag}
            alice-desk <- node 412
        """)
    ladder.play("alice -> node PUBLISH Expires=0\n alice <- node 200")
    ladder.play(f"""
        alice-desk -> node PUBLISH SIP-If-Match={tags[-1]}
        alice-desk <- node 412
    """)


def test_the_tag_of_another_presentity_is_worth_nothing(ladder: Play) -> None:
    """3903-6-5."""
    ladder.play("bob -> node PUBLISH to=bob basic=open\n bob <- node 200")
    ladder.play(f"""
        alice -> node PUBLISH basic=open SIP-If-Match={ladder.stage.peer("bob").entity_tag}
        alice <- node 412
    """)


def test_a_removed_publication_cannot_be_refreshed(ladder: Play) -> None:
    """3903-6-8: its last tag, the one that the removal was answered with, is worth nothing."""
    ladder.play("alice -> node PUBLISH basic=open\n alice <- node 200")
    tag = ladder.stage.peer("alice").entity_tag
    slot, _, _ = tag.partition(".")
    ladder.play("alice -> node PUBLISH Expires=0\n alice <- node 200")
    for version in range(16):
        ladder.play(f"""
            alice-desk -> node PUBLISH SIP-If-Match={slot}.{version:x}
            alice-desk <- node 412
        """)


REFUSED = [
    ("basic=open Event=none", "489 Allow-Events=presence", "3903-6-2: no event package"),
    ("basic=open Event=presence.winfo", "489 Allow-Events=presence", "3903-6-2: not published"),
    ("basic=open Event=Presence", "489", "6665-8.2.1-1: packages are compared byte by byte"),
    ("basic=open Event=presence,reg", "400", "two packages"),
    ("basic=open SIP-If-Match=a,b", "400", "3903-6-4: more than one entity-tag"),
    ("Expires=600", "400", "3903-6-11: nothing is published and nothing is named"),
    ("basic=open Expires=59", "423 Min-Expires=60", "3903-6-12: too brief"),
    (
        "body=v=0 Content-Type=application/sdp",
        "415 Accept=application/pidf+xml,application/cpim-pidf+xml",
        "3903-6-13: another kind of body",
    ),
    ("basic=open Content-Encoding=gzip", "415 Accept-Encoding=identity", "an encoded body"),
    ("body=<presence", "400", "3903-6-14: half a document"),
    ("body=<!DOCTYPE[]><a/>", "400", "SEC-XML-1: a document type"),
    ("basic=away", "400", "3863-4.1.3-1: basic is open or closed"),
    ("basic=open Content-Type=none", "400", "a body of which nobody says what it is"),
    ("basic=open Require=precondition", "420 Unsupported=precondition", "an unknown extension"),
]


@pytest.mark.parametrize("said, answer", [row[:2] for row in REFUSED], ids=[r[2] for r in REFUSED])
def test_what_cannot_be_published_is_refused_and_changes_nothing(
    begin: Begin, said: str, answer: str
) -> None:
    ladder = begin()
    ladder.play(WATCHED)
    ladder.play(f"alice -> node PUBLISH {said}\n alice <- node {answer}\n 10 s pass")


def test_a_document_about_somebody_else_is_never_shown_under_the_wrong_name(ladder: Play) -> None:
    """3863-4.1.1-1."""
    ladder.play(WATCHED)
    bobs = '<presence/**/xmlns="urn:ietf:params:xml:ns:pidf"/**/entity="sip:bob@example.com"/>'
    ladder.play(f"""
        alice -> node PUBLISH body={bobs.replace("/**/", "&#32;")}
        alice <- node 400
    """)


def test_a_bad_modification_leaves_what_was_there(ladder: Play) -> None:
    """3903-6-14: the tag is as good as before."""
    ladder.play(WATCHED)
    ladder.play("""
        alice   -> node PUBLISH basic=open
        alice   <- node 200
        watcher <- node NOTIFY  basic=open
        watcher -> node 200
        alice   -> node PUBLISH body=<presence
        alice   <- node 400
        alice   -> node PUBLISH
        alice   <- node 200     SIP-ETag=*
                10 s pass
    """)


def test_an_initial_publish_with_expires_zero_stores_nothing(ladder: Play) -> None:
    """3903-6-10."""
    ladder.play(WATCHED)
    ladder.play("alice -> node PUBLISH basic=open Expires=0\n alice <- node 200 Expires=0")
    ladder.play("10 s pass")


def test_a_body_with_expires_zero_is_never_seen(ladder: Play) -> None:
    """3903-6-9."""
    ladder.play(WATCHED)
    ladder.play("""
        alice   -> node PUBLISH basic=closed
        alice   <- node 200
        watcher <- node NOTIFY  basic=closed says=-
        watcher -> node 200
                5 s pass
        alice   -> node PUBLISH basic=open Expires=0
        alice   <- node 200     Expires=0
        watcher <- node NOTIFY  basic=closed says=nothing
        watcher -> node 200
    """)


LIFETIMES = [
    ("Expires=600", "600", "what is asked for"),
    ("Expires=60", "60", "just enough"),
    ("Expires=none", "3600", "the default"),
    ("Expires=1000000000", "86400", "shortened, never refused"),
]


@pytest.mark.parametrize(
    "asked, granted", [row[:2] for row in LIFETIMES], ids=[row[2] for row in LIFETIMES]
)
def test_the_lifetime_of_a_publication(begin: Begin, asked: str, granted: str) -> None:
    """3903-6-12."""
    begin().play(f"alice -> node PUBLISH basic=open {asked}\n alice <- node 200 Expires={granted}")


def test_a_publication_ends_at_its_very_second(ladder: Play) -> None:
    """3903-6-18: the watchers see it go, and its tag is worth nothing."""
    ladder.play(WATCHED)
    ladder.play("""
        alice   -> node PUBLISH basic=open Expires=60
        alice   <- node 200
        watcher <- node NOTIFY  basic=open
        watcher -> node 200
                59.99 s pass
                0.01 s pass
        watcher <- node NOTIFY  basic=closed says=nothing
        watcher -> node 200
        alice   -> node PUBLISH
        alice   <- node 412
    """)


def test_no_answer_shows_what_has_expired(ladder: Play) -> None:
    """A fetch at the very second at which the publication ends, before anything else is done."""
    ladder.play("alice -> node PUBLISH basic=open Expires=60\n alice <- node 200\n 59.99 s pass")
    ladder.play("""
        watcher -> node SUBSCRIBE Expires=0
        watcher <- node 200
        watcher <- node NOTIFY    basic=open
        watcher -> node 200
        0.01 s pass
        watcher -> node SUBSCRIBE Expires=0
        watcher <- node 200
        watcher <- node NOTIFY    basic=closed says=nothing
        watcher -> node 200
    """)


def test_several_devices_are_composed_and_one_of_them_expires(ladder: Play) -> None:
    """3856-6.11.1-2, 3863-4.1.2-1, 3903-10.4-1: both call their tuple t1, and neither is lost."""
    ladder.play(WATCHED)
    ladder.play("""
        alice-desk   -> node PUBLISH basic=open id=t1 Expires=600
        alice-desk   <- node 200
        watcher      <- node NOTIFY  basic=open
        watcher      -> node 200
                     5 s pass
        alice-mobile -> node PUBLISH basic=closed id=t1 Expires=60
        alice-mobile <- node 200
        watcher      <- node NOTIFY  basic=open,closed
        watcher      -> node 200
                     5 s pass
        alice-mobile -> node PUBLISH basic=open id=t2 Expires=60
        alice-mobile <- node 200
        watcher      <- node NOTIFY  basic=open,open
        watcher      -> node 200
                     60 s pass
        watcher      <- node NOTIFY  basic=open
        watcher      -> node 200
    """)


def test_what_says_the_same_is_not_notified_again(ladder: Play) -> None:
    """3903-6-6: a refresh is no change, nor is the same document under a new tag."""
    ladder.play(WATCHED)
    ladder.play("""
        alice   -> node PUBLISH basic=open
        alice   <- node 200
        watcher <- node NOTIFY  basic=open
        watcher -> node 200
                10 s pass
        alice   -> node PUBLISH basic=open
        alice   <- node 200
                10 s pass
        alice   -> node PUBLISH
        alice   <- node 200
                10 s pass
    """)


def test_contact_and_record_route_of_a_publish_mean_nothing(ladder: Play) -> None:
    """3903-4-1: PUBLISH makes no dialog."""
    ladder.play("""
        alice -> node PUBLISH basic=open Contact=<sip:x@y> Record-Route=<sip:p.example.net;lr>
        alice <- node 200
    """)
    answer = ladder.stage.peer("alice").heard[-1].lower()
    assert b"record-route" not in answer
    assert b"contact" not in answer


def test_publications_are_bounded(begin: Begin) -> None:
    """One more than may be is told to come back; who leaves makes room, in time."""
    ladder = begin(max_publications=2)
    ladder.play("""
        alice-a -> node PUBLISH basic=open
        alice-a <- node 200
        alice-b -> node PUBLISH basic=open
        alice-b <- node 200
        alice-c -> node PUBLISH basic=open
        alice-c <- node 503     Retry-After=60
        alice-a -> node PUBLISH basic=closed
        alice-a <- node 200
        alice-a -> node PUBLISH Expires=0
        alice-a <- node 200
                64 s pass
        alice-c -> node PUBLISH basic=open
        alice-c <- node 200
    """)


def test_a_document_beyond_the_bound_is_refused(begin: Begin) -> None:
    begin(max_document=512).play(f"""
        alice -> node PUBLISH body=<{"a" * 511}>
        alice <- node 413
    """)


def test_nobody_publishes_for_another(begin: Begin) -> None:
    """3903-6-1, 3903-14.1-1, SEC-3261-26.1.1-1: 401, 403, and 404 for nobody."""
    begin({"alice": "wonder", "bob": "builder"}).play("""
        bob     -> node PUBLISH to=bob basic=open
        bob     <- node 401     WWW-Authenticate=*
        bob     -> node PUBLISH to=bob basic=open
        bob     <- node 200
        bob     -> node PUBLISH to=alice basic=open tag=none
        bob     <- node 403
        bob     -> node PUBLISH to=nobody basic=open tag=none
        bob     <- node 404
        watcher -> node PUBLISH basic=open
        watcher <- node 401
    """)


def test_a_recorded_publish_is_worth_nothing(begin: Begin) -> None:
    """3903-14.3-1: the same credentials under another branch are a replay."""
    begin({"alice": "wonder"}).play("""
        alice -> node PUBLISH basic=open
        alice <- node 401
        alice -> node PUBLISH basic=open
        alice <- node 200
             40 s pass
        alice -> node DETOUR
        alice <- node 401
    """)
