"""Several policies asked in their order, and one decision made of what they say.

An administrator's *before*, then the owner's by descending priority (equal ones by id), then an
administrator's *after*. The first of the former two that reaches an operation decides. One that
ends without hands its modifiers on. Each *after* is asked in any case and can only lower the result
(`decision.RANKS`). Merging modifiers takes of each the stricter.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
from msgspec.structs import replace

from hereabouts.base.units import NEVER, Timestamp
from hereabouts.policy.actions.throttle import remaining
from hereabouts.policy.cpl.evaluator import Evaluation, evaluate
from hereabouts.policy.cpl.tree import Script
from hereabouts.policy.decision import (
    RANKS,
    Decision,
    Modifiers,
    Operation,
    Parameters,
    PolicyName,
    TraceStep,
)
from hereabouts.policy.facts import Facts, Trigger, must_go
from hereabouts.policy.place import ORDER, Place, place_of
from hereabouts.policy.point import Point
from hereabouts.policy.wording import sentence


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """A policy that applies, ready to be asked."""

    owner: str
    "An address-of-record, or one of the two under whom an administrator's are kept."
    id: str
    name: str
    priority: int = 0
    script: Script | None
    "`None`: what is stored cannot be run by this version."
    valid_until: Timestamp = NEVER
    "From this date on it does not apply any more."

    @property
    def place(self) -> Place:
        """Where it stands among the others."""
        return place_of(self.owner)

    @property
    def full_name(self) -> PolicyName:
        """What a decision calls it."""
        return PolicyName(self.owner, self.id, self.name)


def in_order(policies: Iterable[Policy]) -> list[Policy]:
    """The policies as they are asked."""
    return sorted(policies, key=lambda each: (ORDER[each.place], -each.priority, each.id))


def decide(
    policies: Sequence[Policy], facts: Facts, now: Timestamp, *, default: Operation
) -> Decision:
    """What becomes of what is in hand; `default` where no policy reaches an operation.

    A policy that cannot be run counts as an error from where it stands on: see `failed`.
    """
    tally = _Tally(facts, default)
    for policy in in_order(policies):
        if tally.is_decided and policy.place is not Place.AFTER:
            continue
        if policy.script is None:
            why = f"this version cannot run the policy {policy.name!r}"
            return replace(failed(facts.point, why, facts.trigger), policy=policy.full_name)
        tally.add(policy, evaluate(policy.script, facts, now, policy.id))
    return tally.decision()


# What is safe where nobody knows what the owner wants: nothing leaves, nothing is let in for good.
_FAILED: dict[Point, tuple[Operation, Parameters]] = {
    Point.OUTGOING_SUBSCRIPTION: (Operation.REJECT, Parameters(status=500)),
    Point.INCOMING_SUBSCRIPTION: (Operation.CONFIRM, Parameters()),
    Point.OUTGOING_NOTIFICATION: (Operation.SUPPRESS, Parameters()),
    Point.INCOMING_NOTIFICATION: (Operation.DELIVER, Parameters()),
}

# What becomes of a notification that is to be suppressed and cannot be.
_ALL_THE_SAME = (Operation.DELIVER, Parameters(is_frozen=True))


def failed(point: Point, why: str, trigger: Trigger | None = None) -> Decision:
    """What happens at a point when the owner's policies cannot be asked.

    `why` is a clause for a person: `the policy server does not answer`. What is kept from a watcher
    is for the owner to be told of. With a `trigger` that is mandatory the notification goes, with
    the document delivered last.
    """
    operation, parameters = _FAILED[point]
    if must_go(point, trigger):
        operation, parameters = _ALL_THE_SAME
    because = sentence(operation, parameters, (why,), None, 0)
    return Decision(operation=operation, parameters=parameters, because=because)


class _Tally:
    """What the policies asked so far have said."""

    def __init__(self, facts: Facts, default: Operation) -> None:
        self._facts = facts
        self._operation = default
        self._decided: tuple[Policy, Evaluation] | None = None
        self._modifiers = Modifiers()
        self._trace: list[TraceStep] = []
        self._valid_until = NEVER
        self._looked_at: frozenset[str] = frozenset()

    @property
    def is_decided(self) -> bool:
        return self._decided is not None

    def add(self, policy: Policy, evaluation: Evaluation) -> None:
        """Take in what one more policy says."""
        self._modifiers = self._modifiers.merged(evaluation.modifiers)
        self._trace += evaluation.trace
        self._valid_until = min(self._valid_until, evaluation.valid_until, policy.valid_until)
        self._looked_at |= evaluation.looked_at
        operation = evaluation.operation
        if operation is None:
            return
        is_lower = RANKS[operation] < RANKS[self._operation]
        if policy.place is not Place.AFTER or is_lower:
            self._operation = operation
            self._decided = policy, evaluation

    def decision(self) -> Decision:
        """What all of them together come to."""
        policy, evaluation = self._decided or (None, None)
        clauses = [each.clause for each in evaluation.reasons] if evaluation else []
        given = evaluation.parameters if evaluation else Parameters()
        operation, parameters = self._carried_out(given, clauses)
        name = policy.full_name if policy else None
        line = _line(evaluation) if evaluation else 0
        return Decision(
            operation=operation,
            because=sentence(operation, parameters, clauses, name, line),
            parameters=parameters,
            modifiers=self._modifiers,
            is_default=policy is None,
            policy=name,
            trace=tuple(self._trace),
            steps=len(self._trace),
            valid_until=self._valid_until,
            looked_at=self._looked_at,
        )

    def _carried_out(self, given: Parameters, clauses: list[str]) -> tuple[Operation, Parameters]:
        """What can be done of it now: too early a notification waits, a mandatory one goes."""
        facts, modifiers = self._facts, self._modifiers
        if self._operation is Operation.SUPPRESS and facts.point is Point.OUTGOING_NOTIFICATION:
            self._looked_at |= {"trigger"}
            return _ALL_THE_SAME if facts.is_mandatory else (self._operation, given)
        if self._operation is not Operation.DELIVER or modifiers.min_interval is None:
            return self._operation, given
        self._looked_at |= {"trigger", "since_last_notification"}
        wait = remaining(modifiers, facts)
        if wait is None:
            return self._operation, given
        clauses.append(
            f"the last notification was {facts.since_last_notification:.0f} s ago,"
            f" less than {modifiers.min_interval:.0f} s"
        )
        return Operation.DEFER, Parameters(seconds=wait, because="throttle")


def _line(evaluation: Evaluation) -> int:
    """Where a person should look: at the last choice, else at the operation."""
    return evaluation.reasons[-1].line if evaluation.reasons else evaluation.line
