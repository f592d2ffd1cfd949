"""What follows when a target fails (RFC 3263 sections 4 and 4.3)."""

from __future__ import annotations

import pytest

from hereabouts.sip.attempts import Attempts
from hereabouts.sip.endpoint import Answer, Failure
from hereabouts.sip.flow import Flow
from hereabouts.sip.targets import Target
from tests.sip.driven import Driven
from tests.sip.packets import UDP, a_request, a_response, request, response

ONE = Target("TCP", "192.0.2.1", 5060, "example.com")
TWO = Target("UDP", "192.0.2.2", 5070, "example.com")


def status(code: int) -> Answer:
    return a_response(response(request(), code))


@pytest.mark.parametrize(
    "outcome, has_answered, goes_on",
    [
        pytest.param(status(503), False, True, id="3263-4.3-1: 503"),
        pytest.param(status(503), True, True, id="3263-4.3-1: 503 after 100"),
        pytest.param(Failure.UNDELIVERABLE, False, True, id="3263-4.3-1: transport failure"),
        pytest.param(Failure.UNDELIVERABLE, True, True, id="its connection broke after 100"),
        pytest.param(Failure.TIMED_OUT, False, True, id="3263-4.3-1: silence"),
        pytest.param(Failure.TIMED_OUT, True, False, id="a provisional response came: no failure"),
        pytest.param(Failure.WITHDRAWN, False, False, id="our own disk: no fault of the target"),
        pytest.param(status(200), False, False, id="success"),
        pytest.param(status(500), False, False, id="500 is an answer"),
        pytest.param(status(486), False, False, id="486 is an answer"),
    ],
)
def test_when_the_next_target_is_tried(
    outcome: Answer, *, has_answered: bool, goes_on: bool
) -> None:
    attempts = Attempts((ONE, TWO))
    if has_answered:
        attempts = attempts.answered()
    assert attempts.target == ONE
    assert attempts.after(outcome) == (Attempts((TWO,), 1) if goes_on else None)


def test_after_the_last_target_the_outcome_is_final() -> None:
    last = Attempts((ONE, TWO)).after(status(503))
    assert last is not None
    assert last.target == TWO
    assert last.after(status(503)) is None


def test_each_attempt_has_a_branch_of_its_own_and_keeps_its_server() -> None:
    """3263-4-1, 3263-4.3-1: retransmissions stay where the request went; the next one is new."""
    driven = Driven()
    attempts: Attempts | None = Attempts((TWO, ONE))
    while attempts is not None:
        target = attempts.target
        driven.request(flow=Flow(target.transport, target.host, target.port, UDP.local))
        driven.wait(40)
        attempts = attempts.after(driven.told[-1][1])
    by_branch: dict[str, set[str]] = {}
    for _, flow, packet in driven.sent:
        branch = a_request(packet).headers["via"][0].partition("branch=")[2]
        by_branch.setdefault(branch, set()).add(flow.host)
    assert list(by_branch.values()) == [{TWO.host}, {ONE.host}]
    assert len(driven.sent) > 2
