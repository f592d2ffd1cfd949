"""One request, tried at one target after the other (:rfc:`3263#section-4.3`)."""

from __future__ import annotations

import msgspec

from hereabouts.sip.endpoint import Answer, Failure
from hereabouts.sip.targets import Target


class Attempts(msgspec.Struct, frozen=True):
    """Where a request goes now, and where it goes if that fails.

    Made once for each request that is sent: what belongs to its transaction (retransmissions, the
    ACK for a failure, CANCEL) goes to `target`, and asks no DNS again (:rfc:`3263#section-4`).
    """

    targets: tuple[Target, ...]
    "What is left to try, `target` first. There is at least one."
    number: int = 0
    "How many were tried before: the part of a branch that differs from those of the others."
    has_answered: bool = False
    "Whether `target` has sent any response to this request."

    @property
    def target(self) -> Target:
        """Where it goes now."""
        return self.targets[0]

    def answered(self) -> Attempts:
        """The same after a provisional response: silence is no reason to go elsewhere now."""
        return msgspec.structs.replace(self, has_answered=True)

    def after(self, answer: Answer) -> Attempts | None:
        """The attempt that is to follow this outcome, by a new transaction with a new branch.

        `None`: the outcome is final. It is not when the target answers 503, cannot be reached, or
        has sent nothing at all until the transaction ended.
        """
        if len(self.targets) == 1 or not self._has_failed(answer):
            return None
        return Attempts(self.targets[1:], self.number + 1)

    def _has_failed(self, answer: Answer) -> bool:
        match answer:
            case Failure.UNDELIVERABLE:
                return True
            case Failure.TIMED_OUT:
                return not self.has_answered
            case Failure.WITHDRAWN:
                return False
            case _:
                return answer.status == 503
