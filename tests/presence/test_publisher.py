"""A publisher's side of PUBLISH: RFC 3903 sections 4 and 5, as ladders."""

from __future__ import annotations

import pytest

from hereabouts.base.units import Timestamp
from hereabouts.presence.pidf.document import Basic
from hereabouts.presence.pidf.writer import write
from hereabouts.presence.publisher import Known
from hereabouts.presence.statement import Statement
from tests.ladders.player import START, Ladder
from tests.roles.agent_stage import ALICE, AgentStage, ladder

BEGIN = """
    user   -> agent  PUBLISH    note=a
    server <- agent  PUBLISH    uri=sip:alice@example.com note=a SIP-If-Match=none Expires=1000
    server -> agent  200        SIP-ETag=t1 Expires=1000
    user   <- agent  PUBLISHED  standing=kept
"""


def test_an_initial_publication_has_a_body_and_no_entity_tag() -> None:
    ladder().play(BEGIN)


def test_a_refresh_has_the_newest_entity_tag_and_no_body() -> None:
    """RFC 3903 section 4.3; the time that the 200 grants counts."""
    ladder().play("""
        user   -> agent  PUBLISH    note=a
        server <- agent  PUBLISH
        server -> agent  200        SIP-ETag=t1 Expires=100
        user   <- agent  PUBLISHED
                84.9 s pass
                0.2 s pass
        server <- agent  PUBLISH    SIP-If-Match=t1 note=none Expires=1000 Contact=none
        server -> agent  200        SIP-ETag=t2 Expires=100
        user   <- agent  PUBLISHED
                85.1 s pass
        server <- agent  PUBLISH    SIP-If-Match=t2 note=none
    """)


def test_a_modification_has_both() -> None:
    ladder().play(f"""
        {BEGIN}
        user   -> agent  PUBLISH    note=b
        server <- agent  PUBLISH    SIP-If-Match=t1 note=b
    """)


def test_a_removal_has_the_entity_tag_and_no_body() -> None:
    ladder().play(f"""
        {BEGIN}
        user   -> agent  UNPUBLISH
        server <- agent  PUBLISH    SIP-If-Match=t1 note=none Expires=0
        server -> agent  200        SIP-ETag=t2 Expires=0
        user   <- agent  PUBLISHED  standing=ended
                5000 s pass
        user   -> agent  PUBLISH    note=b
        server <- agent  PUBLISH    SIP-If-Match=none note=b
    """)


def test_changes_wait_for_the_answer_and_only_the_last_is_sent() -> None:
    """RFC 3903 section 4."""
    ladder().play("""
        user   -> agent  PUBLISH    note=a
        server <- agent  PUBLISH    note=a
        user   -> agent  PUBLISH    note=b
        user   -> agent  PUBLISH    note=c
        user   -> agent  PUBLISH    note=d
                3 s pass
        server -> agent  200        SIP-ETag=t1
        server <- agent  PUBLISH    note=d SIP-If-Match=t1
        server -> agent  200        SIP-ETag=t2
        user   <- agent  PUBLISHED  standing=kept
    """)


@pytest.mark.parametrize("wish", ["PUBLISH note=a", "PUBLISH note=b"])
def test_a_tag_that_the_server_does_not_know_is_dropped(wish: str) -> None:
    """RFC 3903 section 5, 412: published anew, with the whole body, and without a tag."""
    note = wish[-1]
    ladder().play(f"""
        {BEGIN}
        user   -> agent  {wish}
        server <- agent  PUBLISH    SIP-If-Match=t1
        server -> agent  412
        server <- agent  PUBLISH    SIP-If-Match=none note={note}
        server -> agent  200        SIP-ETag=t9
        user   <- agent  PUBLISHED  standing=kept
    """)


def test_a_412_to_a_removal_says_that_it_is_gone() -> None:
    ladder().play(f"""
        {BEGIN}
        user   -> agent  UNPUBLISH
        server <- agent  PUBLISH    SIP-If-Match=t1
        server -> agent  412
        user   <- agent  PUBLISHED  standing=ended
    """)


