from __future__ import annotations

import pytest

from hereabouts.policy.actions.reject import REJECT
from hereabouts.policy.cpl.finding import Code
from hereabouts.policy.decision import Parameters
from tests.policy.actions.reading import read_operation


@pytest.mark.parametrize(
    "status, number",
    [
        ("busy", 486),
        ("notfound", 404),
        ("reject", 603),
        ("error", 500),
        ("400", 400),
        ("403", 403),
        ("699", 699),
    ],
)
def test_a_status_is_a_name_or_a_number(status: str, number: int) -> None:
    """RFC 3880 section 6.3.1."""
    assert read_operation(REJECT, status=status) == (Parameters(status=number), [])


@pytest.mark.parametrize("status", ["200", "399", "700", "1403", "Busy", "40\u0663"])
def test_nothing_else_is_one(status: str) -> None:
    assert read_operation(REJECT, status=status)[1] == [Code.STATUS]


def test_a_status_must_be_given_and_a_reason_may() -> None:
    assert read_operation(REJECT)[1] == [Code.ATTRIBUTE]
    found = read_operation(REJECT, status="403", reason="Outside working hours")
    assert found == (Parameters(status=403, reason="Outside working hours"), [])
    assert read_operation(REJECT, status="403", reason="") == (Parameters(status=403), [])


def test_the_trace_tells_both() -> None:
    assert REJECT.show(Parameters(status=403)) == "403"
    assert REJECT.show(Parameters(status=403, reason="No")) == "403 No"
