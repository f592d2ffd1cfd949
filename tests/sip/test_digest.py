"""Digest authentication at the server: the RFCs' own figures, every refusal, every odd phone."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.base.refusal import Unavailable
from hereabouts.base.units import Timestamp
from hereabouts.sip.algorithms import Algorithm
from hereabouts.sip.credentials import User, ha1, new_user
from hereabouts.sip.digest import (
    MOST_ROWS,
    Authenticator,
    Offers,
    Outcome,
    ProxyAuthenticationRequired,
    Unauthorized,
    response,
)
from hereabouts.sip.headers.authentication import Challenge, Credentials, Protection
from hereabouts.sip.nonces import Nonces

REALM = "example.com"
NOW = Timestamp(1_700_000_000.0)
MUCH_LATER = Timestamp(NOW + 301)
URI = "sip:bob@example.com"
ALICE = new_user("alice", REALM, "secret")
CARL = new_user("Carl", REALM, "secret")
USERS = {user.name: user for user in (ALICE, CARL)}


class SeededIds:
    """Chance that can be repeated."""

    def __init__(self) -> None:
        self._random = random.Random(1)

    def token(self) -> str:
        return f"{self._random.getrandbits(64):016x}"


def make(offers: Offers | None = None, *, key: bytes = bytes(range(32))) -> Authenticator:
    ids = SeededIds()
    return Authenticator(REALM, Nonces(key, ids, lifetime=300.0), ids, offers=offers)


def nonce_of(authenticator: Authenticator) -> str:
    return Challenge.parse(authenticator.challenges(None, NOW)[0]).nonce


WITHOUT_QOP: dict[str, Any] = {"qop": None, "nonce_count": None, "cnonce": None}


def signed(
    nonce: str,
    *,
    password: str = "secret",
    hashed_with: Algorithm = Algorithm.SHA_256,
    method: str = "SUBSCRIBE",
    body: bytes = b"",
    **changes: Any,  # noqa: ANN401 - of the fields' own types
) -> Credentials:
    """Alice's right answer, but for the changes, which it is signed with."""
    usual = Credentials("alice", REALM, nonce, URI, "", "SHA-256", Protection.AUTH, "00000001", "c")
    blank = msgspec.structs.replace(usual, **changes)
    secret = ha1(blank.username, blank.realm, password, hashed_with)
    right = response(blank, hashed_with, secret, method, body)
    return msgspec.structs.replace(blank, response=right)


def judge(
    authenticator: Authenticator,
    *rows: Credentials | str,
    method: str = "SUBSCRIBE",
    body: bytes = b"",
    now: Timestamp = NOW,
) -> Outcome:
    verdict = authenticator.verify([str(row) for row in rows], method, body, now, USERS.get)
    assert (verdict.user is not None) == (verdict.outcome in (Outcome.ACCEPTED, Outcome.STALE))
    return verdict.outcome


# --- The figures of the RFCs ---------------------------------------------------------------

RFC_7616_NONCE = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
RFC_7616 = (
    'Digest username="Mufasa", realm="http-auth@example.org", uri="/dir/index.html", '
    f'algorithm=MD5, nonce="{RFC_7616_NONCE}", nc=00000001, '
    'cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", qop=auth, '
    'response="8ca523f5e9506fed4657c9700eebdbec", '
    'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
)
RFC_7616_SHA_256 = RFC_7616.replace("=MD5", "=SHA-256").replace(
    "8ca523f5e9506fed4657c9700eebdbec",
    "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
)
RFC_7616_DOE = (
    'Digest username*=UTF-8\'\'J%C3%A4s%C3%B8n%20Doe, realm="api@example.org", uri="/doe.json", '
    'algorithm=SHA-512-256, nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", nc=00000001, '
    'cnonce="NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v", qop=auth, '
    'response="3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5", '
    'opaque="HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS", userhash=false'
)
RFC_2617 = (
    'Digest username="Mufasa", realm="testrealm@host.com", '
    'nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", uri="/dir/index.html", qop=auth, nc=00000001, '
    'cnonce="0a4f113b", response="6629fae49393a05397450978507c4ef1", '
    'opaque="5ccc069c403ebaf9f0171e9517f40e41"'
)


