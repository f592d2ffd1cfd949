from __future__ import annotations

import pytest

from hereabouts.policy.decision import Operation, Parameters, PolicyName
from hereabouts.policy.wording import sentence

HOURS = PolicyName("sip:tom@example.com", "hours", "working hours")
WHERE = "line 4 of tom@example.com's policy 'working hours'"


@pytest.mark.parametrize(
    "operation, parameters, opening",
    [
        (Operation.ALLOW, Parameters(), "Allowed"),
        (Operation.CONFIRM, Parameters(), "Left to be confirmed"),
        (Operation.REJECT, Parameters(status=403), "Rejected (403)"),
        (Operation.POLITE_BLOCK, Parameters(), "Politely blocked"),
        (Operation.DELIVER, Parameters(), "Delivered"),
        (Operation.SUPPRESS, Parameters(), "Suppressed"),
        (Operation.DEFER, Parameters(seconds=475.2), "Held for 475 s"),
        (
            Operation.DELIVER,
            Parameters(is_frozen=True),
            "Sent all the same, with the document delivered last, though it was to be suppressed",
        ),
    ],
)
def test_a_sentence_begins_with_what_was_done(
    operation: Operation, parameters: Parameters, opening: str
) -> None:
    told = sentence(operation, parameters, ["it was late"], HOURS, 4)
    assert told == f"{opening} because it was late ({WHERE})."


@pytest.mark.parametrize(
    "clauses, policy, told",
    [
        pytest.param([], HOURS, f"Allowed by {WHERE}.", id="nothing was asked for"),
        pytest.param(["a", "b"], HOURS, f"Allowed because a and b ({WHERE}).", id="two reasons"),
        pytest.param(
            ["a", "b", "c", "d"],
            HOURS,
            f"Allowed because b and c and d ({WHERE}).",
            id="the last of many",
        ),
        pytest.param([], None, "Allowed because no policy decides otherwise.", id="the default"),
        pytest.param(["a"], None, "Allowed because a.", id="no policy, but a reason"),
        pytest.param(
            [],
            PolicyName("*before", "closed", "closed days"),
            "Allowed by line 4 of the administrator's policy 'closed days'.",
            id="an administrator's",
        ),
    ],
)
def test_a_sentence_ends_with_why_and_where(
    clauses: list[str], policy: PolicyName | None, told: str
) -> None:
    assert sentence(Operation.ALLOW, Parameters(), clauses, policy, 4) == told
