"""The record of a user: whom it can be made for, and that it keeps its secrets."""

from __future__ import annotations

import hashlib
import io

import msgspec
import pytest
from rich.console import Console
from rich.pretty import pprint

from hereabouts.sip.algorithms import Algorithm
from hereabouts.sip.credentials import UnusableUser, User, ha1, has_password, new_user

ALICE = new_user("alice", "example.com", "secret")


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def test_the_hash_is_that_of_rfc_7616() -> None:
    kept = new_user("Mufasa", "http-auth@example.org", "Circle of Life", domain="example.org")
    assert kept.ha1("", Algorithm.MD5) == _md5("Mufasa:http-auth@example.org:Circle of Life")


@pytest.mark.parametrize("algorithm", Algorithm)
@pytest.mark.parametrize("domain, username", [
    ("", "alice"), ("example.com", "alice@example.com"), ("EXAMPLE.COM", "alice@EXAMPLE.COM"),
    ("Example.com", "alice@Example.com"),
])  # fmt: skip
def test_every_algorithm_is_kept_for_the_ways_to_give_the_name(
    domain: str, username: str, algorithm: Algorithm
) -> None:
    assert ALICE.ha1(domain, algorithm) == ha1(username, "example.com", "secret", algorithm)


def test_a_name_in_another_domain_has_no_hash() -> None:
    assert ALICE.ha1("example.org", Algorithm.SHA_256) is None


def test_a_domain_without_letters_has_one_way_to_be_typed() -> None:
    assert not new_user("alice", "realm", "secret", domain="192.0.2.1").typed_hashes


def test_a_hash_that_could_not_be_made_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashlib, "algorithms_available", {"md5", "sha256"})
    made = new_user("alice", "example.com", "secret")
    assert made.ha1("", Algorithm.SHA_512_256) is None
    assert made.ha1("", Algorithm.SHA_256) == ALICE.ha1("", Algorithm.SHA_256)


def test_the_domain_is_kept_in_lower_case_and_the_realm_as_it_is() -> None:
    made = new_user("alice", "Our Realm", "secret", domain="Example.COM")
    assert (made.domain, made.realm) == ("example.com", "Our Realm")


def test_two_ways_to_compose_a_character_are_one_name_and_one_password() -> None:
    assert new_user("zoe\u0308", "r", "o\u0308") == new_user("zo\u00eb", "r", "\u00f6")


@pytest.mark.parametrize(
    "password, is_right",
    [
        pytest.param("secret", True, id="his own"),
        pytest.param("Secret", False, id="another case is another password"),
        pytest.param("", False, id="none"),
        pytest.param("\u00f6", False, id="one of other letters"),
    ],
)
def test_whether_a_password_is_his(password: str, is_right: bool) -> None:  # noqa: FBT001 - a table
    assert has_password(ALICE, password) is is_right


def test_a_password_is_judged_by_the_best_hash_that_is_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hashlib, "algorithms_available", {"md5"})
    assert has_password(new_user("alice", "example.com", "secret"), "secret")
    assert not has_password(new_user("alice", "example.com", "secret"), "wrong")


def test_without_any_hash_no_password_is_right(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashlib, "algorithms_available", set())
    assert not has_password(new_user("alice", "example.com", "secret"), "secret")


def test_hashes_show_neither_in_a_representation_nor_on_a_rich_terminal() -> None:
    shown = io.StringIO()
    pprint(ALICE, console=Console(file=shown, width=1000))
    secrets = [ALICE.ha1(domain, a) for domain in ("", "example.com") for a in Algorithm]
    for text in (repr(ALICE), str(ALICE), shown.getvalue()):
        assert "alice" in text
        assert not [secret for secret in secrets if str(secret) in text]


def test_a_stored_record_is_read_back() -> None:
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(ALICE), type=User) == ALICE


@pytest.mark.parametrize(
    "name, realm, password",
    [
        pytest.param("", "r", "p", id="nobody"),
        pytest.param("alice", "", "p", id="no realm"),
        pytest.param("alice", "r", "", id="no password"),
        pytest.param("a:b", "r", "p", id="the colon parts the fields of A1"),
        pytest.param("a@b", "r", "p", id="the domain is given apart"),
        pytest.param("a b", "r", "p", id="a space"),
        pytest.param('a"b', "r", "p", id="a quote"),
        pytest.param("a\nb", "r", "p", id="a line break"),
        pytest.param("a\udc80", "r", "p", id="no octets of UTF-8"),
        pytest.param("anonymous", "r", "p", id="who names himself so is nobody (RFC 3261 22.1)"),
        pytest.param("Anonymous", "r", "p", id="in any case"),
        pytest.param("alice", 'r"', "p", id="a quote in the realm"),
        pytest.param("alice", "r", "p\n", id="the line break of a password file"),
    ],
)
def test_a_user_that_cannot_be_is_refused(name: str, realm: str, password: str) -> None:
    with pytest.raises(UnusableUser):
        new_user(name, realm, password, domain="example.com")


def test_the_refusal_does_not_repeat_the_password() -> None:
    with pytest.raises(UnusableUser) as refusal:
        new_user("alice", "r", "hunter2\n")
    assert "hunter2" not in str(refusal.value)
