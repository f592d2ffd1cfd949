from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.sip.uri import MalformedUri, SipUri, UnsupportedScheme
from tests.native.twins import values_by
from tests.native.ways import WAYS


@pytest.fixture(params=WAYS, scope="module", autouse=True)
def way(request: pytest.FixtureRequest) -> Iterator[None]:
    with values_by(request.param):
        yield


SAME = [
    # The sets of RFC 3261 section 19.1.4.
    pytest.param(
        "sip:%61lice@atlanta.com;transport=TCP",
        "sip:alice@AtLanTa.CoM;Transport=tcp",
        id="an escape that need not be, and case where it does not count",
    ),
    pytest.param(
        "sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5", id="a parameter of one alone"
    ),
    pytest.param(
        "sip:carol@chicago.com",
        "sip:carol@chicago.com;security=on",
        id="another parameter of one alone",
    ),
    pytest.param(
        "sip:carol@chicago.com;newparam=5",
        "sip:carol@chicago.com;security=on",
        id="two parameters of one alone each",
    ),
    pytest.param(
        "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
        "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com",
        id="the order of parameters",
    ),
    pytest.param(
        "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
        "sip:alice@atlanta.com?priority=urgent&subject=project%20x",
        id="the order of headers",
    ),
    # What its rules say besides.
    pytest.param("sip:a@h;Lr", "sip:a@h;lr", id="names of parameters have no case"),
    pytest.param("sip:a@h?Subject=x", "sip:a@h?subject=x", id="names of headers have no case"),
    pytest.param("sip:a:%70w@h", "sip:a:pw@h", id="an escape in the password"),
    pytest.param("sip:a@h;x=%61", "sip:a@h;x=a", id="an escape in a parameter"),
    pytest.param("sip:a%3bb@h", "sip:a%3Bb@h", id="the case of an escape"),
    pytest.param("sip:a@[2001:db8::1]", "sip:a@[2001:DB8:0::1]", id="two spellings of an address"),
    pytest.param("SIP:a@h", "sip:a@h", id="the scheme has no case"),
]

OTHER = [
    # The sets of RFC 3261 section 19.1.4.
    pytest.param(
        "SIP:ALICE@AtLanTa.CoM;Transport=udp",
        "sip:alice@AtLanTa.CoM;Transport=UDP",
        id="user names have case",
    ),
    pytest.param("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060", id="a default port written out"),
    pytest.param(
        "sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp", id="a transport of one alone"
    ),
    pytest.param(
        "sip:bob@biloxi.com",
        "sip:bob@biloxi.com:6000;transport=tcp",
        id="a port and a transport of one alone",
    ),
    pytest.param(
        "sip:carol@chicago.com",
        "sip:carol@chicago.com?Subject=next%20meeting",
        id="a header of one alone",
    ),
    pytest.param(
        "sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4", id="a name and its address"
    ),
    pytest.param(
        "sip:carol@chicago.com;security=on",
        "sip:carol@chicago.com;security=off",
        id="a parameter with two values: equality is not transitive",
    ),
    # What its rules say besides.
    pytest.param("sip:a@h", "sips:a@h", id="sip is never sips"),
    pytest.param("sip:h", "sip:a@h", id="a user of one alone"),
    pytest.param("sip:a@h", "sip:a:@h", id="a password of one alone"),
    pytest.param("sip:a:P@h", "sip:a:p@h", id="passwords have case"),
    pytest.param("sip:a@h;user=ip", "sip:a@h", id="user of one alone, even its default"),
    pytest.param("sip:a@h;ttl=1", "sip:a@h", id="ttl of one alone"),
    pytest.param("sip:a@h;method=INVITE", "sip:a@h", id="method of one alone, even its default"),
    pytest.param("sip:a@h;maddr=h", "sip:a@h", id="maddr of one alone"),
    pytest.param("sip:a%3Bb@h", "sip:a;b@h", id="a reserved character is not its escape"),
    pytest.param("sip:%2541@h", "sip:A@h", id="3261-19.1.2-1: escapes are undone once"),
    pytest.param("sip:a@[::1]", "sip:a@[::2]", id="two addresses"),
    pytest.param("sip:a@[::1]", "sip:a@h", id="an address and a name"),
    pytest.param("sip:a@h?x=1", "sip:a@h?x=2", id="headers of two values"),
]


