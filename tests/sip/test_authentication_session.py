"""Digest authentication at the client: which challenge it takes, and what it sends."""

from __future__ import annotations

import random

import pytest

from hereabouts.base.units import Timestamp
from hereabouts.sip.algorithms import Algorithm
from hereabouts.sip.authentication_session import AuthenticationSession, CannotAuthenticate
from hereabouts.sip.credentials import new_user
from hereabouts.sip.digest import Authenticator, Offers, Outcome
from hereabouts.sip.headers.authentication import Challenge, Credentials, Protection
from hereabouts.sip.nonces import Nonces

NOW = Timestamp(1_700_000_000.0)
URI = "sip:bob@example.com"


class SeededIds:
    """Chance that can be repeated."""

    def __init__(self) -> None:
        self._random = random.Random(1)

    def token(self) -> str:
        return f"{self._random.getrandbits(64):016x}"


def session(
    username: str = "alice", password: str = "secret", *, realm: str | None = None
) -> AuthenticationSession:
    return AuthenticationSession(username, password, SeededIds(), realm=realm)


def answered(client: AuthenticationSession, *rows: str) -> Credentials:
    client.challenged(rows)
    return Credentials.parse(str(client.answer("PUBLISH", URI)))


def row(algorithm: str | None, *, realm: str = "example.com", qop: str = ', qop="auth"') -> str:
    named = "" if algorithm is None else f", algorithm={algorithm}"
    return f'Digest realm="{realm}", nonce="n"{named}{qop}'


@pytest.mark.parametrize(
    "rows, algorithm",
    [
        pytest.param([row("SHA-256"), row("MD5")], "SHA-256", id="the topmost"),
        pytest.param([row("MD5"), row("SHA-256")], "MD5", id="the topmost, even so"),
        pytest.param([row("FOO-1"), row("SHA-256"), row("MD5")], "SHA-256", id="FOO-1 is unknown"),
        pytest.param([row("SHA-256-sess"), row("MD5")], "MD5", id="session variants are ignored"),
        pytest.param(["Basic realm=x", row("MD5")], "MD5", id="Basic is ignored"),
        pytest.param(["???", row("SHA-512-256")], "SHA-512-256", id="unreadable is ignored"),
        pytest.param([row("MD5", qop=', qop="foo"'), row("SHA-256")], "SHA-256", id="qop unknown"),
        pytest.param([row(None)], None, id="none named, none sent back"),
    ],
)
def test_which_challenge_is_taken(rows: list[str], algorithm: str | None) -> None:
    """8760-2.4-1: the topmost that it knows; it ignores the others."""
    assert answered(session(), *rows).algorithm == algorithm


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([], id="none at all"),
        pytest.param(["Basic realm=x"], id="Basic alone"),
        pytest.param([row("FOO-1")], id="no algorithm that we know"),
    ],
)
def test_a_challenge_that_cannot_be_answered_ends_it(rows: list[str]) -> None:
    with pytest.raises(CannotAuthenticate):
        session().challenged(rows)


def test_another_realm_than_the_expected_one_gets_no_answer() -> None:
    client = session(realm="example.com")
    assert answered(client, row("MD5", realm="evil.example"), row("MD5")).realm == "example.com"
    with pytest.raises(CannotAuthenticate):
        client.challenged([row("MD5", realm="evil.example")])


def test_a_client_that_does_without_md5_is_not_talked_down_to_it() -> None:
    client = AuthenticationSession("alice", "secret", SeededIds(), accepted=[Algorithm.SHA_256])
    with pytest.raises(CannotAuthenticate):
        client.challenged([row("MD5")])


@pytest.mark.parametrize(
    "offered, chosen",
    [
        pytest.param(', qop="auth"', Protection.AUTH, id="offered, so sent"),
        pytest.param(', qop="auth-int,auth"', Protection.AUTH, id="auth if there is a choice"),
        pytest.param(', qop="auth-int"', Protection.AUTH_INT, id="auth-int if there is none"),
        pytest.param("", None, id="an old server offers none"),
    ],
)
def test_what_is_answered_to_qop(offered: str, chosen: Protection | None) -> None:
    answer = answered(session(), row("MD5", qop=offered))
    assert answer.qop is chosen
    assert (answer.cnonce is None) == (answer.nonce_count is None) == (chosen is None)


def test_opaque_is_sent_back() -> None:
    assert answered(session(), row("MD5", qop=', opaque="o"')).opaque == "o"


def test_there_is_nothing_to_send_before_a_challenge() -> None:
    assert session().answer("PUBLISH", URI) is None


def test_further_requests_count_on_with_client_nonces_of_their_own() -> None:
    client = session()
    client.challenged([row("SHA-256")])
    answers = [Credentials.parse(str(client.answer("PUBLISH", URI))) for _ in range(3)]
    assert [answer.nonce_count for answer in answers] == ["00000001", "00000002", "00000003"]
    assert len({answer.cnonce for answer in answers}) == 3
    assert answered(client, row("SHA-256")).nonce_count == "00000001"


@pytest.mark.parametrize(
    "uses, stale, is_hopeless",
    [
        pytest.param(1, False, True, id="a fresh nonce refused: the password is wrong"),
        pytest.param(1, True, False, id="stale: right, try again"),
        pytest.param(2, False, False, id="it had worked before: the nonce may just be over"),
    ],
)
def test_when_a_second_challenge_ends_it(uses: int, *, stale: bool, is_hopeless: bool) -> None:
    client = session()
    client.challenged([row("SHA-256")])
    refused = [client.answer("PUBLISH", URI) for _ in range(uses)][-1]
    second = str(Challenge("example.com", "m", "SHA-256", (Protection.AUTH,), stale))
    if is_hopeless:
        with pytest.raises(CannotAuthenticate):
            client.challenged([second], refused)
    else:
        client.challenged([second], refused)
        assert Credentials.parse(str(client.answer("PUBLISH", URI))).nonce == "m"


# --- Client and server together ------------------------------------------------------------


@pytest.mark.parametrize("algorithm", Algorithm)
@pytest.mark.parametrize("username", ["zoë", "zoë@example.com", "zoe\u0308"])
def test_our_server_accepts_our_client(username: str, algorithm: Algorithm) -> None:
    ids = SeededIds()
    offers = Offers(algorithms=(algorithm,))
    server = Authenticator("example.com", Nonces(bytes(32), ids), ids, offers=offers)
    users = {"zoë": new_user("zoë", "example.com", "pass word: ö")}
    client = session(username, "pass word: ö")
    client.challenged(server.challenges("us", NOW))
    for body in (b"", b"<presence/>"):
        rows = [str(client.answer("PUBLISH", URI, body))]
        verdict = server.verify(rows, "PUBLISH", body, NOW, users.get)
        assert (verdict.outcome, verdict.user) == (Outcome.ACCEPTED, users["zoë"])
