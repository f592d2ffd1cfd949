from __future__ import annotations

import pytest

from hereabouts.policy.cpl.checker import check, reached, spread
from hereabouts.policy.cpl.element import parse
from hereabouts.policy.cpl.finding import Code, Report
from hereabouts.policy.cpl.reader import read
from hereabouts.policy.cpl.tree import OperationNode, Script, ways
from hereabouts.policy.point import Call, Point
from tests.policy.samples import at, cpl


def script(text: str) -> Script:
    report = Report()
    found = read(parse(text.encode(), report), report)
    assert report.findings == ()
    return found


SHARED = cpl(
    '<subaction id="a"><reject status="403"/></subaction><subaction id="b"><sub ref="a"/>'
    '</subaction><subaction id="c"><p:deliver/></subaction><outgoing><sub ref="a"/></outgoing>'
    '<p:incoming-subscription><sub ref="b"/></p:incoming-subscription>'
)


def test_a_node_is_reached_through_every_part_that_leads_to_it() -> None:
    tree = script(SHARED)
    found = reached(tree)
    operations = {
        node.kind.name[1]: found[place]
        for place, node in enumerate(tree.nodes)
        if isinstance(node, OperationNode)
    }
    assert operations == {
        "reject": {Call.OUTGOING, Point.INCOMING_SUBSCRIPTION},
        "deliver": set(),
    }


def test_what_holds_at_the_start_spreads_until_it_is_stopped() -> None:
    tree = script(SHARED)
    starts = [(start.next, start.line) for start in tree.starts]
    everywhere = spread(tree, starts, lambda node, facts: ((way, facts) for way in ways(node)))
    nowhere = spread(tree, starts, lambda node, facts: ((way, set[int]()) for way in ways(node)))
    assert everywhere[0] == {2}
    assert nowhere[0] == set()


@pytest.mark.parametrize("point", Point)
@pytest.mark.parametrize(
    "node, points",
    [
        ("<p:allow/>", {Point.OUTGOING_SUBSCRIPTION, Point.INCOMING_SUBSCRIPTION}),
        ("<p:confirm/>", {Point.OUTGOING_SUBSCRIPTION, Point.INCOMING_SUBSCRIPTION}),
        ('<reject status="403"/>', {Point.OUTGOING_SUBSCRIPTION, Point.INCOMING_SUBSCRIPTION}),
        ("<p:polite-block/>", {Point.INCOMING_SUBSCRIPTION, Point.OUTGOING_NOTIFICATION}),
        ("<p:deliver/>", {Point.OUTGOING_NOTIFICATION, Point.INCOMING_NOTIFICATION}),
        ("<p:suppress/>", {Point.OUTGOING_NOTIFICATION, Point.INCOMING_NOTIFICATION}),
        ('<p:throttle interval="PT1M"/>', set(Point)),
        (
            '<p:expires at-most="PT1H"/>',
            {Point.OUTGOING_SUBSCRIPTION, Point.INCOMING_SUBSCRIPTION},
        ),
        ('<address-switch field="watcher"/>', set(Point)),
        ("<time-switch/>", set(Point)),
        ('<p:subscription-switch field="kind"/>', set(Point)),
        ("<proxy/>", set()),
        ('<lookup source="registration"/>', set()),
    ],
)
def test_every_node_has_its_points(node: str, points: set[Point], point: Point) -> None:
    report = Report()
    check(script(at(point, node)), report)
    expected = [] if point in points else [(Code.POINT, 3)]
    assert [(each.code, each.line) for each in report.findings] == expected


@pytest.mark.parametrize("node", ["<log/>", '<mail url="mailto:a@h"/>', "<language-switch/>"])
def test_what_the_language_has_there_is_refused_as_not_executed(node: str) -> None:
    report = Report()
    check(script(at(Point.INCOMING_NOTIFICATION, node)), report)
    (finding,) = report.findings
    assert finding.code is Code.NODE
    assert "yet" in finding.message


def test_what_nothing_leads_to_is_not_checked() -> None:
    report = Report()
    check(script(SHARED), report)
    assert report.findings == ()
