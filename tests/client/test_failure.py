from __future__ import annotations

import pytest

from hereabouts.client.failure import AgentFailed, Refused, Unanswered, WrongPassword, failure_of
from hereabouts.sip.leaving import Answer, Failure
from hereabouts.sip.message import Response
from hereabouts.sip.requester import Account

SERVER = "udp:192.0.2.1:5060"


def response(status: int) -> Response:
    return Response(status, "Reason", [], {}, b"")


FAILURES: list[tuple[Answer, str | None, type[AgentFailed], str, str]] = [
    (Failure.TIMED_OUT, "x", Unanswered, f"no answer from {SERVER}; see", "silence"),
    (Failure.UNDELIVERABLE, "x", Unanswered, "name another with --server", "no connection"),
    (response(401), "x", WrongPassword, "refuses the name alice", "a wrong password"),
    (response(407), "x", WrongPassword, "refuses the name alice", "a proxy's"),
    (response(401), None, WrongPassword, "give it with --password", "no password"),
    (response(403), "x", Refused, "403 Reason; ask for the right", "not allowed"),
    (response(404), "x", Refused, "404 Reason; check the address", "nobody there"),
    (response(489), "x", Refused, "489 Reason; the server has no presence", "no presence"),
    (response(413), "x", Refused, "413 Reason; see the server's log", "anything else"),
]


@pytest.mark.parametrize(
    "answer, password, kind, text", [row[:4] for row in FAILURES], ids=[row[4] for row in FAILURES]
)
def test_a_failure_says_what_to_do(
    answer: Answer, password: str | None, kind: type[AgentFailed], text: str
) -> None:
    account = Account("sip:alice@example.com", "alice", password)
    failure = failure_of(answer, "publishing", account, SERVER)
    assert type(failure) is kind
    assert text in str(failure)


def test_a_failure_does_not_tell_the_password() -> None:
    account = Account("sip:alice@example.com", "alice", "wonderland")
    assert "wonderland" not in str(failure_of(response(401), "publishing", account, SERVER))
