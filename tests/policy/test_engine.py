from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.base.units import NEVER, Timestamp
from hereabouts.policy.cpl.compiler import compile_script
from hereabouts.policy.decision import (
    DEFAULTS,
    RANKS,
    Decision,
    Modifiers,
    Operation,
    Parameters,
    PolicyName,
)
from hereabouts.policy.engine import Policy, decide, failed, in_order
from hereabouts.policy.facts import Facts, Trigger
from hereabouts.policy.place import AFTER, BEFORE
from hereabouts.policy.point import Point
from tests.policy.samples import (
    NOW,
    TEN_MINUTES,
    WORKING_HOURS,
    at,
    facts,
    in_toronto,
    incoming,
)

ALICE = "sip:alice@example.com"
NODES = {
    Operation.ALLOW: "<p:allow/>",
    Operation.CONFIRM: "<p:confirm/>",
    Operation.POLITE_BLOCK: "<p:polite-block/>",
    Operation.REJECT: '<reject status="403"/>',
}


def policy(
    script: str,
    policy_id: str = "a",
    *,
    owner: str = ALICE,
    priority: int = 0,
    valid_until: float = NEVER,
) -> Policy:
    return Policy(
        owner=owner,
        id=policy_id,
        name=f"policy {policy_id}",
        priority=priority,
        script=compile_script(script.encode()),
        valid_until=Timestamp(valid_until),
    )


def ask(
    policies: Sequence[Policy],
    known: Facts | None = None,
    default: Operation = Operation.ALLOW,
    now: Timestamp = NOW,
) -> Decision:
    return decide(policies, known or facts(), now, default=default)


# -- which decides


def test_without_a_policy_the_default_holds() -> None:
    decision = ask([], default=Operation.CONFIRM)
    assert (decision.operation, decision.is_default) == (Operation.CONFIRM, True)
    assert decision.because == "Left to be confirmed because no policy decides otherwise."
    assert (decision.policy, decision.steps, decision.valid_until) == (None, 0, NEVER)


def test_policies_are_asked_by_place_then_priority_then_id() -> None:
    nothing = incoming("")
    policies = [
        policy(nothing, "e", owner=AFTER, priority=9),
        policy(nothing, "c"),
        policy(nothing, "b"),
        policy(nothing, "d", priority=-1),
        policy(nothing, "a", priority=5),
        policy(nothing, "f", owner=BEFORE, priority=-9),
    ]
    assert [each.id for each in in_order(policies)] == ["f", "a", "b", "c", "d", "e"]


def test_the_first_that_reaches_an_operation_decides() -> None:
    decision = ask(
        [
            policy(incoming("<p:confirm/>"), "low", priority=1),
            policy(incoming("<p:polite-block/>"), "high", priority=2),
            policy(incoming(""), "silent", priority=3),
        ]
    )
    assert decision.operation is Operation.POLITE_BLOCK
    assert decision.policy == PolicyName(ALICE, "high", "policy high")
    assert not decision.is_default


def test_a_policy_about_another_point_says_nothing() -> None:
    assert ask([policy(TEN_MINUTES)]).is_default


def test_one_that_ends_by_default_hands_its_modifiers_on() -> None:
    decision = ask(
        [
            policy(incoming('<p:throttle interval="PT5M"/>'), "a"),
            policy(incoming('<p:expires at-most="PT1H"><p:allow/></p:expires>'), "b"),
            policy(incoming('<p:throttle interval="PT9M"><p:confirm/></p:throttle>'), "c"),
        ]
    )
    assert decision.operation is Operation.ALLOW
    assert decision.modifiers == Modifiers(min_interval=300, expires_at_most=3600)
    assert {step.policy for step in decision.trace} == {"a", "b"}
    assert decision.steps == 3


def test_the_default_takes_the_modifiers_of_all() -> None:
    decision = ask(
        [
            policy(incoming('<p:throttle interval="PT5M"/>'), "a"),
            policy(incoming('<p:throttle interval="PT9M"/>'), "b"),
        ]
    )
    assert decision.is_default
    assert decision.modifiers == Modifiers(min_interval=540)


