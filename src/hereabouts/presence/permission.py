"""May a SUBSCRIBE come about? First its watcher's own rules, then the presentity's."""

from __future__ import annotations

import msgspec

from hereabouts.base.refusal import Refusal
from hereabouts.base.units import Moment
from hereabouts.presence.questions import (
    Decision,
    Kind,
    Questions,
    SubscribeAnswer,
    SubscribeQuestion,
    WatchAnswer,
    WatchQuestion,
)
from hereabouts.presence.terms import Terms


class Declined(Refusal):
    """Somebody's rules say no; the status and its reason are theirs."""

    def __init__(self, answer: WatchAnswer, otherwise: str) -> None:
        super().__init__(answer.reason or otherwise)
        self.status = answer.status


_FREE = SubscribeAnswer(Decision.ALLOW, "his rules need not be asked")


class Permission(msgspec.Struct, frozen=True, gc=False):
    """What was decided about a SUBSCRIBE, and the terms on which it comes about."""

    answer: WatchAnswer
    terms: Terms | None = None

    def limited(self, lifetime: int) -> int:
        """The lifetime that may be granted of the one that would be, in seconds."""
        most = self.answer.expires_at_most
        return lifetime if most is None else min(lifetime, most)


async def permitted(
    questions: Questions,
    question: WatchQuestion,
    terms: Terms | None,
    now: Moment,
    *,
    has_asked: bool = False,
) -> Permission:
    """Ask both sides about the SUBSCRIBE that `question` describes; `terms`: those it had.

    `has_asked`: the watcher's own agent has sent it, and has asked his rules before. Nobody is kept
    from unsubscribing.

    Raises:
        Declined: the watcher's own rules keep it from leaving.
    """
    leaving = _FREE
    is_last = question.asked is not None and question.asked.kind is Kind.UNSUBSCRIBE
    if not has_asked and not is_last:
        leaving = await questions.may_subscribe(
            SubscribeQuestion(*msgspec.structs.astuple(question)), now
        )
    if leaving.decision is not Decision.ALLOW:
        raise Declined(leaving, "your own policy does not allow it")
    answer = await questions.may_watch(question, now)
    both = msgspec.structs.replace(
        answer,
        min_interval=max(answer.min_interval, leaving.min_interval),
        expires_at_most=_least(answer.expires_at_most, leaving.expires_at_most),
    )
    terms = msgspec.structs.replace(terms or Terms(), asked=question.asked)
    return Permission(both, terms.decided(both))


def _least(*given: int | None) -> int | None:
    return min((each for each in given if each is not None), default=None)
