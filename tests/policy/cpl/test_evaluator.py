from __future__ import annotations

import pytest

from hereabouts.base.units import NEVER, Timestamp
from hereabouts.policy.cpl.compiler import compile_script
from hereabouts.policy.cpl.element import CPL
from hereabouts.policy.cpl.evaluator import SHOWN, TOLD, Evaluation, Reason, evaluate
from hereabouts.policy.cpl.tree import CallNode, Script, Start, SubNode
from hereabouts.policy.decision import Modifiers, Operation, Parameters, TraceStep
from hereabouts.policy.facts import Facts, Kind
from hereabouts.policy.point import Point
from tests.policy.samples import (
    GENTLE_HOURS,
    NOW,
    TEN_MINUTES,
    WORKING_HOURS,
    cpl,
    facts,
    in_toronto,
    incoming,
)


def run(script: str, known: Facts | None = None, now: Timestamp = NOW) -> Evaluation:
    return evaluate(compile_script(script.encode()), known or facts(), now, "p")


def switch(outputs: str) -> str:
    return incoming(f'<address-switch field="watcher" subfield="host">{outputs}</address-switch>')


ALLOW_403 = '<p:allow/></address><otherwise><reject status="403"/></otherwise>'


@pytest.mark.parametrize(
    "outputs, operation",
    [
        pytest.param("", None, id="an empty switch leads nowhere"),
        pytest.param(
            '<address is="other.org"><p:allow/></address>', None, id="nor one that does not fit"
        ),
        pytest.param(
            '<address is="example.com"/><otherwise><p:allow/></otherwise>',
            None,
            id="an empty output is taken all the same",
        ),
        pytest.param(
            '<address is="example.com"><p:allow/></address><address subdomain-of="com">'
            "<p:confirm/></address>",
            Operation.ALLOW,
            id="the first that fits is taken",
        ),
        pytest.param(
            '<not-present><p:confirm/></not-present><address is="example.com"><p:allow/></address>',
            Operation.ALLOW,
            id="not-present is passed over where something is",
        ),
        pytest.param(
            '<address is="other.org"/><otherwise><p:polite-block/></otherwise>',
            Operation.POLITE_BLOCK,
            id="otherwise is taken where nothing else fits",
        ),
    ],
)
def test_a_switch_takes_its_first_output_that_fits(
    outputs: str, operation: Operation | None
) -> None:
    assert run(switch(outputs)).operation is operation


@pytest.mark.parametrize(
    "outputs, operation",
    [
        pytest.param(
            '<address subdomain-of="com"><p:allow/></address><not-present><p:confirm/>'
            "</not-present>",
            Operation.CONFIRM,
            id="not-present, wherever it stands",
        ),
        pytest.param(
            "<otherwise><p:polite-block/></otherwise>",
            Operation.POLITE_BLOCK,
            id="otherwise, where there is no not-present",
        ),
    ],
)
def test_where_there_is_nothing_no_condition_is_met(outputs: str, operation: Operation) -> None:
    assert run(switch(outputs), facts(watcher=None)).operation is operation


def test_modifiers_of_the_way_are_kept_the_stricter_of_each() -> None:
    evaluation = run(
        incoming(
            '<p:throttle interval="PT1M"><p:expires at-most="PT1H"><p:throttle interval="PT5M">'
            '<p:expires at-most="PT2H"><p:confirm giveup="P1D"/></p:expires></p:throttle>'
            "</p:expires></p:throttle>"
        )
    )
    assert evaluation.modifiers == Modifiers(min_interval=300, expires_at_most=3600)
    assert evaluation.parameters == Parameters(giveup=86_400)


def test_a_way_without_an_operation_keeps_its_modifiers() -> None:
    evaluation = run(incoming('<p:throttle interval="PT1M"/>'))
    assert evaluation.operation is None
    assert evaluation.modifiers == Modifiers(min_interval=60)


def test_a_part_takes_over() -> None:
    script = cpl(
        '<subaction id="ask"><p:confirm/></subaction><subaction id="ask-me"><sub ref="ask"/>'
        '</subaction><p:incoming-subscription><sub ref="ask-me"/></p:incoming-subscription>'
    )
    evaluation = run(script)
    assert evaluation.operation is Operation.CONFIRM
    assert [(step.node, step.value) for step in evaluation.trace] == [
        ("sub", "ask-me"),
        ("sub", "ask"),
        ("p:confirm", ""),
    ]


