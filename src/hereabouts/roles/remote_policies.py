"""The policies of a policy server on another machine, as a handler asks for them.

No event loop is involved: a `Link` carries questions and brings answers, and the time limits run
on the node's deadlines. What was answered is kept, and is right as long as the server's news come
in. A silent server costs one time limit: then every question fails at once, and a probe every
`RETRY` seconds notices its return.
"""

from __future__ import annotations

from collections import deque

from hereabouts.base.deadlines import Deadlines
from hereabouts.base.journal import Grade, Journal
from hereabouts.base.units import NEVER, Instant, Moment, Seconds, Timestamp
from hereabouts.policy.engine import Policy
from hereabouts.policy.point import Point
from hereabouts.roles.policy_link import Answer, Dated, Key, Link, News, Poll, Question
from hereabouts.roles.policy_memory import PolicyMemory, is_everybodys
from hereabouts.roles.policy_source import AFTERWARDS, Changed, PolicyUnavailable
from hereabouts.storage.suspension import Suspension

POLL: Seconds = 25.0
"Seconds that the server waits for a change before it says that there is none."

BETWEEN_POLLS: Seconds = 0.1
"Seconds in which changes gather; nor can a server that answers polls at once drown us."

RETRY: Seconds = 2.0
"Seconds between two probes of a silent server."

LONGEST_RETRY: Seconds = 32.0
"Seconds between two trials of a server that answers probes and fails at questions."

MOST_ASKED = 8
"Questions under way at once: a server takes no more than some connections from one address."

MOST_QUEUED = 10_000
"Questions that wait for their turn."

LONGEST_QUEUED: Seconds = 10.0
"Seconds that a question waits for its turn; the time limit begins when it is asked."

MOST_WAITING = 20_000
"Handlers that wait for answers."


