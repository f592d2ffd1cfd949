"""Which domains a certificate speaks for (RFC 5922 section 7)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.sip.identities import identities, speaks_for

SUBJECT = ((("countryName", "DE"),), (("commonName", "Common.Example"),))

FOUND = [
    ([("DNS", "B.example"), ("DNS", "c.example")], ("b.example", "c.example"), "DNS names"),
    ([("DNS", "b.example"), ("URI", "sip:a.example")], ("a.example",), "a sip URI hides them"),
    ([("URI", "SIP:A.example"), ("URI", "sip:c.example")], ("a.example", "c.example"), "all URIs"),
    ([("URI", "sip:a.example;x=y"), ("URI", "sip:a.example")], ("a.example",), "each once"),
    ([("URI", "sip:alice@a.example"), ("DNS", "b.example")], ("b.example",), "no user is a domain"),
    ([("URI", "https://a.example"), ("DNS", "b.example")], ("b.example",), "no page either"),
    ([("URI", "sips:a.example"), ("DNS", "b.example")], ("b.example",), "nor a sips URI"),
    ([("IP Address", "192.0.2.1"), ("email", "a@b.example")], (), "nor anything else"),
    ([("DNS", "b.example.")], ("b.example",), "the root is not told apart"),
    ([("DNS", "192.0.2.1"), ("DNS", "b.example")], ("b.example",), "an address is no domain"),
    ([("DNS", "2001:db8::1")], (), "in no form"),
    ([], ("common.example",), "the common name, where there is no subjectAltName"),
]


@pytest.mark.parametrize("names, found", [row[:2] for row in FOUND], ids=[row[2] for row in FOUND])
def test_the_domains_of_a_certificate(names: list[tuple[str, str]], found: tuple[str, ...]) -> None:
    """SEC-3261-26.3.2-1, RFC 5922 section 7.1."""
    certificate: dict[str, Any] = {"subject": SUBJECT}
    if names:
        certificate["subjectAltName"] = tuple(names)
    assert identities(certificate) == found


SPEAKS = [
    ("DNS", "example.com", "example.com", True, "its own"),
    ("DNS", "example.com", "EXAMPLE.com", True, "whatever its case"),
    ("DNS", "example.com", "foo.example.com", False, "no suffix matches"),
    ("DNS", "foo.example.com", "example.com", False, "neither way"),
    ("DNS", "*.example.com", "foo.example.com", False, "no wildcard matches"),
    ("DNS", ".example.com", "foo.example.com", False, "nor a leading dot"),
    ("DNS", "192.0.2.1", "192.0.2.1", False, "an address is no name"),
    ("IP Address", "192.0.2.1", "192.0.2.1", True, "an address that is named as one"),
    ("IP Address", "192.0.2.1", "192.0.2.10", False, "and no other"),
    ("IP Address", "2001:DB8:0:0:0:0:0:1\n", "[2001:db8::1]", True, "in whatever form"),
]


@pytest.mark.parametrize(
    "kind, value, name, expected", [row[:4] for row in SPEAKS], ids=[row[4] for row in SPEAKS]
)
def test_whom_a_certificate_speaks_for(kind: str, value: str, name: str, *, expected: bool) -> None:
    """SEC-3261-26.3.2-1, RFC 5922 section 7.2."""
    assert speaks_for({"subjectAltName": ((kind, value),)}, name) is expected


def test_a_certificate_without_names_speaks_for_nobody() -> None:
    """RFC 5922 section 7.3; `getpeercert` gives an empty one where the peer has shown none."""
    assert identities({}) == ()
    assert not speaks_for({}, "")


KINDS = st.sampled_from(["DNS", "URI", "IP Address"])


@given(st.lists(st.tuples(KINDS, st.text()), min_size=1), st.text(min_size=1))
def test_any_names_at_all_are_read(names: list[tuple[str, str]], name: str) -> None:
    certificate = {"subjectAltName": tuple(names)}
    speaks_for(certificate, name)
    speaks_for(certificate, "192.0.2.1")
    assert all(found == found.lower() for found in identities(certificate))
