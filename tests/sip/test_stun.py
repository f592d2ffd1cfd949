"""STUN keep-alives; the mapped addresses are the test vectors of RFC 5769 sections 2.2 and 2.3."""

from __future__ import annotations

from contextlib import suppress
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.sip import stun
from hereabouts.sip.stun import ERROR, REQUEST, SUCCESS, MalformedStun, Message, answer

TRANSACTION = bytes.fromhex("b7e7a701bc34d686fa87dfae")
PING = stun.binding_request(TRANSACTION)
MAPPED = [
    ("192.0.2.1", "0001a147e112a643", "RFC 5769 section 2.2: IPv4"),
    (
        "2001:db8:1234:5678:11:2233:4455:6677",
        "0002a1470113a9faa5d3f179bc25f4b5bed2b9d9",
        "RFC 5769 section 2.3: IPv6",
    ),
]


@pytest.mark.parametrize("host, value", [r[:2] for r in MAPPED], ids=[r[2] for r in MAPPED])
def test_a_ping_is_answered_with_the_address_that_it_came_from(host: str, value: str) -> None:
    """5626-5.4-3: Binding, answered with XOR-MAPPED-ADDRESS."""
    packet = answer(PING, host, 32853)
    assert packet is not None
    said = stun.read(packet)
    assert (said.kind, said.transaction) == (SUCCESS, TRANSACTION)
    assert said.attributes == ((0x0020, bytes.fromhex(value)),)
    assert said.mapped == (host, 32853)


def test_a_ping_is_a_header_alone() -> None:
    assert bytes.fromhex("000100002112a442") + TRANSACTION == PING
    assert PING[:1] in stun.FIRST_BYTES


def test_an_attribute_that_must_be_understood_and_is_not_is_named() -> None:
    """RFC 5389 section 7.3.1: 420, and UNKNOWN-ATTRIBUTES."""
    asked = stun.write(Message(REQUEST, TRANSACTION, ((0x0024, b"1234"), (0x0003, b""))))
    packet = answer(asked, "192.0.2.1", 1)
    assert packet is not None
    said = stun.read(packet)
    assert said.kind == ERROR
    codes = dict(said.attributes)
    assert codes[0x0009][2:4] == bytes([4, 20])
    assert codes[0x000A] == bytes.fromhex("00240003")
    assert said.mapped is None


FINE = [
    ((0x8022, b"who I am"), "one that may be ignored"),
    ((0x0006, b"name"), "credentials that nobody asked for"),
]


@pytest.mark.parametrize("attribute", [row[0] for row in FINE], ids=[row[1] for row in FINE])
def test_other_attributes_are_no_matter(attribute: tuple[int, bytes]) -> None:
    packet = answer(stun.write(Message(REQUEST, TRANSACTION, (attribute,))), "192.0.2.1", 1)
    assert packet is not None
    assert stun.read(packet).kind == SUCCESS


SILENCE = [
    (b"", "nothing at all"),
    (b"\0", "less than a header"),
    (PING + b"\0\0\0\0", "more than it says"),
    (PING[:2] + b"\0\4" + PING[4:], "less than it says"),
    (PING[:4] + bytes(4) + PING[8:], "RFC 3489: no cookie"),
    (PING[:2] + b"\0\3" + PING[4:] + b"abc", "a length that is odd"),
    (PING[:2] + b"\0\4" + PING[4:] + b"\x80\x22\0\x08", "an attribute past the end"),
    (stun.write(Message(SUCCESS, TRANSACTION)), "an answer"),
    (stun.write(Message(0x0011, TRANSACTION)), "an indication"),
    (b"\x40" + PING[1:], "other bits in front"),
]


@pytest.mark.parametrize("packet", [row[0] for row in SILENCE], ids=[row[1] for row in SILENCE])
def test_what_is_no_ping_is_not_answered(packet: bytes) -> None:
    """SEC: nothing is sent to whom somebody else names as its sender, but for a ping."""
    assert answer(packet, "192.0.2.1", 1) is None


def test_who_has_no_address_is_not_answered() -> None:
    assert answer(PING, "pc.example.com", 1) is None


ODD = [b"", bytes(7), bytes(8), b"\0\2" + bytes(6), b"\0\1" + bytes(18)]


@pytest.mark.parametrize("value", ODD, ids=["none", "short", "no family", "6 in 4", "4 in 20"])
def test_an_odd_mapped_address_is_none(value: bytes) -> None:
    assert Message(SUCCESS, TRANSACTION, ((0x0020, value),)).mapped is None


attributes = st.lists(st.tuples(st.integers(0, 0xFFFF), st.binary(max_size=40)), max_size=4)


@given(st.integers(0, 0x3FFF), st.binary(min_size=12, max_size=12), attributes)
def test_what_we_write_we_can_read(
    kind: int, transaction: bytes, given: list[tuple[int, bytes]]
) -> None:
    message = Message(kind, transaction, tuple(given))
    assert stun.read(stun.write(message)) == message


@given(st.ip_addresses().map(str), st.integers(1, 65535))
def test_any_address_comes_back_as_it_was(host: str, port: int) -> None:
    packet = answer(PING, host, port)
    assert packet is not None
    mapped = stun.read(packet).mapped
    assert mapped is not None
    assert (ip_address(mapped[0]), mapped[1]) == (ip_address(host), port)


@given(st.binary() | st.binary().map(lambda tail: PING + tail))
def test_anything_at_all_is_a_message_or_malformed(packet: bytes) -> None:
    with suppress(MalformedStun):
        _ = stun.read(packet).mapped
    answer(packet, "192.0.2.1", 1)
