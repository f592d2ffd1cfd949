from __future__ import annotations

import pytest

from hereabouts.policy.cpl.compiler import compile_script
from hereabouts.policy.cpl.tree import ways
from hereabouts.policy.point import Call, Point
from tests.policy.samples import EXAMPLES, WORKING_HOURS, cpl

SHARED = cpl(
    '<subaction id="none"/><subaction id="no"><reject status="403"/></subaction>'
    '<incoming><proxy><busy><sub ref="no"/></busy><default/></proxy></incoming>'
    '<p:outgoing-subscription><p:throttle interval="PT1M"><sub ref="none"/></p:throttle>'
    '</p:outgoing-subscription><p:incoming-subscription><sub ref="no"/></p:incoming-subscription>'
)


@pytest.mark.parametrize("script", [*EXAMPLES.values(), SHARED], ids=[*EXAMPLES, "shared parts"])
def test_every_way_leads_to_a_lower_number(script: str) -> None:
    """So no run takes more steps than there are nodes."""
    tree = compile_script(script.encode())
    assert tree.nodes
    for place, node in enumerate(tree.nodes):
        assert all(0 <= way < place for way in ways(node))


def test_a_script_knows_where_it_begins() -> None:
    tree = compile_script(SHARED.encode())
    assert tree.points == (Point.OUTGOING_SUBSCRIPTION, Point.INCOMING_SUBSCRIPTION)
    assert tree.start(Call.INCOMING) is not None
    assert tree.start(Point.OUTGOING_NOTIFICATION) is None
    assert [each.id for each in tree.subactions] == ["none", "no"]


def test_equal_scripts_make_equal_trees() -> None:
    assert compile_script(WORKING_HOURS.encode()) == compile_script(WORKING_HOURS.encode())
    assert compile_script(WORKING_HOURS.encode()) != compile_script(SHARED.encode())
