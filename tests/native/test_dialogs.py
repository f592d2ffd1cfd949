"""The dialog that a request makes, and the way back in it: found as by Python."""

from __future__ import annotations

import gc
import sys
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hereabouts.base.refusal import Malformed, Refusal
from hereabouts.native.choice import messages
from hereabouts.sip import dialog, routing
from hereabouts.sip.admission import check_grammar
from hereabouts.sip.dialog import Dialog, accepted
from hereabouts.sip.flow import Flow
from hereabouts.sip.message import Ordinary
from hereabouts.sip.routing import flow_back
from hereabouts.sip.uri import SipUri
from tests.interop.spoilt import ANYWHERE, Spoil, apply
from tests.native.test_messages import unprepared
from tests.native.ways import Way, built
from tests.sip.driven import Driven
from tests.sip.packets import TCP, UDP, Rows, a_request, request

pytestmark = built

EXAMPLES = 500
HERE = f"<sip:alice@{UDP.host}:{UDP.port}>"
TAG = "b1"
ANY_URI = SipUri.parse("sip:h")

CONTACTS: list[tuple[Rows, str]] = [
    ({"Contact": HERE}, "where it came from"),
    ({"Contact": f"<sip:alice@{UDP.host}>"}, "without a port"),
    ({"Contact": f"<sip:alice@{UDP.host}:5070>"}, "another port"),
    ({"Contact": "<sip:alice@192.0.2.9:5060>"}, "another address"),
    ({"Contact": f"<sips:alice@{UDP.host}:{UDP.port}>"}, "a safe one"),
    ({"Contact": f"<pres:alice@{UDP.host}:{UDP.port}>"}, "of another scheme"),
    ({"Contact": f"<sip:alice@{UDP.host}:{UDP.port};ob>"}, "with a parameter"),
    ({"Contact": f"<sip:alice@{UDP.host}:{UDP.port}?Subject=x>"}, "with a header"),
    ({"Contact": [HERE, HERE]}, "two"),
    ({"Contact": None}, "none"),
    ({"Contact": "<tel:1>"}, "no SIP URI"),
    ({"Contact": HERE, "Record-Route": "<sip:p.example.com;lr>"}, "by a proxy"),
    ({"Contact": HERE, "Record-Route": "<tel:1>"}, "by an odd one"),
    ({"Contact": HERE, "From": '"\u00c4" <sip:a@h>;tag=1'}, "from somebody beyond ASCII"),
    ({"Contact": HERE, "Call-ID": "c" * 3000}, "a long name"),
]


def made(packet: bytes, flow: Flow, way: Way) -> object:
    """The dialog of a request and its way back, or what is wrong; `None`: it never came in."""
    driven = Driven()
    with pytest.MonkeyPatch.context() as patch:
        for module in (dialog, routing):
            patch.setattr(module, "native", messages if way is Way.NATIVE else None)
        try:
            driven.receive(packet, flow)
            if not driven.delivered:
                return None
            incoming = driven.delivered[0]
            check_grammar(incoming.request)
            found = accepted(incoming.request, TAG)
            return found, flow_back(incoming, found)
        except (Malformed, Refusal) as fault:
            return type(fault), str(fault)


def check(packet: bytes, flow: Flow) -> None:
    """Both ways come to the same."""
    assert made(packet, flow, Way.NATIVE) == made(packet, flow, Way.PYTHON)


@pytest.mark.parametrize("flow", [UDP, TCP], ids=["UDP", "TCP"])
@pytest.mark.parametrize("rows", [case[0] for case in CONTACTS], ids=[c[1] for c in CONTACTS])
def test_a_dialog_is_made_as_by_python(rows: Rows, flow: Flow) -> None:
    check(request("SUBSCRIBE", rows=rows), flow)


@settings(max_examples=EXAMPLES)
@given(st.sampled_from([case[0] for case in CONTACTS]), st.lists(ANYWHERE, max_size=4))
def test_damage_is_agreed_on(rows: Rows, damages: list[Spoil]) -> None:
    check(apply(damages, request("SUBSCRIBE", rows=rows)), UDP)


