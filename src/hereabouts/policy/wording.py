"""A decision in one plain sentence, for the person whose policy it was."""

from __future__ import annotations

from collections.abc import Sequence

from hereabouts.policy.decision import Operation, Parameters, PolicyName
from hereabouts.policy.place import Place, place_of

MOST_CLAUSES = 3
"As many reasons are told, those nearest to the decision."

_FROZEN = "Sent all the same, with the document delivered last, though it was to be suppressed"


def sentence(
    operation: Operation,
    parameters: Parameters,
    clauses: Sequence[str],
    policy: PolicyName | None,
    line: int,
) -> str:
    """What was decided, why, and where that is written.

    `clauses` are what was found on the way; without a `policy` the default holds.
    """
    told = " and ".join(clauses[-MOST_CLAUSES:])
    opening = _opening(operation, parameters)
    if policy is None:
        return f"{opening} because {told or 'no policy decides otherwise'}."
    where = f"line {line} of {_named(policy)}"
    return f"{opening} because {told} ({where})." if told else f"{opening} by {where}."


def _opening(operation: Operation, parameters: Parameters) -> str:
    match operation:
        case Operation.ALLOW:
            return "Allowed"
        case Operation.CONFIRM:
            return "Left to be confirmed"
        case Operation.REJECT:
            return f"Rejected ({parameters.status})"
        case Operation.POLITE_BLOCK:
            return "Politely blocked"
        case Operation.DELIVER:
            return _FROZEN if parameters.is_frozen else "Delivered"
        case Operation.SUPPRESS:
            return "Suppressed"
        case Operation.DEFER:
            return f"Held for {parameters.seconds:.0f} s"


def _named(policy: PolicyName) -> str:
    if place_of(policy.owner) is not Place.OWN:
        return f"the administrator's policy {policy.name!r}"
    return f"{policy.owner.removeprefix('sip:')}'s policy {policy.name!r}"
