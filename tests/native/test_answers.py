"""The compiled writer of answers: the same as Python writes, or nothing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hereabouts.native.choice import messages
from hereabouts.sip.flow import Flow
from hereabouts.sip.message import Request
from tests.interop.spoilt import ANYWHERE, Spoil, apply
from tests.native.twins import agree_on_answer, agree_on_stamp
from tests.native.ways import built

pytestmark = built

EXAMPLES = 500

HERE = Flow("UDP", "192.0.2.1", 5070, "198.51.100.1:5060")
FAR = Flow("UDP", "2001:db8::1", 65535, "[2001:db8::2]:5060")

VIA = "SIP/2.0/UDP 192.0.2.1:5070;branch=z9hG4bKa;rport"

STAMPED = [
    (VIA, HERE, "rport is asked for"),
    (VIA, FAR, "rport is asked for, from another address"),
    ("SIP/2.0/UDP 192.0.2.1:5070;received=x;rport=7;x", HERE, "it comes filled in"),
    ("SIP/2.0/UDP 192.0.2.1;branch=a", HERE, "nothing is to be said"),
    ("SIP/2.0/UDP 192.0.2.1;BRANCH=a;;", HERE, "nothing is to be said, and it stays as it stood"),
    ("SIP/2.0/TCP phone:00065;branch=a;x", HERE, "a name, and a port with zeros"),
    ("SIP/2.0/TCP phone;received=", FAR, "an empty value"),
]


@pytest.mark.parametrize(
    "row, flow", [case[:2] for case in STAMPED], ids=[case[2] for case in STAMPED]
)
def test_an_ordinary_via_is_stamped_as_python_does(row: str, flow: Flow) -> None:
    assert agree_on_stamp(row, flow)


UNSTAMPED = [
    (f"{VIA}, {VIA}", HERE, "two values"),
    (f"{VIA} ", HERE, "a blank behind it"),
    ("SIP/2.0/UDP [2001:db8::1]", HERE, "IPv6"),
    ("SIP/3.0/UDP h", HERE, "another version"),
    ("SIP/2.0/UDP h;x=\xe9", HERE, "what is not ASCII"),
    (VIA, Flow("UDP", "h\xe9", 1, ""), "an address that is not ASCII"),
    ("SIP/2.0/UDP h" + "".join(f";p{number}=x" for number in range(40)), HERE, "much"),
]


@pytest.mark.parametrize(
    "row, flow", [case[:2] for case in UNSTAMPED], ids=[case[2] for case in UNSTAMPED]
)
def test_an_unusual_via_is_left_to_python(row: str, flow: Flow) -> None:
    assert not agree_on_stamp(row, flow)


@settings(max_examples=EXAMPLES)
@given(st.sampled_from([case[0] for case in STAMPED]), st.lists(ANYWHERE, max_size=3))
def test_a_damaged_via_is_stamped_the_same_or_left_to_python(row: str, spoils: list[Spoil]) -> None:
    agree_on_stamp(apply(spoils, row.encode("latin-1")).decode("latin-1"), HERE)


def asked(**rows: list[str]) -> Request:
    usual = {
        "via": [VIA],
        "from": ["<sip:a@h>;tag=1"],
        "to": ["<sip:b@h>"],
        "call-id": ["c"],
        "cseq": ["1 SUBSCRIBE"],
    }
    headers = {**usual, **{name.replace("_", "-"): values for name, values in rows.items()}}
    return Request("SUBSCRIBE", "sip:b@h", [], headers, b"")


WRITTEN: list[tuple[dict[str, list[str]], dict[str, Any], str]] = [
    ({}, {}, "nothing but what every answer has"),
    ({}, {"via": ["x", "y"], "to_tag": "t"}, "two hops"),
    ({}, {"headers": [("Expires", "60"), ("Contact", "<sip:c>")], "body": b"\0\xff"}, "headers"),
    ({}, {"headers": (("Expires", "60"),), "to_tag": ""}, "an empty tag"),
    ({}, {"reason": "OK (yes)"}, "a reason"),
    ({"to": ["<sip:b;tag=x@h>"]}, {"to_tag": "t"}, "a tag in the URI is none"),
    ({"to": ["<sip:b@h> ; \tTag\t =x"]}, {"to_tag": "t"}, "a tag with blanks"),
    ({"to": ["sip:b@h;x;ta;tag"]}, {"to_tag": "t"}, "a tag without a value is none"),
    ({"to": ["sip:b@h;tagg=1;tag=2"]}, {"to_tag": "t"}, "another parameter before it"),
    ({"to": ["<a>;tag=<b>"]}, {"to_tag": "t"}, "what stands before the last bracket"),
    ({"to": [""], "via": []}, {"to_tag": "t"}, "an empty value, and no way back"),
    ({"to": ["a", "b"], "cseq": ["1", "2"]}, {}, "the first row counts"),
]


@pytest.mark.parametrize(
    "rows, given", [case[:2] for case in WRITTEN], ids=[case[2] for case in WRITTEN]
)
def test_an_ordinary_answer_is_written_as_python_does(
    rows: dict[str, list[str]], given: dict[str, Any]
) -> None:
    assert agree_on_answer(asked(**rows), 200, **given)


def test_what_the_request_lacks_the_answer_lacks() -> None:
    assert agree_on_answer(Request("OPTIONS", "sip:h", [], {}, b""), 400)


UNWRITTEN: list[tuple[dict[str, list[str]], dict[str, Any], str]] = [
    ({"from": ["\xe9"]}, {}, "a copied value that is not ASCII"),
    ({}, {"reason": "\udcff"}, "a reason that is not even text"),
    ({}, {"via": ["x"] * 50}, "many hops"),
    ({}, {"headers": [("X", "\u20ac")]}, "a header that is not ASCII"),
]


@pytest.mark.parametrize(
    "rows, given", [case[:2] for case in UNWRITTEN], ids=[case[2] for case in UNWRITTEN]
)
def test_an_unusual_answer_is_left_to_python(
    rows: dict[str, list[str]], given: dict[str, Any]
) -> None:
    assert not agree_on_answer(asked(**rows), 200, **given)


TEXTS = st.one_of(
    st.text(st.characters(codec="ascii"), max_size=20),
    st.text(st.sampled_from(';tTaAgG= \t<>"x\xe9'), max_size=20),
)


@settings(max_examples=EXAMPLES)
@given(
    to=TEXTS,
    other=TEXTS,
    hops=st.lists(TEXTS, max_size=3),
    tag=st.none() | TEXTS,
    headers=st.lists(st.tuples(TEXTS, TEXTS), max_size=3),
    body=st.binary(max_size=20),
)
def test_any_answer_is_written_the_same_or_left_to_python(
    to: str,
    other: str,
    hops: list[str],
    tag: str | None,
    headers: list[tuple[str, str]],
    body: bytes,
) -> None:
    request = asked(to=[to], call_id=[other])
    agree_on_answer(request, 200, via=hops, to_tag=tag, headers=headers, body=body)


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param((b"s", [], {}, None, [], b""), id="no text to begin with"),
        pytest.param(("s", (), {}, None, [], b""), id="hops in no list"),
        pytest.param(("s", [], [], None, [], b""), id="headers of the request in no dictionary"),
        pytest.param(("s", [], {"to": []}, None, [], b""), id="a header without a row"),
        pytest.param(("s", [], {"to": "x"}, None, [], b""), id="a header in no list"),
        pytest.param(("s", [], {}, 7, [], b""), id="a tag that is no text"),
        pytest.param(("s", [], {}, None, iter([]), b""), id="headers that can be read once"),
        pytest.param(("s", [], {}, None, [("a",)], b""), id="a header without a value"),
        pytest.param(("s", [], {}, None, [], "text"), id="a body that is text"),
    ],
)
def test_what_is_no_answer_is_left_to_python(arguments: Any) -> None:  # noqa: ANN401 - any
    assert messages is not None
    assert messages.response(*arguments) is None


@pytest.mark.parametrize(
    "name, arguments",
    [("response", ("s",)), ("stamp", (VIA,)), ("stamp", (VIA, "h", "7"))],
)
def test_a_call_that_makes_no_sense_is_refused(name: str, arguments: Any) -> None:  # noqa: ANN401
    with pytest.raises(TypeError):
        getattr(messages, name)(*arguments)