def test_a_script_is_silent_where_it_says_nothing() -> None:
    evaluation = run(TEN_MINUTES, facts(Point.INCOMING_NOTIFICATION))
    assert (evaluation.operation, evaluation.line, evaluation.trace) == (None, 0, ())


def test_the_trace_tells_every_node() -> None:
    evaluation = run(TEN_MINUTES, facts(Point.OUTGOING_NOTIFICATION))
    address = 'address is="sip:tom@example.com"'
    assert evaluation.trace == (
        TraceStep("p", 3, "address-switch", "watcher", "sip:tom@example.com", address),
        TraceStep("p", 5, "p:throttle", value="600 s"),
        TraceStep("p", 6, "p:deliver"),
    )


def test_the_trace_tells_a_way_that_is_not_there() -> None:
    (step,) = run(switch(""), facts(watcher=None)).trace
    assert step == TraceStep("p", 3, "address-switch", "watcher host", "", "none")


def test_no_more_is_kept_of_a_value_than_anybody_reads() -> None:
    script = incoming('<p:subscription-switch field="reason"/>')
    evaluation = run(script, facts(reason="x" * 1000))
    assert evaluation.trace[0].value == "x" * SHOWN
    assert len(evaluation.reasons[0].clause) == TOLD


REASONS = [
    pytest.param(
        '<address is="a.org"/><address is="example.com"><p:allow/></address>',
        Reason(5, "the host of the watcher was example.com"),
        id="the line of the condition that was met",
    ),
    pytest.param(
        '<address is="a.org"/><otherwise/>',
        Reason(4, "the host of the watcher was example.com, not a.org"),
        id="the line of the only condition that was not",
    ),
    pytest.param(
        '<address is="a.org"/><address is="b.org"/>',
        Reason(3, "the host of the watcher was example.com, not a.org or b.org"),
        id="the line of the switch, where there were several",
    ),
    pytest.param(
        "<otherwise/>",
        Reason(3, "the host of the watcher was example.com"),
        id="the line of the switch, where there was none",
    ),
]


@pytest.mark.parametrize("outputs, reason", REASONS)
def test_a_reason_has_the_line_that_a_person_should_look_at(outputs: str, reason: Reason) -> None:
    script = switch(outputs.replace("<a", "\n<a").replace("<o", "\n<o"))
    assert run(script).reasons == (reason,)


@pytest.mark.parametrize(
    "now, until",
    [
        pytest.param("2026-11-24 10:00", "2026-11-24 17:00", id="inside: until the end"),
        pytest.param("2026-11-24 17:00", "2026-11-25 09:00", id="outside: until the next start"),
        pytest.param("2026-11-27 17:00", "2026-11-30 09:00", id="over a weekend"),
        pytest.param("2026-10-31 12:00", "2026-11-02 09:00", id="over the end of summer time"),
    ],
)
def test_time_alone_changes_a_decision_at_the_next_end_or_start(now: str, until: str) -> None:
    evaluation = run(WORKING_HOURS, now=in_toronto(now))
    assert evaluation.valid_until == in_toronto(until)


def test_a_time_on_another_way_changes_nothing() -> None:
    assert run(GENTLE_HOURS, facts(kind=Kind.REFRESH)).valid_until == NEVER


def test_a_time_after_the_one_that_is_taken_changes_nothing() -> None:
    script = incoming(
        '<time-switch tzid="America/Toronto">'
        '<time dtstart="20261124T090000" duration="PT8H"><p:allow/></time>'
        '<time dtstart="20261124T100000" duration="PT1H"><p:confirm/></time></time-switch>'
    )
    evaluation = run(script, now=in_toronto("2026-11-24 09:30"))
    assert evaluation.valid_until == in_toronto("2026-11-24 17:00")


def test_it_is_known_which_facts_were_looked_at() -> None:
    assert run(GENTLE_HOURS, facts(kind=Kind.REFRESH)).looked_at == {"kind"}
    assert run(WORKING_HOURS).looked_at == set()
    script = incoming('<address-switch field="original-destination"/>')
    assert run(script).looked_at == {"original_destination"}


def test_what_no_checker_lets_through_is_a_bug() -> None:
    """Nodes for calls, and ways that lead upwards."""
    call = CallNode(1, (CPL, "proxy"), frozenset(), ())
    loop = SubNode(1, "a", 0)
    for node in (call, loop):
        script = Script((node,), (Start(1, Point.INCOMING_SUBSCRIPTION, 0),))
        with pytest.raises(AssertionError):
            evaluate(script, facts(), NOW, "p")
