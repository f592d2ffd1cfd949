"""The operations and modifiers, one a file; this is their table of contents."""

from hereabouts.policy.actions.action import ModifierKind, OperationKind
from hereabouts.policy.actions.allow import ALLOW
from hereabouts.policy.actions.confirm import CONFIRM
from hereabouts.policy.actions.deliver import DELIVER
from hereabouts.policy.actions.expires import EXPIRES
from hereabouts.policy.actions.polite_block import POLITE_BLOCK
from hereabouts.policy.actions.reject import REJECT
from hereabouts.policy.actions.suppress import SUPPRESS
from hereabouts.policy.actions.throttle import THROTTLE
from hereabouts.policy.cpl.element import Name

OPERATIONS: dict[Name, OperationKind] = {
    kind.name: kind for kind in (ALLOW, CONFIRM, REJECT, POLITE_BLOCK, DELIVER, SUPPRESS)
}
"By the element that asks for it."

MODIFIERS: dict[Name, ModifierKind] = {kind.name: kind for kind in (THROTTLE, EXPIRES)}
"By the element that sets it."

__all__ = ["MODIFIERS", "OPERATIONS", "ModifierKind", "OperationKind"]