def test_the_usual_is_done_without_python() -> None:
    assert messages is not None
    asked = a_request(request("SUBSCRIBE", rows={"Contact": HERE}))
    found = messages.accepted(asked, TAG)
    assert found == Dialog(
        "To: <sip:alice@example.com>;tag=a1\r\nFrom: <sip:bob@example.com>;tag=b1\r\n"
        "Call-ID: c1\r\n",
        HERE.strip("<>"),
        1,
    )
    assert messages.is_straight(asked, UDP, found)


def test_what_is_unusual_is_left_to_python() -> None:
    assert messages is not None
    asked = a_request(request("SUBSCRIBE", rows={"Contact": HERE}))
    found = accepted(asked, TAG)
    assert messages.accepted(asked, "\u00c4") is None
    assert messages.accepted(object(), TAG) is None
    assert not messages.is_straight(object(), UDP, found)
    assert not messages.is_straight(asked, object(), found)
    assert not messages.is_straight(asked, UDP, object())
    assert not messages.is_straight(asked, TCP, found)
    routed = msgspec.structs.replace(found, route_set=("<sip:p;lr>",))
    assert not messages.is_straight(asked, UDP, routed)
    assert not messages.is_straight(asked, UDP, msgspec.structs.replace(found, remote_target="x"))


@pytest.mark.parametrize("name", ["headers", "call_id", "cseq", "_contact"])
def test_what_was_taken_from_a_request_is_no_crash(name: str) -> None:
    assert messages is not None
    asked = a_request(request("SUBSCRIBE", rows={"Contact": HERE}))
    assert isinstance(asked, Ordinary)
    found = accepted(asked, TAG)
    delattr(asked, name)
    assert messages.accepted(asked, TAG) is None
    messages.is_straight(asked, UDP, found)


@pytest.mark.parametrize("name", ["headers", "call_id", "cseq", "_contact"])
@pytest.mark.parametrize("odd", [None, 5, "ab", [1, 2], (1,), ("a", 2), (5, ANY_URI)])
def test_what_is_something_else_is_left_to_python(name: str, odd: object) -> None:
    assert messages is not None
    asked = a_request(request("SUBSCRIBE", rows={"Contact": HERE}))
    found = accepted(asked, TAG)
    setattr(asked, name, odd)
    made = messages.accepted(asked, TAG)
    assert made is None or odd == ("ab" if name == "call_id" else (5, ANY_URI))
    messages.is_straight(asked, UDP, found)


@pytest.mark.parametrize("name", ["scheme", "host", "port", "parameters", "headers"])
def test_what_was_taken_from_a_uri_is_no_crash(name: str) -> None:
    assert messages is not None
    asked = a_request(request("SUBSCRIBE", rows={"Contact": HERE}))
    found = accepted(asked, TAG)
    uri = asked.contact[1]
    SipUri.__dict__[name].__delete__(uri)  # frozen: no statement takes anything from it
    messages.accepted(asked, TAG)
    assert messages.is_straight(asked, UDP, found) is (name == "headers")


WRONG: list[tuple[str, tuple[Any, ...]]] = [
    ("accepted", ()),
    ("accepted", (1, 2)),
    ("is_straight", ()),
    ("is_straight", (1, 2)),
    ("learn_dialogs", ()),
    ("learn_dialogs", (int, SipUri)),
    ("learn_dialogs", (Dialog, int)),
    ("learn_dialogs", (Dialog, 5)),
]


@pytest.mark.parametrize("name, arguments", WRONG)
def test_what_is_wrong_is_refused(name: str, arguments: tuple[Any, ...]) -> None:
    with pytest.raises(TypeError):
        getattr(unprepared(), name)(*arguments)


def test_untaught_it_makes_nothing() -> None:
    asked = a_request(request("SUBSCRIBE", rows={"Contact": HERE}))
    assert unprepared().accepted(asked, TAG) is None
    assert not unprepared().is_straight(asked, UDP, accepted(asked, TAG))


def test_nothing_of_ours_is_held() -> None:
    assert messages is not None
    asked = a_request(request("SUBSCRIBE", rows={"Contact": HERE}))
    shared = (asked, asked.contact[0], asked.cseq[0], UDP, TAG)
    gc.collect()
    before = [sys.getrefcount(each) for each in shared]
    for _ in range(1000):
        found = messages.accepted(asked, TAG)
        assert messages.is_straight(asked, UDP, found)
    del found
    for each, held in zip(shared, before, strict=True):
        assert abs(sys.getrefcount(each) - held) < 50