@pytest.mark.parametrize(
    "text, password",
    [
        pytest.param(RFC_7616, "Circle of Life", id="RFC 7616 section 3.9.1, MD5"),
        pytest.param(RFC_7616_SHA_256, "Circle of Life", id="RFC 7616 section 3.9.1, SHA-256"),
        # The response that section 3.9.2 prints (ae66e67d...) is that of SHA-512 cut short, not of
        # SHA-512/256 with its own initial values; the one here is calculated with the latter.
        pytest.param(RFC_7616_DOE, "Secret, or not?", id="RFC 7616 section 3.9.2, put right"),
        pytest.param(RFC_2617, "Circle Of Life", id="RFC 2617 section 3.5"),
    ],
)
def test_the_figures_of_the_rfcs_come_out(text: str, password: str) -> None:
    credentials = Credentials.parse(text)
    algorithm = Algorithm.named(credentials.algorithm)
    assert algorithm is not None
    secret = ha1(credentials.username, credentials.realm, password, algorithm)
    assert response(credentials, algorithm, secret, "GET", b"") == credentials.response


def test_an_answer_without_qop_is_that_of_rfc_2069() -> None:
    """H(H(A1) ":" nonce ":" H(A2)): neither count nor client nonce."""

    def md5(text: str) -> str:
        return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

    expected = md5(f"{md5('alice:example.com:secret')}:n:{md5(f'SUBSCRIBE:{URI}')}")
    answer = signed("n", algorithm=None, hashed_with=Algorithm.MD5, **WITHOUT_QOP)
    assert answer.response == expected


# --- Challenges ----------------------------------------------------------------------------


def offered(authenticator: Authenticator, user_agent: str | None = None) -> list[str | None]:
    rows = authenticator.challenges(user_agent, NOW)
    return [Challenge.parse(row).algorithm for row in rows]


ONLY_SHA_256 = Offers(algorithms=(Algorithm.SHA_256,))


@pytest.mark.parametrize(
    "offers, user_agent, algorithms",
    [
        pytest.param(None, None, ["SHA-256", "MD5"], id="best first, MD5 last"),
        pytest.param(None, "Twinkle/1.10.2", ["SHA-256", "MD5"], id="suits most"),
        pytest.param(None, "baresip v1.0.0 (x86_64/linux)", ["MD5"], id="fails on SHA-256"),
        pytest.param(None, "baresip v3.1.0 (x86_64/linux)", ["SHA-256", "MD5"], id="mended"),
        pytest.param(ONLY_SHA_256, None, ["SHA-256"], id="MD5 is off"),
        pytest.param(ONLY_SHA_256, "baresip v1.0.0", ["SHA-256"], id="no way to talk us into MD5"),
        pytest.param(
            Offers(algorithms=tuple(Algorithm), exceptions=()),
            "baresip v1.0.0",
            ["SHA-512-256", "SHA-256", "MD5"],
            id="all there is, and no exceptions",
        ),
    ],
)
def test_what_a_client_is_offered(
    offers: Offers | None, user_agent: str | None, algorithms: list[str]
) -> None:
    assert offered(make(offers), user_agent) == algorithms


def test_the_rows_of_one_challenge_share_realm_and_nonce_and_always_offer_qop() -> None:
    rows = [Challenge.parse(row) for row in make().challenges(None, NOW)]
    assert [row.algorithm for row in rows] == ["SHA-256", "MD5"]
    assert {row.realm for row in rows} == {REALM}
    assert len({row.nonce for row in rows}) == 1
    assert {row.qop for row in rows} == {(Protection.AUTH,)}
    assert {row.is_stale for row in rows} == {False}


def test_every_challenge_has_a_nonce_of_its_own() -> None:
    authenticator = make()
    assert nonce_of(authenticator) != nonce_of(authenticator)


def test_a_stale_challenge_says_so_in_every_row() -> None:
    rows = make().challenges(None, NOW, stale=True)
    assert [Challenge.parse(row).is_stale for row in rows] == [True, True]


@pytest.mark.parametrize(
    "refusal, status, header",
    [
        (Unauthorized(["one", "two"]), 401, "WWW-Authenticate"),
        (ProxyAuthenticationRequired(["one", "two"]), 407, "Proxy-Authenticate"),
    ],
)
def test_the_refusal_carries_one_row_for_each_challenge_in_order(
    refusal: Unauthorized, status: int, header: str
) -> None:
    assert refusal.status == status
    assert refusal.headers() == [(header, "one"), (header, "two")]