@pytest.mark.parametrize("one, other", SAME)
def test_uris_that_name_the_same(one: str, other: str) -> None:
    """3261-19.1.4-1; both ways round, and each is itself."""
    first, second = SipUri.parse(one), SipUri.parse(other)
    assert first.equals(second)
    assert second.equals(first)
    assert first.equals(first)


@pytest.mark.parametrize("one, other", OTHER)
def test_uris_that_do_not_name_the_same(one: str, other: str) -> None:
    """3261-19.1.4-1; both ways round."""
    assert not SipUri.parse(one).equals(SipUri.parse(other))
    assert not SipUri.parse(other).equals(SipUri.parse(one))


@pytest.mark.parametrize(
    "text, uri",
    [
        pytest.param(
            "sip:bob@example.com", SipUri("sip", "bob", "example.com", None, {}, ""), id="the usual"
        ),
        pytest.param("SIPS:H:5061", SipUri("sips", None, "h", 5061, {}, ""), id="host and port"),
        pytest.param(
            "pres:bob@h", SipUri("pres", "bob", "h", None, {}, ""), id="a presentity's address"
        ),
        pytest.param("sip:a:b@h", SipUri("sip", "a", "h", None, {}, "", "b"), id="with a password"),
        pytest.param(
            "sip:a@h;LR;Transport=TCP?b=c&d=e",
            SipUri("sip", "a", "h", None, {"lr": None, "transport": "TCP"}, "b=c&d=e"),
            id="parameters and headers",
        ),
        pytest.param(
            "sip:a@[2001:db8::1]:5070",
            SipUri("sip", "a", "[2001:db8::1]", 5070, {}, ""),
            id="an IPv6 address",
        ),
        pytest.param(
            "sip:user;par=u%40example.net@example.com",
            SipUri("sip", "user;par=u%40example.net", "example.com", None, {}, ""),
            id="a semicolon in the user part (RFC 4475 3.1.1.9)",
        ),
        pytest.param(
            "sip:+358-555-1234567;postd=pp22@foo.com;user=phone",
            SipUri("sip", "+358-555-1234567;postd=pp22", "foo.com", None, {"user": "phone"}, ""),
            id="a telephone number (RFC 3261 19.1.6)",
        ),
        pytest.param(
            "sip:a/?=b@h", SipUri("sip", "a/?=b", "h", None, {}, ""), id="a question mark in a user"
        ),
        pytest.param(
            "sip:b@h;weird=1;flag",
            SipUri("sip", "b", "h", None, {"weird": "1", "flag": None}, ""),
            id="3261-19.1.1-1: parameters that nobody knows",
        ),
        pytest.param(
            "sip:h;;lr;", SipUri("sip", None, "h", None, {"lr": None}, ""), id="; too many"
        ),
    ],
)
def test_a_uri_is_read(text: str, uri: SipUri) -> None:
    assert SipUri.parse(text) == uri


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("bob@example.com", id="no scheme"),
        pytest.param("sip:", id="no host"),
        pytest.param("sip:bob@", id="a user and no host"),
        pytest.param("sip:@h", id="a user part without a character"),
        pytest.param("sip::pw@h", id="a password without a user"),
        pytest.param("sip:a@b@h", id="two at signs"),
        pytest.param("sip:a b@h", id="3261-7.1-2: a space"),
        pytest.param("sip:a\0@h", id="3261-7.1-2: a control character"),
        pytest.param("<sip:a@h>", id="3261-7.1-2: angle brackets"),
        pytest.param("sip:a@h;lr ", id="a space after it"),
        pytest.param("sip:a@ex%61mple.com", id="3261-19.1.2-1: no escapes in a host"),
        pytest.param("sip:a@h:0", id="port 0"),
        pytest.param("sip:a@h:65536", id="a port too high"),
        pytest.param("sip:a@h:x", id="a port that is no number"),
        pytest.param("sip:a@h:\u0665", id="a digit of another script"),
        pytest.param("\u017fip:a@h", id="a letter that is an s only in capitals"),
        pytest.param("sip:a@[::::]", id="colons that are no IPv6 address"),
        pytest.param("sip:a@[1.2.3.4]", id="an IPv4 address in brackets"),
        pytest.param("sip:a@::1", id="an IPv6 address without brackets"),
        pytest.param("sip:b@h;transport=tcp;transport=udp", id="3261-19.1.1-2: a name twice"),
        pytest.param("sip:b@h;x;X=1", id="3261-19.1.1-2: in any case of letters"),
    ],
)
def test_what_is_no_sip_uri_is_refused(text: str) -> None:
    with pytest.raises(MalformedUri) as fault:
        SipUri.parse(text)
    assert not isinstance(fault.value, UnsupportedScheme)


