from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from hereabouts.base.units import Timestamp
from hereabouts.policy.decision import (
    DEFAULTS,
    RANKS,
    Decision,
    Modifiers,
    Operation,
    Parameters,
    PolicyName,
    TraceStep,
)
from hereabouts.policy.point import Point

SECONDS = st.none() | st.floats(1, 1e6)
MODIFIERS = st.builds(Modifiers, min_interval=SECONDS, expires_at_most=SECONDS)


@given(MODIFIERS, MODIFIERS, MODIFIERS)
def test_modifiers_merge_in_any_order_to_the_same(
    one: Modifiers, two: Modifiers, three: Modifiers
) -> None:
    assert one.merged(two) == two.merged(one)
    assert one.merged(two).merged(three) == one.merged(two.merged(three))
    assert one.merged(one) == one.merged(Modifiers()) == one


def test_the_stricter_modifier_holds() -> None:
    mild = Modifiers(min_interval=60, expires_at_most=3600)
    strict = Modifiers(min_interval=600, expires_at_most=60)
    assert mild.merged(strict) == strict


def test_every_operation_has_its_place_on_the_scale() -> None:
    assert RANKS.keys() == set(Operation)


def test_every_point_has_a_default() -> None:
    assert DEFAULTS.keys() == set(Point)


def test_a_decision_can_be_stored_with_what_it_was_about() -> None:
    decision = Decision(
        operation=Operation.REJECT,
        because="it was late",
        parameters=Parameters(status=403, reason="Late"),
        policy=PolicyName("sip:tom@example.com", "hours", "working hours"),
        trace=(TraceStep("hours", 3, "time-switch", "time", "Tue 17:30", "otherwise"),),
        steps=2,
        valid_until=Timestamp(1000.0),
        looked_at=frozenset({"watcher"}),
    )
    written = msgspec.msgpack.encode(decision)
    assert msgspec.msgpack.decode(written, type=Decision) == decision
