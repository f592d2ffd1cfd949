from __future__ import annotations

import pytest

from hereabouts.policy.actions import OPERATIONS, OperationKind
from hereabouts.policy.actions.allow import ALLOW
from hereabouts.policy.actions.deliver import DELIVER
from hereabouts.policy.actions.polite_block import POLITE_BLOCK
from hereabouts.policy.actions.suppress import SUPPRESS
from hereabouts.policy.cpl.element import PRESENCE
from hereabouts.policy.cpl.finding import Code
from hereabouts.policy.decision import Operation, Parameters
from tests.policy.actions.reading import read_operation


@pytest.mark.parametrize("kind", [ALLOW, DELIVER, POLITE_BLOCK, SUPPRESS])
def test_it_takes_nothing_and_is_named_as_it_is_called(kind: OperationKind) -> None:
    assert kind.name == (PRESENCE, kind.operation.value)
    assert read_operation(kind) == (Parameters(), [])
    assert read_operation(kind, reason="x")[1] == [Code.ATTRIBUTE]
    assert kind.show(Parameters()) == ""


def test_every_operation_that_a_script_can_ask_for_is_listed() -> None:
    """A notification is deferred by a throttle alone so far."""
    assert {kind.operation for kind in OPERATIONS.values()} == set(Operation) - {Operation.DEFER}
