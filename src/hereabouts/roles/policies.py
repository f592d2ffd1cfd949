"""What policies say to the questions of presence; where they say nothing, approvals and profile do.

The source brings the policies that apply, the engine decides by them. When the source has none to
bring, what is decided protects the owner, and is asked again when the source is back.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from hereabouts.base.journal import Grade, Journal, hears
from hereabouts.base.units import Moment
from hereabouts.policy.decision import Decision as Decided
from hereabouts.policy.decision import Operation
from hereabouts.policy.engine import Policy, decide, failed
from hereabouts.policy.facts import Facts
from hereabouts.policy.point import Point
from hereabouts.presence.questions import (
    Decision,
    Handling,
    NotifyAnswer,
    NotifyQuestion,
    ShowAnswer,
    ShowQuestion,
    SubscribeAnswer,
    SubscribeQuestion,
    WatchAnswer,
    WatchQuestion,
)
from hereabouts.presence.watchers import Approvals
from hereabouts.roles import decisions
from hereabouts.roles.decisions import Decisions
from hereabouts.roles.policy_facts import of_notifying, of_subscribing
from hereabouts.roles.policy_source import PolicySource, PolicyUnavailable
from hereabouts.sip.domains import Domains

SUBSCRIBING = {
    Operation.ALLOW: Decision.ALLOW,
    Operation.CONFIRM: Decision.CONFIRM,
    Operation.POLITE_BLOCK: Decision.POLITE_BLOCK,
    Operation.REJECT: Decision.REJECT,
}
"What an operation on a subscription means to presence."

NOTIFYING = {
    Operation.DELIVER: Handling.DELIVER,
    Operation.POLITE_BLOCK: Handling.POLITE_BLOCK,
    Operation.SUPPRESS: Handling.SUPPRESS,
    Operation.DEFER: Handling.DEFER,
}
"What an operation on a notification means to presence."

DEFAULTS = {Decision.ALLOW: Operation.ALLOW, Decision.CONFIRM: Operation.CONFIRM}
"What the profile means to the engine."

MOST_WARNED = 1000
"Lines of the log about policies that cannot be asked, until some change."


class Policies:
    """`Questions`, answered by policies."""

    def __init__(
        self,
        source: PolicySource,
        approvals: Approvals,
        domains: Domains,
        journal: Journal,
        *,
        authentication: str,
        hides_rejection: bool = False,
    ) -> None:
        self.decisions = Decisions()
        "What was decided lately."
        self.source = source
        self._approvals = approvals
        self._domains = domains
        self._journal = journal
        self._authentication = authentication
        self._hides_rejection = hides_rejection
        self._warned: set[tuple[str, Point]] = set()

    # -- Questions

    def has_subscribing_rules(self, presentity: str, watcher: str) -> bool:
        """Whether a policy of either may be about subscriptions."""
        return self.source.has_any and (
            self._has_any(presentity, Point.INCOMING_SUBSCRIPTION)
            or self._has_any(watcher, Point.OUTGOING_SUBSCRIPTION)
        )

    def has_rules(self) -> bool:
        """Whether there is any policy."""
        return self.source.has_any

    def has_notifying_rules(self, presentity: str, watcher: str) -> bool:
        """Whether a policy of either may be about notifications."""
        return self.source.has_any and (
            self._has_any(presentity, Point.OUTGOING_NOTIFICATION)
            or self._has_any(watcher, Point.INCOMING_NOTIFICATION)
        )

    async def may_subscribe(self, question: SubscribeQuestion, now: Moment) -> SubscribeAnswer:
        """What the watcher's own policies say of a SUBSCRIBE, if he is one of ours."""
        if not self._has_any(question.watcher, Point.OUTGOING_SUBSCRIPTION):
            return SubscribeAnswer(Decision.ALLOW, "he has no policy about it")
        given = of_subscribing(question, self._authentication)
        decided, is_provisional = await self._decide(given, Operation.ALLOW, now)
        answer = _watch_answer(decided, is_provisional=is_provisional)
        return SubscribeAnswer(*msgspec.structs.astuple(answer))

    async def may_watch(self, question: WatchQuestion, now: Moment) -> WatchAnswer:
        """What the presentity has decided himself, else his policies, else the profile.

        Where a rejection is hidden, it looks as if nobody had decided anything
        (:rfc:`6665#section-6.2`); one who was approved before is told that it is over.
        """
        presentity = question.presentity
        answer = await self._approvals.decided(presentity, question.watcher, now.timestamp)
        if answer is None:
            answer = self._approvals.otherwise()
            if self.source.has_any and self._has_any(presentity, Point.INCOMING_SUBSCRIPTION):
                answer = await self._by_policies(question, DEFAULTS[answer.decision], now)
        is_hidden = self._hides_rejection and question.state != "active"
        if is_hidden and answer.decision is Decision.REJECT:
            return msgspec.structs.replace(answer, decision=Decision.CONFIRM)
        return answer

    async def _by_policies(
        self, question: WatchQuestion, default: Operation, now: Moment
    ) -> WatchAnswer:
        given = of_subscribing(question, self._authentication)
        decided, is_provisional = await self._decide(given, default, now)
        return _watch_answer(decided, is_provisional=is_provisional)

    async def may_notify(self, question: NotifyQuestion, now: Moment) -> NotifyAnswer:
        """What the presentity's policies say of a notification that is about to leave."""
        if not self._has_any(question.presentity, Point.OUTGOING_NOTIFICATION):
            return NotifyAnswer(Handling.DELIVER, "the presentity has no policy about it")
        given = of_notifying(question, self._authentication)
        decided, is_provisional = await self._decide(given, Operation.DELIVER, now)
        return _notify_answer(decided, now, is_provisional=is_provisional)

    async def may_show(self, question: ShowQuestion, now: Moment) -> ShowAnswer:
        """What the watcher's own policies say of a notification, if he is one of ours."""
        if not self._has_any(question.watcher, Point.INCOMING_NOTIFICATION):
            return ShowAnswer(Handling.DELIVER, "he has no policy about it")
        given = of_notifying(question, self._authentication)
        decided, is_provisional = await self._decide(given, Operation.DELIVER, now)
        answer = _notify_answer(decided, now, is_provisional=is_provisional)
        return ShowAnswer(*msgspec.structs.astuple(answer))

    # -- asking

    def _has_any(self, owner: str, point: Point) -> bool:
        return self.source.may_apply(owner, point) and self._domains.serves(owner)

    async def _decide(self, given: Facts, default: Operation, now: Moment) -> tuple[Decided, bool]:
        """The decision at a point, and whether it is but provisional: nobody could be asked."""
        say = self._teller(given)
        is_provisional = False
        fault = ""
        say(1, "asks which policies apply")
        try:
            policies = await self.source.applicable(given.owner, given.point, now)
        except PolicyUnavailable as silence:
            decided = failed(given.point, str(silence), given.trigger)
            is_provisional = True
            fault = silence.fault
        else:
            say(2, "the policies are searched")
            say(3, _found(policies))
            decided = decide(policies, given, now.timestamp, default=default)
            if any(policy.script is None for policy in policies):
                fault = "a policy of his cannot be run by this version"
        say(4, decided.because, decision=decided.operation.value, policy=_name(decided))
        if fault:
            self._warn(given, fault)
        self._remember(given, decided, now)
        return decided, is_provisional

    def _teller(self, given: Facts) -> Callable[..., None]:
        """What tells the journal of a step; nothing, where it does not want to hear."""
        if not hears(self._journal, Grade.DEBUG):
            return _tell_nobody

        def say(step: int, text: str, **fields: object) -> None:
            self._journal.say(
                Grade.DEBUG,
                "policy",
                point=given.point.value,
                owner=given.owner,
                presentity=given.presentity,
                watcher=given.watcher or "",
                step=step,
                text=text,
                **fields,
            )

        return say

    def _warn(self, given: Facts, fault: str) -> None:
        """One line for the operator for each owner and point, until his policies change."""
        key = (given.owner, given.point)
        if key not in self._warned and len(self._warned) < MOST_WARNED:
            self._warned.add(key)
            self._journal.say(
                Grade.WARNING,
                "policies cannot be asked",
                owner=given.owner,
                point=given.point.value,
                fault=fault,
            )

    def changed(self, owners: frozenset[str] | None) -> None:
        """The policies of these may be others now; `None`: everybody's."""
        if owners is None:
            self._warned.clear()
        else:
            self._warned = {key for key in self._warned if key[0] not in owners}

    def _remember(self, given: Facts, decided: Decided, now: Moment) -> None:
        row = decisions.Decided(
            at=now.timestamp,
            point=given.point.value,
            presentity=given.presentity,
            watcher=given.watcher or "",
            decision=decided.operation.value,
            because=decided.because,
            policy=_name(decided),
        )
        self.decisions.add(given.owner, row)


