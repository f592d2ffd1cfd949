"""Locates servers by the DNS, as a handler asks for them (:rfc:`3263`).

No event loop is involved: `Names` carries questions and brings answers, and the time limit runs
on the node's deadlines. Where all answers are known, nobody waits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import msgspec

from hereabouts.base.deadlines import Deadlines
from hereabouts.base.ids import Ids
from hereabouts.base.refusal import Refusal
from hereabouts.base.units import Instant, Moment, Seconds
from hereabouts.sip.destination import Destination, Means
from hereabouts.sip.records import DnsAnswer, DnsQuery
from hereabouts.sip.targets import Located, Target, Unlocated, next_step
from hereabouts.sip.weights import drawing
from hereabouts.storage.suspension import Suspension

MOST_ASKED = 1_000
"Questions under way at once."

MOST_WAITING = 10_000
"Handlers that wait for them."


class NoSuchServer(Refusal):
    """There is no server at that domain, or none that we can reach."""

    status = 404


class NameServersSilent(Refusal):
    """The DNS has not said where that domain's servers are (:rfc:`3261#section-21.5.5`)."""

    status = 504


class Names(Protocol):
    """Carries questions to the DNS, and brings back what comes of them."""

    found: Callable[[DnsQuery, DnsAnswer, Moment], None]
    "To be set before anything is asked."

    def known(self, query: DnsQuery, now: Instant) -> DnsAnswer | None:
        """The answer, if it is known without asking."""
        ...

    def ask(self, query: DnsQuery) -> None:
        """Have `found` called with the answer, and never before this call has returned."""
        ...

    def drop(self, query: DnsQuery) -> None:
        """Nobody waits for this answer any more."""
        ...


class _Question(msgspec.Struct, eq=False):
    """A question that may be under way still."""

    query: DnsQuery
    answer: DnsAnswer | None
    waiting: list[Suspension] = []


class Locating:
    """Finds the servers of any domain.

    `limit` is for one question, in seconds: longer than `names` takes by itself to give up.
    """

    def __init__(
        self, names: Names, means: Means, deadlines: Deadlines, ids: Ids, *, limit: Seconds
    ) -> None:
        self._names = names
        names.found = self.found
        self._means = means
        self._deadlines = deadlines
        self._draw = drawing(ids)
        self._limit = limit
        self._asking: dict[DnsQuery, _Question] = {}
        self._waiting = 0
        self._latest = Instant(0.0)

    async def locate(self, destination: Destination, now: Moment) -> tuple[Target, ...]:
        """What to try for a destination, in this order; at least one.

        To be called once for a transaction: its other messages go where its request went.

        Raises:
            NoSuchServer: there is nothing to try.
            NameServersSilent: the DNS does not say, or too much is asked already.
        """
        known: dict[DnsQuery, DnsAnswer] = {}
        while True:
            step = next_step(destination, self._means, known, self._draw)
            if isinstance(step, Located):
                return step.targets
            if isinstance(step, Unlocated):
                raise NameServersSilent(step.fault) if step.may_pass else NoSuchServer(step.fault)
            questions = [self._question(query, now) for query in step.queries]
            for question in questions:  # all of which are under way by now
                known[question.query] = await self._answer(question)

    def _question(self, query: DnsQuery, now: Moment) -> _Question:
        answer = self._names.known(query, now.instant)
        if answer is not None:
            return _Question(query, answer)
        return self._asking.get(query) or self._ask(query, now)

    def _ask(self, query: DnsQuery, now: Moment) -> _Question:
        if len(self._asking) >= MOST_ASKED:
            raise _crowded()
        question = self._asking[query] = _Question(query, None)
        self._names.ask(query)
        # A handler's own `now` may be older: it has waited for something else before.
        self._latest = max(self._latest, now.instant)
        self._deadlines.wait(self._limit, self._latest, self._late, question)
        return question

    async def _answer(self, question: _Question) -> DnsAnswer:
        if question.answer is None:
            if self._waiting >= MOST_WAITING:
                raise _crowded()
            suspension = Suspension()
            question.waiting.append(suspension)
            self._waiting += 1
            await suspension
            self._waiting -= 1
        assert question.answer is not None
        return question.answer

    def found(self, query: DnsQuery, answer: DnsAnswer, now: Moment) -> None:
        """An answer has come: let those go on who wait for it."""
        self._latest = max(self._latest, now.instant)
        question = self._asking.pop(query, None)
        if question is None:
            return
        question.answer = answer
        for suspension in question.waiting:
            suspension.resume()

    def _late(self, question: _Question, _due: Instant, now: Moment) -> None:
        if question.answer is None:
            self._names.drop(question.query)
            fault = f"the DNS does not answer within {self._limit:g} s"
            self.found(question.query, DnsAnswer(fault=fault), now)


def _crowded() -> NameServersSilent:
    return NameServersSilent("too many questions wait for the DNS")