# -- administrators


def test_what_an_administrator_decides_before_stands() -> None:
    decision = ask(
        [
            policy(incoming('<reject status="403"/>')),
            policy(incoming("<p:allow/>"), "z", owner=BEFORE),
        ]
    )
    assert decision.operation is Operation.ALLOW
    assert decision.because.endswith("by line 3 of the administrator's policy 'policy z'.")


@pytest.mark.parametrize("own", NODES)
@pytest.mark.parametrize("after", NODES)
def test_what_comes_after_only_lowers(own: Operation, after: Operation) -> None:
    decision = ask(
        [
            policy(incoming(NODES[own]), "own"),
            policy(incoming(NODES[after]), "after", owner=AFTER),
        ]
    )
    lower = min(own, after, key=RANKS.__getitem__)
    assert decision.operation is lower
    assert decision.policy is not None
    assert decision.policy.id == ("after" if RANKS[after] < RANKS[own] else "own")


@pytest.mark.parametrize("after", NODES)
@pytest.mark.parametrize("default", [Operation.ALLOW, Operation.CONFIRM])
def test_what_comes_after_lowers_the_default_too(default: Operation, after: Operation) -> None:
    decision = ask([policy(incoming(NODES[after]), owner=AFTER)], default=default)
    assert decision.operation is min(default, after, key=RANKS.__getitem__)
    assert decision.is_default == (RANKS[after] >= RANKS[default])


OWNERS = st.sampled_from([BEFORE, ALICE, AFTER])
INSIDES = st.sampled_from([*NODES.values(), '<p:throttle interval="PT5M"/>',
                           '<p:throttle interval="PT1M"><p:allow/></p:throttle>', ""])  # fmt: skip
POLICIES = st.lists(st.tuples(OWNERS, INSIDES, st.integers(-2, 2)), max_size=6).map(
    lambda rows: [
        policy(incoming(inside), str(number), owner=owner, priority=priority)
        for number, (owner, inside, priority) in enumerate(rows)
    ]
)


@given(POLICIES.flatmap(lambda policies: st.tuples(st.just(policies), st.permutations(policies))))
def test_it_does_not_matter_in_which_order_policies_are_given(
    orders: tuple[list[Policy], list[Policy]],
) -> None:
    one, other = orders
    assert ask(one) == ask(other)


@given(POLICIES, INSIDES)
def test_one_more_after_never_tells_more(policies: list[Policy], inside: str) -> None:
    before = ask(policies)
    after = ask([*policies, policy(incoming(inside), "more", owner=AFTER, priority=-3)])
    assert RANKS[after.operation] <= RANKS[before.operation]
    merged = before.modifiers.merged(after.modifiers)
    assert merged == after.modifiers, "nor more often, nor for longer"


@given(POLICIES)
def test_a_decision_is_explained(policies: list[Policy]) -> None:
    decision = ask(policies)
    assert decision.is_default == (decision.policy is None)
    assert (
        decision.steps
        == len(decision.trace)
        <= sum(len(each.script.nodes) for each in policies if each.script)
    )
    assert decision.because.endswith(".")


# -- throttle


def throttled(known: Facts, *policies: str) -> Decision:
    scripts = [at(known.point, inside) for inside in policies]
    named = [policy(script, str(number)) for number, script in enumerate(scripts)]
    return ask(named, known, Operation.DELIVER)


def test_a_delivery_within_the_interval_is_held_for_the_rest_of_it() -> None:
    known = facts(Point.OUTGOING_NOTIFICATION, since_last_notification=125.0)
    decision = ask([policy(TEN_MINUTES)], known, Operation.DELIVER)
    assert decision.parameters == Parameters(seconds=475, because="throttle")
    assert decision.looked_at == {"watcher", "since_last_notification", "trigger"}
    assert decision.because == (
        "Held for 475 s because the watcher was sip:tom@example.com and the last notification was"
        " 125 s ago, less than 600 s (line 4 of alice@example.com's policy 'policy a')."
    )


