from __future__ import annotations

import pytest

from hereabouts.base.refusal import Malformed
from hereabouts.sip.domains import Domains, NotServed
from hereabouts.sip.uri import SipUri

DOMAINS = Domains(("example.com", "example.net"), frozenset({"192.0.2.1", "[::1]"}))


@pytest.mark.parametrize(
    "uri, address",
    [
        pytest.param("sip:bob@example.com", "sip:bob@example.com", id="the first domain"),
        pytest.param("sip:bob@Example.NET:5070", "sip:bob@example.net", id="the second domain"),
        pytest.param("sip:bob@example.com.", "sip:bob@example.com", id="a full name, as in DNS"),
        pytest.param("sip:bob@192.0.2.1", "sip:bob@example.com", id="an alias means the first"),
        pytest.param("sip:bob@[::1]:5060", "sip:bob@example.com", id="an alias in brackets"),
        pytest.param("sip:192.0.2.1", "sip:example.com", id="an alias without a user"),
        pytest.param("sip:%62ob@example.com;user=phone", "sip:bob@example.com", id="3261-10.3-4"),
        pytest.param("sip:bob@elsewhere.com", None, id="a stranger's"),
        pytest.param("sip:bob@sub.example.com", None, id="a domain below ours is not ours"),
    ],
)
def test_whose_user_it_is(uri: str, address: str | None) -> None:
    assert DOMAINS.address_of_record(SipUri.parse(uri)) == address
    if address is None:
        with pytest.raises(NotServed) as refusal:
            DOMAINS.own(SipUri.parse(uri))
        assert refusal.value.status == 404
    else:
        assert DOMAINS.own(SipUri.parse(uri)) == address
    assert DOMAINS.canonical(SipUri.parse(uri)) == (address or uri)


@pytest.mark.parametrize(
    "text, address",
    [
        pytest.param("bob", "sip:bob@example.com", id="a name is of the first domain"),
        pytest.param("bob@example.net", "sip:bob@example.net", id="sip: may be left out"),
        pytest.param("sip:bob@192.0.2.1", "sip:bob@example.com", id="an alias means the first"),
        pytest.param("sip:bob@elsewhere.com", "sip:bob@elsewhere.com", id="a stranger's stays"),
    ],
)
def test_whom_a_person_means(text: str, address: str) -> None:
    assert DOMAINS.meant(text) == address


def test_what_is_no_address_means_nobody() -> None:
    with pytest.raises(Malformed):
        DOMAINS.meant("bob@@example.com")


@pytest.mark.parametrize(
    "uri, domain",
    [
        ("sip:a@example.net", "example.net"),
        ("sip:a@192.0.2.1", "example.com"),
        ("sip:a@elsewhere.com", None),
    ],
)
def test_whose_domain_it_is(uri: str, domain: str | None) -> None:
    """3261-10.3-2: others are refused, for we relay for nobody."""
    assert DOMAINS.home(SipUri.parse(uri)) == domain


@pytest.mark.parametrize(
    "address, is_ours",
    [
        ("sip:bob@example.net", True),
        ("sip:bob@elsewhere.com", False),
        ("sip:bob@192.0.2.1", False),  # an address-of-record has the domain's own name
    ],
)
def test_whose_address_of_record_it_is(address: str, *, is_ours: bool) -> None:
    assert DOMAINS.serves(address) is is_ours