def test_offering_what_this_python_cannot_calculate_is_told_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hashlib, "algorithms_available", {"md5", "sha256"})
    with pytest.raises(Unavailable, match="SHA-512-256"):
        make(Offers(algorithms=tuple(Algorithm)))
    with pytest.raises(Unavailable, match="no digest algorithm"):
        make(Offers(algorithms=()))


# --- Answers -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({}, id="SHA-256 with qop"),
        pytest.param({"algorithm": "MD5", "hashed_with": Algorithm.MD5}, id="MD5"),
        pytest.param({"algorithm": None, "hashed_with": Algorithm.MD5}, id="none named is MD5"),
        pytest.param({"algorithm": "sha-256"}, id="the name has no case"),
        pytest.param({"qop": Protection.AUTH_INT}, id="auth-int, though not offered"),
        pytest.param(WITHOUT_QOP, id="no qop"),
        pytest.param(
            {**WITHOUT_QOP, "algorithm": None, "hashed_with": Algorithm.MD5}, id="as Pidgin answers"
        ),
        pytest.param({"nonce_count": "0000000A"}, id="the count is hashed as it is written"),
        pytest.param({"username": "alice@example.com"}, id="the name with its domain"),
        pytest.param({"username": "alice@EXAMPLE.COM"}, id="with its domain in capitals"),
        pytest.param({"username": "alice@Example.com"}, id="or as a keyboard begins a word"),
        pytest.param(
            {"uri": "sip:other@example.com;x=y"}, id="the hash is over uri as it is given"
        ),
    ],
)
def test_a_right_answer_is_accepted(fields: dict[str, Any]) -> None:
    authenticator = make()
    answer = signed(nonce_of(authenticator), **fields)
    verdict = authenticator.verify([str(answer)], "SUBSCRIBE", b"", NOW, USERS.get)
    assert (verdict.outcome, verdict.user, verdict.uri) == (Outcome.ACCEPTED, ALICE, answer.uri)


def test_a_response_in_capital_digits_is_accepted() -> None:
    authenticator = make()
    answer = signed(nonce_of(authenticator))
    answer = msgspec.structs.replace(answer, response=answer.response.upper())
    assert judge(authenticator, answer) is Outcome.ACCEPTED


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"password": "Secret"}, id="wrong password"),
        pytest.param({"username": "mallory"}, id="nobody has this name"),
        pytest.param({"username": "Alice"}, id="names have case"),
        pytest.param({"username": "carl"}, id="this one too"),
        pytest.param({"username": "alice@example.org"}, id="another domain"),
        pytest.param({"username": "alice@eXample.com"}, id="the domain as it was not hashed"),
        pytest.param({"username": "ALICE@EXAMPLE.COM"}, id="names have case, domains have none"),
        pytest.param({"username": "sip:alice@example.com"}, id="a URI is no name"),
        pytest.param({"username": "alice@"}, id="the hash of this name is not kept"),
        pytest.param({"username": ""}, id="no name"),
        pytest.param({"username": "anonymous", "password": ""}, id="anonymous is nobody"),
        pytest.param({"method": "PUBLISH"}, id="made for another method"),
        pytest.param({"qop": Protection.AUTH_INT, "body": b"other"}, id="made for another body"),
        pytest.param({"algorithm": "MD5"}, id="64 digits for MD5"),
        pytest.param({"algorithm": None}, id="64 digits where none named is MD5"),
        pytest.param({"hashed_with": Algorithm.MD5}, id="32 digits for SHA-256"),
        pytest.param({"hashed_with": Algorithm.SHA_512_256}, id="64 digits of the wrong hash"),
        pytest.param(
            {"algorithm": "SHA-512-256", "hashed_with": Algorithm.SHA_512_256}, id="not offered"
        ),
        pytest.param({"algorithm": "SHA-256-sess"}, id="session variants are not offered"),
        pytest.param({"algorithm": "FOO-1"}, id="unknown algorithm"),
    ],
)
def test_a_wrong_answer_is_refused_and_never_called_stale(fields: dict[str, Any]) -> None:
    authenticator = make()
    answer = signed(nonce_of(authenticator), **fields)
    assert judge(authenticator, answer) is Outcome.REFUSED
    assert judge(authenticator, answer, now=MUCH_LATER) is Outcome.REFUSED


