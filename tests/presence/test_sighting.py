from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.presence.pidf.document import Basic
from hereabouts.presence.pidf.writer import write
from hereabouts.presence.sighting import UnacceptableBody, reason_of, shown
from hereabouts.presence.statement import Statement
from hereabouts.sip.admission import BadRequest
from hereabouts.sip.leaving import Failure
from hereabouts.sip.message import Request, Response

BODY = write(Statement(Basic.OPEN, "here").document("sip:bob@example.com"))


def notify(body: bytes, content_type: str | None) -> Request:
    headers = {} if content_type is None else {"content-type": [content_type]}
    return Request("NOTIFY", "sip:us", [], headers, body)


@pytest.mark.parametrize(
    "content_type",
    ["application/pidf+xml", "application/cpim-pidf+xml", 'Application/PIDF+XML;charset="UTF-8"'],
)
def test_a_document_is_shown(content_type: str) -> None:
    document = shown(notify(BODY, content_type))
    assert document is not None
    assert Statement.of(document) == Statement(Basic.OPEN, "here")


def test_without_a_body_there_is_none() -> None:
    assert shown(notify(b"", None)) is None


def test_a_body_of_another_kind_is_told_what_we_take() -> None:
    with pytest.raises(UnacceptableBody) as caught:
        shown(notify(b"hello", "text/plain"))
    assert caught.value.status == 415
    assert caught.value.headers() == [("Accept", "application/pidf+xml, application/cpim-pidf+xml")]


def test_a_body_without_a_type_is_a_bad_request() -> None:
    with pytest.raises(BadRequest):
        shown(notify(BODY, None))


@given(st.binary(), st.text())
def test_anything_at_all_raises_only_our_own_refusals(body: bytes, content_type: str) -> None:
    with suppress(BadRequest, UnacceptableBody):
        shown(notify(body, content_type))
    with suppress(BadRequest):
        shown(notify(body, "application/pidf+xml"))


def test_an_answer_in_words() -> None:
    assert reason_of(Response(404, "Not Found", [], {}, b"")) == "404 Not Found"
    assert reason_of(Response(404, "", [], {}, b"")) == "404"
    assert reason_of(Failure.TIMED_OUT) == "no answer in 64 T1"
