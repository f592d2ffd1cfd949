"""What is known of policies that are elsewhere."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hereabouts.base.units import Timestamp
from hereabouts.policy.engine import Policy
from hereabouts.policy.point import Point
from hereabouts.roles import policy_memory as module
from hereabouts.roles.policy_link import Dated
from hereabouts.roles.policy_memory import PolicyMemory, is_everybodys

TOM, ALICE = "sip:tom@example.com", "sip:alice@example.com"
IN, OUT = Point.INCOMING_SUBSCRIPTION, Point.OUTGOING_NOTIFICATION
HOURS = (Dated(Policy(owner=TOM, id="hours", name="h", script=None), Timestamp(0.0)),)


def test_nothing_is_known_of_whom_nothing_was_said() -> None:
    memory = PolicyMemory()
    assert memory.known(TOM, IN) is None
    assert memory.last((TOM, IN)) is None


def test_an_answer_is_known_for_its_owner_and_point() -> None:
    memory = PolicyMemory()
    memory.keep((TOM, IN), "one", HOURS)
    assert memory.known(TOM, IN) == HOURS
    assert memory.known(TOM, OUT) is None
    assert memory.known(ALICE, IN) is None


FORGOTTEN = [
    (lambda memory: memory.forget(), True, "all is forgotten"),
    (lambda memory: memory.change({TOM: frozenset({IN})}), True, "he has changed his policies"),
    (lambda memory: memory.change({ALICE: frozenset({IN})}), False, "somebody else has"),
    (lambda memory: memory.change({"*before": frozenset()}), True, "an administrator has"),
    (lambda memory: memory.change({}), False, "nobody has"),
]


@pytest.mark.parametrize(
    "happens, is_forgotten", [row[:2] for row in FORGOTTEN], ids=[row[2] for row in FORGOTTEN]
)
def test_what_may_be_wrong_is_not_known_any_more_and_its_tag_is(
    happens: Callable[[PolicyMemory], None],
    is_forgotten: bool,  # noqa: FBT001 - a table
) -> None:
    memory = PolicyMemory()
    memory.keep((TOM, IN), "one", HOURS)
    happens(memory)
    assert (memory.known(TOM, IN) is None) is is_forgotten
    last = memory.last((TOM, IN))
    assert last is not None
    assert last.entity_tag == "one"
    memory.keep((TOM, IN), "two", HOURS)
    assert memory.known(TOM, IN) == HOURS


def test_who_is_not_among_those_with_policies_has_none() -> None:
    memory = PolicyMemory()
    memory.learn({TOM: frozenset({IN})})
    assert memory.known(TOM, IN) is None, "he has some: which, is to be asked"
    assert memory.known(TOM, OUT) == ()
    assert memory.known(ALICE, IN) == ()


def test_a_change_tells_who_has_policies_now() -> None:
    memory = PolicyMemory()
    memory.learn({TOM: frozenset({IN})})
    memory.change({TOM: frozenset(), ALICE: frozenset({OUT})})
    assert memory.known(TOM, IN) == ()
    assert memory.known(ALICE, OUT) is None
    memory.forget()
    assert memory.known(TOM, IN) is None


def test_an_administrators_policy_is_everybodys() -> None:
    memory = PolicyMemory()
    memory.learn({"*after": frozenset({OUT})})
    assert memory.known(TOM, OUT) is None
    assert memory.known(TOM, IN) == ()
    memory.change({"*after": frozenset(), "*before": frozenset({IN})})
    assert memory.known(TOM, OUT) == ()
    assert memory.known(TOM, IN) is None


def test_whose_policies_are_everybodys() -> None:
    assert [is_everybodys(owner) for owner in ("*before", "*after", TOM)] == [True, True, False]


def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_HELD", 2)
    memory = PolicyMemory()
    for owner in ("a", "b", "a", "c"):
        memory.keep((owner, IN), "t", HOURS)
    assert [memory.known(owner, IN) for owner in ("a", "b", "c")] == [HOURS, None, HOURS]
