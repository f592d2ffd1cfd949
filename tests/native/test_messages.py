"""The compiled reader: ordinary messages it reads as Python does; the others it leaves alone."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hereabouts.native.choice import load, messages
from hereabouts.sip.headers.address import Address
from hereabouts.sip.message import COMPACT, MAX_HEADER_ROWS, Ordinary, Request, Response
from hereabouts.sip.reader import SINGLE
from hereabouts.sip.uri import SipUri
from tests.fuzz.targets import PACKETS
from tests.interop.spoilt import ANYWHERE, Spoil, apply
from tests.native.twins import agree
from tests.native.ways import built
from tests.sip.packets import request, response

pytestmark = built

NOTIFY = request("NOTIFY", via="SIP/2.0/UDP 198.51.100.1:5060;branch=z9hG4bKword1;rport=5060")
TAKEN = response(NOTIFY, 200, {"Content-Length": "0"})
EXAMPLES = 500


def unprepared() -> Any:  # noqa: ANN401 - the module as it is when it is loaded
    """The module once more, without what `sip.reader` has taught it."""
    before = sys.modules.pop("hereabouts.native.messages")
    try:
        return load("messages", {})
    finally:
        sys.modules["hereabouts.native.messages"] = before


# --- what it reads itself


ORDINARY = [
    pytest.param(request(), id="a request"),
    pytest.param(request(body=b"a body\r\n\r\nwith an empty line"), id="a body"),
    pytest.param(request(body=b"\xff\0"), id="a body of any bytes"),
    pytest.param(request(rows={"Content-Length": None}, body=b"abc"), id="a body to the end"),
    pytest.param(request(rows={"Content-Length": "1"}, body=b"abc"), id="a body that is cut"),
    pytest.param(request(rows={"Content-Length": "00000000003"}, body=b"abc"), id="zeros first"),
    pytest.param(b"\r\n\n\r" + request(), id="line breaks first"),
    pytest.param(request(rows={"Subject": "", "X": " \t "}), id="values of nothing"),
    pytest.param(request(rows={"Subject \t": "\t a \t b \t"}), id="blanks at the colon and ends"),
    pytest.param(request(rows={"Via": ["a", "b"], "v": "c", "VIA": "d"}), id="rows of one header"),
    pytest.param(request(rows={"X-New": ["a", "b"], "x-new": "c"}), id="a header nobody knows"),
    pytest.param(request(rows={"X" * 40: "a"}), id="the longest name"),
    pytest.param(request(rows={"-.!%*_+`'~09": "a"}), id="every kind of character in a name"),
    pytest.param(request(rows=dict.fromkeys("abdejknorsuxyABDEK", "a")), id="compact names"),
    pytest.param(request(rows={"Subject": "\0\x1f\x7f\v\f::;,"}), id="control characters"),
    pytest.param(request("X" * 300, "x" * 30000), id="a long first line"),
    pytest.param(
        request(rows={f"X-{n}": "" for n in range(MAX_HEADER_ROWS - 7)}), id="many rows"
    ),
    pytest.param(b"X y SIP/2.0\r\n\r\n", id="no rows"),
    pytest.param(TAKEN, id="a response"),
    pytest.param(b"SIP/2.0 100\r\n\r\n", id="no reason"),
    pytest.param(b"SIP/2.0 699 \r\n\r\n", id="an empty reason"),
    pytest.param(b"SIP/2.0 200  a  \r\n\r\n", id="a reason of blanks"),
]  # fmt: skip


@pytest.mark.parametrize("packet", ORDINARY)
def test_the_ordinary_is_read_as_python_reads_it(packet: bytes) -> None:
    assert agree(packet)


# --- what it leaves to Python


UNUSUAL = [
    pytest.param(b"", id="nothing"),
    pytest.param(b"\r\n" * 9, id="nothing but line breaks"),
    pytest.param(request()[:-2], id="no end"),
    pytest.param(request(rows={"Subject": "\u00e9"}), id="what is not ASCII"),
    pytest.param(request(rows={"Subject": "a\r\n b"}), id="a fold"),
    pytest.param(request(rows={"Subject": "a\r\n\tb"}), id="a fold with a tab"),
    pytest.param(request(rows={"Subject": "a\rb"}), id="a lone CR"),
    pytest.param(request(rows={"Subject": "a\nb"}), id="a lone LF"),
    pytest.param(request(rows={"Subject": "a\r"}), id="a lone CR at the end of a row"),
    pytest.param(request()[:-4] + b"\r\r\n\r\n", id="a lone CR at the end of the head"),
    pytest.param(b"X\ny SIP/2.0\r\n\r\n", id="a lone LF in the first line"),
    pytest.param(request().replace(b"To:", b"To"), id="a row without a colon"),
    pytest.param(request().replace(b"To:", b":"), id="no name"),
    pytest.param(request().replace(b"To:", b" \t:"), id="a name of blanks"),
    pytest.param(request().replace(b"To:", b"T o:"), id="a blank in a name"),
    pytest.param(request().replace(b"To:", b"T(:"), id="what is no token"),
    pytest.param(request(rows={"X" * 41: "a"}), id="a name beyond the bound"),
    pytest.param(
        request(rows={f"X-{n}": "" for n in range(MAX_HEADER_ROWS - 6)}), id="too many rows"
    ),
    pytest.param(request(rows={"Content-Length": "4"}, body=b"abc"), id="a body that lacks"),
    pytest.param(request(rows={"Content-Length": ""}), id="no length"),
    pytest.param(request(rows={"Content-Length": "+0"}), id="a sign"),
    pytest.param(request(rows={"Content-Length": "0" * 12}), id="too many digits"),
    pytest.param(request(rows={"Content-Length": "9" * 11}), id="beyond 32 bits"),
    pytest.param(request(rows={"Content-Length": ["0", "0"]}), id="the length twice"),
    pytest.param(request().replace(b"SIP/2.0\r", b"sip/2.0\r"), id="another case"),
    pytest.param(request().replace(b"SIP/2.0\r", b"SIP/3.0\r"), id="another version"),
    pytest.param(request().replace(b"SIP/2.0\r", b"SIP/2.0 \r"), id="a blank at the end"),
    pytest.param(request(uri=""), id="no URI"),
    pytest.param(request(uri=" a"), id="two blanks"),
    pytest.param(request(uri="a\tb"), id="a tab in a URI"),
    pytest.param(request(uri="a\x1cb"), id="what only Unicode calls a blank"),
    pytest.param(request(uri="<a>"), id="brackets"),
    pytest.param(request(""), id="no method"),
    pytest.param(request("A(B"), id="a method that is no token"),
    pytest.param(b" SIP/2.0\r\n\r\n", id="a version alone"),
    pytest.param(b"X SIP/2.0\r\n\r\n", id="no URI, and no blank for it"),
    pytest.param(b"SIP/2.0\r\n\r\n", id="a version without its blank"),
    pytest.param(b"SIP/2.0 \r\n\r\n", id="no status"),
    pytest.param(b"SIP/2.0 20\r\n\r\n", id="two digits"),
    pytest.param(b"SIP/2.0 2000\r\n\r\n", id="four digits"),
    pytest.param(b"SIP/2.0 2x0 \r\n\r\n", id="a letter"),
    pytest.param(b"SIP/2.0 20x \r\n\r\n", id="a letter at the end"),
    pytest.param(b"SIP/2.0 099 \r\n\r\n", id="below 100"),
    pytest.param(b"SIP/2.0 700 \r\n\r\n", id="above 699"),
    pytest.param(b"SIP/2.0  200 \r\n\r\n", id="two blanks before the status"),
]  # fmt: skip


@pytest.mark.parametrize("packet", UNUSUAL)
def test_the_unusual_is_left_to_python(packet: bytes) -> None:
    assert not agree(packet)


@pytest.mark.parametrize("name", sorted({*SINGLE, *(n for n in COMPACT if COMPACT[n] in SINGLE)}))
def test_what_must_come_once_and_comes_twice_is_left_to_python(name: str) -> None:
    long = COMPACT.get(name, name)
    packet = f"X y SIP/2.0\r\n{name}: 0\r\n{long.upper()}: 0\r\n\r\n".encode()
    assert not agree(packet)
    assert agree(packet.replace(long.upper().encode(), b"Subject"))


@pytest.mark.parametrize("other", ["text", bytearray(b"bytes"), None, 5])
def test_what_is_no_bytes_is_left_to_python(other: Any) -> None:  # noqa: ANN401
    assert messages is not None
    assert messages.scan(other) is None
    assert messages.notify_taken(other) is None


# --- any bytes


@pytest.mark.parametrize("packet", [*PACKETS, TAKEN])
def test_every_message_of_the_other_tests_is_one_to_agree_on(packet: bytes) -> None:
    for end in range(len(packet) + 1):
        agree(packet[:end])


@settings(max_examples=EXAMPLES)
@given(st.sampled_from([*PACKETS, NOTIFY, TAKEN]), st.lists(ANYWHERE, max_size=4))
def test_damage_is_agreed_on(packet: bytes, damages: list[Spoil]) -> None:
    agree(apply(damages, packet))


PIECES = [
    b"\r\n", b"\r", b"\n", b" ", b"\t", b":", b";", b",", b"<", b"\xff", b"\0", b"0", b"9", b"z",
    b"SIP/2.0", b"SIP/2.0 200 OK\r\n", b"X sip:h SIP/2.0\r\n", b"Via: SIP/2.0/UDP h",
    b";branch=z9hG4bK", b"v: ", b"CSeq: 1 NOTIFY\r\n", b"Content-Length: 0\r\n\r\n", b"l: 1",
    b"Content-Length: ", b"\r\n\r\n", b"From: a\r\n", b"f: b\r\n", b"x" * 41,
]  # fmt: skip


@settings(max_examples=EXAMPLES)
@example([])
@given(st.lists(st.sampled_from(PIECES) | st.binary(max_size=3), max_size=20))
def test_any_pieces_are_agreed_on(pieces: list[bytes]) -> None:
    agree(b"".join(pieces))


@settings(max_examples=EXAMPLES)
@given(st.lists(st.sampled_from(PIECES), max_size=6), st.integers(0, len(TAKEN)))
def test_pieces_in_an_answer_are_agreed_on(pieces: list[bytes], place: int) -> None:
    agree(TAKEN[:place] + b"".join(pieces) + TAKEN[place:])


# --- what it is taught


CLASSES = (Request, Ordinary, Response, Address, SipUri)


@pytest.mark.parametrize(
    "ordinary",
    [
        pytest.param(1, id="no class"),
        pytest.param(Request, id="a class without these fields"),
        pytest.param(int, id="a class of something else"),
    ],
)
def test_a_class_whose_fields_are_no_slots_is_refused(ordinary: Any) -> None:  # noqa: ANN401
    module = unprepared()
    with pytest.raises(TypeError):
        module.prepare({"to": "to"}, frozenset(), 9, (Request, ordinary, *CLASSES[2:]))
    assert module.scan(request()) is None


def test_untaught_it_reads_nothing() -> None:
    assert unprepared().scan(request()) is None


@pytest.mark.parametrize(
    "names, error",
    [
        pytest.param({f"x-{n}": "x" for n in range(129)}, ValueError, id="too many"),
        pytest.param({"": "x"}, ValueError, id="no name"),
        pytest.param({"a b": "x"}, ValueError, id="no token"),
        pytest.param({"x" * 41: "x"}, ValueError, id="too long"),
        pytest.param({"x": 1}, TypeError, id="a name of something"),
        pytest.param({1: "x"}, TypeError, id="something for a name"),
        pytest.param({"\ud800": "x"}, UnicodeEncodeError, id="half a character"),
    ],
)
def test_names_that_it_cannot_learn_are_refused(names: Any, error: type[Exception]) -> None:  # noqa: ANN401
    module = unprepared()
    with pytest.raises(error):
        module.prepare({"to": "to"} | names, frozenset[str](), 9, CLASSES)
    assert module.scan(request()) is None


def test_what_its_classes_raise_is_raised() -> None:
    module = unprepared()
    module.prepare({"to": "to"}, frozenset(), 9, (int, Ordinary, int, int, int))
    with pytest.raises(TypeError):
        module.scan(request())


def test_it_can_be_taught_again() -> None:
    module = unprepared()
    for names in ({"to": "first"}, {"to": "second", "TO": "third"}):
        made: Any = (lambda *parts: parts, Ordinary, None, None, None)
        module.prepare(names, frozenset(), 9, made)
    assert module.scan(b"X y SIP/2.0\r\ntO: 1\r\n\r\n")[3] == {"second": ["1"]}
