"""What the compiled reader understands of a request while it reads it, and what it leaves alone."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hereabouts.native.choice import messages
from hereabouts.sip.message import Ordinary, Request
from tests.interop.spoilt import ANYWHERE, Spoil, apply
from tests.native.twins import agree
from tests.native.ways import built
from tests.sip.packets import Rows, request

pytestmark = built

EXAMPLES = 500
CONTACT = "<sip:alice@192.0.2.1:5070;ob>;expires=60"


def understood(packet: bytes) -> Request:
    """The request in a packet, on which both readers agree."""
    assert messages is not None
    assert agree(packet)
    found = messages.scan(packet)
    assert isinstance(found, Request)
    return found


PLAIN: list[tuple[Rows, str]] = [
    ({}, "an ordinary request"),
    ({"Contact": CONTACT}, "a Contact"),
    ({"Contact": "*"}, "a Contact that is no address"),
    ({"Contact": ["<sip:a@h>", "<sip:b@h>"]}, "two Contacts"),
    ({"Contact": "<sip:a@h>, <sip:b@h>"}, "two in a row"),
    ({"Contact": "<tel:+1>"}, "a Contact that is no SIP URI"),
    ({"Max-Forwards": "0"}, "the last hop"),
    ({"Max-Forwards": "255"}, "the most hops"),
    ({"Max-Forwards": "007"}, "zeros before the hops"),
    ({"Max-Forwards": None}, "nobody counts"),
    ({"CSeq": "2147483647 SUBSCRIBE"}, "the highest number"),
    ({"CSeq": "0000000001 SUBSCRIBE"}, "ten digits"),
    ({"Via": ["SIP/2.0/UDP a;branch=z9hG4bK1", "SIP/2.0/UDP b"]}, "two hops"),
    ({"Expires": "0"}, "for no time"),
    ({"Expires": "0000000000003600"}, "zeros before the seconds"),
    ({"Expires": "4294967295"}, "for as long as can be said"),
    ({"Expires": "4294967296"}, "for longer"),
    ({"Expires": "9" * 40}, "for ever"),
    ({"Expires": ""}, "for a time that is not said"),
    ({"Expires": "-1"}, "for less than no time"),
    ({"Expires": "3600;x"}, "for a time with a parameter"),
]


@pytest.mark.parametrize("rows", [case[0] for case in PLAIN], ids=[case[1] for case in PLAIN])
def test_a_plain_request_is_known_to_be_one(rows: Rows) -> None:
    assert isinstance(understood(request("SUBSCRIBE", rows=rows)), Ordinary)


def test_its_contact_is_understood_too() -> None:
    found = understood(request("SUBSCRIBE", rows={"Contact": CONTACT}))
    assert found._contact is not None  # noqa: SLF001 - before anybody has asked for it
    assert found.contact[0] == "sip:alice@192.0.2.1:5070;ob"


NOT_PLAIN: list[tuple[Rows, str]] = [
    ({"From": None}, "no From"),
    ({"From": ""}, "an empty From"),
    ({"From": "<sip:a@h"}, "a From that is none"),
    ({"To": None}, "no To"),
    ({"To": "<sip:a@h>;tag=1;tag=2"}, "a To with two tags"),
    ({"Call-ID": None}, "no Call-ID"),
    ({"Call-ID": ""}, "an empty Call-ID"),
    ({"CSeq": None}, "no CSeq"),
    ({"CSeq": "1 PUBLISH"}, "another method"),
    ({"CSeq": "1 SUBSCRIBER"}, "a longer one"),
    ({"CSeq": "1  SUBSCRIBE"}, "two blanks"),
    ({"CSeq": "2147483648 SUBSCRIBE"}, "too high a number"),
    ({"CSeq": "00000000001 SUBSCRIBE"}, "eleven digits"),
    ({"CSeq": "SUBSCRIBE"}, "no number"),
    ({"Max-Forwards": "256"}, "more hops than there may be"),
    ({"Max-Forwards": ""}, "no hops"),
    ({"Max-Forwards": "7 x"}, "hops of something"),
    ({"Via": "SIP/2.0/UDP a;branch=z9hG4bK1, SIP/2.0/UDP b"}, "two hops in a row"),
]


@pytest.mark.parametrize(
    "rows", [case[0] for case in NOT_PLAIN], ids=[case[1] for case in NOT_PLAIN]
)
def test_of_any_other_nothing_is_said(rows: Rows) -> None:
    assert not isinstance(understood(request("SUBSCRIBE", rows=rows)), Ordinary)


def test_nor_of_one_to_another_scheme() -> None:
    assert not isinstance(understood(request("SUBSCRIBE", "tel:+1")), Ordinary)


@settings(max_examples=EXAMPLES)
@given(st.sampled_from([case[0] for case in PLAIN]), st.lists(ANYWHERE, max_size=4))
def test_damage_is_agreed_on(rows: Rows, damages: list[Spoil]) -> None:
    agree(apply(damages, request("SUBSCRIBE", rows=rows)))