def test_a_downgrade_to_md5_is_refused_when_it_is_off() -> None:
    authenticator = make(ONLY_SHA_256)
    answer = signed(nonce_of(authenticator), algorithm="MD5", hashed_with=Algorithm.MD5)
    assert judge(authenticator, answer) is Outcome.REFUSED


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"response": ""}, id="no response"),
        pytest.param({"response": "0" * 63}, id="a digit is missing"),
        pytest.param({"uri": "sip:carol@example.com"}, id="another uri than was hashed"),
        pytest.param({"nonce_count": "00000002"}, id="another count than was hashed"),
        pytest.param({"cnonce": "x"}, id="another client nonce than was hashed"),
        pytest.param({"qop": Protection.AUTH_INT}, id="another qop than was hashed"),
        pytest.param(WITHOUT_QOP, id="qop taken away"),
        pytest.param({"username": "Carl"}, id="another user with the same password"),
    ],
)
def test_a_right_answer_changed_on_the_way_is_refused(changes: dict[str, Any]) -> None:
    authenticator = make()
    answer = msgspec.structs.replace(signed(nonce_of(authenticator)), **changes)
    assert judge(authenticator, answer) is Outcome.REFUSED


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([], id="none"),
        pytest.param(["Basic YWxpY2U6c2VjcmV0"], id="Basic, though the password is right"),
        pytest.param(["NoOneKnowsThisScheme opaque-data=here"], id="RFC 4475 regaut01"),
        pytest.param(["Digest what"], id="cannot be read"),
        pytest.param([str(signed("n", realm="elsewhere.org"))], id="another realm"),
        pytest.param([str(signed("n", realm="Example.com"))], id="a realm has case"),
    ],
)
def test_what_is_not_for_us_counts_as_absent(rows: list[str]) -> None:
    assert judge(make(), *rows) is Outcome.ABSENT


def test_auth_int_covers_the_body() -> None:
    authenticator = make()
    nonce = nonce_of(authenticator)
    answer = signed(nonce, qop=Protection.AUTH_INT, method="PUBLISH", body=b"open")
    assert judge(authenticator, answer, method="PUBLISH", body=b"closed") is Outcome.REFUSED
    assert judge(authenticator, answer, method="PUBLISH", body=b"open") is Outcome.ACCEPTED


def test_the_row_of_our_realm_is_found_among_others() -> None:
    authenticator = make()
    nonce = nonce_of(authenticator)
    other = signed(nonce, realm="elsewhere.org")
    assert judge(authenticator, "Basic x", other, "Digest ?", signed(nonce)) is Outcome.ACCEPTED


def test_one_right_row_of_several_for_our_realm_is_enough() -> None:
    authenticator = make()
    nonce = nonce_of(authenticator)
    wrong = signed(nonce, password="wrong")
    assert judge(authenticator, wrong, signed(nonce), wrong) is Outcome.ACCEPTED


def test_more_rows_than_a_client_has_use_for_are_not_looked_at() -> None:
    authenticator = make()
    nonce = nonce_of(authenticator)
    wrong = [signed(nonce, password=f"guess {n}") for n in range(MOST_ROWS)]
    assert judge(authenticator, *wrong, signed(nonce)) is Outcome.REFUSED


def test_an_unknown_user_is_told_the_same_as_a_wrong_password() -> None:
    authenticator = make()
    nonce = nonce_of(authenticator)
    verdicts = [
        authenticator.verify([str(answer)], "SUBSCRIBE", b"", NOW, USERS.get)
        for answer in (signed(nonce, username="mallory"), signed(nonce, password="wrong"))
    ]
    assert verdicts[0] == verdicts[1]


def test_a_user_without_a_hash_of_the_algorithm_is_refused_whatever_he_sends() -> None:
    hollow = msgspec.structs.replace(ALICE.hashes, sha_256="")
    users = {"alice": msgspec.structs.replace(ALICE, hashes=hollow)}
    authenticator = make()
    blank = signed(nonce_of(authenticator))
    empty = response(blank, Algorithm.SHA_256, "", "SUBSCRIBE", b"")
    for answer in (blank, msgspec.structs.replace(blank, response=empty)):
        verdict = authenticator.verify([str(answer)], "SUBSCRIBE", b"", NOW, users.get)
        assert verdict.outcome is Outcome.REFUSED


