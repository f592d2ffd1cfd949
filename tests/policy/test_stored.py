from __future__ import annotations

import msgspec
import pytest

from hereabouts.base.units import NEVER, Timestamp
from hereabouts.policy.point import Point
from hereabouts.policy.stored import (
    MAXIMUM_POLICIES,
    MalformedPolicy,
    StoredPolicy,
    TooManyPolicies,
    changed,
    check,
    check_room,
)

POLICY = StoredPolicy(
    name="working hours",
    script=b"<cpl/>",
    valid_from=Timestamp(100.0),
    valid_until=Timestamp(200.0),
    points=(Point.INCOMING_SUBSCRIPTION,),
)


def other(**changes: object) -> StoredPolicy:
    return msgspec.structs.replace(POLICY, **changes)


@pytest.mark.parametrize(
    "now, is_enabled, applies",
    [
        pytest.param(99.9, True, False, id="not yet"),
        pytest.param(100.0, True, True, id="from its first instant on"),
        pytest.param(199.9, True, True, id="to its last"),
        pytest.param(200.0, True, False, id="not from its end on"),
        pytest.param(150.0, False, False, id="switched off"),
    ],
)
def test_a_policy_applies_within_its_dates(now: float, *, is_enabled: bool, applies: bool) -> None:
    assert other(is_enabled=is_enabled).applies(Timestamp(now)) == applies


@pytest.mark.parametrize("policy_id", ["a", "hours-2", "2.working_hours", "a" * 64])
def test_an_id_is_a_short_word(policy_id: str) -> None:
    check(policy_id, POLICY)


@pytest.mark.parametrize("policy_id", ["", "-a", "Hours", "a b", "a/b", "\u00e4", "a" * 65, "a\n"])
def test_nothing_else_is_an_id(policy_id: str) -> None:
    with pytest.raises(MalformedPolicy, match="is no id"):
        check(policy_id, POLICY)


@pytest.mark.parametrize(
    "changes, why",
    [
        ({"name": ""}, "a name has"),
        ({"name": "  "}, "a name has"),
        ({"name": "a\nb"}, "a name has"),
        ({"name": "x" * 201}, "a name has"),
        ({"priority": 1_000_001}, "a priority lies"),
        ({"priority": -1_000_001}, "a priority lies"),
        ({"valid_until": Timestamp(100.0)}, "ends before it begins"),
        ({"valid_from": Timestamp(float("nan"))}, "ends before it begins"),
    ],
)
def test_what_a_policy_cannot_be_is_refused_with_a_reason(
    changes: dict[str, object], why: str
) -> None:
    with pytest.raises(MalformedPolicy, match=why):
        check("a", other(**changes))


def test_each_point_has_room_for_so_many() -> None:
    full = [other()] * (MAXIMUM_POLICIES - 1)
    check_room(POLICY, full)
    elsewhere = other(points=(Point.OUTGOING_NOTIFICATION,))
    check_room(elsewhere, [*full, other()])
    with pytest.raises(TooManyPolicies, match="for incoming-subscription"):
        check_room(POLICY, [*full, other()])


def test_fields_are_changed_by_their_names() -> None:
    after = changed(POLICY, {"priority": 7, "is_enabled": False, "valid_until": NEVER})
    assert (after.priority, after.is_enabled, after.valid_until) == (7, False, NEVER)
    assert (after.name, after.script) == (POLICY.name, POLICY.script)


@pytest.mark.parametrize(
    "changes", [{"prioritY": 1}, {"points": ()}, {"priority": "high"}, {"script": "text"}]
)
def test_what_is_no_field_or_not_its_value_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(MalformedPolicy):
        changed(POLICY, changes)


def test_a_policy_can_be_stored() -> None:
    written = msgspec.msgpack.encode(POLICY)
    assert msgspec.msgpack.decode(written, type=StoredPolicy) == POLICY