def _tell_nobody(step: int, text: str, **fields: object) -> None:
    """Nobody wants to hear it."""


def _found(policies: tuple[Policy, ...]) -> str:
    names = ", ".join(each.name for each in policies)
    match len(policies):
        case 0:
            return "no policy applies"
        case 1:
            return f"this one applies: {names}"
    return f"these apply: {names}"


def _name(decided: Decided) -> str:
    return decided.policy.name if decided.policy is not None else ""


def _watch_answer(decided: Decided, *, is_provisional: bool) -> WatchAnswer:
    limit = decided.modifiers.expires_at_most
    return WatchAnswer(
        SUBSCRIBING[decided.operation],
        decided.because,
        status=decided.parameters.status or 403,
        reason=decided.parameters.reason or "",
        min_interval=decided.modifiers.min_interval or 0.0,
        expires_at_most=None if limit is None else int(limit),
        valid_until=decided.valid_until,
        looked_at=decided.looked_at,
        is_provisional=is_provisional,
    )


def _notify_answer(decided: Decided, now: Moment, *, is_provisional: bool) -> NotifyAnswer:
    # What goes all the same is what was to be suppressed: presence knows what it must send.
    handling = NOTIFYING[decided.operation]
    return NotifyAnswer(
        Handling.SUPPRESS if decided.parameters.is_frozen else handling,
        decided.because,
        defer=decided.parameters.seconds or 0.0,
        min_interval=decided.modifiers.min_interval or 0.0,
        valid_until=now.timestamp if is_provisional else decided.valid_until,
        looked_at=decided.looked_at,
    )
