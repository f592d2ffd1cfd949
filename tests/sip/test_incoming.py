from __future__ import annotations

import pytest

from hereabouts.sip.incoming import told_apart_by
from tests.sip.packets import Rows, a_request, request


def test_what_tells_a_request_from_others() -> None:
    said = told_apart_by(a_request(request()), "key")
    assert said.split("\0") == [
        "key",
        "sip:bob@example.com",
        "<sip:alice@example.com>;tag=a1",
        "c1",
        "1 OPTIONS",
    ]


@pytest.mark.parametrize(
    "rows", [{"From": "<sip:carol@example.com>;tag=a1"}, {"Call-ID": "c2"}, {"CSeq": "2 OPTIONS"}]
)
def test_each_of_it_does(rows: Rows) -> None:
    usual = told_apart_by(a_request(request()), "key")
    assert told_apart_by(a_request(request(rows=rows)), "key") != usual
    assert told_apart_by(a_request(request(uri="sip:carol@example.com")), "key") != usual


def test_what_is_missing_is_left_out() -> None:
    bare = a_request(request(rows={"From": None, "Call-ID": None, "CSeq": None}))
    assert told_apart_by(bare, "key") == "key\0sip:bob@example.com"