def test_a_412_without_a_tag_is_a_refusal() -> None:
    ladder().play("""
        user   -> agent  PUBLISH    note=a
        server <- agent  PUBLISH
        server -> agent  412
        user   <- agent  PUBLISHED  standing=refused
    """)


def test_too_brief_is_asked_for_longer() -> None:
    """RFC 3903 section 5, 423."""
    ladder().play("""
        user   -> agent  PUBLISH    note=a
        server <- agent  PUBLISH    Expires=1000
        server -> agent  423        Min-Expires=1800
        server <- agent  PUBLISH    Expires=1800 note=a CSeq=2
    """)


def test_without_a_tag_it_is_published_anew_each_time() -> None:
    """A 200 must have SIP-ETag; where it has none there is nothing to refresh by."""
    ladder().play("""
        user   -> agent  PUBLISH    note=a
        server <- agent  PUBLISH
        server -> agent  200        Expires=100
        user   <- agent  PUBLISHED  standing=kept
                85.1 s pass
        server <- agent  PUBLISH    SIP-If-Match=none note=a
    """)


def test_what_has_expired_meanwhile_is_published_anew() -> None:
    ladder().play("""
        user   -> agent  PUBLISH    note=a
        server <- agent  PUBLISH
        server -> agent  200        SIP-ETag=t1 Expires=100
        user   <- agent  PUBLISHED
                85.1 s pass
        server <- agent  PUBLISH    SIP-If-Match=t1
        server -> agent  503        Retry-After=30
        user   <- agent  PUBLISHED  standing=troubled
                30.1 s pass
        server <- agent  PUBLISH    SIP-If-Match=none note=a
    """)


def test_removing_nothing_sends_nothing() -> None:
    ladder().play("""
        user   -> agent  UNPUBLISH
        user   <- agent  PUBLISHED  standing=ended
    """)


def test_an_initial_publication_without_an_answer_cannot_be_removed() -> None:
    """It has no name; it expires."""
    ladder().play("""
        user   -> agent  PUBLISH    note=a
        server x- agent  PUBLISH
                32.1 s pass
        user   <- agent  PUBLISHED  standing=troubled
        user   -> agent  UNPUBLISH
        user   <- agent  PUBLISHED  standing=ended
                5000 s pass
    """)


# --- over a restart

BODY = write(Statement(Basic.OPEN, "old").document(ALICE))


def known(seconds: float) -> Known:
    return Known("t7", BODY, Timestamp(START.timestamp + seconds))


def test_what_a_former_run_has_published_is_modified() -> None:
    """RFC 3903 section 4.2."""
    ladder(known=known(500)).play("""
        user   -> agent  PUBLISH    note=a
        server <- agent  PUBLISH    SIP-If-Match=t7 note=a
        server -> agent  412
        server <- agent  PUBLISH    SIP-If-Match=none note=a
    """)


def test_what_a_former_run_has_published_may_have_expired() -> None:
    ladder(known=known(-1)).play("""
        user   -> agent  PUBLISH    note=a
        server <- agent  PUBLISH    SIP-If-Match=none note=a
    """)


def test_what_a_former_run_has_published_can_be_removed() -> None:
    ladder(known=known(500)).play("""
        user   -> agent  UNPUBLISH
        server <- agent  PUBLISH    SIP-If-Match=t7 Expires=0
    """)


def test_what_is_to_be_kept_for_the_next_run_is_told() -> None:
    stage = AgentStage()
    Ladder(stage).play(BEGIN)
    body = write(Statement(Basic.OPEN, "a").document(ALICE))
    assert stage.publisher.known == Known("t1", body, Timestamp(START.timestamp + 1000))


def test_a_lost_connection_is_followed_by_a_refresh() -> None:
    """A server that lost it says so, and gets it again."""
    ladder().play(f"""
        {BEGIN}
        wire   -> agent  BREAK
        server <- agent  PUBLISH    SIP-If-Match=t1 note=none
        server -> agent  412
        server <- agent  PUBLISH    SIP-If-Match=none note=a
    """)