def test_a_hashed_name_is_nobodys() -> None:
    """RFC 7616 section 3.4.4: `userhash` is not offered, and so means nothing."""
    authenticator = make()
    name = Algorithm.SHA_256.hash_text(f"alice:{REALM}")
    answer = signed(nonce_of(authenticator), username=name)
    assert judge(authenticator, f"{answer}, userhash=true") is Outcome.REFUSED
    assert judge(authenticator, f"{signed(nonce_of(authenticator))}, userhash=false") is (
        Outcome.ACCEPTED
    )


@pytest.mark.parametrize("algorithm", [Algorithm.SHA_256, Algorithm.MD5])
@pytest.mark.parametrize("name", ["alice", "alice@example.com", "mallory", "mallory@d", "alice@d"])
def test_whoever_it_is_costs_the_same_hashes(
    monkeypatch: pytest.MonkeyPatch, algorithm: Algorithm, name: str
) -> None:
    """3261-22.4-5: the time that an answer takes says nothing either."""
    authenticator, done = make(), list[str]()
    answer = signed(nonce_of(authenticator), username=name, algorithm=algorithm.token, password="x")
    calculate = Algorithm.hash

    def counted(self: Algorithm, octets: bytes) -> str:
        done.append(self.token)
        return calculate(self, octets)

    monkeypatch.setattr(Algorithm, "hash", counted)
    assert judge(authenticator, answer) is Outcome.REFUSED
    assert done == [algorithm.token] * 2


# --- Replays -------------------------------------------------------------------------------


def judged_in_turn(authenticator: Authenticator, answers: Iterable[Credentials]) -> list[str]:
    return [judge(authenticator, answer).name for answer in answers]


@pytest.mark.parametrize(
    "counts, outcomes",
    [
        pytest.param("1 2 3", "ACCEPTED ACCEPTED ACCEPTED", id="one nonce serves many requests"),
        pytest.param("1 1", "ACCEPTED STALE", id="a recorded request sent again"),
        pytest.param("2 1 2", "ACCEPTED ACCEPTED STALE", id="overtaken, then sent again"),
        pytest.param("- -", "ACCEPTED STALE", id="without qop once, then a new nonce"),
        pytest.param("- 1", "ACCEPTED STALE", id="without qop spends the nonce"),
        pytest.param("1 -", "ACCEPTED STALE", id="no going back to no qop"),
    ],
)
def test_a_replay_is_not_accepted(counts: str, outcomes: str) -> None:
    authenticator = make()
    nonce = nonce_of(authenticator)
    answers = [
        signed(nonce, **WITHOUT_QOP)
        if count == "-"
        else signed(nonce, nonce_count=f"{int(count):08x}")
        for count in counts.split()
    ]
    assert judged_in_turn(authenticator, answers) == outcomes.split()


def test_a_right_answer_to_an_old_nonce_is_stale() -> None:
    authenticator = make()
    answer = signed(nonce_of(authenticator))
    assert judge(authenticator, answer, now=MUCH_LATER) is Outcome.STALE


def test_a_right_answer_to_a_nonce_of_a_former_run_is_stale() -> None:
    answer = signed(nonce_of(make(key=bytes(32))))
    assert judge(make(), answer) is Outcome.STALE


def test_a_wrong_answer_uses_up_nothing() -> None:
    authenticator = make()
    nonce = nonce_of(authenticator)
    assert judge(authenticator, signed(nonce, password="wrong")) is Outcome.REFUSED
    assert judge(authenticator, signed(nonce)) is Outcome.ACCEPTED


# --- Anything at all -----------------------------------------------------------------------

words = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=20)
forged = st.builds(
    Credentials,
    username=st.sampled_from(["alice", "alice@example.com", "@", "Carl"]) | words,
    realm=st.just(REALM),
    nonce=st.just("n") | words,
    uri=words,
    response=st.text("0123456789abcdef", min_size=64, max_size=64) | st.text("0aF", max_size=70),
    algorithm=st.sampled_from([None, "MD5", "SHA-256", "SHA-512-256", "X"]),
    qop=st.just(Protection.AUTH),
    nonce_count=st.just("00000001"),
    cnonce=words,
)


@given(forged)
def test_a_forged_answer_is_never_more_than_refused(answer: Credentials) -> None:
    assert judge(make(), answer) is Outcome.REFUSED


@given(st.lists(st.text()), st.text(), st.binary())
def test_no_rows_whatever_raise(rows: list[str], method: str, body: bytes) -> None:
    def nobody(name: str) -> User | None:
        return None

    assert make().verify(rows, method, body, NOW, nobody).outcome is Outcome.ABSENT
