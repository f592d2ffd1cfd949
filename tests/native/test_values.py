"""The compiled readers of Via, addresses and URIs: the same as Python reads, or nothing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hereabouts.native.choice import messages
from tests.fuzz.targets import TARGETS
from tests.interop.spoilt import ANYWHERE, Spoil, apply
from tests.native.twins import agree_on_address, agree_on_uri, agree_on_via
from tests.native.ways import built

pytestmark = built

EXAMPLES = 500

AGREE = {"via": agree_on_via, "address": agree_on_address, "uri": agree_on_uri}

ORDINARY_VALUES = [
    ("via", "SIP/2.0/UDP 192.0.2.1:5070;branch=z9hG4bKa;rport", "via: the usual Via"),
    ("via", "SIP/2.0/TCP host", "via: no port, no parameter"),
    ("via", "SIP/2.0/WSS a_b.-c;BRANCH=x;;Rport=;", "via: names in capitals, and nothing between"),
    ("via", "SIP/2.0/UDP h:00065;x=[2001:db8::1]", "via: a port with zeros, an address in a value"),
    ("address", "<sip:a@h>", "address: in brackets"),
    ("address", "<sip:a@h;x>;tag=1;Expires=60;q", "address: parameters of both"),
    ("address", "sip:a@h;tag=1", "address: without brackets"),
    ("address", "Bob  <sip:a@h>", "address: a name"),
    ("address", "  Bob B. Baker <sip:a@h>", "address: words, and blanks before them"),
    (
        "address",
        '"Bob, <b>; @:"  <sip:a@h?x=y,z>;tag=b',
        "address: a quoted name that could mislead",
    ),
    ("address", '""<a>', "address: no name in quotes"),
    ("address", "*", "address: any text that could be a URI"),
    ("uri", "sip:alice@example.com", "uri: the usual URI"),
    ("uri", "sips:EXAMPLE.com:5061;transport=TCP;lr;X=Y;;", "uri: no user"),
    ("uri", "pres:a%20b&=+$,;/:p:w@h-_.9", "uri: a user with everything, and a password"),
    ("uri", "sip:a:@h", "uri: an empty password"),
    ("uri", "sip:a@h;x=b@c", "uri: another @ in a parameter"),
]


@pytest.mark.parametrize(
    "kind, text", [row[:2] for row in ORDINARY_VALUES], ids=[row[2] for row in ORDINARY_VALUES]
)
def test_ordinary_values_are_read_as_python_reads_them(kind: str, text: str) -> None:
    assert AGREE[kind](text)


UNUSUAL_VALUES = [
    ("via", "", "via: nothing"),
    ("via", "sip/2.0/UDP h", "via: another case"),
    ("via", "SIP/2.0/udp h", "via: a transport in another case"),
    ("via", "SIP/2.0/ h", "via: no transport"),
    ("via", "SIP/2.0/UDP", "via: no host"),
    ("via", "SIP/2.0/UDP  h", "via: two blanks"),
    ("via", "SIP/2.0/UDP [2001:db8::1]", "via: IPv6"),
    ("via", "SIP/2.0/UDP h:", "via: no port"),
    ("via", "SIP/2.0/UDP h:0", "via: port 0"),
    ("via", "SIP/2.0/UDP h:65536", "via: a port too high"),
    ("via", "SIP/2.0/UDP h:000001", "via: a port of six digits"),
    ("via", "SIP/2.0/UDP h:5x", "via: a port of letters"),
    ("via", "SIP/2.0/UDP h;=x", "via: no name"),
    ("via", "SIP/2.0/UDP h;a(=x", "via: a name that is no token"),
    ("via", "SIP/2.0/UDP h;a;A", "via: a name twice"),
    ("via", "SIP/2.0/UDP h;branch=1;branch=2", "via: a usual name twice"),
    ("via", 'SIP/2.0/UDP h;a="b"', "via: quotes"),
    ("via", "SIP/2.0/UDP h ;a", "via: a blank before the parameters"),
    ("via", "SIP/2.0/UDP h, SIP/2.0/UDP h", "via: two in one"),
    ("via", "SIP/2.0/UDP h\u00e9", "via: what is not ASCII"),
    ("via", "SIP/2.0/UDP h;a=\x00", "via: a control character"),
    ("address", "", "address: nothing"),
    ("address", "<>", "address: nothing in brackets"),
    ("address", "<sip:a@h", "address: a bracket that does not end"),
    ("address", "<sip:a@h> ;tag=1", "address: a blank before the parameters"),
    ("address", "<sip:a@h>x", "address: words behind it"),
    ("address", "< sip:a@h>", "address: blanks in brackets"),
    ("address", '"a <sip:a@h>', "address: quotes that do not end"),
    ("address", '"a\\"" <sip:a@h>', "address: an escape in quotes"),
    ("address", '"a" b <sip:a@h>', "address: words behind quotes"),
    ("address", 'a"b" <sip:a@h>', "address: quotes behind words"),
    ("address", "a, b <sip:a@h>", "address: a comma in a name"),
    ("address", "<sip:a<h>", "address: a bracket in brackets"),
    ("address", "sip:a@h?x", "address: a question mark without brackets"),
    ("address", "sip:a@h,sip:b@h", "address: two in one"),
    ("address", "sip:a@h>", "address: half of the brackets"),
    ("address", "sip:a@h ", "address: a blank at the end"),
    ("address", "<sip:a@h>;tag=1;TAG=2", "address: a parameter twice"),
    ("uri", "", "uri: nothing"),
    ("uri", "tel:+1", "uri: another scheme"),
    ("uri", "SIP:a@h", "uri: another case"),
    ("uri", "sip:", "uri: a scheme alone"),
    ("uri", "sip:@h", "uri: an empty user"),
    ("uri", "sip::p@h", "uri: a password alone"),
    ("uri", "sip:a@", "uri: no host"),
    ("uri", "sip:a@-h", "uri: a host that begins with a sign"),
    ("uri", "sip:a@[::1]", "uri: IPv6"),
    ("uri", "sip:h;x=a@!", "uri: an @ in a parameter, and what can be no host"),
    ("uri", "sip:a@h:0", "uri: port 0"),
    ("uri", "sip:a@h?x=y", "uri: headers"),
    ("uri", "sip:a@h;x;X", "uri: a parameter twice"),
    ("uri", "sip:a@h;=x", "uri: a parameter without a name"),
    ("uri", "sip:a b@h", "uri: a blank"),
    ("uri", "sip:\u00e9@h", "uri: what is not ASCII"),
]


@pytest.mark.parametrize(
    "kind, text", [row[:2] for row in UNUSUAL_VALUES], ids=[row[2] for row in UNUSUAL_VALUES]
)
def test_unusual_values_are_left_to_python(kind: str, text: str) -> None:
    assert not AGREE[kind](text)


@pytest.mark.parametrize("other", [b"<sip:a@h>", None, 5])
def test_what_is_no_text_is_left_to_python(other: Any) -> None:  # noqa: ANN401
    assert messages is not None
    assert [messages.via(other), messages.address(other), messages.uri(other)] == [None] * 3


@pytest.mark.parametrize("kind", AGREE)
def test_damaged_values_are_agreed_on(kind: str) -> None:
    seeds = [
        *TARGETS[kind][1],
        *(text.encode() for name, text, _ in ORDINARY_VALUES if name == kind),
    ]

    @settings(max_examples=EXAMPLES)
    @given(st.sampled_from(seeds), st.lists(ANYWHERE, max_size=4))
    def agree_on(seed: bytes, damages: list[Spoil]) -> None:
        AGREE[kind](apply(damages, seed).decode("utf-8", "surrogateescape"))

    agree_on()


WORDS = [
    "sip:", "SIP/2.0/UDP ", "<", ">", '"', "\\", ";", "=", "@", ":", ",", " ", "?", "[", "]", "*",
    "a", "h", "5060", "0", "tag", "A", "%41", "\t", "\u00e9", "\x1c",
]  # fmt: skip


@pytest.mark.parametrize("kind", AGREE)
def test_values_of_any_words_are_agreed_on(kind: str) -> None:
    @settings(max_examples=EXAMPLES)
    @given(
        st.sampled_from(["", "sip:", "SIP/2.0/UDP h", "<sip:a@h>"]),
        st.lists(st.sampled_from(WORDS)),
    )
    def agree_on(begin: str, words: list[str]) -> None:
        AGREE[kind](begin + "".join(words))

    agree_on()
