"""Who asks: by password, by token, and how often one may be wrong."""

from __future__ import annotations

from base64 import b64encode

import pytest

from hereabouts.http.gate import FORGIVEN_AFTER, MOST_FAILURES, MOST_SOURCES, Asker, Failures, Gate
from hereabouts.http.message import Problem, Request
from tests.net.stage import run

TOKEN = "0123456789abcdef"
ALICE = "sip:alice@example.com"
OPERATOR = Asker(None)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


async def verify(name: str, password: str) -> str | None:
    return ALICE if (name, password) == ("alice", "secr:et \u00f6") else None


def gate(token: str | None = TOKEN, clock: Clock | None = None) -> Gate:
    return Gate("example.com", token, verify, clock or Clock())


def basic(text: str) -> str:
    return "Basic " + b64encode(text.encode()).decode()


def identify(asked: Gate, authorization: str, source: str = "192.0.2.1") -> Asker:
    headers = {"authorization": authorization} if authorization else {}
    request = Request(method="GET", path=("",), headers=headers, source=source)
    return run(asked.identify(request))


def status_of(asked: Gate, authorization: str, source: str = "192.0.2.1") -> int:
    try:
        identify(asked, authorization, source)
    except Problem as problem:
        return problem.status
    return 200


KNOWN = [
    (basic("alice:secr:et \u00f6"), Asker(ALICE), "a password may have a colon and any letter"),
    (basic("alice:secr:et \u00f6").replace("Basic", "bASIC"), Asker(ALICE), "schemes have no case"),
    (f"Bearer {TOKEN}", OPERATOR, "the token is the operator's"),
    (f"bearer   {TOKEN} ", OPERATOR, "space around it is not part of it"),
]


@pytest.mark.parametrize(
    "authorization, asker", [row[:2] for row in KNOWN], ids=[row[2] for row in KNOWN]
)
def test_who_proves_it_is_known(authorization: str, asker: Asker) -> None:
    assert identify(gate(), authorization) == asker


STRANGERS = [
    ("", "nothing at all"),
    ("Digest username=alice", "another scheme"),
    (basic("alice:wrong"), "a wrong password"),
    (basic("bob:secret"), "an unknown user"),
    (basic("alice"), "a name alone"),
    ("Basic !!!", "no base64"),
    ("Basic /w==", "no UTF-8"),
    ("Basic", "no credentials"),
    ("Bearer", "no token"),
    ("Bearer " + TOKEN[:-1], "half a token"),
    ("Bearer " + TOKEN + "\u00ff", "more than a token"),
]


@pytest.mark.parametrize(
    "authorization", [row[0] for row in STRANGERS], ids=[row[1] for row in STRANGERS]
)
def test_who_does_not_prove_it_is_challenged(authorization: str) -> None:
    with pytest.raises(Problem) as refused:
        identify(gate(), authorization)
    assert refused.value.status == 401
    assert refused.value.headers == (
        ("WWW-Authenticate", 'Basic realm="example.com", charset="UTF-8"'),
        ("WWW-Authenticate", 'Bearer realm="example.com"'),
    )


def test_without_a_token_nobody_is_the_operator_and_none_is_asked_for() -> None:
    with pytest.raises(Problem) as refused:
        identify(gate(None), "Bearer ")
    assert [value.partition(" ")[0] for _, value in refused.value.headers] == ["Basic"]


def test_a_user_may_touch_what_is_his_and_the_operator_everything() -> None:
    OPERATOR.check(ALICE)
    Asker(ALICE).check(ALICE)
    for owner in ("sip:bob@example.com", ""):
        with pytest.raises(Problem) as refused:
            Asker(ALICE).check(owner)
        assert refused.value.status == 403


# --- guessing


def test_who_is_wrong_too_often_waits_even_if_he_is_right_then() -> None:
    clock = Clock()
    asked = gate(clock=clock)
    wrong, right = basic("alice:wrong"), basic("alice:secr:et \u00f6")
    assert [status_of(asked, wrong) for _ in range(MOST_FAILURES)] == [401] * MOST_FAILURES
    with pytest.raises(Problem) as refused:
        identify(asked, right)
    assert refused.value.status == 429
    assert refused.value.headers == (("Retry-After", "60"),)
    assert status_of(asked, right, "192.0.2.2") == 200, "others do not wait for him"
    assert status_of(asked, f"Bearer {TOKEN}") == 200, "nor does a node behind the same address"
    clock.now += FORGIVEN_AFTER
    assert status_of(asked, right) == 200


def test_to_wait_is_not_made_longer_by_asking() -> None:
    clock = Clock()
    asked = gate(clock=clock)
    for _ in range(3 * MOST_FAILURES):
        status_of(asked, basic("alice:wrong"))
        clock.now += FORGIVEN_AFTER / (3 * MOST_FAILURES)
    assert status_of(asked, basic("alice:secr:et \u00f6")) == 200


def test_who_is_right_may_be_so_as_often_as_he_likes() -> None:
    asked = gate()
    for _ in range(3 * MOST_FAILURES):
        assert status_of(asked, f"Bearer {TOKEN}") == 200


def test_being_right_in_between_forgives_nothing_else() -> None:
    asked = gate()
    said = []
    for _ in range(MOST_FAILURES + 1):
        said.append(status_of(asked, basic("alice:wrong")))
        status_of(asked, basic("alice:secr:et \u00f6"))
    assert said[-1] == 429


def test_the_addresses_that_are_remembered_are_bounded() -> None:
    failures = Failures(Clock())
    for number in range(MOST_SOURCES + 10):
        failures.count("basic", str(number))
    assert len(failures) == MOST_SOURCES