def test_the_default_is_held_as_well() -> None:
    known = facts(Point.INCOMING_NOTIFICATION, since_last_notification=10.0)
    decision = throttled(known, '<p:throttle interval="PT1M"/>')
    assert (decision.operation, decision.is_default) == (Operation.DEFER, True)
    assert decision.because == (
        "Held for 50 s because the last notification was 10 s ago, less than 60 s."
    )


def test_a_delivery_after_the_interval_goes() -> None:
    known = facts(Point.OUTGOING_NOTIFICATION, since_last_notification=600.0)
    decision = ask([policy(TEN_MINUTES)], known, Operation.DELIVER)
    assert (decision.operation, decision.parameters) == (Operation.DELIVER, Parameters())


def test_what_is_suppressed_is_not_held() -> None:
    known = facts(Point.OUTGOING_NOTIFICATION, since_last_notification=10.0)
    decision = throttled(known, '<p:throttle interval="PT1M"><p:suppress/></p:throttle>')
    assert decision.operation is Operation.SUPPRESS
    assert decision.looked_at == {"trigger"}


@pytest.mark.parametrize("trigger", [Trigger.SUBSCRIBE, Trigger.APPROVAL, Trigger.TERMINATION])
def test_a_mandatory_notification_is_not_suppressed(trigger: Trigger) -> None:
    decision = throttled(facts(Point.OUTGOING_NOTIFICATION, trigger=trigger), "<p:suppress/>")
    assert decision.operation is Operation.DELIVER
    assert decision.parameters == Parameters(is_frozen=True)


def test_what_is_shown_to_a_watcher_can_always_be_suppressed() -> None:
    known = facts(Point.INCOMING_NOTIFICATION, trigger=Trigger.TERMINATION)
    decision = throttled(known, "<p:suppress/>")
    assert decision.operation is Operation.SUPPRESS


# -- until when


def test_a_decision_holds_until_time_changes_it() -> None:
    decision = ask([policy(WORKING_HOURS)])
    assert decision.valid_until == in_toronto("2026-11-24 17:00")


def test_nor_longer_than_the_policies_that_were_asked() -> None:
    silent = policy(incoming(""), "first", priority=1, valid_until=NOW + 60)
    unasked = policy(incoming("<p:allow/>"), "z", priority=-1, valid_until=NOW + 30)
    assert ask([silent, policy(WORKING_HOURS), unasked]).valid_until == NOW + 60


# -- errors


@pytest.mark.parametrize(
    "point, operation, parameters",
    [
        (Point.OUTGOING_SUBSCRIPTION, Operation.REJECT, Parameters(status=500)),
        (Point.INCOMING_SUBSCRIPTION, Operation.CONFIRM, Parameters()),
        (Point.OUTGOING_NOTIFICATION, Operation.SUPPRESS, Parameters()),
        (Point.INCOMING_NOTIFICATION, Operation.DELIVER, Parameters()),
    ],
)
def test_where_policies_cannot_be_asked_nothing_is_given_away(
    point: Point, operation: Operation, parameters: Parameters
) -> None:
    decision = failed(point, "the policy server does not answer")
    assert (decision.operation, decision.parameters) == (operation, parameters)
    assert decision.because.endswith("because the policy server does not answer.")
    assert not decision.is_default


def test_even_then_a_mandatory_notification_goes_without_news() -> None:
    decision = failed(Point.OUTGOING_NOTIFICATION, "nobody answers", Trigger.SUBSCRIBE)
    assert decision.operation is Operation.DELIVER
    assert decision.parameters.is_frozen


@pytest.mark.parametrize("point", Point)
def test_a_policy_that_cannot_be_run_is_an_error(point: Point) -> None:
    broken = Policy(owner=ALICE, id="b", name="old", script=None)
    decision = ask([broken], facts(point), DEFAULTS[point])
    assert decision.operation is failed(point, "").operation
    assert decision.policy == PolicyName(ALICE, "b", "old")
    assert "this version cannot run the policy 'old'" in decision.because


def test_unless_another_decides_before_it() -> None:
    broken = Policy(owner=ALICE, id="b", name="old", priority=-1, script=None)
    assert ask([broken, policy(incoming("<p:allow/>"))]).operation is Operation.ALLOW
