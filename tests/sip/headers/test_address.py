from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.sip.headers.address import Address, parse_addresses
from hereabouts.sip.parameters import MalformedHeader, quote
from hereabouts.sip.uri import MalformedUri
from tests.native.twins import values_by
from tests.native.ways import WAYS


@pytest.fixture(params=WAYS, scope="module", autouse=True)
def way(request: pytest.FixtureRequest) -> Iterator[None]:
    with values_by(request.param):
        yield


@pytest.mark.parametrize(
    "text, address",
    [
        pytest.param("<sip:a@h>", Address("sip:a@h", {}), id="in angle brackets"),
        pytest.param("<sip:a@h;x>;y", Address("sip:a@h;x", {"y": None}), id="whose is whose"),
        pytest.param(
            "sip:a@h;foo=1;expires=60",
            Address("sip:a@h", {"foo": "1", "expires": "60"}),
            id="3261-20-1: without brackets all parameters are the header's",
        ),
        pytest.param("Bob <sip:a@h>", Address("sip:a@h", {}, "Bob"), id="with a name"),
        pytest.param("caller<sip:a@h>", Address("sip:a@h", {}, "caller"), id="RFC 4475 3.1.1.6"),
        pytest.param(
            '"A <b>, c" <sip:a@h>;tag=1',
            Address("sip:a@h", {"tag": "1"}, '"A <b>, c"'),
            id="brackets and commas in the name",
        ),
        pytest.param(
            '"J \\\\\\"  R"   <sip:a@h>\t; tag = 1',
            Address("sip:a@h", {"tag": "1"}, '"J \\\\\\"  R"'),
            id="3261-25.1-3: escapes in the name",
        ),
        pytest.param("< sip:a@h >", Address("sip:a@h", {}), id="spaces within (RFC 4475 3.1.2.14)"),
        pytest.param("<tel:+1-201>", Address("tel:+1-201", {}), id="any scheme"),
        pytest.param("*", Address("*", {}), id="the star of REGISTER"),
        pytest.param(
            "<sip:a@h?X=1,2>", Address("sip:a@h?X=1,2", {}), id="in brackets anything may stand"
        ),
    ],
)
def test_an_address_is_read(text: str, address: Address) -> None:
    assert Address.parse(text) == address


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("<>", id="nothing in brackets"),
        pytest.param(";tag=1", id="parameters of nothing"),
        pytest.param("<sip:a@h", id="a bracket that does not close"),
        pytest.param("sip:a@h>", id="a bracket that does not open"),
        pytest.param("<sip:a@h> x", id="something after it"),
        pytest.param("<sip:a b@h>", id="a space in the URI"),
        pytest.param('"Mr. J. User <sip:j.user@example.com>', id="RFC 4475 3.1.2.6"),
        pytest.param('"a" "b" <sip:a@h>', id="two quoted names"),
        pytest.param("<sip:a@h>;tag=1;tag=2", id="3261-7.3.1-7: two tags"),
        pytest.param("sip:a@h?Route=%3Csip:b%3E", id="RFC 4475 3.1.2.13: headers need brackets"),
        pytest.param("sip:a@h, sip:b@h", id="two where one belongs"),
        pytest.param("Bell, Alexander <sip:a@h>;tag=43", id="RFC 4475 3.1.2.15: a bare comma"),
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(MalformedHeader):
        Address.parse(text)


def test_the_tag_is_a_parameter_of_the_header() -> None:
    assert Address.parse("<sip:a@h;tag=1>").tag is None
    assert Address.parse("<sip:a@h>;Tag=1").tag == "1"
    assert Address.parse("<sip:a@h>;tag=").tag is None


def test_the_uri_is_understood_when_asked_for() -> None:
    assert Address.parse("<sip:A@H>").sip_uri.host == "h"
    with pytest.raises(MalformedUri):
        _ = Address.parse("<tel:1>").sip_uri


def test_addresses_come_in_comma_lists_and_rows() -> None:
    """3261-7.3.1-5 and 3261-7.3.1-6: in any mix, and in order."""
    rows = ['"a, b" <sip:1@h>, <sip:2,2@h>;q=0.5', "sip:3@h;x=1"]
    assert [address.uri for address in parse_addresses(rows)] == ["sip:1@h", "sip:2,2@h", "sip:3@h"]


def test_one_odd_address_among_others_is_refused() -> None:
    with pytest.raises(MalformedHeader):
        parse_addresses(["<sip:1@h>, , <sip:2@h>"])


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=12)
NAMES = st.from_regex(r"[a-z\-]{1,8}", fullmatch=True)
ADDRESSES = st.builds(
    Address,
    st.from_regex(r"[a-z]{1,4}:[!-;=?-~]{1,16}", fullmatch=True).filter(lambda uri: '"' not in uri),
    st.dictionaries(NAMES, st.none() | TEXT.map(quote), max_size=4),
    st.just("") | TEXT.map(quote) | st.from_regex(r"[a-z]{1,4}(?: [a-z]{1,4})?", fullmatch=True),
)


@given(ADDRESSES)
def test_the_address_we_write_we_can_read(address: Address) -> None:
    assert Address.parse(str(address)) == address


@given(st.lists(ADDRESSES, min_size=1, max_size=4))
def test_the_addresses_we_write_into_one_row_we_can_read(addresses: list[Address]) -> None:
    assert parse_addresses([", ".join(map(str, addresses))]) == addresses


@given(st.text() | st.text('<>"\\;,= a:'))
def test_any_text_raises_only_our_own_error(text: str) -> None:
    with suppress(MalformedHeader):
        Address.parse(text)


MANY = 60_000
HOSTILE = [f'a{" " * MANY}"<', f'{" " * MANY}"<', f"<{' ' * MANY}", f"<a>{' ' * MANY}x", "<" * MANY]


@pytest.mark.parametrize("text", HOSTILE, ids=["name", "start", "URI", "end", "brackets"])
def test_a_datagram_full_of_spaces_is_refused_in_one_pass(text: str) -> None:
    # Anything but one pass would keep this test busy for minutes or years.
    with pytest.raises(MalformedHeader):
        Address.parse(text)
