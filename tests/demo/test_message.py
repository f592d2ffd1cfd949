from __future__ import annotations

import pytest

from hereabouts.demo.message import brief, fields, summary
from tests.sip.packets import request, response

DOCUMENT = b"""<?xml version="1.0"?>
<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:a@example.com">
%s<note>of all</note></presence>"""
TUPLE = b'<tuple id="t"><status>%s</status><note>of the tuple</note></tuple>'


@pytest.mark.parametrize(
    "packet, said",
    [(request("NOTIFY"), "NOTIFY"), (response(request(), 481), "481 Whatever")],
    ids=["the method of a request", "status and reason of a response"],
)
def test_what_it_is_called(packet: bytes, said: str) -> None:
    assert summary(packet) == said


def test_the_headers_stand_in_the_order_of_the_tables_and_others_are_left_out() -> None:
    rows = {
        "Expires": "600",
        "Event": "presence",
        "Subject": "no table has it",
        "Contact": "<sip:a@b>",
    }
    shown = fields(request("SUBSCRIBE", rows=rows))
    assert shown[0] == ("", "SUBSCRIBE sip:bob@example.com SIP/2.0")
    assert [name for name, _ in shown[1:]] == [
        "Via", "To", "From", "Call-ID", "CSeq", "Max-Forwards", "Event", "Contact", "Expires",
        "Content-Length",
    ]  # fmt: skip


def test_a_header_that_is_there_twice_is_shown_twice() -> None:
    shown = fields(request(rows={"Via": ["SIP/2.0/UDP a;branch=1", "SIP/2.0/UDP b"]}))
    assert [value for name, value in shown if name == "Via"] == [
        "SIP/2.0/UDP a;branch=1",
        "SIP/2.0/UDP b",
    ]


DOCUMENTS = [
    (TUPLE % b"<basic>open</basic>", "open - of the tuple - of all", "a tuple with a status"),
    (TUPLE % b"<x xmlns='urn:x'/>", "unknown - of the tuple - of all", "one without"),
    (b"", "unknown - of all", "no tuple at all"),
]


@pytest.mark.parametrize("tuples, told", [r[:2] for r in DOCUMENTS], ids=[r[2] for r in DOCUMENTS])
def test_what_the_document_says_is_told_in_words(tuples: bytes, told: str) -> None:
    shown = fields(request("NOTIFY", body=DOCUMENT % tuples))
    assert shown[-1] == ("PIDF", f"sip:a@example.com is {told}")


BRIEF = [
    ("SUBSCRIBE", {"Expires": "600"}, ["To", "From", "Expires"], "who wants to see whom"),
    ("NOTIFY", {"Subscription-State": "active"}, ["To", "Subscription-State"], "who is told"),
    ("REGISTER", {"Expires": "600"}, [], "no figure is about it"),
]


@pytest.mark.parametrize(
    "method, rows, names", [row[:3] for row in BRIEF], ids=[row[3] for row in BRIEF]
)
def test_a_figure_shows_little_of_a_request(
    method: str, rows: dict[str, str], names: list[str]
) -> None:
    shown = brief(request(method, rows=rows))
    assert [name for name, _ in shown] == names
    assert not any(";tag=" in value for _, value in shown)


def test_a_figure_shows_nothing_of_an_answer() -> None:
    assert brief(response(request("SUBSCRIBE"), 200)) == ()
