from __future__ import annotations

import pytest

from hereabouts.policy.cpl.element import parse
from hereabouts.policy.cpl.finding import Code, Report
from hereabouts.policy.cpl.reader import NOT_YET, read
from hereabouts.policy.cpl.tree import (
    CallNode,
    ModifierNode,
    Node,
    OperationNode,
    Script,
    SubNode,
    SwitchNode,
    When,
)
from hereabouts.policy.decision import Modifiers, Operation, Parameters
from hereabouts.policy.point import Point
from tests.policy.samples import GENTLE_HOURS, TEN_MINUTES, cpl, incoming


def read_text(text: str) -> tuple[Script, list[tuple[Code, int]]]:
    report = Report()
    script = read(parse(text.encode(), report), report)
    return script, [(each.code, each.line) for each in report.findings]


def first(script: Script) -> Node:
    (start,) = script.starts
    assert start.next is not None
    return script.nodes[start.next]


def test_an_example_becomes_nodes() -> None:
    script, problems = read_text(TEN_MINUTES)
    assert problems == []
    deliver, throttle, switch = script.nodes
    assert isinstance(deliver, OperationNode)
    assert (deliver.line, deliver.kind.operation) == (6, Operation.DELIVER)
    assert isinstance(throttle, ModifierNode)
    assert (throttle.line, throttle.modifiers, throttle.next) == (5, Modifiers(min_interval=600), 0)
    assert isinstance(switch, SwitchNode)
    address, otherwise = switch.outputs
    assert (address.line, address.when, address.next) == (4, When.MET, 1)
    assert address.text == 'address is="sip:tom@example.com"'
    assert (otherwise.line, otherwise.when, otherwise.next) == (9, When.OTHERWISE, None)


def test_switches_stand_in_switches() -> None:
    script, problems = read_text(GENTLE_HOURS)
    assert problems == []
    kinds = [node.kind.name[1] for node in script.nodes if isinstance(node, SwitchNode)]
    assert kinds == ["time-switch", "subscription-switch"]


def test_a_part_is_read_once_however_often_it_is_used() -> None:
    script, problems = read_text(
        cpl(
            '<subaction id="no"><reject status="603" reason="No"/></subaction>'
            '<p:outgoing-subscription><sub ref="no"/></p:outgoing-subscription>'
            '<p:incoming-subscription><sub ref="no"/></p:incoming-subscription>'
        )
    )
    assert problems == []
    reject, *subs = script.nodes
    assert isinstance(reject, OperationNode)
    assert reject.parameters == Parameters(status=603, reason="No")
    assert [(each.ref, each.next) for each in subs if isinstance(each, SubNode)] == [("no", 0)] * 2


def test_ids_that_look_alike_are_the_same() -> None:
    script, problems = read_text(
        cpl(
            '<subaction id="&#228;"><p:allow/></subaction>'
            '<p:incoming-subscription><sub ref="a&#776;"/></p:incoming-subscription>'
        )
    )
    assert problems == []
    assert isinstance(first(script), SubNode)


def test_a_node_for_calls_is_kept_with_its_ways() -> None:
    script, problems = read_text(
        cpl("<incoming><proxy><busy><redirect/></busy><noanswer/></proxy></incoming>")
    )
    assert problems == []
    proxy = first(script)
    assert isinstance(proxy, CallNode)
    assert (proxy.name[1], proxy.ways) == ("proxy", (0, None))


@pytest.mark.parametrize("name", sorted(name for _, name in NOT_YET))
def test_what_this_version_does_not_execute_is_refused(name: str) -> None:
    assert read_text(incoming(f"<p:{name}/>"))[1] == [(Code.NODE, 3)]


def test_another_root_is_refused_and_not_read_further() -> None:
    assert read_text("<cps><permit/></cps>") == (Script(), [(Code.ROOT, 1)])


def test_a_long_output_is_shown_in_part() -> None:
    script, _ = read_text(
        incoming(f'<address-switch field="watcher"><address is="sip:{"a" * 500}@h"/>'
                 "</address-switch>")
    )  # fmt: skip
    switch = first(script)
    assert isinstance(switch, SwitchNode)
    assert len(switch.outputs[0].text) == 200


def test_of_one_point_given_twice_the_first_is_read() -> None:
    script, problems = read_text(
        cpl("<p:incoming-subscription><p:allow/></p:incoming-subscription>\n"
            "<p:incoming-subscription/>")
    )  # fmt: skip
    assert problems == [(Code.TOP_TWICE, 3)]
    start = script.start(Point.INCOMING_SUBSCRIPTION)
    assert start is not None
    assert start.next == 0


@pytest.mark.parametrize(
    "inside, problem",
    [
        pytest.param("<p:allow/>", (Code.TOP, 2), id="a node at the top"),
        pytest.param("<incoming/>\n<ancillary/>", (Code.TOP, 3), id="ancillary that is late"),
        pytest.param("<incoming/>\n<subaction id='a'/>", (Code.TOP, 3), id="a part that is late"),
        pytest.param(
            "<subaction id='a'/>\n<subaction id='a'/>", (Code.SUB_DUPLICATE, 3), id="a part twice"
        ),
        pytest.param("<subaction/>", (Code.ATTRIBUTE, 2), id="a part without a name"),
        pytest.param(
            "\n" + "".join(f"<subaction id='a{number}'/>" for number in range(65)),
            (Code.SIZE, 3),
            id="too many parts",
        ),
        pytest.param(
            "<incoming>\n<redirect/>\n<redirect/></incoming>", (Code.ONE_NODE, 4), id="two nodes"
        ),
        pytest.param("<incoming><ring/></incoming>", (Code.NODE, 2), id="no such node"),
        pytest.param(
            "<incoming><reject status='busy'>\n<proxy/></reject></incoming>",
            (Code.ONE_NODE, 3),
            id="a node after the end",
        ),
        pytest.param(
            "<incoming><sub ref='a'/></incoming>", (Code.SUB_UNDEFINED, 2), id="no such part"
        ),
        pytest.param(
            "<subaction id='a'><sub ref='a'/></subaction>", (Code.SUB_UNDEFINED, 2), id="itself"
        ),
        pytest.param(
            "<incoming><sub/></incoming>", (Code.ATTRIBUTE, 2), id="a reference to nothing"
        ),
    ],
)
def test_what_stands_in_the_wrong_place_is_refused(inside: str, problem: tuple[Code, int]) -> None:
    assert read_text(cpl(inside))[1] == [problem]