@pytest.mark.parametrize(
    "text", ["tel:+358501234567", "mailto:bob@example.com", "nobodyKnowsThisScheme:totallyopaque"]
)
def test_other_schemes_are_told_apart(text: str) -> None:
    """3261-8.2.2.1-1: answered 416 rather than 400."""
    with pytest.raises(UnsupportedScheme):
        SipUri.parse(text)


@pytest.mark.parametrize(
    "text, address",
    [
        pytest.param("sip:bob@example.com", "sip:bob@example.com", id="the usual"),
        pytest.param("sip:%62ob@example.com;user=phone", "sip:bob@example.com", id="3261-10.3-4"),
        pytest.param("sips:bob:pw@Example.COM:5061", "sip:bob@example.com", id="all left away"),
        pytest.param("pres:bob@example.com", "sip:bob@example.com", id="a presentity"),
        pytest.param("sip:example.com", "sip:example.com", id="a domain"),
        pytest.param("sip:bob@Example.com.:5060", "sip:bob@example.com", id="a full name"),
        pytest.param("sip:a%3Bb@h", "sip:a;b@h", id="escapes that a user part can do without"),
        pytest.param("sip:a%40b@h", "sip:a%40b@h", id="an at sign cannot do without"),
        pytest.param("sip:a%3ab@h", "sip:a%3Ab@h", id="nor a colon; its escape in one spelling"),
        pytest.param("sip:%2562@h", "sip:%2562@h", id="3261-19.1.2-1: undone once"),
        pytest.param("sip:null-%00-null@h", "sip:null-%00-null@h", id="a null ends nothing"),
        pytest.param("sip:Bob@h", "sip:Bob@h", id="users have case"),
    ],
)
def test_whose_address_it_is(text: str, address: str) -> None:
    assert SipUri.parse(text).address_of_record == address


def test_the_transport_is_in_upper_case() -> None:
    assert SipUri.parse("sip:h;transport=tcp").transport == "TCP"
    assert SipUri.parse("sip:h;transport").transport is None
    assert SipUri.parse("sip:h").transport is None


USERS = st.from_regex(r"(?:[A-Za-z0-9\-_.!~*'()&=+$,;?/]|%[0-9A-F]{2}){1,12}", fullmatch=True)
HOSTS = st.from_regex(r"[a-z0-9]([a-z0-9.\-]{0,12}[a-z0-9])?", fullmatch=True) | st.ip_addresses(
    v=6
).map(lambda address: f"[{address}]")
VALUES = st.from_regex(r"[A-Za-z0-9\-_.!~*'()\[\]/:&+$=%]{0,8}", fullmatch=True)
PARAMETERS = st.dictionaries(
    st.from_regex(r"[a-z0-9\-]{1,8}", fullmatch=True), st.none() | VALUES, max_size=4
)
URIS = st.builds(
    SipUri,
    st.sampled_from(["sip", "sips", "pres"]),
    USERS,
    HOSTS,
    st.none() | st.integers(1, 65535),
    PARAMETERS,
    VALUES,
    st.none() | VALUES,
)


@given(URIS)
def test_the_uri_we_write_we_can_read(uri: SipUri) -> None:
    assert SipUri.parse(str(uri)) == uri
    assert SipUri.parse(str(uri)).equals(uri)


@given(URIS)
def test_the_address_of_record_is_its_own_address_of_record(uri: SipUri) -> None:
    address = uri.address_of_record
    assert SipUri.parse(address).address_of_record == address


@given(st.text() | st.text("sip:@;?=%[]<>1aZ. \0").map("sip:".__add__))
def test_any_text_raises_only_our_own_error(text: str) -> None:
    with suppress(MalformedUri):
        uri = SipUri.parse(text)
        assert uri.equals(SipUri.parse(str(uri)))
