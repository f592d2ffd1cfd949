"""What was decided at a point, why, and until when it holds."""

from __future__ import annotations

from enum import Enum

import msgspec

from hereabouts.base.units import NEVER, Seconds, Timestamp
from hereabouts.policy.point import Point


class Operation(Enum):
    """What may become of a subscription or a notification."""

    ALLOW = "allow"
    CONFIRM = "confirm"
    "The owner is to be asked; at incoming-subscription the watcher is pending until then."
    REJECT = "reject"
    POLITE_BLOCK = "polite-block"
    "Looks approved and shows the neutral document."
    DELIVER = "deliver"
    SUPPRESS = "suppress"
    "Nothing is sent, or shown."
    DEFER = "defer"
    "Held for some seconds, the newest document in place of older ones; then asked again."


RANKS: dict[Operation, int] = {
    Operation.REJECT: 0,
    Operation.CONFIRM: 1,
    Operation.POLITE_BLOCK: 2,
    Operation.ALLOW: 4,
    Operation.SUPPRESS: 0,
    Operation.DEFER: 3,
    Operation.DELIVER: 4,
}
"""How much each tells the watcher; of two that both hold, the lower one counts. Operations on
subscriptions and on notifications, with `polite-block` in both, are each a scale of their own."""

DEFAULTS: dict[Point, Operation] = {
    Point.OUTGOING_SUBSCRIPTION: Operation.ALLOW,
    Point.INCOMING_SUBSCRIPTION: Operation.ALLOW,
    Point.OUTGOING_NOTIFICATION: Operation.DELIVER,
    Point.INCOMING_NOTIFICATION: Operation.DELIVER,
}
"What happens where no policy decides. The profile `private` has `confirm` for `allow`, incoming."


class Parameters(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What an operation needs to be carried out; what it does not need is `None`."""

    status: int | None = None
    "Of `reject`: a SIP status code, 400 to 699."
    reason: str | None = None
    "Of `reject`: the reason phrase, if the script gives one."
    seconds: Seconds | None = None
    "Of `defer`: how long it is held."
    giveup: Seconds | None = None
    "Of `confirm`: how long an answer is waited for."
    because: str | None = None
    "Of `defer`: what holds it, such as `throttle`."
    is_frozen: bool = False
    """Of `deliver`: this notification cannot be withheld though a policy wants it to be, so what
    goes is the document that this watcher had last, or the neutral one."""


class Modifiers(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What was set on the way to an operation; it holds together with that operation."""

    min_interval: Seconds | None = None
    "The least time between two notifications of this subscription."
    expires_at_most: Seconds | None = None
    "The longest lifetime that may be granted."

    def merged(self, other: Modifiers) -> Modifiers:
        """Both together: of each the stricter, in whatever order they come."""
        return Modifiers(
            min_interval=max(_given(self.min_interval, other.min_interval), default=None),
            expires_at_most=min(_given(self.expires_at_most, other.expires_at_most), default=None),
        )


def _given(*lengths: Seconds | None) -> list[Seconds]:
    return [length for length in lengths if length is not None]


class TraceStep(msgspec.Struct, frozen=True, gc=False):
    """One node that was passed on the way to the decision."""

    policy: str
    "The id of the policy."
    line: int
    "Where it stands in the script, from 1."
    node: str
    "The element: `address-switch`, `p:throttle`."
    field: str = ""
    "Of a switch: what it looks at."
    value: str = ""
    "What was found there; empty: nothing."
    output: str = ""
    "Of a switch: the way that was taken."


class PolicyName(msgspec.Struct, frozen=True, gc=False):
    """Which policy, for a person."""

    owner: str
    id: str
    name: str


class Decision(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What happens at a point. A value that can be kept with what it was decided about."""

    operation: Operation
    because: str
    "Why, in one plain sentence for the owner."
    parameters: Parameters = Parameters()
    modifiers: Modifiers = Modifiers()
    is_default: bool = False
    "Whether no policy reached an operation."
    policy: PolicyName | None = None
    "The policy that decided; `None`: none did."
    trace: tuple[TraceStep, ...] = ()
    "Every node passed, in order."
    steps: int = 0
    "How many nodes were passed."
    valid_until: Timestamp = NEVER
    "From this date on time alone may make it another decision."
    looked_at: frozenset[str] = frozenset()
    "The fields of `Facts` it depends on: as long as those stay, so does it."
