from __future__ import annotations

import pytest

from hereabouts.base.refusal import Refusal
from hereabouts.presence.agent import Rules
from hereabouts.presence.event_header import BadEvent
from hereabouts.presence.publication import KIND, ConditionalRequestFailed, EmptyPublication
from hereabouts.presence.publish import (
    DocumentTooLarge,
    TooManyPublications,
    UnsupportedMediaType,
)
from hereabouts.roles.build import finish
from hereabouts.sip.admission import BadRequest
from hereabouts.sip.lifetime import IntervalTooBrief
from tests.presence.desk import ALICE, Desk, document


def stored(desk: Desk) -> int:
    return len(finish(desk.store.under(KIND, ALICE, desk.now.timestamp)))


def test_what_is_published_has_a_tag_and_a_lifetime() -> None:
    """3903-6-3."""
    desk = Desk()
    answer = desk.publish(document(), Expires="600")
    assert answer.status == 200
    assert answer.headers["expires"] == ["600"]
    assert len(answer.headers["sip-etag"]) == 1
    assert stored(desk) == 1


def test_a_refresh_a_change_and_a_removal_each_have_a_tag_of_their_own() -> None:
    """3903-6-6, 3903-6-7, 3903-6-8."""
    desk = Desk()
    tags = [desk.publish(document()).headers["sip-etag"][0]]
    for body, lifetime in ((b"", "600"), (document("closed"), "600"), (b"", "0")):
        answer = desk.publish(body, SIP_If_Match=tags[-1], Expires=lifetime)
        assert answer.headers["expires"] == [lifetime]
        tags += answer.headers["sip-etag"]
    assert len(set(tags)) == 4
    assert {tag.partition(".")[0] for tag in tags} == {tags[0].partition(".")[0]}
    for tag in tags:
        with pytest.raises(ConditionalRequestFailed):
            desk.publish(b"", SIP_If_Match=tag)


REFUSED = [
    ({"Event": "none"}, document(), BadEvent, "3903-6-2: no package"),
    ({"Expires": "59"}, document(), IntervalTooBrief, "3903-6-12: too brief"),
    ({"SIP-If-Match": "a, b"}, document(), BadRequest, "3903-6-4: two tags"),
    ({"SIP-If-Match": "*"}, document(), ConditionalRequestFailed, "3903-8.1-1: no such tag"),
    ({}, b"", EmptyPublication, "3903-6-11: neither body nor tag"),
    ({"Content-Type": "application/sdp"}, b"v=0", UnsupportedMediaType, "3903-6-13: not ours"),
    ({"Content-Type": "none"}, document(), BadRequest, "nobody says what it is"),
    ({"Content-Encoding": "gzip"}, document(), UnsupportedMediaType, "an encoded body"),
    ({}, document()[:50], BadRequest, "3903-6-14: half a document"),
    ({}, document().replace(b"alice", b"eve"), BadRequest, "3863-4.1.1-1: about somebody else"),
    ({}, document() + b" " * 65536, DocumentTooLarge, "beyond the bound"),
]


@pytest.mark.parametrize(
    "headers, body, refusal", [row[:3] for row in REFUSED], ids=[row[3] for row in REFUSED]
)
def test_what_cannot_be_published_is_refused_and_not_stored(
    headers: dict[str, str], body: bytes, refusal: type[Refusal]
) -> None:
    desk = Desk()
    with pytest.raises(refusal):
        desk.publish(body, **headers)
    assert stored(desk) == 0


def test_another_kind_of_body_is_told_what_would_be_taken() -> None:
    """3903-6-13."""
    with pytest.raises(UnsupportedMediaType) as refused:
        Desk().publish(b"v=0", Content_Type="application/sdp")
    accepted = dict(refused.value.headers())
    assert "application/pidf+xml" in accepted["Accept"]
    assert accepted["Accept-Encoding"] == "identity"


def test_the_charset_of_the_content_type_beats_that_of_the_document() -> None:
    """3863-4.1-2."""
    declared = b'<?xml version="1.0" encoding="ISO-8859-1"?>' + document()
    noted = declared.replace(b"</presence>", "<note>\u00fc</note></presence>".encode())
    desk = Desk()
    desk.publish(noted, Content_Type='application/pidf+xml;charset="UTF-8"')
    (entry,) = finish(desk.store.under(KIND, ALICE, desk.now.timestamp)).values()
    assert entry.record.charset == "UTF-8"
    desk.subscribe()
    assert "\u00fc".encode() in desk.notify().body


def test_publications_are_bounded_but_those_that_are_there_can_be_changed() -> None:
    desk = Desk(Rules(max_publications=1))
    tag = desk.publish(document()).headers["sip-etag"][0]
    with pytest.raises(TooManyPublications) as refused:
        desk.publish(document())
    assert refused.value.headers() == [("Retry-After", "60")]
    assert desk.publish(document("closed"), SIP_If_Match=tag).status == 200


@pytest.mark.parametrize("lifetime", ["600", "0"])
def test_a_request_that_is_known_from_before_a_crash_has_the_same_answer(lifetime: str) -> None:
    """No second publication, and no 412 for what was done already."""
    first, second = Desk(), Desk()
    answers = []
    for desk in (first, second):
        desk.store = first.store
        desk.agent.store = first.store
        answer = desk.publish(document(), Expires=lifetime)
        answers.append((answer.headers["sip-etag"], answer.headers["expires"]))
    assert answers[0] == answers[1]
    assert stored(first) == 1
