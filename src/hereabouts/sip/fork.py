"""A request and its branches: whom it is sent to when, and what is passed back.

The response context of :rfc:`3261#section-16.7`. It knows no clock, no socket and no transaction:
it is told what becomes of each branch, and says what is to be done now.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from enum import Enum, auto

import msgspec

from hereabouts.sip.best_response import Ending, best, other_challenges
from hereabouts.sip.breadth import shares
from hereabouts.sip.message import Response


class Standing(Enum):
    """Where a branch stands."""

    SENT = auto()
    HEARD = auto()
    "Something provisional has come."
    DOOMED = auto()
    "It is to be cancelled as soon as anything has come (:rfc:`3261#section-9.1`)."
    CANCELLED = auto()
    ENDED = auto()


class Turn(Enum):
    """What can happen to a branch."""

    PROVISIONAL = auto()
    FINAL = auto()
    "A final answer, or the certainty that there will be none."
    UNWANTED = auto()
    "Nobody waits for its answer any more."


# Whether CANCEL is to be sent stands last. A pair that is absent is ignored.
# fmt: off
TABLE: dict[tuple[Standing, Turn], tuple[Standing, bool]] = {
    (Standing.SENT,      Turn.PROVISIONAL): (Standing.HEARD,     False),
    (Standing.SENT,      Turn.UNWANTED):    (Standing.DOOMED,    False),
    (Standing.SENT,      Turn.FINAL):       (Standing.ENDED,     False),
    (Standing.HEARD,     Turn.UNWANTED):    (Standing.CANCELLED, True),
    (Standing.HEARD,     Turn.FINAL):       (Standing.ENDED,     False),
    (Standing.DOOMED,    Turn.PROVISIONAL): (Standing.CANCELLED, True),
    (Standing.DOOMED,    Turn.FINAL):       (Standing.ENDED,     False),
    (Standing.CANCELLED, Turn.FINAL):       (Standing.ENDED,     False),
}
# fmt: on


class Try(msgspec.Struct, frozen=True):
    """Send the request to a target, by its number."""

    target: int
    breadth: int
    "Its Max-Breadth."


class Cancel(msgspec.Struct, frozen=True):
    """Send a CANCEL for a branch, by the number of its target."""

    target: int


class PassBack(msgspec.Struct, frozen=True):
    """Pass an answer back that does not wait for others: a 1xx or a 2xx."""

    response: Response


class Conclude(msgspec.Struct, frozen=True):
    """Answer the request: every branch has ended without success."""

    ending: Ending
    challenges: list[str]
    "Rows that are to stand in the answer besides its own."


class Forget(msgspec.Struct, frozen=True):
    """Leave the request without an answer: nobody waits for one (:rfc:`4320#section-4.2`)."""


Effect = Try | Cancel | PassBack | Conclude | Forget


class Fork:
    """One request, its targets, and the branches that were begun.

    Args:
        groups: how many targets there are, by preference; those of one group are tried at once.
        breadth: how many branches may be under way at a time.
        is_invite: whether branches ring, and can be cancelled.
    """

    def __init__(self, groups: Sequence[int], breadth: int, *, is_invite: bool) -> None:
        self._rounds = deque(_rounds(groups, breadth))
        self._breadth = breadth
        self._is_invite = is_invite
        self._standing: dict[int, Standing] = {}
        self._endings: dict[int, Ending] = {}
        self._is_closed = False
        "Whether no further target is tried."
        self._is_concluded = False
        self._is_cancelled = False

    @property
    def is_over(self) -> bool:
        """Whether it is answered, and no branch is under way."""
        return self._is_concluded and not self._pending

    @property
    def _pending(self) -> list[int]:
        ended = Standing.ENDED
        return [target for target, standing in self._standing.items() if standing is not ended]

    def is_pending(self, target: int) -> bool:
        """Whether the branch to this target has no final answer yet."""
        return self._standing.get(target, Standing.ENDED) is not Standing.ENDED

    def is_unheard(self, target: int) -> bool:
        """Whether an answer to this branch is wanted, and nothing has come of it yet."""
        return self._standing.get(target) is Standing.SENT

    def begin(self) -> list[Effect]:
        """Send it to the targets that are preferred; there is one at least."""
        return self._go_on()

    # -- what becomes of branches

    def answered(self, target: int, response: Response) -> list[Effect]:
        """A branch was answered."""
        status = response.status
        if status < 200:
            return self._heard(target, response)
        if status < 300:
            return self._succeeded(target, response)
        return self.ended(target, Ending(status, response))

    def _heard(self, target: int, response: Response) -> list[Effect]:
        done = self._step(target, Turn.PROVISIONAL)
        # A 100 is for one hop only; and non-INVITEs know no other 1xx (RFC 4320 section 4.1).
        if response.status > 100 and self._is_invite and not self._is_concluded:
            done.append(PassBack(response))
        return done

    def _succeeded(self, target: int, response: Response) -> list[Effect]:
        self._step(target, Turn.FINAL)
        self._is_closed = self._is_concluded = True
        return [PassBack(response), *self._doom()]

    def ended(self, target: int, ending: Ending) -> list[Effect]:
        """A branch has ended without success."""
        if not self.is_pending(target):
            return []
        self._step(target, Turn.FINAL)
        self._endings[target] = ending
        done: list[Effect] = []
        if ending.status >= 600:
            self._is_closed = True
            done = self._doom()
        return [*done, *self._go_on()]

    def silent(self, target: int) -> list[Effect]:
        """A branch is given up, as no final answer came in time."""
        if self._is_invite:
            return self.ended(target, Ending(487 if self._is_cancelled else 408))
        self._step(target, Turn.FINAL)
        if self._is_concluded:
            return []
        self._is_closed = self._is_concluded = True
        return [Forget()]

    def rung_out(self, target: int) -> list[Effect]:
        """Timer C: a branch has rung for too long (:rfc:`3261#section-16.8`)."""
        return self._step(target, Turn.UNWANTED)

    def cancel(self) -> list[Effect]:
        """The caller has changed his mind (:rfc:`3261#section-16.10`)."""
        if self._is_concluded or not self._is_invite:
            return []
        self._is_cancelled = self._is_closed = True
        return self._doom()

    # -- what is to be done

    def _go_on(self) -> list[Effect]:
        if self._pending or self._is_concluded:
            return []
        if self._rounds and not self._is_closed:
            targets = self._rounds.popleft()
            self._standing |= dict.fromkeys(targets, Standing.SENT)
            given = shares(self._breadth, len(targets))
            return [Try(target, share) for target, share in zip(targets, given, strict=True)]
        self._is_concluded = True
        endings = list(self._endings.values())
        chosen = best(endings)
        return [Conclude(chosen, other_challenges(endings, chosen))]

    def _doom(self) -> list[Effect]:
        if not self._is_invite:
            return []
        return [each for target in self._pending for each in self._step(target, Turn.UNWANTED)]

    def _step(self, target: int, turn: Turn) -> list[Effect]:
        found = TABLE.get((self._standing[target], turn))
        if found is None:
            return []
        self._standing[target], is_cancelled = found
        return [Cancel(target)] if is_cancelled else []


def _rounds(groups: Sequence[int], breadth: int) -> list[range]:
    """The targets that are tried at once: those of a group, as many as breadth allows."""
    rounds: list[range] = []
    first = 0
    for size in groups:
        last = first + size
        rounds += [range(at, min(at + breadth, last)) for at in range(first, last, breadth)]
        first = last
    return rounds
