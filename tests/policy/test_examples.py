"""The examples of the language, each with the promises made of it, one a row."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from hereabouts.base.units import Timestamp
from hereabouts.policy.cpl.compiler import examine
from hereabouts.policy.cpl.finding import Code
from hereabouts.policy.decision import DEFAULTS, Decision, Modifiers, Operation, Parameters
from hereabouts.policy.engine import Policy, decide
from hereabouts.policy.facts import Facts, Kind, Trigger
from hereabouts.policy.point import Point
from tests.policy.samples import (
    EXAMPLES,
    GENTLE_HOURS,
    NOW,
    TEN_MINUTES,
    WORKING_HOURS,
    facts,
    in_toronto,
)
from tests.policy.schema import faults

ALLOW = (Operation.ALLOW, Parameters())
REJECT = (Operation.REJECT, Parameters(status=403, reason="Outside working hours"))
DELIVER = (Operation.DELIVER, Parameters())


def ask(script: str, known: Facts, now: Timestamp = NOW) -> Decision:
    compiled, _ = examine(script.encode(), NOW)
    policy = Policy(owner=known.owner, id="example", name="an example", script=compiled)
    return decide([policy], known, now, default=DEFAULTS[known.point])


def utc(text: str) -> Timestamp:
    return Timestamp(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    "now, outcome",
    [
        pytest.param(in_toronto("2026-11-24 10:00:00"), ALLOW, id="Tue 10:00"),
        pytest.param(in_toronto("2026-11-24 08:59:59"), REJECT, id="Tue 08:59:59"),
        pytest.param(in_toronto("2026-11-24 16:59:59"), ALLOW, id="Tue 16:59:59"),
        pytest.param(in_toronto("2026-11-24 17:00:00"), REJECT, id="Tue 17:00:00"),
        pytest.param(in_toronto("2026-11-28 10:00:00"), REJECT, id="Sat 10:00"),
        pytest.param(utc("2026-03-09 13:30"), ALLOW, id="Mon after DST start, 09:30 EDT"),
        pytest.param(utc("2026-03-06 13:30"), REJECT, id="Fri before DST start, 08:30 EST"),
        pytest.param(in_toronto("2026-01-02 10:00:00"), REJECT, id="before dtstart, a Friday"),
    ],
)
def test_tom_rejects_after_working_hours(
    now: Timestamp, outcome: tuple[Operation, Parameters]
) -> None:
    decision = ask(WORKING_HOURS, facts(), now)
    assert (decision.operation, decision.parameters) == outcome
    assert not decision.is_default


EVERY_TEN = Modifiers(min_interval=600)


@pytest.mark.parametrize(
    "known, outcome, modifiers, is_default",
    [
        pytest.param(
            {"since_last_notification": 125.0},
            (Operation.DEFER, Parameters(seconds=475, because="throttle")),
            EVERY_TEN,
            False,
            id="125 s since last",
        ),
        pytest.param(
            {"since_last_notification": 600.0}, DELIVER, EVERY_TEN, False, id="600 s since last"
        ),
        pytest.param(
            {"since_last_notification": 3.0, "trigger": Trigger.APPROVAL},
            DELIVER,
            EVERY_TEN,
            False,
            id="first NOTIFY after approval, 3 s",
        ),
        pytest.param({}, DELIVER, EVERY_TEN, False, id="never notified"),
        pytest.param(
            {"watcher": "sip:eve@example.com", "since_last_notification": 5.0},
            DELIVER,
            Modifiers(),
            True,
            id="to Eve, 5 s",
        ),
        pytest.param(
            {"watcher": "SIP:TOM@EXAMPLE.COM", "since_last_notification": 5.0},
            DELIVER,
            Modifiers(),
            True,
            id="the user of an address has case",
        ),
    ],
)
def test_alice_notifies_tom_every_ten_minutes_at_most(
    known: dict[str, object],
    outcome: tuple[Operation, Parameters],
    modifiers: Modifiers,
    *,
    is_default: bool,
) -> None:
    decision = ask(TEN_MINUTES, facts(Point.OUTGOING_NOTIFICATION, **known))
    assert (decision.operation, decision.parameters) == outcome
    assert (decision.modifiers, decision.is_default) == (modifiers, is_default)


@pytest.mark.parametrize(
    "kind, outcome",
    [
        pytest.param(Kind.REFRESH, ALLOW, id="refresh Sat 23:00"),
        pytest.param(Kind.UNSUBSCRIBE, ALLOW, id="unsubscribe Sat 23:00"),
        pytest.param(Kind.INITIAL, REJECT, id="initial Sat 23:00"),
    ],
)
def test_tom_rejects_only_new_watchers(kind: Kind, outcome: tuple[Operation, Parameters]) -> None:
    decision = ask(GENTLE_HOURS, facts(kind=kind), in_toronto("2026-11-28 23:00:00"))
    assert (decision.operation, decision.parameters) == outcome


@pytest.mark.parametrize("script", EXAMPLES.values(), ids=EXAMPLES)
def test_the_examples_are_valid_by_both_schemas(script: str) -> None:
    assert faults(script) == []


@pytest.mark.parametrize("name", EXAMPLES)
def test_only_the_first_of_the_examples_is_doubtful(name: str) -> None:
    """It ends subscriptions at their refresh; the third shows how not to."""
    _, findings = examine(EXAMPLES[name].encode(), NOW)
    found = [(each.code, each.line) for each in findings]
    assert found == ([(Code.REFRESH, 8)] if name == "working hours" else [])