class RemotePolicies:
    """A `PolicySource` whose policies are on another machine."""

    has_any = True

    def __init__(
        self, link: Link, deadlines: Deadlines, journal: Journal, *, timeout: Seconds
    ) -> None:
        self.on_changed: Changed = lambda _owners, _now: None
        self._link = link
        link.answers = self
        self._deadlines = deadlines
        self._journal = journal
        self._timeout = timeout
        self._memory = PolicyMemory()
        self._asking: dict[Key, Question] = {}  # those whose answers will be kept
        self._queue: deque[Question] = deque()  # not asked yet
        self._under_way: set[Question] = set()
        self._waiting = 0
        self._dates: set[tuple[str, Timestamp]] = set()  # at which policies begin or end
        self._version: str | None = None
        self._poll: Poll | None = None
        self._is_live = False  # news come in, so that what is in memory is right
        self._silence: str | None = None  # what is wrong with the server
        self._pause = RETRY
        self._latest = Instant(0.0)

    def start(self, now: Moment) -> None:
        """Begin to follow the server's changes."""
        self._follow(now, is_patient=False)

    # -- PolicySource

    async def applicable(self, owner: str, point: Point, now: Moment) -> tuple[Policy, ...]:
        """What applies to this owner at this point, in the order in which it is obeyed.

        Raises:
            PolicyUnavailable: the server is silent, does not answer in time, or has failed.
        """
        known = await self._known(owner, point, now)
        return tuple(each.policy for each in known if each.applies(now.timestamp))

    async def _known(self, owner: str, point: Point, now: Moment) -> tuple[Dated, ...]:
        known = self._memory.known(owner, point) if self._is_live else None
        if known is not None:
            return known
        if self._silence is not None:
            raise _unavailable(self._silence)
        question = self._asking.get((owner, point)) or self._ask((owner, point), now)
        await self._wait(question)
        if question.fault is not None:
            raise _unavailable(question.fault)
        return question.policies

    def may_apply(self, owner: str, point: Point) -> bool:
        """Whether anything may apply; what is not known may."""
        known = self._memory.known(owner, point) if self._is_live else None
        return known is None or bool(known)

    def _ask(self, key: Key, now: Moment) -> Question:
        if len(self._queue) >= MOST_QUEUED:
            raise _unavailable(_CROWDED)
        # A handler's own `now` may be older: it has waited for something else before.
        self._latest = max(self._latest, now.instant)
        question = self._asking[key] = Question(key=key, entity_tag=None)
        self._queue.append(question)
        self._send_next()
        if not question.is_sent:
            self._deadlines.wait(LONGEST_QUEUED, self._latest, self._queued_too_long, question)
        return question

    def _send_next(self) -> None:
        """Ask what is next in the queue, as long as there is room on the way."""
        while self._queue and len(self._under_way) < MOST_ASKED:
            question = self._queue.popleft()
            if question.is_over:
                continue
            last = self._memory.last(question.key)
            if last is not None:
                question.entity_tag, question.policies = last.entity_tag, last.policies
            question.is_sent = True
            self._under_way.add(question)
            self._link.ask(question)
            self._deadlines.wait(self._timeout, self._latest, self._late, question)

    async def _wait(self, question: Question) -> None:
        if self._waiting >= MOST_WAITING:
            raise _unavailable(_CROWDED)
        suspension = Suspension()
        question.waiting.append(suspension)
        self._waiting += 1
        await suspension
        self._waiting -= 1

    # -- answers

    def answered(self, question: Question, answer: Answer, now: Moment) -> None:
        """The server has answered a question."""
        if question.is_over:
            return
        if answer.policies is not None:
            question.policies = answer.policies
        elif question.entity_tag is None:
            self.failed(question, "it says that what is not here is still the same", now)
            return
        if not question.is_overtaken:
            self._memory.keep(question.key, answer.entity_tag, question.policies)
            self._note_dates(question, now)
        self._pause = RETRY
        self._over(question, now)

    def failed(self, question: Question, fault: str, now: Moment) -> None:
        """The server has not answered a question, or not as it should."""
        if question.is_over:
            return
        self._latest = max(self._latest, now.instant)
        pause, self._pause = self._pause, min(2 * self._pause, LONGEST_RETRY)
        self._fall_silent(fault, pause, now)

    def _late(self, question: Question, _due: Instant, now: Moment) -> None:
        if not question.is_over:
            self._link.drop(question)
            self.failed(question, f"it does not answer within {self._timeout:g} s", now)

    def _queued_too_long(self, question: Question, _due: Instant, now: Moment) -> None:
        if not question.is_sent and not question.is_over:
            question.fault = _CROWDED
            self._over(question, now)

    def _note_dates(self, question: Question, now: Moment) -> None:
        """Have it told when one of these policies begins or ends, for that changes none of them."""
        owner = question.key[0]
        dates = {date for each in question.policies for date in each.dates}
        for date in dates:
            if now.timestamp < date < NEVER and (owner, date) not in self._dates:
                self._dates.add((owner, date))
                due = Instant(now.due(date) + AFTERWARDS)
                self._deadlines.at(due, self._date_has_come, (owner, date))

    def _date_has_come(self, dated: tuple[str, Timestamp], _due: Instant, now: Moment) -> None:
        self._dates.discard(dated)
        self.on_changed(frozenset({dated[0]}), now)

    def _over(self, question: Question, now: Moment) -> None:
        """Let those go on who wait for this answer."""
        self._latest = max(self._latest, now.instant)
        question.is_over = True
        self._under_way.discard(question)
        if self._asking.get(question.key) is question:
            del self._asking[question.key]
        for suspension in question.waiting:
            suspension.resume()
        self._send_next()

    # -- news

    def told(self, poll: Poll, news: News, now: Moment) -> None:
        """The server has said what has changed, perhaps nothing."""
        if poll.is_over:
            return
        poll.is_over = True
        is_back, self._silence = self._silence is not None, None
        was_live, self._is_live = self._is_live, True
        is_all = news.is_all or not was_live
        self._version = news.version
        if is_back:
            self._journal.say(Grade.INFO, "the policy server answers again")
        elif not was_live:
            self._journal.say(Grade.DEBUG, "the policy server answers")
        self._deadlines.wait(BETWEEN_POLLS, now.instant, self._poll_due, poll)
        if is_all or news.points:
            self._learn(news, now, is_all=is_all)

    def _learn(self, news: News, now: Moment, *, is_all: bool) -> None:
        everybodys = is_all or any(map(is_everybodys, news.points))
        if news.is_all:
            self._memory.forget()
            if news.is_complete:
                self._memory.learn(news.points)
        else:
            self._memory.change(news.points)
        owners = None if everybodys else frozenset(news.points)
        for question in list(self._asking.values()):
            if question.is_sent and (owners is None or question.key[0] in owners):
                question.is_overtaken = True
                del self._asking[question.key]
        self.on_changed(owners, now)

    def lost(self, poll: Poll, fault: str, now: Moment) -> None:
        """The server has not said what has changed, or not as it should."""
        if not poll.is_over:
            self._fall_silent(fault, RETRY, now)

    def _follow(self, now: Moment, *, is_patient: bool) -> None:
        self._poll = poll = Poll(self._version, is_patient)
        self._link.follow(poll)
        limit = self._timeout + (POLL if is_patient else 0.0)
        self._deadlines.wait(limit, now.instant, self._poll_late, poll)

    def _poll_due(self, poll: Poll, _due: Instant, now: Moment) -> None:
        if poll is self._poll:
            self._follow(now, is_patient=self._is_live)

    def _poll_late(self, poll: Poll, _due: Instant, now: Moment) -> None:
        if not poll.is_over:
            self.lost(poll, "it tells no news", now)

    # -- silence

    def _fall_silent(self, fault: str, pause: Seconds, now: Moment) -> None:
        """Answer every question at once from now on, and look for the server after a pause."""
        if self._silence is None:
            said = _unavailable(fault)
            self._journal.say(
                Grade.ERROR, "out of order", what="policies", fault=said.fault, remedy=said.remedy
            )
        self._silence, self._is_live = fault, False
        self._stop_following()
        assert self._poll is not None
        self._deadlines.wait(pause, now.instant, self._poll_due, self._poll)
        queued, self._queue = self._queue, deque()
        for question in [*self._under_way, *queued]:
            if question.is_sent:
                self._link.drop(question)
            question.fault = fault
            self._over(question, now)

    def _stop_following(self) -> None:
        poll = self._poll
        if poll is not None and not poll.is_over:
            poll.is_over = True
            self._link.drop(poll)
        # Nor does the next one come that is due already.
        self._poll = Poll(self._version, is_patient=False, is_over=True)


_CROWDED = "too many questions wait for it"


def _unavailable(fault: str) -> PolicyUnavailable:
    remedy = "see policy.server and policy.token, and the log of the policy server"
    return PolicyUnavailable(f"the policy server: {fault}", remedy)
