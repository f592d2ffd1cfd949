"""RFC 3880, section 4.1: each rule of how addresses compare, from both sides."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.policy.decision import Operation
from hereabouts.policy.switches.address_parts import (
    PARTS,
    WHOLE,
    contains,
    same,
    same_uri,
    starts,
    within,
)
from hereabouts.sip.headers.address import Address
from tests.policy.samples import facts
from tests.policy.switches.asked import ABSENT, DIFFERS, FITS, ask

BOB = "<sip:bob@example.com>"

# fmt: off
RULES = [
    # subfield, operator, From, outcome, why
    ("", 'is="sip:bob@example.com"', BOB, FITS, "the same address"),
    ("", 'is="sip:bob@EXAMPLE.com"', BOB, FITS, "hosts have no case"),
    ("", 'is="sip:BOB@example.com"', BOB, DIFFERS, "users have"),
    ("", 'is="sip:%62ob@example.com"', BOB, FITS, "an escape that need not be"),
    ("", 'is="sip:bob@example.com:5060"', BOB, DIFFERS, "no port is not port 5060"),
    ("", 'is="sip:bob@example.com;a=b"', BOB, FITS, "a parameter of one alone"),
    ("", 'is="sip:bob@example.com;transport=tcp"', BOB, DIFFERS, "a transport of one alone"),
    ("", 'is="sips:bob@example.com"', BOB, DIFFERS, "sip is not sips"),
    ("", 'is="tel:+358-9-1234"', "<tel:+35891234>", FITS, "separators of a number"),
    ("", 'is="TEL:+35891234"', "<tel:+358.9.1234>", FITS, "the case of a scheme"),
    ("", 'is="tel:+35891234"', "<tel:+35891235>", DIFFERS, "another number"),
    ("", 'is="tel:+35891234"', BOB, DIFFERS, "a number is no SIP address"),
    ("", 'is="im:bob@example.com"', "<im:bob@example.com>", FITS, "another scheme, as it stands"),
    ("", 'is="im:bob@example.com"', "<xmpp:bob@example.com>", DIFFERS, "two other schemes"),

    ("address-type", 'is="SIP"', BOB, FITS, "the scheme, whatever its case"),
    ("address-type", 'is="tel"', "<tel:+358>", FITS, "the scheme of a number"),
    ("address-type", 'is="sip"', "<sips:bob@example.com>", DIFFERS, "sips is a type of its own"),

    ("user", 'is="bob"', BOB, FITS, "the user"),
    ("user", 'is="Bob"', BOB, DIFFERS, "users have case"),
    ("user", 'is="b b"', "<sip:b%20b@h>", FITS, "escapes undone"),
    ("user", 'is="+358"', "<tel:+3-5-8>", FITS, "the user of a number is the number"),
    ("user", 'is="bob"', "<sip:example.com>", ABSENT, "no user"),

    ("host", 'is="Example.COM"', BOB, FITS, "host names have no case"),
    ("host", 'is="com"', BOB, DIFFERS, "is means the whole name"),
    ("host", 'is="192.0.2.1"', BOB, DIFFERS, "a name is never an address"),
    ("host", 'is="192.0.2.1"', "<sip:192.0.2.1>", FITS, "an address"),
    ("host", 'is="2001:db8::1"', "<sip:[2001:DB8:0:0::1]>", FITS, "an IPv6 address, by number"),
    ("host", 'is="[2001:db8::1]"', "<sip:[2001:db8::1]>", FITS, "with or without brackets"),
    ("host", 'is="192.0.2.1"', "<sip:[::ffff:192.0.2.1]>", DIFFERS, "IPv4 within IPv6 is IPv6"),
    ("host", 'is="example.com"', "<tel:+358>", ABSENT, "a number has no host"),
    ("host", 'subdomain-of="example.com"', BOB, FITS, "a domain is within itself"),
    ("host", 'subdomain-of="example.com"', "<sip:a.b.Example.com>", FITS, "a host below it"),
    ("host", 'subdomain-of=".example.com"', BOB, FITS, "a leading dot says nothing"),
    ("host", 'subdomain-of="example.com"', "<sip:badexample.com>", DIFFERS, "a name that ends so"),
    ("host", 'subdomain-of="a.example.com"', BOB, DIFFERS, "the reverse"),
    ("host", 'subdomain-of="192.0.2.1"', "<sip:192.0.2.1>", FITS, "an address, exactly"),
    ("host", 'subdomain-of="2.1"', "<sip:192.0.2.1>", DIFFERS, "and nothing of an address"),
    ("host", 'subdomain-of="0.2.1"', "<sip:a.0.2.1.h>", DIFFERS, "nor in the middle of a name"),

    ("port", 'is="5060"', "<sip:h:5060>", FITS, "the port"),
    ("port", 'is="005060"', "<sip:h:5060>", FITS, "leading zeros"),
    ("port", 'is="5060"', "<sip:h:5061>", DIFFERS, "another port"),
    ("port", 'is="5060"', "<sip:h>", ABSENT, "no port is no port"),

    ("tel", 'is="+1 (212) 555-1212"', "<sip:+1.212.555.1212@h;user=phone>", FITS, "separators"),
    ("tel", 'is="1212"', "<sip:+1212@h;user=phone>", DIFFERS, "a plus is none"),
    ("tel", 'is="12a"', "<sip:12A@h;user=phone>", FITS, "letters of a number have no case"),
    ("tel", 'is="1212"', "<sip:1212;postd=22@h;user=PHONE>", FITS, "what is dialled afterwards"),
    ("tel", 'is="1212"', "<sip:1212@h>", ABSENT, "a user that is not said to be a number"),
    ("tel", 'is="1212"', "<tel:12-12>", FITS, "a number is one"),
    ("tel", 'subdomain-of="1212555"', "<tel:1-212-555-1212>", FITS, "how a number begins"),
    ("tel", 'subdomain-of="212555"', "<tel:1-212-555-1212>", DIFFERS, "not how it goes on"),

    ("display", 'is="bob smith"', '"Bob Smith" <sip:b@h>', FITS, "names have no case"),
    ("display", 'is="Bob"', "Bob <sip:b@h>", FITS, "a name without quotes"),
    ("display", 'is="STRASSE"', '"Stra\u00dfe" <sip:b@h>', FITS, "nor has a sharp s"),
    ("display", 'is="\ufb01n"', "fin <sip:b@h>", FITS, "a ligature is its letters"),
    ("display", 'is="Bob"', '"Bob Smith" <sip:b@h>', DIFFERS, "is means the whole name"),
    ("display", 'contains="SMITH"', '"Bob Smith" <sip:b@h>', FITS, "a part of it"),
    ("display", 'contains="smyth"', '"Bob Smith" <sip:b@h>', DIFFERS, "no part of it"),
    ("display", "is='a\"b'", '"a\\"b" <sip:b@h>', FITS, "a quote in a name"),
    ("display", 'is="Bob"', BOB, ABSENT, "no name"),
    ("display", 'is="Bob"', '"" <sip:b@h>', ABSENT, "an empty name"),

    ("password", 'is="x"', "<sip:bob:x@h>", FITS, "a password"),
    ("password", 'is="X"', "<sip:bob:x@h>", DIFFERS, "passwords have case"),
    ("password", 'is="x"', BOB, ABSENT, "no password"),
    ("alias-type", 'is="email-id"', BOB, ABSENT, "SIP has no aliases"),
]
# fmt: on


@pytest.mark.parametrize(
    "subfield, operator, origin, outcome",
    [pytest.param(*row[:4], id=f"{row[0] or 'whole'}: {row[4]}") for row in RULES],
)
def test_how_addresses_compare(
    subfield: str, operator: str, origin: str, outcome: Operation
) -> None:
    part = f' subfield="{subfield}"' if subfield else ""
    known = facts(origin=Address.parse(origin))
    evaluation = ask(f'address-switch field="origin"{part}', f"address {operator}", known)
    assert evaluation.operation is outcome


@pytest.mark.parametrize("name", ["bob", ":", "1:2", "%%%", "sip:", "sip:a@", "tel:"])
def test_what_cannot_be_understood_has_no_parts(name: str) -> None:
    address = Address(name, {})
    assert {part for part in PARTS if PARTS[part].of(address)} <= {"address-type"}


@pytest.mark.parametrize(
    "part, text",
    [
        ("port", "http"),
        ("port", "123456"),
        ("port", "-1"),
        ("host", "..."),
        ("tel", "--"),
        (None, "bob"),
        (None, "sip:a b@h"),
    ],
)
def test_what_no_part_can_be_is_not_compared(part: str | None, text: str) -> None:
    assert (PARTS[part] if part else WHOLE).comparable(text) is None


@given(st.text(max_size=60), st.text(max_size=20))
def test_any_address_at_all_has_parts_or_has_none(uri: str, display: str) -> None:
    for part in (WHOLE, *PARTS.values()):
        value = part.of(Address(uri, {}, display))
        assert value is None or value


HOSTS = st.sampled_from(["example.com", "a.example.com", "com", "192.0.2.1", "2.1", "::1", "1"])


@given(HOSTS, HOSTS, HOSTS)
def test_within_is_an_order(one: str, two: str, three: str) -> None:
    assert within(one, one)
    assert not (within(one, two) and within(two, three)) or within(one, three)
    assert not (within(one, two) and within(two, one)) or one == two


def test_texts_compare_by_their_operators() -> None:
    assert same("a", "a")
    assert not same("a", "A")
    assert contains("b", "abc")
    assert starts("ab", "abc")
    assert not starts("b", "abc")
    assert same_uri("sip:a@h", "SIP:a@H")
